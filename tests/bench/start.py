#!/usr/bin/env python3
"""start - how long a node takes from its start until it runs, with so many
messages in its journal: behind a snapshot, and with every turn read.

Usage: start.py [MESSAGES]        SEALANE_BUILD names the build folder
"""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
import house  # noqa: E402

PART = 250000
RUNS = 3


def journal_bytes(team):
    return sum(f.stat().st_size for f in (team.state / "journal").iterdir())


def start_seconds(team, snapshot):
    """Give the median of some starts, in turn with a snapshot or without."""
    took = []
    for _ in range(RUNS):
        team.stop()
        file = team.state / "journal" / "snapshot"
        size = file.stat().st_size
        if not snapshot:
            file.unlink()
        began = time.monotonic()
        super(house.Team, team).start()
        took.append(time.monotonic() - began)
    return sorted(took)[RUNS // 2], size


def measure(base, teams):
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    a, b = house.started_pair(base, teams)
    for first in range(0, count, PART):
        values = "".join(
            f"https://host{i}.example/{'x' * 170}\n"
            for i in range(first, min(first + PART, count)))
        number = a.submit("-f", "-", "--to", b.name, data=values.encode())
        a.receipted(number, min(PART, count - first), 1200)
    for team, what in ((a, "origin"), (b, "holder")):
        whole, _ = start_seconds(team, False)
        behind, size = start_seconds(team, True)
        team.wait(team.answers, "an answer")
        print(f"{what}: {count} messages, journal "
              f"{journal_bytes(team) >> 20} MiB, snapshot {size} bytes "
              f"({size / count:.1f} a message); start {behind:.2f} s, with "
              f"every turn read {whole:.2f} s (medians of {RUNS}), "
              f"{whole / behind:.0f} times; memory "
              f"{team.memory_mib():.0f} MiB")


house.run(measure)
