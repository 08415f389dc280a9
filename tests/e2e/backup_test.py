#!/usr/bin/env python3
"""backup_test - copying a node that runs, under load, again and again; and
what a copy must never hold.

Usage: backup_test.py        SEALANE_BUILD names the build folder
"""
import hashlib
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import house
from house import check

MESSAGES = 500 if house.is_sanitized() else 5000
ROUNDS = 4
PAGES_MAX = 150000 // MESSAGES      # by then a segment of 64 MiB is full


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes()
            for p in sorted(Path(folder).rglob("*")) if p.is_file()}


def backup(team, to, code=0):
    done = team.json("backup", to, code=code)
    return done[0] if done else None


def turn_of(folder):
    text = (Path(folder) / "BACKUP").read_text(encoding="ascii")
    check("\ncomplete yes\n" in text, text[:300])
    return int(re.search(r"\nturn ([0-9]+)\n", text).group(1))


def copy_is_good(team, folder):
    """Read it with the command alone: no daemon has anything to do with it."""
    found = team.json("audit", "--backup", folder, "--bodies", daemon=False)
    check(len(found) == 2 and all(
        lane["body"] == "good" and lane["checkpoint"] in ("good", "none")
        for lane in found), found)
    check(all(lane["bodies"] == lane["entries"] for lane in found), found)
    return sum(lane["entries"] for lane in found)


def nothing_secret(team, folder):
    """No private key and nothing of the signer's stands in any file."""
    places = [p.read_bytes() for folder in ("signer", "keys", "root")
              for p in (team.state / folder).glob("*.key")]
    secrets = [key for key in places if any(key)]   # others wait to be made
    check(len(secrets) == 5, f"{len(secrets)} keys to look for, not five")
    signed = (team.state / "signer" / "journal").read_bytes()[16:64]
    for name, content in files_of(folder).items():
        check("signer" not in name and "key" not in name, name)
        check(b"PRIVATE KEY" not in content, name)
        check(not any(s in content for s in secrets), f"a key is in {name}")
        check(signed not in content, f"the signing journal is in {name}")


def submit_some(a, b, page):
    values = "\n".join(f"https://host{page}-{i}.example/{'x' * 180}"
                       for i in range(MESSAGES))
    return a.submit("-f", "-", "--to", b.name, data=values.encode())


def under_load(base, a, b):
    """Copies are taken while messages are submitted, sent and receipted."""
    numbers, enough = [], threading.Event()

    def submit_on():
        while not enough.is_set():
            numbers.append(submit_some(a, b, len(numbers)))
    load = threading.Thread(target=submit_on)
    load.start()
    turns, entries = [], []
    target = base / "backup"
    for _ in range(ROUNDS):
        done = backup(a, target)
        check(turn_of(target) == done["turn"], done)
        turns.append(done["turn"])
        entries.append(copy_is_good(a, target))
    enough.set()
    load.join()
    check(turns == sorted(set(turns)) and entries == sorted(entries),
          f"each copy holds more than the one before: {turns} {entries}")
    while not segments_of_node(a)[:-1] and len(numbers) < PAGES_MAX:
        numbers.append(submit_some(a, b, len(numbers)))
    for number in numbers:
        a.receipted(number, MESSAGES)
    backup(a, target)
    check(copy_is_good(a, target) == MESSAGES * len(numbers),
          "the last copy holds all")
    nothing_secret(a, target)
    print(f"{ROUNDS} copies while {MESSAGES * len(numbers)} messages came: "
          f"turns {turns}, entries {entries}; audit of each good")
    return target


def segments_of(files):
    return sorted(name for name in files if name.endswith(".seg"))


def segments_of_node(node):
    return sorted((node.state / "journal").glob("*.seg"))


def closed_long_ago(node):
    """A segment that changed within the last two seconds is copied again: let
    those that are closed have been closed an hour ago."""
    closed = segments_of_node(node)[:-1]
    check(closed, "no segment is closed yet")
    for segment in closed:
        then = segment.stat().st_mtime_ns - 3600 * 10 ** 9
        os.utime(segment, ns=(then, then))
    return sum(segment.stat().st_size for segment in closed)


def only_what_is_new(a, b, target):
    closed = closed_long_ago(a)
    backup(a, target)
    before = files_of(target)
    done = backup(a, target)
    check(done["bytes_new"] <= done["bytes"] - closed,
          f"{closed} bytes of closed segments are not copied again: {done}")
    a.submit("new.example", "--to", b.name, "--wait", "30s")
    done = backup(a, target)
    after = files_of(target)
    changed = {name for name in after if before.get(name) != after[name]}
    check(changed <= {"BACKUP", "journal/snapshot", segments_of(after)[-1]},
          changed)
    print(f"one message more: {done['bytes_new']} of {done['bytes']} bytes "
          f"copied")


def refusals(base, a, b, target):
    other = base / "other"
    other.mkdir()
    (other / "letters.txt").write_text("dear")
    done = a.command("backup", other, code=2)
    check("holds other things" in done.err, done.err)
    check(files_of(other) == {"letters.txt": b"dear"}, "left alone")
    before = files_of(target)
    done = b.command("backup", target, code=2)
    check("of another journal" in done.err, done.err)
    check(files_of(target) == before, "another node's backup is left alone")
    a.command("backup", code=2)
    print("refused: a directory with other things, another node's backup")


def a_run_that_is_cut_off(base, a):
    """Kill the command at many moments: the next run ends the work, and what
    was complete before stays readable throughout."""
    target = base / "cut"
    whole = 0
    for i in range(12):
        args = [str(house.BUILD / "sealane"), "backup", str(target),
                "--socket", str(a.state / "control.sock")]
        with subprocess.Popen(args, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as run:
            try:
                run.wait(0.01 * 2 ** (i % 6))
                whole += 1
            except subprocess.TimeoutExpired:
                run.kill()
        if (target / "BACKUP").exists():
            copy_is_good(a, target)
    backup(a, target)
    copy_is_good(a, target)
    check(not (target / "BACKUP.new").exists(), "nothing is left over")
    check(not list(target.rglob("*.new")), "no part is left over")
    nothing_secret(a, target)
    print(f"12 runs, {12 - whole} of them killed: each copy good, and the "
          f"next run ends the work")


def damage_is_found(base, a, target):
    """A flipped bit in a copy is found by the next audit of it."""
    copy = base / "damaged"
    shutil.copytree(target, copy)
    segment = sorted((copy / "journal").iterdir())[0]
    data = bytearray(segment.read_bytes())
    data[4096 + 60] ^= 1
    segment.write_bytes(data)
    done = a.command("audit", "--backup", copy, code=2, daemon=False)
    check(done.err, "it says what is wrong")
    digest = hashlib.sha256(segment.read_bytes()).hexdigest()
    check(digest not in (copy / "BACKUP").read_text(), "the list differs too")
    print("a flipped bit: " + done.err.strip()[-160:])


def main(base, teams):
    a, b = house.started_pair(base, teams)
    base = Path(base)
    target = under_load(base, a, b)
    only_what_is_new(a, b, target)
    refusals(base, a, b, target)
    a_run_that_is_cut_off(base, a)
    damage_is_found(base, a, target)
    check(os.stat(target).st_mode & 0o077 == 0, "closed to others")


house.run(main)
