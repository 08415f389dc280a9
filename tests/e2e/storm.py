#!/usr/bin/env python3
"""storm - random kills over all processes of two nodes that exchange.

usage: storm.py [KILLS [MESSAGES [SEED]]]      SEALANE_BUILD names the build
       folder; default 2,000 kills over 200,000 messages

Half of the messages go each way, in lists that the command submits one after
another, as fast as they are receipted; they are spread over the kills. A kill
hits daemon, signer or supervisor of either node, at a random moment after the
session before has come back; every fifth follows on another without waiting
for that. A node whose processes were killed three times in a row loses its
supervisor next: it waits longer each time, and would otherwise set the pace.
SIGINT ends the storm early, and all is judged as it stands.

Prints what was lost, doubled or forked, by comparing what both sides list,
message by message, the leaf records of both lanes, the command's verdicts and
`sealane audit --bodies`; and the times from a kill to an open session. Exit: 0
nothing was, 1 otherwise.
"""
import os
import random
import signal
import statistics
import sys
import threading
import time
from collections import Counter

import extract
import house
from house import check

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
MESSAGES = int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
LIST = 50
ROW_MAX = 3
QUIET_S_MAX = 0.1
DOUBLE = 0.2
NET, SIGNER = "sealaned-net", "sealaned-signer"
SUPERVISOR = "supervisor"
SAID = 100


class Side:
    """One node, who submits there, and how often it was killed."""

    def __init__(self, team, other, base, storm):
        self.team, self.other = team, other
        self.base, self.storm = base, storm
        self.row = 0
        self.sent = self.again = 0
        self.busy = False
        self.values = Counter()
        self.fault = None
        self.thread = threading.Thread(target=self.submit_all, daemon=True)

    def submit_all(self):
        """Submit list after list, no faster than kills come."""
        total = MESSAGES // 2
        try:
            while self.sent < total and not self.storm.enough:
                self.storm.pace(self.sent / total)
                self.busy = True
                self.submit_one(min(LIST, total - self.sent))
                self.busy = False
        except BaseException as fault:  # the storm must not go on without it
            self.fault = fault

    def submit_one(self, count):
        values = [f"{self.team.short}-{i}.storm.example"
                  for i in range(self.sent, self.sent + count)]
        path = self.base / f"{self.team.short}.txt"
        path.write_text("\n".join(values) + "\n", encoding="ascii")
        self.again += self.team.submit_list(path, self.other.name)
        self.values.update(("domain", value) for value in values)
        self.sent += count

    def kill(self, pick):
        """kill -9 one of the processes; gives which."""
        child = SUPERVISOR if self.row >= ROW_MAX else \
            pick.choice((NET, SIGNER, SUPERVISOR))
        pid = self.team.children().get(child)
        if child == SUPERVISOR or pid is None:
            self.team.kill_whole()
            self.team.launch()
            self.row = 0
            return SUPERVISOR
        os.kill(pid, 9)
        self.row += 1
        self.team.wait(lambda: self.team.children().get(child, pid) != pid,
                       f"another {child}")
        return child


class Storm:
    def __init__(self, base, a, b):
        self.pick = random.Random(SEED)
        self.killed = Counter()
        self.times = []
        self.said = self.under_way = 0
        self.enough = False
        self.turn = threading.Condition()
        self.sides = [Side(a, b, base, self), Side(b, a, base, self)]

    def pace(self, share):
        """Wait until as large a share of the kills is done."""
        with self.turn:
            self.turn.wait_for(lambda: self.killed.total() >=
                               share * KILLS or self.is_over())

    def is_over(self):
        return self.enough or any(side.fault for side in self.sides)

    def stop(self, *_):
        self.enough = True

    def is_linked(self):
        for side in self.sides:
            peers = [r for r in side.team.tell("status") or []
                     if r.get("kind") == "peer"]
            if not peers or not peers[0]["up"]:
                return False
        return True

    def one(self):
        """A kill, and the way back to a session."""
        began = time.monotonic()
        self.under_way += any(side.busy for side in self.sides)
        for side in self.pick.sample(self.sides, 2):
            child = side.kill(self.pick)
            with self.turn:
                self.killed[f"{side.team.short} {child}"] += 1
                self.turn.notify_all()
            if self.pick.random() >= DOUBLE:
                break
        side.team.wait(self.is_linked, "a session")
        self.times.append(time.monotonic() - began)

    def run(self):
        for side in self.sides:
            side.thread.start()
        while self.killed.total() < KILLS and not self.is_over():
            # The moment of a kill is random; there is no event to wait for.
            time.sleep(self.pick.random() ** 2 * QUIET_S_MAX)
            self.one()
            if self.killed.total() // SAID > self.said:
                self.say()
        for side in self.sides:
            side.thread.join()
            if side.fault:
                raise side.fault

    def say(self):
        self.said = self.killed.total() // SAID
        print(f"  {self.killed.total()} kills, "
              f"{sum(side.sent for side in self.sides)} messages receipted",
              flush=True)


def judge(origin, holder, values):
    """Give (lost, doubled, forked) of one direction."""
    theirs = holder.entries("--from", origin.name)
    ours = origin.entries("--to", holder.name)
    found = extract.entry_values(theirs)
    lost, doubled = (values - found).total(), (found - values).total()
    forked = sum(one["id"] != other["id"] or one["value"] != other["value"]
                 for one, other in zip(ours, theirs))
    forked += abs(len(ours) - len(theirs))
    forked += sum(one["state"] != "receipted" for one in ours)
    forked += [e["index"] for e in theirs] != list(range(len(theirs)))
    return lost, doubled, forked


def verdict(storm):
    a, b = (side.team for side in storm.sides)
    lost = doubled = forked = 0
    for side in storm.sides:
        one = judge(side.team, side.other, side.values)
        lost, doubled, forked = (lost + one[0], doubled + one[1],
                                 forked + one[2])
    sent = [side.sent for side in storm.sides]
    for team in (a, b):
        audit = team.json("audit", "--bodies", code=None)
        check(len(audit) == 2, f"{team.name}: {audit}")
        forked += sum(lane["checkpoint"] != "good" or
                      lane["receipt"] != "good" or lane["body"] != "good" or
                      lane["entries"] not in sent for lane in audit)
        forked += len(team.json("status", code=None)[0]["alarms"])
    return lost, doubled, forked


def storm(base, teams):
    a, b = house.started_pair(base, teams)
    began = time.monotonic()
    s = Storm(base, a, b)
    signal.signal(signal.SIGINT, s.stop)
    s.run()
    for team in (a, b):
        team.linked()
    lasted = time.monotonic() - began
    lost, doubled, forked = verdict(s)
    times = sorted(s.times)
    print(f"{s.killed.total()} kills in {lasted:.0f} s, seed {SEED}: " +
          ", ".join(f"{n} {who}" for who, n in sorted(s.killed.items())))
    print(f"{s.under_way} of {len(s.times)} times messages were under way; "
          f"{sum(side.again for side in s.sides)} commands found no daemon and "
          f"were given again")
    print(f"{sum(side.sent for side in s.sides)} messages: {lost} lost, {doubled} doubled, "
          f"{forked} forked")
    print(f"from a kill to an open session: median "
          f"{statistics.median(times):.2f} s, p99 "
          f"{times[len(times) * 99 // 100]:.2f} s, at most {times[-1]:.2f} s")
    check(not (lost or doubled or forked), "not all is as it was submitted")


house.run(storm)
