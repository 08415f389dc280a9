#!/usr/bin/env python3
"""full_test - a disk that is full stops what would fill it, and nothing else;
when there is room again, all goes on without a hand or a restart.

Usage: full_test.py [all]        SEALANE_BUILD names the build folder

The state of one team is on a small disk of the test's own: a tmpfs in a mount
namespace of its own, for which it runs itself again under unshare. At two
levels (all: eleven), and while a transfer runs, the disk of the holder is
filled to the last byte. What it was asked for until then is taken and
receipted, what waits stays at the origin; the holder's own submissions are
refused with the reason. Without the right to mount the test says so and is
skipped, unless CI=true, where it fails.
"""
import errno
import json
import os
import shutil
import subprocess
import sys
import zlib
from collections import Counter

import extract
import house
from house import check

MIB = 1 << 20
DISK_MIB = 1000 if sys.argv[1:] == ["all"] else 512
BODY_BYTES = 900_000
# What is left of the disk besides what the daemon has reserved, in bytes; it
# is then sent more than both.
LEVELS = [0, 1, 4095, 4096, MIB, 2 * MIB, 3 * MIB, 8 * MIB, 9 * MIB, 17 * MIB,
          33 * MIB] if sys.argv[1:] == ["all"] else [0, 3 * MIB]
NOTES, MORE, FEW = 60, 80, 10
MORE_MAX = 16  # times FEW: twice what a segment holds
SKIPPED = 77


def own_namespace():
    """Run again where a mount is nobody else's."""
    if "SEALANE_OWN_MOUNTS" in os.environ:
        return
    tried = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none",
                            "/mnt"], capture_output=True, check=False)
    if tried.returncode:
        print(f"NOT TRIED: no tmpfs of its own: {tried.stderr.decode()}")
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)
    os.environ["SEALANE_OWN_MOUNTS"] = "yes"
    os.execvp("unshare", ["unshare", "-m", "--propagation", "private",
                          sys.executable, *sys.argv])


class Disk:
    """A small disk in a folder's place, with what is in it."""

    def __init__(self, folder):
        old = folder.rename(folder.with_suffix(".init"))
        folder.mkdir(mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o",
                        f"size={DISK_MIB}m,mode=0700", "none", folder],
                       check=True)
        shutil.copytree(old, folder, dirs_exist_ok=True)
        self.folder, self.ballast = folder, folder / "ballast"

    def free(self):
        s = os.statvfs(self.folder)
        return s.f_bavail * s.f_frsize

    def leave(self, size):
        """Fill it until so many bytes are free."""
        with open(self.ballast, "ab") as f:
            while (more := self.free() - size) > 0:
                try:
                    os.posix_fallocate(f.fileno(), f.tell(), more)
                    f.seek(0, os.SEEK_END)
                except OSError as fault:  # the daemon was faster: look again
                    if fault.errno != errno.ENOSPC:
                        raise

    def make_room(self):
        self.ballast.unlink()

    def remove(self):
        subprocess.run(["umount", self.folder], check=True)


class Small(house.Team):
    """A team whose state is on a small disk."""

    def init(self):
        super().init()
        self.disk = Disk(self.state)


def bundle(path, name, count):
    """Notes of nearly a MiB each; gives their contents."""
    when = "2026-11-23T00:00:00.000Z"
    objects = [{"type": "note", "spec_version": "2.1", "created": when,
                "modified": when, "content": f"{name} {i} " + "x" * BODY_BYTES,
                "id": f"note--{zlib.crc32(name.encode()):08x}-0000-4000-8000-"
                      f"{i:012}",
                "object_refs": [
                    "identity--00000000-0000-4000-8000-000000000009"]}
               for i in range(count)]
    path.write_text(json.dumps({
        "type": "bundle", "id": "bundle--" + objects[0]["id"][6:],
        "objects": objects}))
    return Counter(o["content"] for o in objects)


class Scene:
    def __init__(self, base, a, b):
        self.base, self.a, self.b = base, a, b
        self.contents = Counter()

    def submit(self, name, count, code=0):
        path = self.base / f"{name}.json"
        contents = bundle(path, name, count)
        done = self.a.command("submit", "-f", path, "--to", self.b.name,
                              "--tlp", "green", code=code)
        if code == 0:
            self.contents += contents
        return done

    def receipted(self):
        peer = self.a.peer(self.b.name)
        return peer["queued"] == 0 and peer["receipted"] == peer["sent"]

    def compare(self):
        """All are there once; nothing of a note is there in part."""
        entries = self.b.entries("--from", self.a.name)
        found = Counter(
            json.loads(text)["content"] for text in
            extract.entry_contents(entries).elements() if '"note"' in text)
        lost, more = self.contents - found, found - self.contents
        check(not lost and not more, f"{lost.total()} lost, {more.total()} "
              f"too many")
        for team in (self.a, self.b):
            team.audit_is_good()


def stands_still(scene, team, name, since):
    """Send more until the full disk stopped the transfer; the link stays up,
    and what is there is whole. `since`: a place in the log before that."""
    a, b = scene.a, scene.b

    def stopped():
        before = b.peer(a.name)["stored"]
        b.command("submit", "203.0.113.5", "--to", a.name, code=None)
        return ("the disk gets full" in team.log(since)
                and b.peer(a.name)["stored"] == before)

    # How much still fits depends on how far the last segment was filled.
    for more in range(MORE_MAX):
        a.wait_for(lambda: scene.receipted() or stopped(), "a standstill")
        if not scene.receipted():
            break
        scene.submit(f"{name}-{more}", FEW)
    check(not scene.receipted(), "there was no need to stop")
    check(a.peer(b.name)["up"] and b.peer(a.name)["up"], "the link is down")
    b.audit_is_good()
    return team.children(), team.log_size()


def goes_on(scene, team, children, mark):
    team.disk.make_room()
    scene.a.wait_for(scene.receipted, "all receipts")
    check(team.children() == children, f"restarted: {team.log(mark)}")
    check("session" not in team.log(mark), team.log(mark))


def holder_is_full(scene):
    b = scene.b
    for free in LEVELS:
        b.stop()
        b.disk.leave(0)
        b.start()
        scene.a.linked()
        b.disk.leave(free)
        scene.submit(f"level-{free}", NOTES)
        standing = stands_still(scene, b, f"more-{free}", b.mark)
        b.disk.leave(0)
        own = scene.base / "own.json"
        bundle(own, f"own-{free}", FEW)
        done = b.command("submit", "-f", own, "--to", scene.a.name, code=2)
        check("the disk is full" in done.err, done.err)
        goes_on(scene, b, *standing)
        print(f"good: {free} bytes left at the holder", flush=True)


def taken_in_mid_transfer(scene):
    """Somebody else takes all of the disk at once."""
    b = scene.b
    number, since = b.peer(scene.a.name)["stored"], b.log_size()
    path = scene.base / "sudden.json"
    scene.contents += bundle(path, "sudden", MORE)
    with subprocess.Popen(scene.a.words("submit", "-f", path, "--to", b.name,
                                        "--tlp", "green"),
                          stdout=subprocess.DEVNULL) as command:
        b.wait(lambda: b.peer(scene.a.name)["stored"] > number, "the first")
        b.disk.leave(0)
        code = command.wait(house.COMMAND_S)
    check(code == 0, f"submit ended with {code}")
    goes_on(scene, b, *stands_still(scene, b, "more-sudden", since))
    print("good: the disk was filled in mid-transfer", flush=True)


def holder(base, teams):
    a = house.Team(base, "krcert.or.kr", "krcert", "body-bytes-max: 2097152\n")
    b = Small(base, "cert.gov.au", "certau", "body-bytes-max: 2097152\n")
    teams += [a, b]
    for team in teams:
        team.init()
        team.start()
    house.pair(a, b)
    a.linked()
    scene = Scene(base, a, b)
    holder_is_full(scene)
    taken_in_mid_transfer(scene)
    scene.compare()
    for team in teams:
        team.stop()
    b.disk.remove()


own_namespace()
house.run(holder)
