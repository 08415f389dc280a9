#!/usr/bin/env python3
"""sandbox_test - the processes work in their confinement and cannot leave it.

Usage: sandbox_test.py TRY KERNEL      SEALANE_BUILD names the build folder
       sandbox_test.py --names

TRY is sandbox_try.c, KERNEL is sandbox_kernel.c. First everything that no
process ever does is tried, unconfined, under Landlock alone and under both
layers. Then real nodes exchange, rotate their journals, are killed and
restarted; they run on kernels that seem to offer less, and as three separate
roles. --names has them resolve names by a DNS server of the test's own, which
needs root and mount namespaces.

Where the kernel has no Landlock, or who runs it may not do what it needs, the
test says so and is skipped (exit 77).
"""
import collections
import json
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import house
import node
from house import check

SKIPPED = 77
REFUSED = {"EACCES", "EPERM"}
# Landlock says EXDEV of a move between folders.
REFUSED_FILES = REFUSED | {"EXDEV"}
BEST_EFFORT = "sandbox: best-effort\n"
SEGMENT_BYTES = 64 << 20
FORBIDDEN = "the sandbox forbids"
CHILDREN = {"sealaned-signer", "sealaned-names", "sealaned-index",
            "sealaned-net"}



# ---- what is never done ------------------------------------------------------

def listener(family, address):
    s = socket.socket(family)
    s.bind(address)
    s.listen(256)
    return s


def try_all(program, layers, state, port):
    done = subprocess.run(
        [program, layers, state, f"{state}/control.sock",
         str(node.free_port()), str(port), f"{state}.beside"],
        capture_output=True, text=True, timeout=300, check=False)
    check(done.returncode == 0, f"{program}: {done.stderr}")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    check(len(rows) > 300, f"only {len(rows)} tries under {layers}")
    return rows


def judge(layers, rows, wrong):
    bad = [f"{role}: {name}: {outcome}" for role, flags, outcome, name in rows
           if wrong(flags, outcome)]
    check(not bad, f"under {layers}:\n  " + "\n  ".join(bad))


def what_is_never_done(base, program):
    team = house.Team(base, "tried.example", "tried")
    team.init()
    state = str(team.state)
    (team.state / "signer/journal").touch()
    Path(state + ".beside").write_text("beside\n", encoding="ascii")
    with listener(socket.AF_INET, ("127.0.0.1", 0)) as other, \
            listener(socket.AF_UNIX, state + "/control.sock"):
        port = other.getsockname()[1]
        bare, files, whole = (try_all(program, layers, state, port)
                              for layers in ("none", "files", "whole"))
    judge("nothing", bare, lambda flags, outcome: outcome == "killed" or
          "p" in flags and outcome != "through")
    judge("Landlock alone", files, lambda flags, outcome: "f" in flags and
          outcome not in REFUSED_FILES)
    judge("the sandbox", whole, lambda flags, outcome: outcome !=
          "signal 6" if "a" in flags else outcome != "killed" and
          outcome not in REFUSED)
    counts = collections.Counter((row[0], row[2]) for row in whole)
    for role in ("supervisor", "daemon", "signer", "names", "index"):
        killed = counts[role, "killed"]
        refused = sum(counts[role, e] for e in REFUSED)
        check(killed > 50, f"{role}: {killed} killed")
        print(f"  {role}: {killed + refused} tried, {killed} killed, "
              f"{refused} refused, 0 got through")
    through = sum("p" in row[1] for row in bare)
    alone = sum("f" in row[1] for row in files)
    tried = sum("a" not in row[1] for row in whole)
    print(f"{tried} tries under the sandbox, none got through; "
          f"unconfined {through} of them succeed, {alone} are refused by "
          f"Landlock alone", flush=True)


# ---- real processes ----------------------------------------------------------

def status_of(pid):
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return dict(line.split(":\t", 1) for line in text.splitlines()
                if ":\t" in line)


def is_confined(pid, name, filters):
    found = status_of(pid)
    check(found["Seccomp"] == "2", f"{name} filters no calls")
    check(found.get("Seccomp_filters", str(filters)) == str(filters),
          f"{name}: {found.get('Seccomp_filters')} filters, not {filters}")
    check(found["NoNewPrivs"] == "1", f"{name} may gain privileges")
    check(resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0),
          f"{name} may leave a core file")
    if os.getuid():
        check(os.stat(f"/proc/{pid}/status").st_uid == 0, f"{name} is dumpable")


def all_are_confined(team):
    children = team.children()
    check(set(children) == CHILDREN, f"{team.name}: {children}")
    is_confined(team.process.pid, "the supervisor", 1)
    for name, pid in children.items():
        is_confined(pid, name, 2)


def nothing_was_denied(team):
    log = team.log(0)
    check(FORBIDDEN not in log and "cannot be confined" not in log,
          f"{team.name}: {log[-4000:]}")


def large_bundle(path, count, size):
    """A bundle of indicators that are as long as messages may be."""
    objects = [{"type": "indicator", "spec_version": "2.1",
                "id": f"indicator--00000000-0000-4000-8000-{i:012x}",
                "created": "2026-11-20T09:30:00.000Z",
                "modified": "2026-11-20T09:30:00.000Z",
                "pattern": f"[url:value = 'http://{i}.bulk.example/']",
                "pattern_type": "stix", "valid_from": "2026-11-20T00:00:00Z",
                "x_padding": "x" * size} for i in range(count)]
    path.write_text(json.dumps(
        {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-"
         f"{count:012x}", "objects": objects}), encoding="ascii")


def segments(team):
    return {p.name for p in (team.state / "journal").glob("*.seg")}


def submit_values(a, b, word, count):
    path = a.state.parent / f"{word}.txt"
    path.write_text("".join(f"http://{i}.{word}.example/\n"
                            for i in range(count)), encoding="ascii")
    number = a.submit("-f", path, "--to", b.name, "--tlp", "green")
    return number, count


def bulk(base, a, b):
    """More than a segment, so that both journals rotate when confined."""
    before = [segments(a), segments(b)]
    count = 0
    for part in range(10):
        path = base / f"bulk-{part}.json"
        large_bundle(path, 8, 900_000)
        text = path.read_text(encoding="ascii")
        path.write_text(text.replace("00000000-0000-4000",
                                     f"{part:08x}-0000-4000"),
                        encoding="ascii")
        number = a.submit("-f", path, "--to", b.name, "--tlp", "green")
        a.receipted(number, 9)
        count += 9
        path.unlink()
    for team, old in zip((a, b), before):
        check(segments(team) - old, f"{team.name}: no new segment in "
              f"{segments(team)}")
    return count


def real_nodes(base, teams):
    began = time.monotonic()
    a, b = house.started_pair(base, teams)
    for team in (a, b):
        check("the processes are confined by Landlock" in team.log(),
              team.log())
        all_are_confined(team)
    sent = bulk(base, a, b)
    for word, (team, child) in enumerate(
            (t, c) for t in (a, b) for c in sorted(CHILDREN)):
        number, count = submit_values(a, b, f"kill-{word}", 3000)
        team.kill_child(child)
        a.receipted(number, count)
        sent += count
        all_are_confined(team)
    for team in (a, b):
        team.stop()
        check(not (team.state / "control.sock").exists(),
              f"{team.name} left its socket")
        team.start()
    a.linked()
    number, count = submit_values(b, a, "back", 3000)
    b.receipted(number, count)
    for team in (a, b):
        all_are_confined(team)
        team.audit_is_good()
        nothing_was_denied(team)
    check(len(b.entries("--from", a.name)) == sent, "what arrived")
    print(f"{sent + count} messages under `sandbox: required`, more than a "
          f"segment of {SEGMENT_BYTES >> 20} MiB, 6 kills, 2 restarts: "
          f"nothing was denied, {time.monotonic() - began:.0f} s", flush=True)


# ---- kernels that offer less ---------------------------------------------------

def on_kernel(team, kernel, landlock, calls):
    """Let a team run as if on such a kernel."""
    path = team.state.parent / f"{team.short}-on-{landlock}-{calls}"
    path.write_text(f"#!/bin/sh\nexec '{kernel}' {landlock} {calls} "
                    f"'{house.BUILD}/sealaned' \"$@\"\n", encoding="ascii")
    path.chmod(0o755)
    team.sealaned = path


def refuses(team, words):
    done = subprocess.run([team.sealaned, "-c", team.settings()],
                          capture_output=True, text=True, timeout=60,
                          check=False)
    check(done.returncode == 1 and words in done.stderr and
          "the sandbox is required, but" in done.stderr,
          f"{words}: {done.returncode} {done.stderr}")
    print(f"  {done.stderr.strip().split('ALARM ')[-1]}")


LESS = (("0", "yes", "the kernel has no Landlock"),
        ("off", "yes", "the kernel's Landlock is switched off"),
        ("same", "no", "the kernel has no filter for system calls"),
        ("0", "no", "the kernel has no Landlock (Linux 5.13 or later, with "
         "CONFIG_SECURITY_LANDLOCK); the kernel has no filter"))


def lesser_kernels(base, kernel):
    sanitized = b"__asan_init" in (house.BUILD / "sealaned").read_bytes()
    team = house.Team(base, "lesser.example", "lesser")
    team.init()
    for landlock, calls, words in LESS:
        on_kernel(team, kernel, landlock, calls)
        refuses(team, words)
    for landlock, words in (("2", "Landlock 2 (the kernel is too old for "
                                  "rules on TCP ports and signals)"),
                            ("5", "Landlock 5 (the kernel is too old for "
                                  "rules on signals)")):
        on_kernel(team, kernel, landlock, "yes")
        team.start()
        check(words in team.log(), team.log())
        # sandbox_kernel.c has a filter of its own. A child confines itself
        # before it takes its first request: perhaps not yet.
        team.wait(lambda: {status_of(pid)["Seccomp_filters"] for pid in
                           team.children().values()} == {"3"},
                  "three filters in each child")
        team.stop()
    with open(team.settings(), "a", encoding="ascii") as f:
        f.write(BEST_EFFORT)
    for landlock, calls, words in LESS:
        on_kernel(team, kernel, landlock, calls)
        team.start()
        lines = [line for line in team.log().splitlines() if
                 "WARNING the sandbox is not whole: " in line]
        check(len(lines) == 1 and (sanitized or words in lines[0]), team.log())
        team.stop()
    print(f"{len(LESS)} lesser kernels: refused when required, said once and "
          f"gone on as best effort; Landlock 2 as in Debian 12 and 5 suffice",
          flush=True)


# ---- the roles one by one ----------------------------------------------------

class Activator:
    """Accepts connections and starts a role on each, as systemd does."""

    def __init__(self, team, role, kind):
        self.team, self.role = team, role
        self.pids = []
        self.folder = team.state.parent / f"{team.short}-sockets"
        self.folder.mkdir(exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, kind)
        self.socket.bind(str(self.folder / f"{role}.sock"))
        self.socket.listen(8)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.pids.append(self.start(connection))

    def start(self, connection):
        words = [str(house.BUILD / "sealaned"), "-c",
                 str(self.team.settings()), "--role", self.role]
        with open(self.team.log_file, "ab") as log:
            pid = os.fork()
            if pid == 0:
                os.dup2(log.fileno(), 2)
                os.dup2(connection.fileno(), 3)
                os.execve(words[0], words, {
                    **os.environ, "LISTEN_FDS": "1",
                    "LISTEN_PID": str(os.getpid())})
        return pid

    def close(self):
        self.socket.close()
        for pid in self.pids:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass


class Roles(house.Team):
    """A team whose daemon runs as three services."""

    def init(self):
        super().init()
        self.roles = [Activator(self, "signer", socket.SOCK_STREAM),
                      Activator(self, "names", socket.SOCK_SEQPACKET)]
        path = self.state.parent / f"{self.short}-net"
        path.write_text(
            f"#!/bin/sh\nexec '{house.BUILD}/sealaned' \"$@\" --role net "
            f"--sockets '{self.roles[0].folder}'\n", encoding="ascii")
        path.chmod(0o755)
        self.sealaned = path


def separate_roles(base, teams):
    a = Roles(base, "roles.example", "roles")
    b = house.Team(base, "whole.example", "whole")
    teams += [a, b]
    for team in (a, b):
        team.init()
        team.start()
    try:
        house.pair(a, b)
        a.linked()
        number, count = submit_values(a, b, "roles", 3000)
        a.receipted(number, count)
        is_confined(a.process.pid, "role net", 1)
        for activator in a.roles:
            is_confined(activator.pids[-1], activator.role, 1)
        first = a.roles[0].pids[-1]
        os.kill(first, signal.SIGKILL)
        check(a.process.wait(60) != 0, "net ends with its signer")
        os.waitpid(first, 0)
        a.start()
        a.linked()
        number, count = submit_values(b, a, "roles-back", 3000)
        b.receipted(number, count)
        a.stop()
        nothing_was_denied(a)
        refused = subprocess.run([house.BUILD / "sealaned", "-c", a.settings(),
                                  "--role", "signer"], capture_output=True,
                                 text=True, timeout=60, check=False)
        check(refused.returncode == 1 and "one accepted connection" in
              refused.stderr, refused.stderr)
    finally:
        for activator in a.roles:
            activator.close()
    print("three separate roles: an exchange, a signer killed, a restart",
          flush=True)


# ---- names, by a DNS server of our own -----------------------------------------

DNS = "127.53.0.1"
TRUNCATED, ADDRESS, A = 0x0200, bytes([127, 0, 0, 1]), 1


class Dns:
    """Answers any name with loopback; by UDP it asks to come again by TCP."""

    def __init__(self):
        self.asked = collections.Counter()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((DNS, 53))
        self.tcp = listener(socket.AF_INET, (DNS, 53))
        for serve in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def answer(self, question, by):
        at = 12
        while question[at]:
            at += question[at] + 1
        kind, = struct.unpack_from(">H", question, at + 1)
        end = at + 5
        self.asked[by] += 1
        flags = 0x8180 | (TRUNCATED if by == "UDP" else 0)
        found = by == "TCP" and kind == A
        return (question[:2] + struct.pack(">5H", flags, 1, found, 0, 0) +
                question[12:end] + (struct.pack(
                    ">HHHIH", 0xc00c, A, 1, 0, 4) + ADDRESS if found else b""))

    def serve_udp(self):
        while True:
            question, who = self.udp.recvfrom(4096)
            self.udp.sendto(self.answer(question, "UDP"), who)

    def serve_tcp(self):
        while True:
            connection, _ = self.tcp.accept()
            threading.Thread(target=self.serve_one, args=(connection,),
                             daemon=True).start()

    def serve_one(self, connection):
        with connection, connection.makefile("rb") as f:
            while size := f.read(2):
                question = f.read(struct.unpack(">H", size)[0])
                answer = self.answer(question, "TCP")
                connection.sendall(struct.pack(">H", len(answer)) + answer)


class Named(house.Team):
    """A team that its peers know by a host name, as most do."""

    def __init__(self, base, name, short):
        super().__init__(base, name, short)
        self.host = f"host.{short}.example:{self.port}"

    def init(self):
        self.command("init", self.name, "--state", self.state, "--listen",
                     self.address, "--address", self.host, "--short",
                     self.short, "--email", "duty@" + self.name, daemon=False)


def write_resolv(name):
    path = Path("/etc/" + name)
    path.write_text(f"nameserver {DNS}\noptions timeout:2\n",
                    encoding="ascii")
    return path


def names_inside(base):
    """Runs where /etc is the test's own."""
    teams = []
    write_resolv("resolv.conf")
    dns = Dns()
    try:
        a, b = (Named(base, f"{s}.example", s) for s in ("na", "nb"))
        teams += [a, b]
        for team in (a, b):
            team.init()
            team.start()
        house.pair(a, b)
        a.linked()
        check(dns.asked["UDP"] and dns.asked["TCP"], dns.asked)
        before = a.children()
        write_resolv("resolv.new").rename("/etc/resolv.conf")
        b.stop()
        a.wait_log("the resolver's files were replaced", 0)
        a.wait(lambda: not set(a.children().values()) & set(before.values())
               and set(a.children()) == CHILDREN, "three new children")
        b.start()
        a.linked()
        for team in (a, b):
            nothing_was_denied(team)
            team.stop()
        print(f"names by DNS: {dns.asked['UDP']} questions by UDP, "
              f"{dns.asked['TCP']} again by TCP; resolv.conf replaced while "
              "it ran, and read", flush=True)
    finally:
        for team in teams:
            team.kill()


UNSHARE = ["unshare", "-m", "--propagation", "private"]


def may_mount():
    return os.getuid() == 0 and subprocess.run(
        [*UNSHARE, "mount", "--bind", "/etc", "/etc"], check=False,
        capture_output=True).returncode == 0


def names_by_dns(base, _):
    etc = base / "etc"
    etc.mkdir()
    for name in ("passwd", "group", "nsswitch.conf", "ld.so.cache"):
        shutil.copy("/etc/" + name, etc / name)
    (etc / "hosts").write_text("127.0.0.1 localhost\n", encoding="ascii")
    inner = subprocess.run(
        [*UNSHARE, "sh", "-c", 'mount --bind "$1" /etc && shift && exec "$@"',
         "-", etc, sys.executable, __file__, "--names-inside", base],
        timeout=300, check=False)
    check(inner.returncode == 0, "names by DNS")


def main(base, teams):
    program, kernel = (str(Path(p).resolve()) for p in sys.argv[1:3])
    for path in (program, kernel):
        check(os.access(path, os.X_OK), f"no program {path}")
    what_is_never_done(base, program)
    real_nodes(base, teams)
    lesser_kernels(base, kernel)
    separate_roles(base, teams)


if __name__ == "__main__":
    if not node.landlock_version():
        print("THIS KERNEL HAS NO LANDLOCK: the sandbox was NOT tested")
        sys.exit(SKIPPED)
    if sys.argv[1] == "--names-inside":
        names_inside(Path(sys.argv[2]))
    elif sys.argv[1] == "--names" and not may_mount():
        print("ONLY ROOT MAY MOUNT: the resolver was NOT tested with DNS")
        sys.exit(SKIPPED)
    else:
        house.run(names_by_dns if sys.argv[1] == "--names" else main)
