#!/usr/bin/env python3
"""clock_test - a clock that is wrong decides nothing but whether certificates
and cards hold.

Usage: clock_test.py        SEALANE_BUILD names the build folder

The processes of one team read another time of day, by the shim; the machine's
clock stays as it is. Each jump happens once within a session and once before
a start.
"""
from collections import Counter

import house
import shim

DAY = 86400
YEAR = 365 * DAY
# (seconds, the reason that both sides give; none: it goes on)
JUMPS = [(100 * DAY, None), (-YEAR // 2, "not yet valid"), (0, None),
         (10 * YEAR, "expired"), (-10 * YEAR, "not yet valid"), (0, None)]


def one(base, a, b, number, jump):
    """Jump within a session, then start with that clock."""
    seconds, reason = jump
    submitted = []

    def message(*words, code=0):
        value = f"clock-{number}-{len(submitted)}.example"
        a.submit(value, "--to", b.name, "--tlp", "green", *words, code=code)
        submitted.append(("domain", value))

    a.linked()
    a.clock(seconds)
    message("--wait", "30s")
    a.stop()
    b.mark = b.log_size()
    a.start()
    if not reason:
        a.linked()
        message("--wait", "30s")
        return submitted
    a.wait_log(reason)
    b.wait_log("the peer refused our certificate: ")
    message("--wait", "1s", code=5)
    queue = a.json("queue", b.name)[0]
    house.check(queue["queued"] == 1 and not queue["up"], queue)
    a.stop()
    a.clock(0)
    a.start()
    a.linked()
    a.wait_for(lambda: a.peer(b.name)["receipted"] == a.peer(b.name)["sent"]
               and a.peer(b.name)["queued"] == 0, "the receipt")
    return submitted


def clock(base, teams):
    a, b = house.started_pair(base, teams, kind=shim.Shimmed)
    submitted = Counter()
    for number, jump in enumerate(JUMPS):
        submitted.update(one(base, a, b, number, jump))
        print(f"good: {jump[0] / DAY:+.0f} days: {jump[1] or 'it goes on'}",
              flush=True)
    shim.compare(a, b, submitted)


house.run(clock)
