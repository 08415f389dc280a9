#!/usr/bin/env python3
"""catchup - how long an index needs for a journal that it has not read yet.

One team submits bundles of STIX indicators and relations to another, whose
index is removed once it has them all; its daemon is started again, and the time
until the index has read everything is printed, then the times of searches by
`sealane search`, start of the command included. Figures hold for one machine
that does nothing else; this is no test.

usage: catchup.py [OBJECTS]
       SEALANE_BUILD names the build folder; 1,000,000 objects take some five
       minutes and 6 GB below the folder for temporary files.
"""
import random
import shutil
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
import convert_bench  # noqa: E402
import house  # noqa: E402

SEARCHES = 50
ROOM = "disk-bytes-per-peer: 20000000000\ndisk-bytes-per-user: 20000000000\n"


def caught_up(team):
    """Give the seconds until the index of a stopped team, made anew, has read
    everything."""
    shutil.rmtree(team.state / "index")
    since = time.monotonic()
    team.start()
    seen = team.searchable()
    return time.monotonic() - since, seen


def searches(team, count):
    times = []
    for _ in range(SEARCHES):
        value = f"host-{random.randrange(0, count, 20)}.bad.example"
        since = time.monotonic()
        team.command("search", value)
        times.append(1000 * (time.monotonic() - since))
    return times


def main(base, teams):
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    a, b = house.started_pair(base, teams, ROOM, ROOM)
    path = Path(base) / "objects.json"
    convert_bench.make_stix(path, count)
    since = time.monotonic()
    a.submit("-f", path, "--to", b.name, "--tlp", "amber", "--wait", "600s")
    took = time.monotonic() - since
    print(f"{count} objects, {path.stat().st_size / 1e6:.0f} MB, submitted and "
          f"receipted in {took:.1f} s, {count / took:.0f}/s", flush=True)
    b.searchable()
    a.stop()
    b.stop()
    took, seen = caught_up(b)
    print(f"{seen['messages']} messages of the journal in an index that was "
          f"removed: {took:.1f} s after the daemon was started, "
          f"{seen['messages'] / took:.0f}/s")
    times = searches(b, count)
    print(f"{SEARCHES} searches by the command: {statistics.median(times):.0f} "
          f"ms median, {max(times):.0f} ms at most")


if __name__ == "__main__":
    house.run(main)
