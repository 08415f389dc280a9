#!/usr/bin/env python3
"""decline_test - thousands of messages are declined or held back one by one,
and everything else gets through meanwhile.

Usage: decline_test.py        SEALANE_BUILD names the build folder

Both queue under an agreement that allows amber; then one of them is set to
green: it declines every other message that comes, each by itself, and holds
back every other one of its own, until it is set to amber again.
"""
import json

import house
from house import check

COUNT = 8000  # of each side; half of them are amber
ENVELOPE = 1  # of the bundle, a message too, marked as the strictest
STRICT = COUNT // 2 + ENVELOPE
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


def agree(a, b, for_a, for_b):
    for team, other, tlp in ((a, b, for_a), (b, a, for_b)):
        team.stop()
        ceiling(team, other, tlp)
    for team in (a, b):
        team.start()


def stands_at(team, number, queued):
    """Wait until so many wait and all others are receipted."""
    sent = COUNT + ENVELOPE - queued
    team.wait_for(lambda: team.progress(number) == (queued, sent, sent),
                  f"{queued} that wait and {sent} receipts", 120)


def decline(base, teams):
    a, b = house.started_pair(base, teams, WINDOW, WINDOW)
    for team, other in both(a, b):
        team.command("peer", "pause", other.name)
    agree(a, b, "amber", "amber")
    numbers = {team: team.submit("-f", bundle(base, team), "--to", other.name)
               for team, other in both(a, b)}
    agree(a, b, "amber", "green")
    for team, other in both(a, b):
        team.command("peer", "resume", other.name)
    stands_at(a, numbers[a], 0)
    stands_at(b, numbers[b], STRICT)
    declined = [team.json("status", code=None)[0]["peers"][0]["declined"]
                for team in (a, b)]
    check(declined == [0, STRICT], f"declined: {declined}")
    check(not a.json("alarm", "list", code=0), "alarms of the sender")
    alarms = [alarm["alarm"] for alarm in b.json("alarm", "list", code=None)]
    check(alarms == ["held-back"], alarms)
    print(f"{STRICT} declined one by one while {COUNT // 2} came the other "
          f"way, and {STRICT} held back there")
    agree(a, b, "amber", "amber")
    stands_at(b, numbers[b], 0)
    check(not b.json("alarm", "list", code=0), "alarms at the end")
    for team in (a, b):
        team.audit_is_good()


house.run(decline)
