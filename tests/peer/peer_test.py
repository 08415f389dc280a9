#!/usr/bin/env python3
"""peer_test - a real node against the second implementation.

Usage: peer_test.py [BUILD]      (else the environment's SEALANE_BUILD)

One node, one Python team, one pairing; the scenes follow one another and each
leaves both sides fit for the next. What both hold is compared at the end of
each: value for value, entry by entry.

Holds:      every process is stopped by its id, every wait ends by itself.
Leaves out: nodes among themselves (tests/e2e).
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

import epochs
import faults
import lane
import proto
from link import Closed, Wrong
from peer import Peer, indicator
from memory import message_of

ROOT = Path(__file__).resolve().parents[2]
OURS, THEIRS = "cert.gov.au", "krcert.or.kr"
KIND = proto.MESSAGE.enums["Kind"]
OBSERVABLE = proto.MESSAGE.enums["Observable"]
USE = proto.MESSAGE.enums["Use"]
TLP_WORDS = ["clear", "green", "amber", "amber+strict", "red"]
WAIT_SECONDS = 30
SHOWN_MAX = 2000
MANY = 1030                                     # more than a batch may have


def free_port():
    """Return a port that nobody uses at the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def same(what, ours, theirs):
    """Demand that two values are one."""
    if ours != theirs:
        raise AssertionError(f"{what}:\n  {repr(ours)[:SHOWN_MAX]}\n"
                             f"  is not\n  {repr(theirs)[:SHOWN_MAX]}")


def make_lists(folder):
    """Write a list as MISP has it, in a folder of its own, one that cannot be
    taken, and an own one."""
    (folder / "top").mkdir(parents=True)
    (folder / "top" / "list.json").write_text(json.dumps(
        {"name": "Large sites", "type": "string", "version": 1,
         "list": ["Large.example", "198.51.100.53"]}))
    (folder / "rules.json").write_text(json.dumps(
        {"name": "Rules", "type": "regex", "list": ["/a+/"]}))
    (folder / "own.txt").write_text("# ours\nours.example\n")


class Node:
    """A running sealaned and the command that speaks to it."""

    def __init__(self, build, folder, listener_port):
        self.build, self.state = Path(build), folder / "node"
        self.port = free_port()
        self.lines, self.changed = [], threading.Condition()
        self.command("init", THEIRS, "--listen", f"127.0.0.1:{self.port}",
                     "--address", f"127.0.0.1:{self.port}",
                     "--short", "krcert")
        with open(self.state / "sealane.yaml", "a", encoding="utf-8") as file:
            file.write(f"warninglists: {folder / 'lists'}\n"
                       f"peers:\n  - team: {OURS}\n    ceiling: amber\n"
                       f"    address: \"127.0.0.1:{listener_port}\"\n")
        make_lists(folder / "lists")
        self.start()

    def start(self):
        """Start it, and wait until it listens."""
        since = len(self.lines)
        self.process = subprocess.Popen(
            [self.build / "sealaned", "-c", self.state / "sealane.yaml"],
            stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.logged("listening at", since)

    def _read(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def logged(self, words, since=0):
        """Wait for a line of the log with these words."""
        def found():
            return any(words in line for line in self.lines[since:])
        with self.changed:
            if not self.changed.wait_for(found, WAIT_SECONDS):
                raise AssertionError(f"the log never said: {words}")

    def arguments(self, *words):
        """Return the command line of `sealane WORDS`."""
        where = (("--state", self.state) if words[0] == "init" else
                 ("--socket", self.state / "control.sock"))
        return [str(word) for word in (self.build / "sealane", *words, *where)]

    def command(self, *words, code=0):
        """Run `sealane WORDS` and return what it prints."""
        done = subprocess.run(self.arguments(*words), capture_output=True,
                              text=True, timeout=WAIT_SECONDS, check=False)
        if done.returncode != code:
            raise AssertionError(
                f"sealane {' '.join(map(str, words))} ended with "
                f"{done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + (done.stderr if code else "")

    def listing(self, direction):
        """Return the messages in one direction as dicts, by index."""
        out = self.command("list", direction, OURS, "--json",
                           "--limit", 100000)
        rows = [json.loads(line) for line in out.splitlines()]
        return sorted((row for row in rows if "index" in row),
                      key=lambda row: row["index"])

    def stop(self):
        """End the node as an operator would; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.reader.join(WAIT_SECONDS)
        return code


class House:
    """The node, the Python team, and how they meet."""

    def __init__(self, build, folder):
        self.folder = folder
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.node = Node(build, folder, self.listener.getsockname()[1])
        subprocess.run([sys.executable, ROOT / "certs" / "make_certs.py",
                        "team", folder, OURS], check=True)
        self.peer = self.another_peer()

    def another_peer(self, kind=faults.Faulty):
        """Return the Python team, as it is known from its files."""
        return kind(self.folder / OURS,
                    (self.node.state / "card").read_bytes())

    def meet(self, peer=None):
        """Dial the node."""
        (peer or self.peer).connect("127.0.0.1", self.node.port)

    def exchange(self, take=0, until=lambda: True):
        """A good session: all of ours is receipted, so much taken."""
        self.meet()
        self.peer.session()
        self.peer.deliver()
        self.peer.take(take)
        self.peer.until(until)
        self.peer.deliver()
        self.peer.ping(1)                       # the node took all of it
        self.peer.close()

    def submit(self, *words):
        """Submit without waiting; return nothing."""
        self.node.command("submit", *words, "--to", OURS)

    def compare(self):
        """Demand that both sides hold the same, and good, histories."""
        peer, memory = self.peer, self.peer.memory
        rows = self.node.listing("--from")
        same("entries of ours that the node lists",
             [row["index"] for row in rows],
             list(range(len(memory.own["entries"]))))
        for row, entry in zip(rows, memory.own["entries"]):
            compare_row(row, entry, {"stored", "declined", "expunged"})
        rows = [row for row in self.node.listing("--to")
                if row["state"] in ("receipted", "declined", "expunged")]
        same("entries of theirs that the node shows as receipted",
             [row["index"] for row in rows],
             list(range(len(memory.held["entries"]))))
        for row, entry in zip(rows, memory.held["entries"]):
            compare_row(row, entry, {"receipted", "declined", "expunged"})
        self.compare_audit()
        for name, entries in ((f"{OURS}>krcert", memory.own["entries"]),
                              (f"krcert>{OURS}", memory.held["entries"])):
            last = len(entries) - 1
            shown = json.loads(self.node.command("show", f"{name}#{last}",
                                                 "--json"))
            same("leaf record", shown["record"], entries[last]["record"].hex())
        same("our receipt", memory.own["receipt"]["size"],
             len(peer.own_tree.leaves))

    def compare_audit(self):
        """Demand that the node finds both lanes good, at our sizes."""
        memory = self.peer.memory
        audit = [json.loads(line) for line in self.node.command(
            "audit", "--bodies", "--json").splitlines()]
        same("audit", sorted((row["lane"], row["entries"], row["checkpoint"],
                              row["receipt"], row["body"]) for row in audit),
             sorted((name, len(entries), "good", "good", "good")
                    for name, entries in (
                        (f"{OURS}>krcert", memory.own["entries"]),
                        (f"krcert>{OURS}", memory.held["entries"]))))


def compare_row(row, entry, states):
    """Compare a line of `sealane list` with an entry that we have."""
    record = lane.Record(entry["record"], row["index"])
    same("state", row["state"] in states, True)
    same(f"TLP of {row['id']}", row["tlp"],
         TLP_WORDS[min(record.tlp, 4)])
    same(f"expunge of {row['id']}", row["state"] == "expunged",
         bool(entry.get("expunged")))
    if row["state"] == "declined" or entry["body"] is None or record.kind:
        return
    head = message_of(entry["body"]).get("head", {})
    same(f"value of {row['id']}", row.get("value"), head.get("value"))


# ---- scenes ----------------------------------------------------------------

def a_team_that_is_not_known_is_refused(house):
    try:
        house.meet()
        house.peer.session()
    except (Closed, OSError):
        return
    raise AssertionError("a session with a stranger")


def both_sides_show_the_same_code_and_only_that_one_confirms(house):
    out = json.loads(house.node.command(
        "peer", "add", house.folder / OURS / "card", "--json"))
    code = house.peer.pairing_code()
    same("pairing code", out["code"], code)
    wrong = ("1" if code[0] == "0" else "0") + code[1:]
    done = subprocess.run(house.node.arguments(
        "peer", "confirm", OURS, "--with", "a scene", "--code", wrong),
        capture_output=True, check=False, timeout=WAIT_SECONDS)
    same("a wrong code is refused", done.returncode != 0, True)
    a_team_that_is_not_known_is_refused(house)
    house.node.command("peer", "confirm", OURS, "--with", "a scene",
                       "--code", code)


def a_node_that_dials_us_exchanges_in_both_directions(house):
    peer = house.peer
    house.submit("first.example")
    peer.queue(indicator("DOMAIN", "ours-first.example", labels=["one"]))
    peer.accept(house.listener)
    house.listener.close()
    peer.session()
    same("role", peer.link.role, "server")
    peer.deliver()
    peer.take(1)
    peer.ping(1)
    peer.close()


def what_was_submitted_waits_for_our_receipt_and_arrives_as_it_was(house):
    words = ["submit", "203.0.113.7:443", "evil[.]example", "--to", OURS,
             "--tlp", "green", "--label", "one", "--label", "two",
             "--confidence", 80, "--role", "c2", "--wait", "20s"]
    held = house.peer.memory.held["entries"]
    before = len(held)
    with subprocess.Popen(house.node.arguments(*words),
                          stdout=subprocess.PIPE) as waiting:
        house.exchange(take=before + 2)
        out, _ = waiting.communicate(timeout=WAIT_SECONDS)
    same("exit code of submit --wait: " + out.decode(), waiting.returncode, 0)
    known = [("IP_PORT", "203.0.113.7:443"), ("DOMAIN", "evil.example")]
    for (index, record, message), (kind, value) in zip(
            house.peer.messages()[before:], known):
        head = message["head"]
        same("head", {"kind": message["kind"], "value": head["value"],
                      "observable": head["observable"],
                      "labels": head["labels"], "role": head["role"],
                      "confidence": head["confidence"]},
             {"kind": KIND["INDICATOR"], "value": value,
              "observable": OBSERVABLE[kind], "labels": ["one", "two"],
              "role": "c2", "confidence": 80})
        same("marking", (head["marking"]["tlp"], record.tlp, record.flags),
             (1, 1, 0))


def stix_bundle():
    """Return a bundle whose second object needs several pieces."""
    when = "2026-11-01T08:00:00.000Z"
    common = {"spec_version": "2.1", "created": when, "modified": when}
    return {
        "type": "bundle", "id":
        "bundle--3f1c1f0e-2f63-4c7e-9d4c-0a8f1e5d7b11", "objects": [
            {"type": "indicator", "id":
             "indicator--5a0b4f0e-6c0e-4a55-8f0f-1f2e3d4c5b6a", **common,
             "pattern": "[domain-name:value = 'bundle.example']",
             "pattern_type": "stix", "valid_from": when,
             "labels": ["malicious-activity"], "confidence": 70},
            {"type": "note", "id":
             "note--6b1c5f1f-7d1f-4b66-9f1f-2f3e4d5c6b7a", **common,
             "content": "piece \u2014 " * 30000, "object_refs":
             ["indicator--5a0b4f0e-6c0e-4a55-8f0f-1f2e3d4c5b6a"]}]}


def a_stix_bundle_arrives_object_by_object_with_its_bytes(house):
    bundle = stix_bundle()
    path = house.folder / "bundle.json"
    path.write_text(json.dumps(bundle, indent=2, ensure_ascii=False))
    before = len(house.peer.memory.held["entries"])
    house.submit("-f", path)
    house.exchange(take=before + 3)
    got = [message for _, _, message in house.peer.messages()[before:]]
    same("kinds", [message["kind"] for message in got],
         [KIND["INDICATOR"], KIND["OBJECT"], KIND["PACKAGE"]])
    for position, (message, one) in enumerate(zip(got, bundle["objects"])):
        compact = json.dumps(one, separators=(",", ":"), ensure_ascii=False)
        same("content", message["content"], compact.encode())
        same("content type", message["content_type"], "stix-2.1")
        same("package", message["package"],
             {"id": bundle["id"], "source": "stix", "position": position})
        same("object", (message["head"]["object_id"],
                        message["head"]["created"]),
             (one["id"], one["created"]))
    head = got[0]["head"]
    same("head of the indicator",
         (head["observable"], head["value"], head["pattern"],
          head["pattern_language"], head["valid_from_ms"], head["confidence"],
          head["labels"]),
         (OBSERVABLE["DOMAIN"], "bundle.example",
          bundle["objects"][0]["pattern"], "stix", 1793520000000, 70,
          ["malicious-activity"]))
    same("count of the package", got[2]["package"]["count"], 2)


def marked(label):
    """Return a bundle of one indicator with this label."""
    bundle = stix_bundle()
    one = bundle["objects"][0]
    one["labels"] = [label]
    bundle["objects"] = [one]
    return bundle


# PROTOCOL markings: "Where the markings of an object, its package and the
# submission differ, the strictest MUST count."
def the_strictest_marking_counts_whoever_said_it(house):
    for label, word in (("tlp:amber", "green"), ("tlp:clear", "amber")):
        path = house.folder / f"{word}.json"
        path.write_text(json.dumps(marked(label)))
        before = len(house.peer.memory.held["entries"])
        house.submit("-f", path, "--tlp", word)
        house.exchange(take=before + 2)
        message = house.peer.messages()[before][2]
        same(f"{label} under --tlp {word}",
             TLP_WORDS[message["head"]["marking"]["tlp"]], "amber")


# PROTOCOL roles: "What the submitter says of the use MUST only make it stricter."
def what_a_role_forbids_no_word_allows(house):
    bundle = marked("tlp:green")
    bundle["objects"][0]["indicator_types"] = ["anonymization"]
    path = house.folder / "proxy.json"
    path.write_text(json.dumps(bundle))
    table = house.folder / "roles.csv"
    table.write_text("value,role\nvictim.example,victim\n")
    for words, role, use in (
            (("c2.example", "--role", "C2"), "c2", None),
            (("c2.example", "--role", "c2", "--use", "detect"), "c2", "DETECT"),
            (("v.example", "--role", "victim"), "victim", "NOTIFY"),
            (("-f", table, "--role", "c2", "--use", "block"), "c2", "NOTIFY"),
            (("-f", path, "--again", "--use", "block"), "proxy", "DETECT"),
            (("-f", path, "--again", "--use", "none"), "proxy", "NONE")):
        before = len(house.peer.memory.held["entries"])
        house.submit(*words)
        house.exchange(take=before + (2 if path in words else 1))
        head = house.peer.messages()[before][2]["head"]
        same(f"role and use of {words}", (head["role"], head.get("use")),
             (role, USE[f"USE_{use}"] if use else None))
    for words, said in ((("--role", "boss"), "there are c2, distribution"),
                        (("--role", "victim", "--use", "block"),
                         "is for notify at most"), (("--use", "all"), "none")):
        answer = house.node.command("submit", "x.example", "--to", OURS, *words,
                                    code=2)
        same(f"{words} are refused", said in answer, True)


# PROTOCOL sanity: "What is listed MUST NOT be sent unless the submitter says so
# again."
def what_is_listed_waits_for_a_second_word(house):
    path = house.folder / "listed.txt"
    path.write_text("first.example\nlarge.example\n10.0.0.5:443\n"
                    "https://www.ours.example/a\nlast.example\n")
    before = len(house.peer.memory.held["entries"])
    said = house.node.command("submit", "-f", path, "--to", OURS, code=3)
    for words in ("2:1: large[.]example: on the warninglist Large sites -> "
                  "--allow-listed", "4:1: ", "never to be blocked, by our list "
                  "own.txt", "private addresses", "warned 3 (not sent)",
                  "rules.json:1: a list of regular expressions"):
        same(f"{words!r} is said", words in said, True)
    explained = house.node.command("explain", path, "--to", OURS, code=3)
    same("explained", " WARNED  1  on the warninglist Large sites  lines 2 of"
         in explained and "would send" in explained, True)
    house.exchange(take=before + 2)
    said = house.node.command("submit", "-f", path, "--to", OURS,
                              "--allow-listed", code=3)
    same("the own list stays", "warned 1 (not sent)" in said, True)
    house.exchange(take=before + 4)
    house.submit("-f", path, "--use", "notify", "--allow-listed")
    house.exchange(take=before + 9)
    same("values", [message["head"]["value"] for _, _, message
                    in house.peer.messages()[before:before + 9]],
         ["first.example", "last.example", "large.example", "10.0.0.5:443",
          "first.example", "large.example", "10.0.0.5:443",
          "https://www.ours.example/a", "last.example"])
    stopped = house.node.command("submit", "192.168.1.1", "--on-error", "stop",
                                 "--to", OURS, code=3)
    same("nothing goes", "nothing was submitted" in stopped, True)


def a_long_list_comes_in_several_batches(house):
    values = [f"host-{i}.example" for i in range(MANY)]
    path = house.folder / "values.txt"
    path.write_text("# a list\n" + "\n".join(values) + "\n")
    memory = house.peer.memory
    before = len(memory.held["entries"])
    sizes = len(memory.held["checkpoints"])
    house.submit("-f", path, "--format", "list")
    house.exchange(take=before + len(values))
    same("values", [message["head"]["value"] for _, _, message
                    in house.peer.messages()[before:]], values)
    same("several batches", len(memory.held["checkpoints"]) - sizes >= 2, True)


def ours_arrive_in_pieces_and_batches_and_some_are_declined(house):
    peer = house.peer
    first = len(peer.own_tree.leaves)
    before = len(peer.memory.held["entries"])
    peer.queue({**indicator("URL", "http://pieces.example/a"),
                "content": b"\0\xff" * 100000, "content_type": "x"})
    peer.queue(indicator("DOMAIN", "relay.example", 1,
                         marking={"tlp": 1, "relay_permitted": True,
                                  "exercise": "autumn"}))
    peer.queue({"kind": 77, "head": {"marking": {"tlp": 0}}})
    declined = [("policy", lambda: peer.queue(
        indicator("DOMAIN", "red.example", 4))),
        ("policy", lambda: peer.queue(
            {"kind": KIND["INDICATOR"], "head": {"value": "no.example"}})),
        ("value", lambda: peer.queue(indicator("DOMAIN", "m.example"), tlp=1)),
        ("value", lambda: peer.queue_body(b"", kind=9)),
        ("value", lambda: peer.queue_body(b"words", tlp=5)),
        ("truncated", lambda: peer.queue_body(b"")),
        ("missing", lambda: peer.queue_body(bytes(24))),
        ("value", lambda: peer.queue(indicator("DOMAIN", "c.example",
                                               confidence=101)))]
    for _, act in declined:
        act()
    for i in range(MANY):
        peer.queue(indicator("SHA256", lane.H(lane.u64(i)).hex(), 0))
    house.exchange(until=lambda: len(declines(peer, before)) == len(declined))
    rows = house.node.listing("--from")[first:]
    same("states", [row["state"] for row in rows[:3 + len(declined)]],
         ["stored"] * 3 + ["declined"] * len(declined))
    same("declines", declines(peer, before),
         [(index, proto.CODES[name])
          for index, (name, _) in enumerate(declined, first + 3)])


def declines(peer, since):
    """Return (index, code) of each entry of ours that was declined since.

    Neighbours that are declined for one reason may stand in one Decline.
    """
    found = []
    for _, _, message in peer.messages()[since:]:
        entry, code = message["decline"]["entry"], message["decline"]["code"]
        first, count = entry["first"], entry["count"]
        same("lane and leaf of a Decline", (entry["lane_id"], entry["leaf"]),
             (peer.own_id, peer.own_tree.leaves[first]))
        found += [(index, code) for index in range(first, first + count)]
    return found


def what_we_decline_is_shown_as_declined(house):
    peer, before = house.peer, len(house.peer.memory.held["entries"])
    house.submit("strict.example", "--tlp", "amber")
    house.submit("mild.example", "--tlp", "green")
    peer.ceiling = 1
    house.exchange(take=before + 2)
    peer.ceiling = 2
    same("states", [row["state"] for row in house.node.listing("--to")
                    if row["index"] >= before], ["declined", "receipted"])


class Chatty(Peer):
    """A Peer of a later version: each message has fields nobody knows."""

    def send(self, name, **values):
        """Send a frame with a number and a text more."""
        payload = proto.WIRE.encode(proto.PAYLOADS[name], values)
        return self.link.send(name, payload + proto.varint(1000 << 3) + b"\7" +
                              proto.varint(1001 << 3 | 2) + b"\3new")


def fields_that_nobody_knows_are_skipped(house):
    before = len(house.peer.memory.held["entries"])
    house.submit("chatty.example")
    house.peer = house.another_peer(Chatty)
    house.peer.queue(indicator("DOMAIN", "ours-chatty.example"))
    house.exchange(take=before + 1)
    house.peer = house.another_peer()


def each_misbehaviour_is_answered_by_its_code(house):
    house.submit("pending-1.example", "pending-2.example")
    before = len(house.peer.memory.held["entries"])
    wrong = []
    for name, fault in sorted(faults.FAULTS.items(),
                              key=lambda one: not one[1].needs_pending):
        if house.peer.memory.held["entries"][before:]:
            assert not fault.needs_pending, "nothing is pending any more"
        code = fault.run(house.peer, house.meet)
        if code != proto.CODES[fault.error]:
            wrong.append(f"{name}: {proto.CODE_NAMES.get(code, code)}, not "
                         f"{fault.error}")
    same("misbehaviours", wrong, [])
    house.exchange(take=before + 2)


def holds(folder, needle):
    """Tell whether any file below a folder has these bytes."""
    return any(needle in path.read_bytes() for path in folder.rglob("*")
               if path.is_file())


def what_we_expunge_is_erased_at_the_node(house):
    peer = house.peer
    for name in ("expunged-by-us", "kept-by-us"):
        peer.queue(indicator("DOMAIN", f"{name}.example"))
    house.exchange()
    own = peer.memory.own["entries"]
    index = len(own) - 2
    salt, body = own[index]["salt"], own[index]["body"]
    journal = house.node.state / "journal"
    same("held before", (holds(journal, salt), holds(journal, body)),
         (True, True))
    peer.queue_expunge(index)
    house.exchange()
    same("erased", (holds(journal, salt), holds(journal, body)),
         (False, False))
    same("the one beside it stays", holds(journal, own[-2]["body"]), True)
    same("our receipt", peer.memory.own["receipt"]["size"], len(own))


def what_the_node_expunges_goes_here_too(house):
    held, journal = house.peer.memory.held, house.node.state / "journal"
    before = len(held["entries"])
    house.submit("expunged-by-them.example", "kept-by-them.example")
    house.exchange(take=before + 2)
    salt, body = (held["entries"][before][key] for key in ("salt", "body"))
    house.node.command("expunge", f"krcert>{OURS}#{before}")
    house.exchange(take=before + 3)
    entry = held["entries"][before]
    same("forgotten here", (entry["salt"], entry["body"]), (None, None))
    same("erased there", (holds(journal, salt), holds(journal, body)),
         (False, False))
    record = lane.Record(held["entries"][-1]["record"], before + 2)
    same("the expunge", (record.kind, record.ref, record.length, record.tlp,
                         record.flags), (2, before, 0, 0, 0))
    row = house.node.listing("--to")[before]
    same("who has it", (row["state"], row["expunge"], row["expunged_by"],
                        row["expunge_receipted"]),
         ("expunged", "done", f"krcert>{OURS}#{before + 2}", True))


def an_expunge_beside_what_it_names_is_taken_with_it(house):
    peer = house.peer
    peer.queue(indicator("DOMAIN", "not-even-sent.example"))
    house.meet()
    peer.session()
    index = peer.sequence() - 1
    peer.memory.own["checkpoints"].pop()        # it was never signed
    peer.queue_expunge(index)
    peer.sequence()
    peer._announce(index, peer.memory.own["checkpoints"][-1])
    peer.deliver()
    peer.ping(1)
    peer.close()


def a_holder_that_lost_all_takes_gone_and_withholds_its_receipt(house):
    peer, held = house.peer, house.peer.memory.held
    old = {key: list(held[key]) for key in ("entries", "checkpoints")}
    expunged = [i for i, one in enumerate(old["entries"])
                if one.get("expunged")]
    same("expunged so far", len(expunged), 1)
    held.update(entries=[], checkpoints=[], seen=None, receipt=None)
    peer.memory.save()
    house.peer = peer = house.another_peer()
    house.meet()
    peer.session()
    peer.take(len(old["entries"]))
    held = peer.memory.held
    peer.until(lambda: held["receipt"] and
               held["receipt"]["size"] == len(old["entries"]))
    peer.ping(1)
    same("GONE", [i for i, one in enumerate(held["entries"])
                  if "gone" in one], expunged)
    same("answered by HELD until the expunge came",
         [size for size in peer.helds if size > expunged[0]], peer.helds)
    same("once at least", bool(peer.helds), True)
    peer.close()
    house.exchange()


def a_holder_that_was_set_back_is_fed_again_and_says_held(house):
    peer, held = house.peer, house.peer.memory.held
    old = {key: list(held[key]) for key in ("entries", "checkpoints")}
    held["checkpoints"] = held["checkpoints"][:2]
    held["entries"] = held["entries"][:held["checkpoints"][-1]["size"]]
    peer.memory.save()
    receipt = dict(held["receipt"])
    house.peer = peer = house.another_peer()
    house.submit("after-it.example")
    house.exchange(take=len(old["entries"]) + 1)
    held = peer.memory.held
    same("leaf records", [one["record"] for one in held["entries"][:-1]],
         [one["record"] for one in old["entries"]])
    # What was declined before came again, and is taken now.
    same("bodies", [new["body"] for new, one in
                    zip(held["entries"], old["entries"]) if one["body"]],
         [one["body"] for one in old["entries"] if one["body"]])
    same("checkpoints", held["checkpoints"][:len(old["checkpoints"])],
         old["checkpoints"])
    same("receipt goes on", held["receipt"]["size"], receipt["size"] + 1)


def a_newer_card_is_taken_in_a_session(house):
    path = house.folder / OURS / "card"
    version = house.peer.card.version + 1
    path.write_bytes(faults.renewed_card(house.peer, version))
    house.peer = house.another_peer()
    house.peer.queue(indicator("DOMAIN", "renewed.example"))
    house.exchange()
    house.exchange()
    same("card held of us", house.peer.their_hello["peer_card_version"],
         version)


def of_two_connections_the_newer_one_stays(house):
    old, new = house.peer, house.another_peer()
    house.meet(old)
    old.session()
    house.meet(new)
    new.session()
    same("code", old.expect_close(), proto.CODES["duplicate"])
    new.ping(1)
    new.close()


def a_holder_that_lies_gets_nothing_until_it_is_honest(house):
    peer = house.peer
    mark = len(house.node.lines)
    for _ in range(2):                          # however often it lies
        verdicts = []
        house.meet()
        peer.greet()
        peer.prove()
        state = peer.lane_state()
        state["size"] += 100
        state["checkpoint"] = {**state["checkpoint"], "size": state["size"]}
        peer.on_verdict = verdicts.append
        peer.queue(indicator("DOMAIN", "goes-on.example"))
        peer.send("RESUME", lanes=[state])
        peer.until(lambda: verdicts and peer.verdict_sent)
        peer.deliver()
        peer.close()
        same("verdict", (verdicts[0]["row"], verdicts[0]["start"]), (9, 0))
    del peer.on_verdict
    house.node.logged("peer-lies", mark)
    house.submit("goes-on-too.example")
    house.exchange(take=len(peer.memory.held["entries"]) + 1)


def a_tail_that_we_lost_is_given_back(house):
    """The node holds all of our lane; we are back at its first batch."""
    peer = house.peer = house.another_peer(epochs.Rolling)
    own = peer.memory.own
    before = [dict(one) for one in own["entries"]]
    peer.lose(own["checkpoints"][0]["size"])
    peer.queue(indicator("DOMAIN", "after-the-loss.example"))
    house.exchange()
    same("records", [one["record"] for one in own["entries"][:-1]],
         [one["record"] for one in before])
    rows = house.node.listing("--from")
    for row, new, old in zip(rows, own["entries"], before):
        if row["state"] == "stored":
            same(f"body of {row['id']}", new["body"], old["body"])
        else:
            same(f"no body of {row['id']}", new["body"], None)
            new.update(old)                     # as it was before the loss
    peer.memory.save()


def our_lane_goes_on_in_a_new_epoch(house):
    peer = house.peer
    house.meet()
    peer.session()
    peer.deliver()
    peer.roll()
    peer.queue(indicator("DOMAIN", "ours-in-epoch-1.example"))
    peer.deliver()
    same("receipt", peer.memory.own["receipt"]["size"], 1)
    peer.close()
    shown = json.loads(house.node.command("show", f"{OURS}>krcert#1.0",
                                          "--json"))
    same("leaf record", shown["record"],
         peer.memory.own["entries"][0]["record"].hex())
    house.meet()                                # and is resumed there
    peer.session()
    peer.queue(indicator("DOMAIN", "ours-in-epoch-1-too.example"))
    peer.deliver()
    peer.close()


def the_nodes_lane_goes_on_in_a_new_epoch(house):
    peer = house.peer
    house.submit("last-of-epoch-0.example")
    house.node.command("lane", "roll", OURS, "--yes")
    house.submit("first-of-epoch-1.example")
    house.meet()
    peer.session()
    peer.until(lambda: peer.genesis["held"][79] == 1)
    peer.take(1)
    peer.ping(1)
    peer.close()
    message = message_of(peer.memory.held["entries"][0]["body"])
    same("value", message["head"]["value"], "first-of-epoch-1.example")
    house.node.command("audit", "--bodies")


def boot_id_of(house):
    """Return what the node says of itself in a session. It listens before it
    is ready, and closes what comes in between."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            house.meet()
            house.peer.session()
            house.peer.close()
            return house.peer.their_hello["boot_id"]
        except (Closed, OSError):
            if time.monotonic() > until:
                raise


# PROTOCOL sessions: "`boot_id` MUST be 16 random bytes that a node makes anew
# at each start."
def a_node_that_starts_again_has_another_boot_id(house):
    first, again = boot_id_of(house), boot_id_of(house)
    same("boot id in one life", first, again)
    same("exit code", house.node.stop(), 0)
    house.node.start()
    second = boot_id_of(house)
    same("bytes", (len(first), len(second)), (16, 16))
    same("another boot id", first != second, True)


def a_node_that_is_stopped_says_so(house):
    peer = house.peer
    house.meet()
    peer.greet()
    peer.prove()
    house.node.process.send_signal(signal.SIGTERM)
    same("code", peer.expect_close(), proto.CODES["shutdown"])
    same("exit code", house.node.stop(), 0)
    bad = [line for line in house.node.lines
           if "Sanitizer" in line or "runtime error" in line]
    same("what the sanitizers found", bad, [])


SCENES = [
    (a_team_that_is_not_known_is_refused, False),
    (both_sides_show_the_same_code_and_only_that_one_confirms, False),
    (a_node_that_dials_us_exchanges_in_both_directions, True),
    (what_was_submitted_waits_for_our_receipt_and_arrives_as_it_was, True),
    (a_stix_bundle_arrives_object_by_object_with_its_bytes, True),
    (the_strictest_marking_counts_whoever_said_it, True),
    (what_a_role_forbids_no_word_allows, True),
    (what_is_listed_waits_for_a_second_word, True),
    (what_we_decline_is_shown_as_declined, True),
    (fields_that_nobody_knows_are_skipped, True),
    (each_misbehaviour_is_answered_by_its_code, True),
    (what_we_expunge_is_erased_at_the_node, True),
    (what_the_node_expunges_goes_here_too, True),
    (an_expunge_beside_what_it_names_is_taken_with_it, True),
    (a_holder_that_lost_all_takes_gone_and_withholds_its_receipt, True),
    (a_long_list_comes_in_several_batches, True),
    (ours_arrive_in_pieces_and_batches_and_some_are_declined, True),
    (a_holder_that_was_set_back_is_fed_again_and_says_held, True),
    (a_newer_card_is_taken_in_a_session, True),
    (of_two_connections_the_newer_one_stays, True),
    (a_holder_that_lies_gets_nothing_until_it_is_honest, True),
    (a_tail_that_we_lost_is_given_back, True),
    (our_lane_goes_on_in_a_new_epoch, False),
    (the_nodes_lane_goes_on_in_a_new_epoch, False),
    (a_node_that_starts_again_has_another_boot_id, False),
    (a_node_that_is_stopped_says_so, False),
]


def play(house):
    """Play all scenes; return whether all went well."""
    for scene, compare in SCENES:
        try:
            scene(house)
            if compare:
                house.compare()
        except Exception:                       # whatever it is, say where
            traceback.print_exc()
            print(f"FAILED  {scene.__name__}")
            print("\n".join(house.node.lines[-40:]))
            return False
        print(f"ok      {scene.__name__}", flush=True)
    return True


def main(arguments):
    """Run the scenes in a folder of their own."""
    build = arguments[0] if arguments else os.environ.get("SEALANE_BUILD")
    if not build or not (Path(build) / "sealaned").exists():
        print("no sealaned: give the build directory", file=sys.stderr)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="peer-"))
    house = None
    try:
        house = House(Path(build).resolve(), folder)
        good = play(house)
    finally:
        if house:
            house.node.stop()
    if not good:
        print(f"left as it was: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
