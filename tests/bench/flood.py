#!/usr/bin/env python3
"""flood - what is left to an honest peer while strangers knock.

Two teams on loopback exchange lists, first undisturbed, then while strangers
from other loopback addresses do one of these, then undisturbed again:
half-open connections that say nothing, clients that say one byte a second,
TLS handshakes with certificates that nobody knows, connections opened and
closed as fast as they go. The honest peer keeps its connection, and loses it
once in the middle and must get in again. Absolute figures hold for one machine
and one run; what counts is the share of the undisturbed rate, and the daemon's
memory. The strangers share the processors, and are nice to the others.

usage: flood.py [STRANGERS [SECONDS]]      SEALANE_BUILD names the build folder
"""
import multiprocessing
import os
import resource
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
import house  # noqa: E402

STRANGERS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 10
LIST = 20_000
ADDRESSES = 250 * 250
HELLO = bytes.fromhex("16030100c8010000c4")


def address_of(i):
    """One of many loopback addresses, never the honest peer's."""
    i %= ADDRESSES
    return f"127.1.{i // 250}.{i % 250 + 1}"


def knock(port, i):
    """Begin a connection from an address of its own."""
    s = socket.socket()
    s.setblocking(False)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind((address_of(i), 0))
        s.connect(("127.0.0.1", port))
    except BlockingIOError:
        pass
    except OSError:
        s.close()
        return None
    return s


class Strangers:
    """So many strangers at a time; whom the node turns away comes again."""

    def __init__(self, port):
        self.port, self.met, self.sockets = port, 0, []

    def begin(self):
        while len(self.sockets) < STRANGERS:
            self.one()

    def one(self):
        s = knock(self.port, self.met)
        self.met += 1
        if s:
            self.sockets.append(s)

    def step(self):
        """A twentieth of them at a time, so that this is no busy loop."""
        part = self.sockets[:max(1, len(self.sockets) // 20)]
        del self.sockets[:len(part)]
        for s in part:
            if self.is_over(s):
                s.close()
                self.one()
            else:
                self.sockets.append(s)

    def is_over(self, s):
        try:
            return s.recv(4096) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def end(self):
        for s in self.sockets:
            s.close()


class Slow(Strangers):
    """They say a byte of a handshake each second."""

    def is_over(self, s):
        if super().is_over(s):
            return True
        try:
            s.send(HELLO[:1])
        except OSError:
            pass  # it is not connected yet, or no longer
        return False


class Churn(Strangers):
    """They come and go at once."""

    def is_over(self, s):
        return True


class Shaking(Strangers):
    """They shake hands with a certificate that nobody knows, a few at a time:
    each costs the node signatures."""

    def begin(self):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.set_alpn_protocols(["sealane/1"])
        self.context.load_cert_chain(*strange_identity())

    def step(self):
        for _ in range(20):
            try:
                with socket.create_connection(
                        ("127.0.0.1", self.port), 1,
                        (address_of(self.met), 0)) as s:
                    with self.context.wrap_socket(s) as tls:
                        tls.recv(1)
            except OSError:
                pass
            self.met += 1


def strange_identity():
    folder = Path(house.tempfile.mkdtemp(prefix="sealane-stranger-"))
    names = folder / "crt", folder / "key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes",
                    "-subj", "/CN=stranger.example", "-out", names[0],
                    "-keyout", names[1]], check=True, capture_output=True)
    return names


def rate(base, a, b, name, seconds):
    """Messages a second, list after list, for so long."""
    path, count, lists = base / "list.txt", 0, 0
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        path.write_text("".join(
            f"http://{name}-{lists}-{i}.flood.example/\n"
            for i in range(LIST)), encoding="ascii")
        a.command("submit", "-f", path, "--to", b.name, "--tlp", "green",
                  "--wait", "300s")
        count, lists = count + LIST, lists + 1
    return count / (time.monotonic() - began)


def returns(a, b):
    """Seconds until a peer whose connection ended is in again."""
    began = time.monotonic()
    os.kill(a.children()["sealaned-net"], 9)
    a.wait_for(lambda: a.tell("status") and a.peer(b.name)["up"], "a session")
    return time.monotonic() - began


def flood(base, a, b, kind):
    met, over = multiprocessing.Value("q"), multiprocessing.Event()

    def run():
        os.nice(19)
        strangers = kind(b.port)
        strangers.begin()
        while not over.is_set():
            strangers.step()
            met.value = strangers.met
            over.wait(0.05)
        strangers.end()
    thread = multiprocessing.Process(target=run)
    name = kind.__name__.lower()
    before = rate(base, a, b, name + "-before", SECONDS)
    thread.start()
    try:
        under = rate(base, a, b, name + "-under", SECONDS)
        back = returns(a, b)
    finally:
        over.set()
        thread.join()
    after = rate(base, a, b, name + "-after", SECONDS)
    quiet = (before + after) / 2
    print(f"{name}: {under:,.0f} of {quiet:,.0f} messages a second, "
          f"{100 * under / quiet:.0f} %; {met.value} strangers; in again "
          f"after {back:.1f} s; the daemon had at most "
          f"{b.memory_mib():.0f} MiB", flush=True)


def bench(base, teams):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (min(hard, STRANGERS + 1000), hard))
    a, b = house.started_pair(base, teams)
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (min(hard, STRANGERS + 1000), hard))
    print(f"{STRANGERS} strangers at a time, {SECONDS:.0f} s each; memory "
          f"before: {b.memory_mib():.0f} MiB", flush=True)
    for kind in (Strangers, Slow, Shaking, Churn):
        flood(base, a, b, kind)


house.run(bench)
