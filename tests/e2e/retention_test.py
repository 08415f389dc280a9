#!/usr/bin/env python3
"""retention_test - bodies go when they were kept long enough, and the disk
that a steady load takes is bounded.

Usage: retention_test.py        SEALANE_BUILD names the build folder
"""
import json
import uuid

import house
from house import check

SETTINGS = "retention: 4s\nsegment-bytes: 1048576\n"
ROUNDS = 14 if house.is_sanitized() else 30
OBJECTS = 20
TEXT = "what was seen, and where. " * 1500  # 39 KB an object


def bundle(number):
    """A STIX document of OBJECTS indicators with long descriptions."""
    objects = [{
        "type": "indicator", "spec_version": "2.1",
        "id": f"indicator--{uuid.uuid4()}",
        "created": "2026-11-01T00:00:00.000Z",
        "modified": "2026-11-01T00:00:00.000Z",
        "valid_from": "2026-11-01T00:00:00Z",
        "description": TEXT, "pattern_type": "stix",
        "pattern": f"[domain-name:value = 'h{number}-{i}.example']",
    } for i in range(OBJECTS)]
    return json.dumps({"type": "bundle", "id": f"bundle--{uuid.uuid4()}",
                       "objects": objects}).encode()


def on_disk(team):
    """Give the bytes of a journal; a segment may go while they are added."""
    total = 0
    for f in (team.state / "journal").iterdir():
        try:
            total += f.stat().st_blocks * 512
        except FileNotFoundError:
            pass
    return total


def retired(team):
    return list((team.state / "journal").glob("*.kept"))


def steady_load(a, b):
    """Send until segments are retired at both while messages come; give the
    bytes on both disks after each round."""
    sizes, i = {a: [], b: []}, 0
    while i < ROUNDS or not (retired(a) and retired(b)):
        check(i < 100 * ROUNDS, "segments are retired under load")
        number = a.submit("-f", "-", "--to", b.name, "--tlp", "green",
                          data=bundle(i))
        a.wait_for(lambda: (a.progress(number) or (1,))[0] == 0 and
                   a.progress(number)[1] == a.progress(number)[2],
                   "the receipts")
        for team, found in sizes.items():
            found.append(on_disk(team))
        i += 1
    return sizes


def comes_down(team, sent):
    team.wait_for(lambda: on_disk(team) < sent / 3 + (2 << 20),
                  "all but the newest segments retired")
    return on_disk(team)


def shown(team, words):
    first = team.entries(*words)[0]
    found = team.json("show", first["id"])[0]
    check(found["state"] == "retired", found)
    text = team.command("show", first["id"]).out
    check("h0-0.example" not in text, "nothing of the content")
    return first["id"]


def nothing_is_left(team, word):
    looked = 0
    for f in (team.state / "journal").iterdir():
        try:
            content = f.read_bytes()
        except FileNotFoundError:       # retired in the meantime
            continue
        looked += 1
        check(word not in content, f"{word} stands in {f.name}")
    check(looked, "files to look into")


def main(base, teams):
    a, b = house.started_pair(base, teams, SETTINGS, SETTINGS)
    sizes = steady_load(a, b)
    sent = len(sizes[a]) * OBJECTS * len(TEXT)
    for team in (a, b):
        left = comes_down(team, sent)
        print(f"{team.name}: {sent >> 10} KiB of content sent, at most "
              f"{max(sizes[team]) >> 10} KiB on disk, {left >> 10} KiB left")
    ident = shown(a, ("--to", b.name))
    shown(b, ("--from", a.name))
    for team in (a, b):
        team.audit_is_good()
        team.stop()
        nothing_is_left(team, b"h0-0.example")
        team.start()
    a.linked()
    a.submit("after.example", "--to", b.name, "--wait", "30s")
    for team in (a, b):
        team.audit_is_good()
    shown(a, ("--to", b.name))
    backup = base / "backup"
    b.command("backup", backup)
    b.command("audit", "--bodies", "--backup", backup, daemon=False)
    a.command("prove", ident, "--no-body", "-o", base / "evidence")
    print(f"{ident}: retired at both, its record still proven; after a "
          f"restart and in a backup all is good")


house.run(main)
