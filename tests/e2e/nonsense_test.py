#!/usr/bin/env python3
"""nonsense_test - broken input and users without a role: a clear error, the
documented exit code, nothing stored, nothing lost, and the daemon answers.

Usage: nonsense_test.py        SEALANE_BUILD names the build folder

What needs another user is tried by root alone; without root the test says so
and skips that part, unless CI=true, where it fails.
"""
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

import house
from house import check
from node import field

WARNING, USAGE, REFUSED = 1, 2, 3
NOBODY = 65534
OBJECT_ID = "indicator--4e43dac3-b322-4795-af47-9e06da3c9d1b"
FRAME_BYTES_MAX = 16 * 1024 * 1024 + 64 * 1024


def indicator(**more):
    """A good indicator, but for what is given."""
    found = {"type": "indicator", "spec_version": "2.1", "id": OBJECT_ID,
             "created": "2026-11-20T09:30:00.000Z",
             "modified": "2026-11-20T09:30:00.000Z",
             "pattern": "[ipv4-addr:value = '203.0.113.66']",
             "pattern_type": "stix", "valid_from": "2026-11-20T00:00:00Z"}
    return json.dumps({**found, **more})


def bundle(*objects):
    return ('{"type": "bundle", "id": '
            '"bundle--92d97c87-a2ae-44c5-9c58-e3fbb25e49af", "objects": ['
            + ", ".join(objects) + "]}").encode()


def with_text(before, after):
    """A good indicator with one piece of its text put in place."""
    text = indicator(confidence=50)
    check(before in text, before)
    return bundle(text.replace(before, after))


def documents():
    """(what, file's content, exit code, a word that the error must hold)"""
    good = indicator()
    deep = 100_000
    return [
        ("truncated JSON", bundle(good)[:200], REFUSED, "too early"),
        ("truncated in a text", b'{"type": "bun', REFUSED, ""),
        ("invalid UTF-8", bundle(good).replace(b"203.0", b"\xff\xfe\xc3"),
         REFUSED, "UTF-8"),
        ("overlong UTF-8", bundle(good).replace(b"203.0", b"\xc0\xae"),
         REFUSED, "UTF-8"),
        ("lone surrogate", with_text('"confidence": 50',
                                     '"name": "\\ud800"'), REFUSED, ""),
        ("100,000 lists", b"[" * deep + b"]" * deep, REFUSED, ""),
        ("100,000 objects", b'{"a":' * deep + b"1" + b"}" * deep, REFUSED,
         ""),
        ("100,000 lists in an object", with_text(
            '"confidence": 50', '"x_deep": ' + "[" * deep + "]" * deep),
         REFUSED, ""),
        ("duplicate keys", with_text('"confidence": 50',
                                     '"confidence": 50, "confidence": 90'),
         REFUSED, "twice"),
        ("duplicate keys of the bundle", bundle(indicator(type="x")).replace(
            b'"type": "bundle",', b'"type": "bundle", "type": "bundle",'),
         REFUSED, "twice"),
        ("NaN", with_text('"confidence": 50', '"confidence": NaN'), REFUSED,
         ""),
        ("Infinity", with_text('"confidence": 50', '"x_n": -Infinity'),
         REFUSED, ""),
        ("confidence 1e400", with_text("50", "1e400"), REFUSED, "0 to 100"),
        ("confidence -1", with_text("50", "-1"), REFUSED, "0 to 100"),
        ("confidence of 400 digits", with_text("50", "9" * 400), REFUSED,
         "0 to 100"),
        ("number 007", with_text("50", "007"), REFUSED, ""),
        ("time of month 13", bundle(indicator(valid_from="2026-13-01T00:00:"
                                                         "00Z")), REFUSED,
         "valid_from"),
        ("null", bundle(indicator(name=None)), REFUSED, "null"),
        ("no id", bundle(good.replace('"id"', '"di"')), REFUSED, "id"),
        ("pattern that is none", bundle(indicator(pattern="[a:b = ")),
         REFUSED, "pattern"),
        ("objects is no list", b'{"type": "bundle", "id": "bundle--92d97c87-'
         b'a2ae-44c5-9c58-e3fbb25e49af", "objects": 7}', REFUSED, "list"),
        ("a body of 2 MiB", bundle(indicator(description="x" * (2 << 20))),
         REFUSED, "limit"),
        ("a body of 20 MiB", bundle(indicator(description="x" * (20 << 20))),
         REFUSED, ""),
        ("STIX 3", bundle(good.replace('"spec_version": "2.1"',
                                       '"spec_version": "3.0"')),
         REFUSED, "not yet read"),
        ("MISP", b'{"Event": {"uuid": "x", "info": "y", "Attribute": []}}',
         REFUSED, "Event.uuid: a UUID is expected"),
        ("an unpublished MISP event", b'{"Event": {"info": "y", "published": '
         b'false, "Attribute": [{"type": "ip-dst", "value": "203.0.113.9"}]}}',
         REFUSED, "the MISP event is not published -> publish it in MISP"),
        ("a table with no column of values", b"Host,when\nx,today\n",
         REFUSED, "--map value=COLUMN"),
        ("a table with a TLP that is none",
         b"value,tlp\n203.0.113.9,purple\n", REFUSED, ":2:13: tlp: "),
        ("a quote that is never closed",
         b'type,value\nip,"203.0.113.9\n', REFUSED, ":2:4: "),
        ("a row of an old code page", b"type,value\nip,203.0.113.9\xa0\n",
         REFUSED, ":2:4: this field is not UTF-8"),
        ("bytes that are no text", bytes(range(256)) * 16, None, ""),
        ("UTF-16", "203.0.113.9\n".encode("utf-16"), REFUSED,
         "this is UTF-16: save it as UTF-8"),
        ("UTF-32", "203.0.113.9\n".encode("utf-32"), REFUSED,
         "this is UTF-32: save it as UTF-8"),
        ("a line of 20,000 letters", b"a" * 20_000 + b".example\n", REFUSED,
         "16 KiB"),
        ("lines that are nothing", b"what is this\n///\n||*^\n999.1.1.1\n",
         REFUSED, ":4:1:"),
        ("an empty file", b"", WARNING, "nothing was submitted"),
        ("comments alone", b"# none today\n\n", WARNING,
         "nothing was submitted"),
    ]


class Watch:
    """What both teams have, to see that nothing changes."""

    def __init__(self, a, b):
        self.a, self.b = a, b
        self.before = self.now()
        self.tried = 0

    def now(self):
        return [[(r.get("id"), r.get("state")) for r in team.ask("list")]
                for team in (self.a, self.b)]

    def unchanged(self, what):
        self.tried += 1
        check(self.now() == self.before, f"{what}: the list has changed")
        check(self.a.peer(self.b.name)["queued"] == 0, f"{what}: queued")


def clear_error(done, what, code, word):
    check(done.returncode in ((code,) if code else (USAGE, REFUSED)),
          f"{what}: exit {done.returncode}: {done.out[-300:]}"
          f"{done.err[-300:]}")
    said = done.out + done.err
    check(len(done.err.strip()) > 10 and word in said,
          f"{what}: no clear error: {said[:500]!r}")


def broken_documents(base, a, b, watch):
    path = base / "broken"
    for what, content, code, word in documents():
        path.write_bytes(content)
        done = a.command("submit", "-f", path, "--to", b.name, "--tlp",
                         "green", code=None)
        clear_error(done, what, code, word)
        watch.unchanged(what)
        first = done.err.replace(str(path), "FILE").split("\n")[0]
        print(f"  {what}: exit {done.returncode}, {first[:100]}", flush=True)
        done = a.command("explain", path, "--to", b.name, code=None)
        check(done.returncode in (0, USAGE, REFUSED), f"explain {what}")
    print(f"{len(documents())} broken documents: refused, nothing stored")


def stop_on_error(base, a, b, watch):
    """One bad object among good ones, and --on-error stop: nothing goes."""
    path = base / "mixed"
    path.write_bytes(bundle(indicator(), indicator(name=None)))
    done = a.command("submit", "-f", path, "--to", b.name, "--on-error",
                     "stop", code=REFUSED)
    clear_error(done, "--on-error stop", REFUSED, "nothing was submitted")
    watch.unchanged("--on-error stop")


def wrong_words(base, a, b, watch):
    to = ("--to", b.name)
    cases = [
        (("submit", "203.0.113.9", "--type", "telepathy", *to), "telepathy"),
        (("submit", "203.0.113.9", "--type", "md5", *to), ""),
        (("submit", "no-such-thing", *to), ""),
        (("submit", "999.999.999.999", *to), ""),
        (("submit", "", *to), ""),
        (("submit", "a" * 20_000 + ".example", *to), ""),
        (("submit", b"\xff\xfe.example", *to), ""),
        (("submit", "203.0.113.9", "--to", "nobody.example"),
         "nobody.example"),
        (("submit", "203.0.113.9", "--to", "../../etc/passwd"), ""),
        (("submit", "203.0.113.9", "--to", a.name), ""),
        (("submit", "203.0.113.9"), "--to"),
        (("submit", *to), ""),
        (("submit", "203.0.113.9", "--tlp", "purple", *to), "purple"),
        (("submit", "203.0.113.9", "--tlp", "red", *to), "ceiling"),
        (("submit", "203.0.113.9", "--confidence", "101", *to),
         "confidence"),
        (("submit", "203.0.113.9", "--confidence", "9" * 40, *to),
         "confidence"),
        (("submit", "203.0.113.9", "--valid-for", "-1d", *to), "valid-for"),
        (("submit", "203.0.113.9", "--wait", "soon", *to), "wait"),
        (("submit", "203.0.113.9", "--on-error", "pray", *to), "pray"),
        (("submit", "203.0.113.9", "--no-such-option", *to), "no-such"),
        (("submit", "-f", base / "missing", *to), "missing"),
        (("submit", "-f", base, *to), ""),
        (("submit", "-f", "/dev/null", "--format", "misp", *to), ""),
        (("submit", "-f", "/dev/null", "--map", "value=1", *to), "--map"),
        (("submit", "203.0.113.9", "--map", "value=1", *to), "--map"),
        (("submit", "203.0.113.9", "--map", "nose=1", *to), "nose=1"),
        (("peer", "add", "/dev/zero"), ""),
        (("peer", "add", "/dev/null"), ""),
        (("peer", "confirm", b.name, "--with", "x", "--code", "1" * 48),
         "not the same"),
        (("peer", "confirm", b.name, "--with", "x", "--code", "no"), ""),
        (("prove", "nonsense#-1", "-o", base / "p"), ""),
        (("verify", "/dev/null", "--keys", "/dev/null"), ""),
        (("replay", "/dev/null"), ""),
        (("list", "--limit", "-1"), "limit"),
        (("show", "krcert>certau#18446744073709551616"), ""),
    ]
    for words, word in cases:
        strings = [os.fsdecode(w) if isinstance(w, bytes) else w
                   for w in words]
        daemon = words[0] not in ("verify", "replay")
        done = a.command(*strings, code=None, daemon=daemon)
        what = " ".join(map(str, strings))[:80]
        clear_error(done, what, None, word)
        watch.unchanged(what)
    print(f"{len(cases)} wrong command lines: refused, nothing stored")


# ---- straight to the control socket ------------------------------------------

def frame(payload):
    return struct.pack(">I", len(payload)) + payload


def garbage():
    """(what, bytes to send)"""
    pick = random.Random(7)
    status = field(1, 1) + field(2, "status")
    yield "a length of 0", struct.pack(">I", 0)
    yield "a length of 4 GiB", b"\xff\xff\xff\xff" + b"x" * 1000
    yield "a length above the limit", struct.pack(
        ">I", FRAME_BYTES_MAX + 1) + b"x" * 70_000
    yield "half a length", b"\0\0"
    yield "half a frame", struct.pack(">I", 1000) + b"x" * 10
    yield "an unknown verb", frame(field(1, 1) + field(2, "no-such-verb"))
    yield "a verb of 60,000 letters", frame(field(2, "v" * 60_000))
    yield "no verb", frame(field(1, 1))
    yield "a good request cut", frame(status[:-3])
    yield "60,000 values", frame(status + field(3, field(1, "k")) * 60_000)
    yield "a frame within another", frame(frame(status) * 100)
    yield "messages that are none", frame(
        field(1, 1) + field(2, "submit") + field(4, b"\xff" * 500) * 20)
    yield "a card of garbage", frame(
        field(1, 1) + field(2, "peer-add") +
        field(3, field(1, "card") + field(5, os.urandom(5000))))
    yield "16 MiB of nothing", frame(bytes(FRAME_BYTES_MAX - 10))
    for i in range(200):
        size = pick.randrange(1, 3000)
        yield f"random {i}", frame(pick.randbytes(size))
    for i in range(200):
        data = bytearray(status + field(3, field(1, "k") + field(2, "v")))
        data[pick.randrange(len(data))] ^= 1 << pick.randrange(8)
        yield f"one bit changed {i}", frame(bytes(data))
    for i in range(50):
        yield f"a stream {i}", pick.randbytes(pick.randrange(1, 100_000))


def push(path, data):
    """Send and read what comes until the daemon hangs up or falls silent."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(str(path))
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass


def socket_garbage(a, watch):
    pids = a.children()
    tried = 0
    for what, data in garbage():
        push(a.socket, data)
        tried += 1
        if tried % 25 == 0:
            watch.unchanged(what)
    check(a.children() == pids, f"a process ended: {pids} {a.children()}")
    watch.unchanged("garbage")
    print(f"{tried} times garbage on the control socket: the daemon lives, "
          f"nothing stored")


def crowd(a, watch):
    """More clients than the daemon takes harm nobody for long."""
    crowd = []
    for _ in range(100):
        s = socket.socket(socket.AF_UNIX)
        s.connect(str(a.socket))
        crowd.append(s)
    done = a.command("status", code=None)
    check(done.returncode in (0, USAGE), f"status in a crowd: {done.err}")
    for s in crowd:
        s.close()
    a.wait(a.answers, "an answer after the crowd")
    watch.unchanged("a crowd of 100")
    print(f"100 clients at once: then it answers "
          f"({done.err.strip()[:60] or 'as before'})")


# ---- users -------------------------------------------------------------------

def as_user(a, folder, words, code, word):
    """Run the command as nobody, in the group that may open the socket."""
    done = subprocess.run(
        ["setpriv", "--reuid", str(NOBODY), "--regid", str(os.getgid()),
         "--clear-groups", folder / "sealane", *map(str, words), "--socket",
         a.socket], capture_output=True, check=False, timeout=60)
    said = (done.stdout + done.stderr).decode(errors="replace")
    check(done.returncode == code and word in said,
          f"as nobody {words}: exit {done.returncode}, not {code}: {said}")
    return said


def users(base, a, b, watch):
    """Nobody has no role at the first team, and may read at the second."""
    if os.getuid() != 0:
        check(os.environ.get("CI") != "true", "CI runs this as root")
        print("NOT TRIED: users without a role; that needs root")
        return
    folder = base / "bin"
    folder.mkdir(0o755)
    os.chmod(base, 0o711)
    shutil.copy(house.BUILD / "sealane", folder / "sealane")
    all_words = [("status",), ("list",), ("watch",), ("peer", "list"),
                 ("submit", "203.0.113.9", "--to", b.name),
                 ("cancel", "S-1"), ("show", "krcert>certau#0"),
                 ("card", "show"), ("audit",)]
    for words in all_words:
        said = as_user(a, folder, words, USAGE, "no role")
        watch.unchanged(words)
    print(f"  a user without a role: {said.strip()[:100]}")
    card = base / "nobody.card"
    shutil.copy(a.state / "card", card)
    os.chmod(card, 0o644)
    refused = [("submit", "203.0.113.9", "--to", a.name),
               ("cancel", "S-1"), ("peer", "add", card),
               ("peer", "confirm", a.name, "--with", "x", "--code",
                "1" * 48)]
    for words in refused:
        said = as_user(b, folder, words, USAGE, "role")
        watch.unchanged(words)
    print(f"  a user who may read: {said.strip()[:100]}")
    for words in (("status",), ("list",), ("card", "show")):
        as_user(b, folder, words, 0, "")
    print(f"{len(all_words)} commands of a user without a role and "
          f"{len(refused)} of one who may only read: refused")


def nothing_lost(a, b, watch):
    """What was there is there, and work goes on."""
    watch.unchanged("at the end")
    a.submit("203.0.113.99", "--to", b.name, "--wait", "30s")
    check(b.entries("--from", a.name)[-1]["value"] == "203.0.113.99", "value")
    for team in (a, b):
        team.audit_is_good()
        check(not team.json("status")[0]["alarms"], "alarms")


def nonsense(base, teams):
    with tempfile.TemporaryDirectory(prefix="sealane-") as sockets:
        os.chmod(sockets, 0o711)
        a, b = house.two_teams(
            base, f"socket: {sockets}/a.sock\n",
            f"socket: {sockets}/b.sock\nusers:\n  - user: {NOBODY}\n"
            f"    roles: [read]\n")
        for team, name in ((a, "a.sock"), (b, "b.sock")):
            team.socket = Path(sockets) / name
            (team.state / "control.sock").symlink_to(team.socket)
        teams += [a, b]
        for team in (a, b):
            team.start()
        house.pair(a, b)
        a.linked()
        a.submit("203.0.113.1", "203.0.113.2", "--to", b.name, "--wait",
                 "30s")
        watch = Watch(a, b)
        broken_documents(base, a, b, watch)
        stop_on_error(base, a, b, watch)
        wrong_words(base, a, b, watch)
        socket_garbage(a, watch)
        crowd(a, watch)
        users(base, a, b, watch)
        nothing_lost(a, b, watch)
        print(f"{watch.tried} looks at both lists: never a change")
        for team in teams:
            team.stop()


house.run(nonsense)
