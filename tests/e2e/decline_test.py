#!/usr/bin/env python3
"""decline_test - two honest teams decline thousands of each other's messages
at once, and both get through.

Usage: decline_test.py        SEALANE_BUILD names the build folder

Both queue under an agreement that allows amber; then both are set to green,
so that every other message is declined by itself on both sides.
"""
import json

import house
from house import check

COUNT = 8000  # of each side; half of them are declined
WINDOW = "\nbatches-in-flight: 4\n"  # half of it is declined at once
AMBER = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
GREEN = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"
STAMP = "2026-11-23T00:00:00.000Z"


def note(team, i):
    return {"type": "note", "spec_version": "2.1", "created": STAMP,
            "id": f"note--{i:08d}-0000-4000-8000-{len(team.name):012d}",
            "modified": STAMP, "content": f"note {i} of {team.name}",
            "object_refs": ["identity--00000000-0000-4000-8000-000000000009"],
            "object_marking_refs": [AMBER if i % 2 else GREEN]}


def bundle(base, team):
    path = base / f"{team.short}.json"
    path.write_text(json.dumps(
        {"type": "bundle", "objects": [note(team, i) for i in range(COUNT)],
         "id": f"bundle--00000000-0000-4000-8000-{len(team.name):012d}"}))
    return path


def ceiling(team, other, tlp):
    """Agree on a ceiling; the daemon is stopped and reads it at its start."""
    path = team.state / "sealane.yaml"
    text = path.read_text(encoding="utf-8").split("\npeers:\n")[0]
    path.write_text(text + f"\npeers:\n  - team: {other.name}\n"
                    f"    ceiling: {tlp}\n", encoding="utf-8")


def both(a, b):
    return ((a, b), (b, a))


def agree(a, b, tlp):
    for team, other in both(a, b):
        team.stop()
        ceiling(team, other, tlp)
    for team, _ in both(a, b):
        team.start()


def decline(base, teams):
    a, b = house.started_pair(base, teams, WINDOW, WINDOW)
    for team, other in both(a, b):
        team.command("peer", "pause", other.name)
    agree(a, b, "amber")
    numbers = {}
    for team, other in both(a, b):
        numbers[team] = team.submit("-f", bundle(base, team), "--to",
                                    other.name)
    agree(a, b, "green")
    for team, other in both(a, b):
        team.command("peer", "resume", other.name)
    for team, other in both(a, b):
        team.wait_for(lambda t=team: t.progress(numbers[t])[0] == 0 and
                      t.progress(numbers[t])[1] == t.progress(numbers[t])[2],
                      f"all receipts (at {team.progress(numbers[team])})", 120)
    for team, _ in both(a, b):
        peer = team.json("status", code=None)[0]["peers"][0]
        check(peer["declined"] >= COUNT // 2, peer)
        check(not team.json("alarm", "list", code=0), "alarms")
        print(f"{team.name}: {team.progress(numbers[team])[1]} sent and receipted, "
              f"{peer['declined']} of theirs declined one by one")
    for team, _ in both(a, b):
        team.audit_is_good()


house.run(decline)
