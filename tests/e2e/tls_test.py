#!/usr/bin/env python3
"""tls_test - every TLS refusal says its reason on both sides.

Usage: tls_test.py SEALANED

Each case has exactly one defect. It asserts the reason that the refusing
side logs, the reason that the other side logs or is told, that nothing of
the sender's queue was lost, and that mending that one defect connects and
delivers what waited.
"""

import hashlib
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "certs"))
from make_certs import Team  # noqa: E402
from node import Node, field, fields, free_port, pair  # noqa: E402

BROKEN, GOOD = "cert.gov.au", "krcert.or.kr"
FRAME_HELLO, FRAME_CLOSE = 1, 17
WRONG_TEAM = 13
LONG_CHAIN_BYTES = 200_000
NO_FRAME = b"\xff" * 8  # is answered by the end of the connection
INDICATOR, IPV4, AMBER = 1, 1, 2

# Variant of certs/make_certs.py; what the refusing side says of the
# certificate; what the other side is told; what it finds itself.
VARIANTS = [
    ("tls-expired", "expired: CN=cert.gov.au TLS ended on 20", "expired",
     "expired: CN=cert.gov.au TLS ended on 20"),
    ("tls-not-yet-valid", "not yet valid: CN=cert.gov.au TLS begins on 20",
     "not good", "not yet valid: CN=cert.gov.au TLS begins on 20"),
    ("tls-wrong-authority",
     "wrong authority: CN=cert.gov.au TLS is not signed by the root of "
     "cert.gov.au", "wrong authority", "wrong authority"),
    ("tls-wrong-name", "wrong name: ", "not good", "names other.cert.gov.au,"
     " not cert.gov.au"),
    ("tls-wildcard", "names *.gov.au, not cert.gov.au", "not good",
     "wrong name"),
    ("tls-wrong-use", "wrong use: CN=cert.gov.au TLS is not for TLS", "wrong use",
     "wrong use"),
    ("tls-revoked", "revoked: CN=cert.gov.au", "revoked", "revoked"),
    ("crl-missing", "no revocation list: CN=cert.gov.au", "revoked",
     "no revocation list"),
    ("crl-expired", "revocation list expired: CN=cert.gov.au", "revoked",
     "revocation list expired"),
]


def submit(node, to):
    """Queue one indicator for a peer."""
    opened = node.ask("submit-open", to=[to])[0]
    head = field(1, 1) + field(4, IPV4) + field(5, "203.0.113.7") + \
        field(14, field(1, AMBER))
    message = field(1, INDICATOR) + field(3, field(1, opened["number"])) + \
        field(4, head)
    answer = node.ask("submit", number=opened["number"],
                      stream=opened["stream"], first=opened["next"], to=[to],
                      messages=[message])
    assert answer[0]["accepted"], answer


def both_up(a, b):
    a.wait(lambda: a.peer(b.name)["up"] and b.peer(a.name)["up"],
           "the session")


class Pair:
    """A good team and one whose state has a single defect."""

    def __init__(self, sealaned, base, variant, dialler):
        self.folder = Path(base) / f"{variant or 'good'}-{dialler}"
        self.ports = {BROKEN: free_port(), GOOD: free_port()}
        states = {}
        for name, port in self.ports.items():
            address = f"127.0.0.1:{port}"
            states[name] = self.folder / name
            team = Team(name, [address])
            team.write(states[name], variant if name == BROKEN else None)
            if name == BROKEN:
                self.address = address
        self.bad = Node(sealaned, states[BROKEN], BROKEN, self.ports[BROKEN])
        self.good = Node(sealaned, states[GOOD], GOOD, self.ports[GOOD])
        self.dialler = dialler

    def settings(self, node):
        other = GOOD if node is self.bad else BROKEN
        dials = "true" if node.name == self.dialler else "false"
        return {"peers": f"[{{team: {other}, dial: {dials}}}]"}

    def start(self):
        for node in (self.bad, self.good):
            node.start(**self.settings(node))
        pair(self.bad, self.good)
        submit(self.bad, GOOD)

    def queue_is_whole(self):
        peer = self.bad.peer(GOOD)
        assert (peer["queued"], peer["sent"]) == (1, 0), peer
        assert not peer["up"], peer

    def mend(self):
        """Put the defect right, with a newer card that says so."""
        self.bad.stop()
        mended = Team.read(self.bad.state, addresses=[self.address],
                           version=2)
        mended.write(self.bad.state)
        self.good.ask("peer-add",
                      card=(self.bad.state / "card").read_bytes())
        self.bad.start(**self.settings(self.bad))
        both_up(self.bad, self.good)
        self.bad.wait(lambda: self.bad.peer(GOOD)["receipted"] == 1,
                      "the receipt")
        assert self.bad.peer(GOOD)["queued"] == 0
        assert self.good.peer(BROKEN)["stored"] == 1

    def stop(self):
        self.bad.stop()
        self.good.stop()

    def kill(self):
        self.bad.kill()
        self.good.kill()


def certificate_refused(sealaned, base, variant, dialler):
    """A certificate with one defect, sent by the dialling side or not."""
    name, here, there, found = variant
    p = Pair(sealaned, base, name, dialler)
    try:
        p.start()
        p.good.wait_log("we refused the peer's certificate: ")
        p.good.wait_log(here)
        p.bad.wait_log(f"the peer refused our certificate: {there}")
        p.bad.wait_log("(we find: ")
        p.bad.wait_log(found)
        p.bad.wait_log("peers will refuse our TLS certificate: ")
        p.queue_is_whole()
        p.mend()
        p.stop()
    finally:
        p.kill()


def not_pinned(sealaned, base, dialler):
    """A certificate that is good but for the card: the connection serves for a
    newer card alone, and there is none."""
    p = Pair(sealaned, base, "tls-not-pinned", dialler)
    try:
        p.start()
        p.good.wait_log(f"{BROKEN}: only a newer card is taken from it: not "
                        "pinned: CN=cert.gov.au TLS is not in the card")
        p.good.wait_log(f"{BROKEN}: not pinned: the TLS certificate is not in "
                        "the card that is held, and no newer card came")
        p.bad.wait_log("the peer closed: not pinned: the TLS certificate")
        p.bad.wait_log("peers will refuse our TLS certificate: not pinned")
        p.queue_is_whole()
        p.mend()
        p.stop()
    finally:
        p.kill()


# ---- strangers at a good node's door ------------------------------------------

def call(port, state, frame):
    """Connect as a correct client, say one frame, give what comes back."""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname = False
    ctx.verify_mode = ssl.CERT_NONE
    ctx.set_alpn_protocols(["sealane/1"])
    ctx.load_cert_chain(state / "keys/tls.crt", state / "keys/tls.key")
    with socket.create_connection(("127.0.0.1", port), 10) as raw:
        with ctx.wrap_socket(raw) as s:
            s.settimeout(10)
            s.sendall(frame)
            return s.recv(1 << 16)


def identity(state):
    return ["-cert", str(state / "keys/tls.crt"),
            "-key", str(state / "keys/tls.key")]


def s_client(port, *options, data=b""):
    """Connect as openssl's client does, and give what it says."""
    run = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-ign_eof",
         *options], input=data, capture_output=True, timeout=30)
    return (run.stdout + run.stderr).decode(errors="replace")


def hello(team, peer, card, boot=bytes(16)):
    payload = b"".join([
        field(1, 1), field(2, team), field(3, peer), field(4, 1),
        field(5, hashlib.sha256(card).digest()), field(6, 1), field(7, boot),
        field(8, field(1, 1 << 20) + field(2, 16))])
    return struct.pack(">IB3x", len(payload), FRAME_HELLO) + payload


def long_chain(state):
    """A chain of 200 KB: our own certificate over and over."""
    path = state / "long-chain.pem"
    one = (state / "keys/tls.crt").read_text()
    path.write_text(one * (LONG_CHAIN_BYTES // len(one) + 1))
    return ["-cert_chain", str(path)]


def session_elsewhere(p):
    """A TLS session of a server that gives tickets and takes early data, with
    the certificate that the node pins."""
    path = p.folder / "session.pem"
    port = free_port()
    server = Server(port, p.folder / "tickets.log",
                    *identity(p.good.state), "-alpn", "sealane/1",
                    "-early_data")
    try:
        p.good.wait(lambda: "ACCEPT" in server.said(), "openssl's server")
        with subprocess.Popen(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
                 "-alpn", "sealane/1", "-sess_out", str(path)],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL) as client:
            p.good.wait(lambda: path.exists() and "END SSL" in
                        path.read_text(), "a ticket of openssl's server")
            client.kill()
    finally:
        server.stop()
    return path


def tickets_and_early_data(p):
    """No ticket is given; one of another server is as none, and what is sent
    early is not read."""
    state, port = p.bad.state, p.ports[GOOD]
    card = dict(fields((state / "card").read_bytes()))[1]
    early = p.folder / "early"
    early.write_bytes(hello(BROKEN, GOOD, card))
    ours = [*identity(state), "-alpn", "sealane/1"]
    mine = p.folder / "mine.pem"
    told = s_client(port, *ours, "-sess_out", str(mine), data=NO_FRAME)
    assert "New, TLSv1.3" in told, told
    assert "Session Ticket arrived" not in told and not mine.exists(), told
    told = s_client(port, *ours, "-sess_in", str(session_elsewhere(p)),
                    "-early_data", str(early), data=NO_FRAME)
    assert "New, TLSv1.3" in told and "Reused" not in told, told
    assert "Early data was rejected" in told, told
    print("good: tickets and early data, from a client")


def callers_refused(p):
    """Clients with one defect each; without it the same call is answered."""
    state, port = p.bad.state, p.ports[GOOD]
    card = dict(fields((state / "card").read_bytes()))[1]
    good_hello = hello(BROKEN, GOOD, card)

    def mended():
        answer = call(port, state, good_hello)
        assert len(answer) > 8 and answer[4] == FRAME_HELLO, answer

    ours = ["-alpn", "sealane/1"]
    cases = [
        ("none", ours, "no certificate: the peer sent none",
         "alert certificate required"),
        ("TLS 1.2", [*identity(state), *ours, "-tls1_2"],
         "wrong TLS version: the peer does not speak TLS 1.3",
         "alert protocol version"),
        ("wrong ALPN", [*identity(state), "-alpn", "http/1.1"],
         "wrong ALPN: the peer offers http/1.1; only sealane/1",
         "alert no application protocol"),
        ("no ALPN", identity(state),
         "wrong ALPN: the peer offers none; only sealane/1",
         "alert no application protocol"),
        ("a chain of 200 KB", [*identity(state), *ours, *long_chain(state)],
         "too long: the peer's certificates exceed 16 KiB", "alert"),
    ]
    for name, options, here, there in cases:
        mark = p.good.log_size()
        told = s_client(port, *options)
        assert there in told, (name, told)
        p.good.wait_log("refused a connection from 127.0.0.1:", mark)
        p.good.wait_log(here, mark)
        mended()
        print(f"good: {name}, from a client", flush=True)

    mark = p.good.log_size()
    told = call(port, state, hello("jpcert.or.jp", GOOD, card))
    assert told[4] == FRAME_CLOSE, told
    code = dict(fields(told[8:]))
    assert code[1] == WRONG_TEAM, code
    p.good.wait_log(f"{BROKEN}: the certificate belongs to another team than "
                    "HELLO says", mark)
    mended()
    print("good: right certificate with another team's HELLO")


# ---- servers with one defect that a good node dials ----------------------------

class Server:
    """openssl's server in place of a team's daemon."""

    def __init__(self, port, log, *options):
        self.log = Path(log)
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(
                ["openssl", "s_server", "-accept", f"127.0.0.1:{port}",
                 *options], stdin=subprocess.PIPE, stdout=out, stderr=out)

    def said(self):
        return self.log.read_text(errors="replace")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()


def servers_refused(sealaned, base):
    """The good node dials; it keeps what it was to send."""
    p = Pair(sealaned, base, None, GOOD)
    try:
        for node in (p.bad, p.good):
            node.start(**p.settings(node))
        pair(p.bad, p.good)
        both_up(p.bad, p.good)
        p.bad.stop()
        submit(p.good, BROKEN)
        ours = [*identity(p.bad.state), "-Verify", "1"]
        cases = [
            ("TLS 1.2", [*ours, "-alpn", "sealane/1", "-tls1_2"],
             "wrong TLS version: ", "unsupported protocol"),
            ("wrong ALPN", [*ours, "-alpn", "http/1.1"],
             "the peer refused our TLS: wrong ALPN",
             "no application protocol"),
            ("no ALPN", ours,
             "wrong ALPN: the peer does not answer with sealane/1", ""),
            ("a chain of 200 KB",
             [*ours, "-alpn", "sealane/1", *long_chain(p.bad.state)],
             "too long: the peer's certificates exceed 16 KiB", "alert"),
        ]
        for name, options, here, there in cases:
            mark = p.good.log_size()
            server = Server(p.ports[BROKEN], p.folder / "server.log",
                            *options)
            try:
                p.good.wait_log(here, mark)
                p.good.wait(lambda: there in server.said(), there)
            finally:
                server.stop()
            assert f"{BROKEN}: cannot be reached: 127.0.0.1:" in \
                p.good.log(mark)
            peer = p.good.peer(BROKEN)
            assert (peer["queued"], peer["sent"]) == (1, 0), peer
            print(f"good: {name}, from a server", flush=True)
        p.bad.start(**p.settings(p.bad))
        both_up(p.bad, p.good)
        p.good.wait(lambda: p.good.peer(BROKEN)["receipted"] == 1,
                    "the receipt")
        p.stop()
    finally:
        p.kill()


def no_certificate_file(sealaned, base):
    """A node without a certificate says so and waits until it has one."""
    p = Pair(sealaned, base, "tls-none", BROKEN)
    try:
        p.good.start(**p.settings(p.good))
        p.bad.start_awaiting("keys/tls.crt is no readable certificate",
                             **p.settings(p.bad))
        p.bad.wait_log("all start again in ")
        Team.read(p.bad.state, addresses=[p.address]).write(p.bad.state)
        p.bad.wait_log("runs as")
        pair(p.bad, p.good)
        both_up(p.bad, p.good)
        p.stop()
    finally:
        p.kill()


def main():
    sealaned = str(Path(sys.argv[1]).resolve())
    base = tempfile.mkdtemp(prefix="sealane-tls-")
    count = 0
    for variant in VARIANTS:
        for dialler in (BROKEN, GOOD):
            certificate_refused(sealaned, base, variant, dialler)
            who = "client" if dialler == BROKEN else "server"
            print(f"good: {variant[0]}, of a {who}", flush=True)
            count += 1
    for dialler in (BROKEN, GOOD):
        not_pinned(sealaned, base, dialler)
        print(f"good: tls-not-pinned, dialled by {dialler}", flush=True)
        count += 1
    no_certificate_file(sealaned, base)
    print("good: tls-none, a node without one")
    p = Pair(sealaned, base, None, BROKEN)
    try:
        p.good.start(**p.settings(p.good))
        p.bad.start(**p.settings(p.bad))
        pair(p.bad, p.good)
        both_up(p.bad, p.good)
        p.bad.stop()
        callers_refused(p)
        tickets_and_early_data(p)
        p.good.stop()
    finally:
        p.kill()
    servers_refused(sealaned, base)
    print(f"tls_test: {count} refusals of certificates, 1 node without one, "
          "6 callers and 4 servers: each with its own reason on both sides, "
          "and each connects when mended")
    shutil.rmtree(base)


if __name__ == "__main__":
    main()
