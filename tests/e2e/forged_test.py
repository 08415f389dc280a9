#!/usr/bin/env python3
"""forged_test - a handshake with any byte changed is no session, and what was
recorded of a good one is worth nothing in another.

Usage: forged_test.py [STEP]      SEALANE_BUILD names the build folder

The second implementation (tests/peer) meets a node through a proxy. Every
STEP-th byte of the handshake is changed in turn (default: each; with
sanitizers every 7th), in both directions. The one place where a change is
without effect is the version in front of records that are not yet encrypted,
which TLS 1.3 says to ignore. Before that a good session is recorded: its bytes
are played to the node again, and its frames within a new TLS session, as
somebody could who has the TLS key.
"""
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "peer"))
import house  # noqa: E402
import link  # noqa: E402
import peer_test  # noqa: E402
import proto  # noqa: E402
import proxy  # noqa: E402
from house import check  # noqa: E402
from proxy import HEADER_BYTES, TO_CLIENT, TO_SERVER  # noqa: E402

STEP = int(sys.argv[1]) if len(sys.argv) > 1 else \
    7 if house.is_sanitized() else 1
HANDSHAKE, VERSION = 22, (1, 2)
AUTH = proto.FRAMES["AUTH"][0]
STALL_S, LIMIT_S = 0.2, 10


class Flip:
    """A rule that changes one byte of every stream in one direction."""

    def __init__(self, direction, place):
        self.direction, self.place = direction, place
        self.seen = {}

    def __call__(self, connection, direction, number, record):
        start = self.seen.get((connection, direction), 0)
        self.seen[connection, direction] = start + len(record)
        at = self.place - start
        if direction != self.direction or not 0 <= at < len(record):
            return record
        return record[:at] + bytes([record[at] ^ 1]) + record[at + 1:]


class Recorder:
    """A rule that keeps what passes."""

    def __init__(self):
        self.records = ([], [])

    def __call__(self, connection, direction, number, record):
        self.records[direction].append(record)
        return record


class Caller:
    """Shakes hands and says HELLO, again and again."""

    def __init__(self, peer, road):
        self.context = link.context_for(False, peer.state, peer.theirs)
        self.hello = link.frame_bytes(
            proto.FRAMES["HELLO"][0],
            proto.WIRE.encode(proto.PAYLOADS["HELLO"], peer.hello()))
        self.road = road

    def greets(self, seconds):
        """Tell whether the node says HELLO too."""
        try:
            with socket.create_connection(("127.0.0.1", self.road.port)) as s:
                s.settimeout(seconds)
                with self.context.wrap_socket(s) as tls:
                    tls.sendall(self.hello)
                    return tls.recv(HEADER_BYTES)[4:] == b"\1"
        except OSError:
            return False


def handshake_sizes(records):
    """How many bytes each side's handshake has: all but its last record,
    which holds the HELLO."""
    return [sum(map(len, side[:-1])) for side in records]


def may_change(records, place):
    """Tell whether TLS ignores this byte: a version outside encryption."""
    for record in records:
        if place < len(record):
            return record[0] == HANDSHAKE and place in VERSION
        place -= len(record)
    return False


def each_byte(home, road):
    recorder = road.rule = Recorder()
    caller = Caller(home.peer, road)
    check(caller.greets(LIMIT_S), "a good handshake")
    sizes = handshake_sizes(recorder.records)
    tried = ignored = 0
    mark = len(home.node.lines)
    began = time.monotonic()
    for direction in (TO_SERVER, TO_CLIENT):
        for place in range(0, sizes[direction], STEP):
            road.rule = Flip(direction, place)
            tried += 1
            if caller.greets(STALL_S):
                ignored += 1
                check(may_change(recorder.records[direction], place),
                      f"byte {place} of direction {direction} is not checked")
    road.rule = proxy.forward
    check(tried > 1000 // STEP, f"only {tried} bytes")
    check(not any("session is open" in line
                  for line in home.node.lines[mark:]), "a session of it")
    check(caller.greets(LIMIT_S), "a good handshake after all the bad ones")
    print(f"good: {tried} of {sum(sizes)} bytes of a handshake changed, no "
          f"session; {ignored} of them TLS ignores; "
          f"{time.monotonic() - began:.0f} s", flush=True)


def replayed(home, road):
    """A session is recorded; nothing of it opens another."""
    frames = []
    send_raw = link.Link.send_raw

    def keep(one, data):
        frames.append(data)
        send_raw(one, data)

    recorder = road.rule = Recorder()
    link.Link.send_raw = keep
    home.peer = home.another_peer()
    home.peer.queue(peer_test.indicator("DOMAIN", "recorded.example"))
    home.peer.connect("127.0.0.1", road.port)
    home.peer.session()
    home.peer.deliver()
    home.peer.close()
    link.Link.send_raw = send_raw
    road.rule = proxy.forward
    home.node.logged("the session is open")
    mark, held = len(home.node.lines), home.node.listing("--from")
    check(len(held) == 1, f"{len(held)} messages")
    with socket.create_connection(("127.0.0.1", home.node.port), 10) as raw:
        raw.sendall(b"".join(recorder.records[TO_SERVER]))
        answer = b""
        while more := raw.recv(1 << 16):
            answer += more
    check(answer[0] == HANDSHAKE, answer[:HEADER_BYTES])
    home.node.logged("refused a connection", mark)
    thief = home.another_peer()
    thief.connect("127.0.0.1", road.port)
    # The client's proof is read once the server has given its own. From there
    # on all goes at once: the first of it may be the last that is taken.
    proof = [frame[4] for frame in frames].index(AUTH)
    thief.link.send_raw(b"".join(frames[:proof]))
    while thief.link.read()[0] != "AUTH":
        pass
    thief.link.send_raw(b"".join(frames[proof:]))
    code = thief.expect_close()
    check(code == proto.CODES["auth"], f"closed with {code}")
    check(not any("session is open" in line
                  for line in home.node.lines[mark:]), "a session of replay")
    check(home.node.listing("--from") == held, "it changed something")
    print(f"good: {len(frames)} frames of a good session, replayed: refused",
          flush=True)


def main():
    with tempfile.TemporaryDirectory(prefix="sealane-") as folder:
        home = peer_test.House(house.BUILD, Path(folder))
        try:
            home.node.logged("listening at")
            peer_test.both_sides_show_the_same_code_and_only_that_one_confirms(
                home)
            home.listener.close()
            road = proxy.Proxy(home.node.port)
            replayed(home, road)
            each_byte(home, road)
            road.stop()
        finally:
            home.node.stop()


main()
