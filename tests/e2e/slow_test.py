#!/usr/bin/env python3
"""slow_test - a peer that reads or writes slowly, or a command that does not
read, holds nobody else up.

Usage: slow_test.py        SEALANE_BUILD names the build folder

Three teams. The road between the first two is stopped, then lets a record pass
now and then; the first exchanges with the third all the while. What the
slow road holds back must not be lost, and must not pile up in memory.
"""
import socket
import struct
import threading
from collections import Counter

import house
import proxy
import shim
from house import check
from node import field

MANY, FEW = (5000, 500) if house.is_sanitized() else (20_000, 2000)
MEMORY_MIB_MAX = 500 if house.is_sanitized() else 100
RECORD_PAUSE_S = 0.02


class Trickle:
    """A rule: nothing passes, then a record at a time, then everything."""

    def __init__(self, direction):
        self.direction = direction
        self.first, self.last = threading.Event(), threading.Event()

    def __call__(self, connection, direction, number, record):
        if direction == self.direction and not self.last.is_set():
            self.first.wait()
            self.last.wait(RECORD_PAUSE_S)
        return record


def values(name, count):
    return [f"http://{i}.{name}.example/{'x' * 100}" for i in range(count)]


def hand_over(base, a, b, name, count):
    """Submit a list; gives the submission and what was in it."""
    path = base / name
    path.write_text("\n".join(values(name, count)) + "\n", encoding="ascii")
    number = a.submit("-f", path, "--to", b.name, "--tlp", "green")
    return number, Counter(("url", v) for v in values(name, count))


def slow_road(base, road, origin, holder, free, direction):
    """`origin` sends much to `holder` over the slow road, and a little to and
    from `free`, which must not wait for it."""
    a, c = free
    name = f"slow-{direction}"
    rule = road.rule = Trickle(direction)
    number, much = hand_over(base, origin, holder, name, MANY)
    before, there = hand_over(base, a, c, name + "-there", FEW)
    back_number, back = hand_over(base, c, a, name + "-back", FEW)
    for step in (rule.first.set, rule.last.set):
        a.receipted(before, FEW)
        c.receipted(back_number, FEW)
        check(origin.progress(number)[2] < MANY, "the road was not slow")
        step()
        before, more = hand_over(base, a, c, f"{name}-{step.__name__}"
                                 f"-{before}", FEW)
        there += more
    origin.receipted(number, MANY)
    a.receipted(before, FEW)
    for team in (origin, holder, c):
        check(team.memory_mib() < MEMORY_MIB_MAX,
              f"{team.short}: {team.memory_mib():.0f} MiB")
    print(f"good: {MANY} messages over a slow road from {origin.short}; "
          f"{4 * FEW} others passed them; at most "
          f"{a.memory_mib():.0f} MiB", flush=True)
    return much, there, back


def deaf_command(a, c, base):
    """Commands that ask and do not read: others are served."""
    deaf = []
    for verb in ("list", "list", "watch"):
        s = socket.socket(socket.AF_UNIX)
        s.connect(str(a.state / "control.sock"))
        request = field(1, 1) + field(2, verb)
        s.sendall(struct.pack(">I", len(request)) + request)
        deaf.append(s)
    number, there = hand_over(base, a, c, "deaf", FEW)
    a.receipted(number, FEW)
    check(a.memory_mib() < MEMORY_MIB_MAX, f"{a.memory_mib():.0f} MiB")
    for s in deaf:
        s.close()
    print("good: three commands that do not read", flush=True)
    return there


def slow(base, teams):
    a, b, road = proxy.between(base, teams, house.Team)
    c = house.Team(base, "jpcert.or.jp", "jpcert")
    c.init()
    teams.append(c)
    for team in teams:
        team.start()
    house.pair(a, b)
    house.pair(a, c)
    for other in (b, c):
        a.wait(lambda: a.peer(other.name)["up"], f"{other.short}'s session")
    to_b, to_c, from_c = slow_road(base, road, a, b, (a, c), proxy.TO_SERVER)
    from_b, more, back = slow_road(base, road, b, a, (a, c), proxy.TO_CLIENT)
    to_c += more + deaf_command(a, c, base)
    for pair, submitted in (((a, b), to_b), ((b, a), from_b), ((a, c), to_c),
                            ((c, a), from_c + back)):
        shim.compare(*pair, submitted)
    road.stop()


house.run(slow)
