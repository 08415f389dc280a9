"""node - runs sealaned for a test and talks to its control socket.

A Node has a state directory, a log and a port of its own on loopback. What
is awaited is awaited with a bound; what does not come in time fails with the
log's last lines. The control protocol is written here from
proto/control.proto and shares nothing with the C code.
"""

import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

WAIT_S = 30
LANDLOCK_CREATE_RULESET = 444  # on every machine


def landlock_version():
    """Give the version of Landlock that the kernel offers, 0 for none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, libc.syscall(LANDLOCK_CREATE_RULESET, None,
                               ctypes.c_size_t(0), 1))


# Nodes run confined, as they do in the field, wherever the kernel can.
SANDBOX = os.environ.get("SEALANE_SANDBOX", "required")
if not landlock_version():
    SANDBOX = "best-effort"
    print("THIS KERNEL HAS NO LANDLOCK: every node runs with `sandbox: "
          "best-effort`, which no node in the field should", file=sys.stderr)


# ---- protobuf, as far as control.proto needs it ------------------------------

def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, value):
    if isinstance(value, bool) or isinstance(value, int):
        return varint(number << 3) + varint(int(value) & (1 << 64) - 1)
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(data):
    """Yield (number, value) of a message; a value is a number or bytes."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = number()
        if tag & 7 == 0:
            yield tag >> 3, number()
        elif tag & 7 == 2:
            size = number()
            yield tag >> 3, data[at:at + size]
            at += size
        else:
            raise ValueError(f"wire type {tag & 7}")


def value_put(key, value):
    kind = {str: 2, int: 3, bool: 4, bytes: 5}[type(value)]
    return field(1, key) + field(kind, value)


def value_get(data):
    key, value = "", None
    for number, content in fields(data):
        if number == 1:
            key = content.decode()
        elif number == 2:
            value = content.decode()
        elif number == 3:
            value = content - (1 << 64) if content >> 63 else content
        elif number == 4:
            value = bool(content)
        else:
            value = content
    return key, value


class Refused(Exception):
    """The daemon answered with a code other than 0."""

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code


def is_gone(pid):
    """Tell whether a process has ended, taken in by its parent or not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state.split()[0] in "ZX"


# ---- a running node ----------------------------------------------------------

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Node:
    def __init__(self, sealaned, state, name, port):
        self.sealaned, self.name, self.port = sealaned, name, port
        self.state = Path(state)
        self.log_file = self.state.parent / (self.state.name + ".log")
        self.process = None
        self.environment = None  # as ours
        self.ids = 0

    def settings(self, **more):
        lines = [f"team: {self.name}", f"state: {self.state}",
                 f"listen: 127.0.0.1:{self.port}",
                 f"socket: {self.state}/control.sock", f"sandbox: {SANDBOX}"]
        lines += [f"{key}: {value}" for key, value in more.items()]
        path = self.state / "sealane.yaml"
        path.write_text("\n".join(lines) + "\n")
        return path

    def start(self, **more):
        return self.start_awaiting("runs as", **more)

    def start_awaiting(self, words, **more):
        """Start it and wait until its log has `words`."""
        path = self.settings(**more)
        self.mark = self.log_size()
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [self.sealaned, "-f", "-c", str(path)], stderr=log,
                stdout=log, stdin=subprocess.DEVNULL,
                env=self.environment)
        self.wait_log(words)
        return self

    def stop(self):
        """End it in good order; its exit status must be 0."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(WAIT_S)
        self.process = None
        assert status == 0, f"{self.name} ended with {status}\n{self.log()}"

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait(WAIT_S)
            self.process = None

    def kill_whole(self):
        """kill -9 the supervisor and wait until its children are gone too;
        another one is refused before."""
        pids = self.children().values()
        self.kill()
        self.wait(lambda: all(is_gone(pid) for pid in pids),
                  "the end of all children")

    # -- its log

    def log_size(self):
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def log(self, since=None):
        """Give the log since a place (default: the last start)."""
        if not self.log_file.exists():
            return ""
        text = self.log_file.read_bytes()[self.mark if since is None
                                          else since:]
        return text.decode(errors="replace")

    def wait_log(self, words, since=None):
        self.wait(lambda: words in self.log(since), f"the line `{words}`")

    def wait(self, test, what):
        """Wait until `test` gives something true, and give that."""
        end = time.monotonic() + WAIT_S
        while True:
            found = test()
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(
                    f"{self.name}: {what} did not come within {WAIT_S} s; "
                    f"its log:\n{self.log(0)[-6000:]}")
            time.sleep(0.02)

    def children(self):
        """Give {name: pid} of the processes under the supervisor."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        found = {}
        for pid in Path(path).read_text().split():
            try:
                comm = Path(f"/proc/{pid}/comm").read_text().strip()
                found[comm] = int(pid)
            except (FileNotFoundError, ProcessLookupError):
                pass
        return found

    # -- its control socket

    def ask(self, verb, messages=(), **values):
        """Send a request and give the records of its answers."""
        self.ids += 1
        request = field(1, self.ids) + field(2, verb)
        for key, value in values.items():
            for one in value if isinstance(value, list) else [value]:
                request += field(3, value_put(key.replace("_", "-"), one))
        for message in messages:
            request += field(4, message)
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(WAIT_S)
            s.connect(str(self.state / "control.sock"))
            s.sendall(struct.pack(">I", len(request)) + request)
            records, more = [], True
            while more:
                more = self.answer(s, records)
        return records

    def answer(self, s, records):
        def take(n):
            data = b""
            while len(data) < n:
                part = s.recv(n - len(data))
                assert part, f"{self.name} hung up: {self.log()[-2000:]}"
                data += part
            return data
        code, text, more = 0, "", False
        for number, value in fields(take(struct.unpack(">I", take(4))[0])):
            if number == 2:
                code = value
            elif number == 3:
                text = value.decode()
            elif number == 4:
                records.append(dict(value_get(v) for n, v in fields(value)
                                    if n == 1))
            elif number == 5:
                more = bool(value)
        if code:
            raise Refused(code, text)
        return more

    def peer(self, team):
        """Give the status record of a peer."""
        return next(r for r in self.ask("status")
                    if r.get("kind") == "peer" and r["team"] == team)


def pair(a, b):
    """Exchange cards and confirm on both sides with the code of the other."""
    code = {}
    for node, other in ((a, b), (b, a)):
        card = (other.state / "card").read_bytes()
        code[node.name] = node.ask("peer-add", card=card)[0]["code"]
    assert code[a.name] == code[b.name], code
    for node, other in ((a, b), (b, a)):
        node.ask("peer-confirm", team=other.name, groups=code[other.name],
                 **{"with": "the duty desk, by phone"})
