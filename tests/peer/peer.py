#!/usr/bin/env python3
"""peer - plays a whole team towards a node, written from the document alone.

Usage: peer.py STATE CARD HOST:PORT [--send VALUE]... [--take SIZE]
               [--listen] [--misbehave NAME]
       peer.py --vectors | --list

STATE is a directory as `certs/make_certs.py team` makes it, CARD the card file
of the other team. What was exchanged is kept in STATE/exchange.TEAM.json, so
that the next run resumes.

Holds:      nothing leaves before what it claims is in that file; a tree that
            was signed is never signed again in another form.
Trusts:     the card file; the pairing is taken as confirmed.
Leaves out: lanes (origin.py, holder.py), misbehaviour (faults.py), the
            comparison with vectors (vectors.py).
Spec:       docs/PROTOCOL.md#sessions, #resume, #batches
"""

import argparse
import json
import secrets
import socket
import sys
from pathlib import Path

import lane
import proto
from holder import Holder
from link import Card, Closed, Link, Wrong, check
from memory import Memory, indicator, message_of, plain
from origin import IN_FLIGHT, Origin

BODY_BYTES = 1 << 20
BATCH_FRAMES = ("VERDICT", "HEADER", "WANT", "BODY", "PIECE", "GONE", "HELD",
                "RECEIPT")


class Peer(Origin, Holder):
    """One team, as client or server of one session after another."""

    def __init__(self, state, card_frame):
        self.state = Path(state)
        self.card = Card((self.state / "card").read_bytes())
        self.theirs = Card(card_frame)
        self.team = self.card.team
        self.boot_id = secrets.token_bytes(16)
        self.memory = Memory(self.state / f"exchange.{self.theirs.team}.json")
        self.memory.save()
        if self.memory.card:
            self.theirs = Card(self.memory.card)
        self.signers = {role: lane.Signer(
            (self.state / "signer" / f"{role}.key").read_bytes())
            for role in lane.TYPES}
        own = lane.genesis(self.team, self.theirs.team, self.card.root_hash)
        held = lane.genesis(self.theirs.team, self.team, self.theirs.root_hash)
        self.genesis = {"own": own, "held": held}
        self.own_id, self.held_id = lane.lane_id(own), lane.lane_id(held)
        self.own_tree = lane.Tree(lane.leaf(entry["record"])
                                  for entry in self.memory.own["entries"])
        self.held_tree = lane.Tree(lane.leaf(entry["record"])
                                   for entry in self.memory.held["entries"])
        self.ceiling = 2                        # amber
        self.taking = True                      # ask for what is announced
        self.link = None

    def pairing_code(self):
        """Return the code that a person reads out."""
        return lane.pairing_code((self.team, self.card.root_hash),
                                 (self.theirs.team, self.theirs.root_hash))

    # ---- connection and proof ------------------------------------------

    def connect(self, host, port):
        """Dial: we are client."""
        self._begin(Link(socket.create_connection((host, port), 10), False,
                         self.state, self.theirs))

    def accept(self, listener):
        """Take one connection from a listening socket: we are server."""
        listener.settimeout(20)
        sock, _ = listener.accept()
        self._begin(Link(sock, True, self.state, self.theirs))

    def _begin(self, link):
        self.link = link
        self.state_name = "GREETING"
        self.hellos = {}                        # {role: frame}
        self.their_hello = None
        self.card_came = False
        self.verdict = None                     # theirs, about the held lane
        self.resume_came = self.verdict_sent = False
        self.batches = []                       # theirs, in flight
        self.flight = []                        # ends of ours
        self.asked_up_to = 0                    # of our lane, by their WANTs
        self.collecting = None                  # salt and body so far
        self.half_come = False                  # it is not whole yet
        self.helds = []                         # sizes that we answered HELD
        self.pongs = []

    def hello(self, **other):
        """Return the values of our HELLO."""
        return {"version": 1, "team": self.team, "peer": self.theirs.team,
                "card_version": self.card.version,
                "card_hash": lane.H(self.card.bytes),
                "peer_card_version": self.theirs.version,
                "boot_id": self.boot_id,
                "limits": {"body_bytes": BODY_BYTES,
                           "batches_in_flight": IN_FLIGHT},
                "features": [], **other}

    def send(self, name, **values):
        """Encode and send a frame and return its bytes."""
        return self.link.send(name, proto.WIRE.encode(proto.PAYLOADS[name],
                                                      values))

    def greet(self):
        """HELLO both ways, and our CARD where the other side has an old one.
        """
        if self.link.role == "client":
            self.hellos["client"] = self.send("HELLO", **self.hello())
            self._take_hello("server")
        else:
            self._take_hello("client")
            self.hellos["server"] = self.send("HELLO", **self.hello())
        if self.their_hello["peer_card_version"] < self.card.version:
            self.link.send("CARD", self.card.frame)
        self.state_name = "PROVING"

    def _take_hello(self, role):
        name, values, self.hellos[role] = self.read()
        check(name == "HELLO", "unexpected", name)
        self.their_hello = values
        check(values["version"] == 1, "version")
        check(values["team"] == self.theirs.team, "wrong-team")
        check(values["peer"] == self.team, "wrong-peer")
        check(values["card_version"] != self.theirs.version or
              values["card_hash"] == lane.H(self.theirs.bytes), "card")
        check(1 <= values["limits"]["batches_in_flight"] <= 64, "value")

    def claim(self, role, teams, exporter=None):
        """Return the text that AUTH signs."""
        return lane.session_text(
            exporter or self.link.exporter, role, teams,
            lane.hello_hash(self.hellos["client"], self.hellos["server"]))

    def send_auth(self):
        """Prove that we have the session key."""
        text = self.claim(self.link.role, (self.team, self.theirs.team))
        self.send("AUTH", key_id=self.card.key_id("session"),
                  signature=self.signers["session"].sign(text))

    def prove(self):
        """AUTH both ways; the server's goes first."""
        if self.link.role == "server":
            self.send_auth()
        self.take_auth()
        if self.link.role == "client":
            self.send_auth()
        self.state_name = "RESUMING"

    # PROTOCOL cards: "A side whose peer announced in HELLO a card version
    # above the one held MUST refuse the peer's AUTH until the card has come
    # and is in force."
    def take_auth(self):
        """Read and verify the peer's AUTH, after its CARD where one is due."""
        name, values, _ = self.read()
        if self.their_hello["card_version"] > self.theirs.version:
            check(name == "CARD", "unexpected", name)
            card = Card(proto.CARD.encode("CardFrame", values))
            check(card.renews(self.theirs) and
                  card.version == self.their_hello["card_version"], "card")
            self.theirs = card
            self.memory.card = card.frame
            self.memory.save()
            name, values, _ = self.read()
        check(name == "AUTH", "unexpected", name)
        check(values["key_id"] == self.theirs.key_id("session"), "key")
        role = "client" if self.link.role == "server" else "server"
        text = self.claim(role, (self.theirs.team, self.team))
        check(lane.signature_is_good(self.theirs.keys["session"], text,
                                     values["signature"]), "auth")

    # ---- frames ---------------------------------------------------------

    def read(self):
        """Return (name, values, frame) of the next frame; CLOSE raises."""
        name, payload, frame = self.link.read()
        try:
            values = proto.WIRE.decode(proto.PAYLOADS[name], payload)
        except proto.Bad as bad:
            raise Wrong(bad.error, f"{name}: {bad}") from None
        if name == "CLOSE":
            self.drop()
            raise Closed(values["code"], values["text"])
        return name, values, frame

    def step(self):
        """Take one frame, as the state allows."""
        name, values, _ = self.read()
        expected = name == "PING" or (
            name == "RESUME" if self.state_name == "RESUMING"
            else name in BATCH_FRAMES)
        check(expected, "unexpected", f"{name} while {self.state_name}")
        getattr(self, "on_" + name.lower())(values)

    def until(self, condition):
        """Take frames until the condition holds."""
        while not condition():
            self.step()

    # PROTOCOL sessions: "A PING with `answer` false MUST be answered by a PING
    # with the same number and `answer` true, and one with `answer` true MUST
    # NOT be answered."
    def on_ping(self, values):
        """Answer a question, note an answer."""
        if values["answer"]:
            self.pongs.append(values["number"])
        else:
            self.send("PING", number=values["number"], answer=True)

    def ping(self, number):
        """Ask whether the peer is there and wait for the answer."""
        self.send("PING", number=number, answer=False)
        self.until(lambda: number in self.pongs)

    # ---- resume ---------------------------------------------------------

    def resume(self):
        """RESUME and VERDICT both ways."""
        self.send("RESUME", lanes=[self.lane_state()])
        self.until(lambda: self.verdict and self.verdict_sent)

    # ---- the end --------------------------------------------------------

    def session(self):
        """Come as far as both lanes stand open."""
        self.greet()
        self.prove()
        self.resume()

    def close(self, code=0, text=""):
        """Say why, and end the connection."""
        try:
            self.send("CLOSE", code=code, text=text)
        except OSError:
            pass                                # the peer may be gone already
        self.drop()

    def drop(self):
        """End the connection without a word."""
        self.link.close()
        # PROTOCOL resume: "n MUST be a size whose checkpoint the holder keeps,
        # or 0."
        self.held_tree = lane.Tree(lane.leaf(entry["record"])
                                   for entry in self.memory.held["entries"])

    def expect_close(self):
        """Read until the peer closes and return the code of its CLOSE.

        An answer to a PING means that it did not close: None.
        """
        try:
            while True:
                name, payload, _ = self.link.read()
                if name == "CLOSE":
                    return proto.WIRE.decode("Close", payload)["code"]
                if (name == "PING" and
                        proto.WIRE.decode("Ping", payload)["answer"]):
                    return None
        except Closed as closed:
            return closed.code
        finally:
            self.drop()

    def messages(self):
        """Return (index, record, message or None) of all that is held."""
        return [(i, lane.Record(one["record"], i),
                 message_of(one["body"]) if one["body"] else None)
                for i, one in enumerate(self.memory.held["entries"])]


def parse(arguments):
    """Return the options of the command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("state", nargs="?")
    parser.add_argument("card", nargs="?")
    parser.add_argument("address", nargs="?", metavar="HOST:PORT")
    parser.add_argument("--send", action="append", default=[],
                        metavar="VALUE", help="a domain to tell them")
    parser.add_argument("--take", type=int, default=0, metavar="SIZE",
                        help="stay until so many of their entries are held")
    parser.add_argument("--listen", action="store_true",
                        help="wait at the address for them to dial")
    parser.add_argument("--misbehave", metavar="NAME")
    parser.add_argument("--vectors", action="store_true",
                        help="compare with tests/vectors and end")
    parser.add_argument("--list", action="store_true",
                        help="list the misbehaviours and end")
    options = parser.parse_args(arguments)
    if not (options.vectors or options.list) and not options.address:
        parser.error("STATE, CARD and HOST:PORT are needed")
    return options


def meet(peer, options):
    """Connect as the options say."""
    host, port = options.address.rsplit(":", 1)
    if options.listen:
        with socket.create_server((host, int(port))) as listener:
            peer.accept(listener)
    else:
        peer.connect(host, int(port))


def exchange(peer, options):
    """One good session; prints what came of it."""
    for value in options.send:
        peer.queue(indicator("DOMAIN", value))
    try:
        peer.session()
        peer.deliver()
        peer.take(options.take)
        peer.deliver()                          # Declines, where we made any
    except Wrong as wrong:
        peer.close(proto.CODES[wrong.error], str(wrong))
        raise
    peer.close()
    receipt = peer.memory.own["receipt"]
    print(json.dumps({
        "sent": len(peer.memory.own["entries"]),
        "receipted": receipt["size"] if receipt else 0,
        "held": [{"index": index, "tlp": record.tlp, "message": plain(message)}
                 for index, record, message in peer.messages()]}))


def main(arguments):
    """Run the command."""
    import faults                               # it builds upon this file
    import vectors
    options = parse(arguments)
    if options.vectors:
        return vectors.main()
    if options.list:
        print("\n".join(faults.listing()))
        return 0
    peer = faults.Faulty(options.state, Path(options.card).read_bytes())
    if options.misbehave:
        fault = faults.FAULTS[options.misbehave]
        code = fault.run(peer, lambda: meet(peer, options))
        print(f"{options.misbehave}: closed with "
              f"{proto.CODE_NAMES.get(code, code)}")
        return 0 if code == proto.CODES[fault.error] else 1
    meet(peer, options)
    exchange(peer, options)
    return 0


if __name__ == "__main__":
    sys.modules["peer"] = sys.modules["__main__"]
    sys.exit(main(sys.argv[1:]))
