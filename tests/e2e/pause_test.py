#!/usr/bin/env python3
"""pause_test - a process that stands still for 30 s costs 30 s and nothing
else: the session stays, and nothing is lost or doubled.

Usage: pause_test.py        SEALANE_BUILD names the build folder

Four pairs of teams at the same time; in each another process is stopped by
SIGSTOP in the middle of a transfer: daemon and signer of the sender and of the
receiver.
"""
import os
import signal
import time
from collections import Counter

import house
import shim
from house import check

PAUSE_S = 30
MESSAGES = 3000
VICTIMS = [(0, "sealaned-net"), (0, "sealaned-signer"), (1, "sealaned-net"),
           (1, "sealaned-signer")]
SLOW = "batches-in-flight: 1\n"


class Paused:
    """A pair of teams, one process of which stands still."""

    def __init__(self, base, teams, side, child):
        self.base = base / f"{side}-{child}"
        self.base.mkdir()
        self.pair = house.started_pair(self.base, teams, SLOW, SLOW)
        self.victim, self.child = self.pair[side], child
        self.values = [f"{i}.{side}.{child}.example" for i in range(MESSAGES)]

    def stop(self):
        """Hand everything over, and stop the process while it goes."""
        a, b = self.pair
        path = self.base / "list.txt"
        path.write_text("\n".join(self.values) + "\n", encoding="ascii")
        self.pid = self.victim.children()[self.child]
        self.marks = [team.log_size() for team in (a, b)]
        waiting = b.children()["sealaned-net"]
        os.kill(waiting, signal.SIGSTOP)
        self.number = a.submit("-f", path, "--to", b.name, "--tlp", "green")
        os.kill(self.pid, signal.SIGSTOP)
        if waiting != self.pid:
            os.kill(waiting, signal.SIGCONT)

    def go_on(self):
        a, b = self.pair
        os.kill(self.pid, signal.SIGCONT)
        a.receipted(self.number, MESSAGES)
        check(self.victim.children()[self.child] == self.pid, "it has ended")
        for team, mark in zip((a, b), self.marks):
            check("session" not in team.log(mark), team.log(mark))
        shim.compare(a, b, Counter(("domain", v) for v in self.values))


def pause(base, teams):
    pairs = [Paused(base, teams, *victim) for victim in VICTIMS]
    for pair in pairs:
        pair.stop()
    # What is tried is that time passes: there is no event to wait for.
    time.sleep(PAUSE_S)
    for pair in pairs:
        pair.go_on()
        print(f"good: {pair.victim.short}'s {pair.child} stood still for "
              f"{PAUSE_S} s", flush=True)


house.run(pause)
