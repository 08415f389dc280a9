#!/usr/bin/env python3
"""kill_test - nothing is lost or doubled by kill -9 in mid-transfer.

Usage: kill_test.py [MOMENTS]      SEALANE_BUILD names the build folder

Daemon and signer of the sender and of the receiver are killed at MOMENTS
moments each (default ten). A moment counts only where 0 < receipted <
submitted at the time of the kill. In every other round the transfer is held
still for that, by SIGSTOP of the receiver's daemon, while the sender's
counters are read. In the rounds between, everything runs while the signal
falls, and the counters are read before and after: receipts never go back,
and what the receiver has stored bounds what it can have receipted.
"""
import os
import signal
import sys
import time
from collections import Counter

import extract
import house
from house import check

MOMENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
MESSAGES = 10_000
ROUNDS_MAX = 4 * MOMENTS
NET, SIGNER = "sealaned-net", "sealaned-signer"
SLOW = "batches-in-flight: 1\n"


class Victim:
    def __init__(self, name, team, child):
        self.name, self.team, self.child = name, team, child
        self.moments = []


def values_of(first, count):
    return [f"http://host-{i}.kill.example/{'x' * (i % 90)}"
            for i in range(first, first + count)]


class Transfer:
    """One submission under way from the sender to the receiver."""

    def __init__(self, sender, receiver, path, first):
        self.sender, self.receiver = sender, receiver
        self.values = values_of(first, MESSAGES)
        self.before = receiver.peer(sender.name)["stored"]
        path.write_text("\n".join(self.values) + "\n", encoding="ascii")
        self.freeze()
        try:
            self.number = sender.submit("-f", path, "--to", receiver.name,
                                        "--tlp", "green")
        finally:
            self.thaw()

    def freeze(self):
        self.stopped = self.receiver.children()[NET]
        os.kill(self.stopped, signal.SIGSTOP)

    def thaw(self):
        try:
            os.kill(self.stopped, signal.SIGCONT)
        except ProcessLookupError:
            pass

    def receipted(self):
        """What the sender says; None while it cannot say."""
        found = self.sender.progress(self.number)
        return None if found is None else found[2]

    def reach(self, wanted):
        """Wait for so many receipts; false if the transfer ended before."""
        def there():
            found = self.receipted()
            return found if found is not None and found >= wanted else None
        return self.sender.wait_for(there, f"{wanted} receipts") < MESSAGES

    def held(self, victim):
        """Kill while the transfer stands still, unless it is over; give the
        receipted."""
        self.freeze()
        found = self.receipted()
        good = found is not None and 0 < found < MESSAGES
        if good:
            os.kill(victim.team.children()[victim.child], signal.SIGKILL)
        self.thaw()
        return (found, found) if good else None

    def running(self, victim):
        """Kill while everything runs; give bounds of the receipted, if it
        was not over by then."""
        pid = victim.team.children()[victim.child]
        low = self.receipted()
        os.kill(pid, signal.SIGKILL)
        if victim.team is self.receiver:
            high = self.receipted()
        else:
            peer = self.receiver.peer(self.sender.name)
            high = peer["stored"] - self.before
        good = low and high is not None and high < MESSAGES
        return (low, high) if good else None


def successor(victim, pid):
    """Wait until the killed process has a successor that answers."""
    team = victim.team
    team.wait_for(lambda: team.children().get(victim.child, pid) != pid,
                  f"another {victim.child}", 30)
    team.wait_for(lambda: team.tell("status"), "an answer", 30)


def kill_once(transfer, victim, hold):
    pid = victim.team.children()[victim.child]
    found = (transfer.held if hold else transfer.running)(victim)
    if found or not hold:
        successor(victim, pid)
    if found:
        victim.moments.append(found)
        low, high = found
        check(0 < low <= high < MESSAGES, f"moment {found}")
        print(f"  {victim.name} {len(victim.moments)}: receipted "
              f"{low if low == high else f'{low} to {high}'} of {MESSAGES}, "
              f"{'held' if hold else 'running'}", flush=True)


def one_round(transfer, victims, hold):
    """Kill each victim that still needs it once, spread over a transfer."""
    for position, victim in enumerate(victims):
        if len(victim.moments) >= MOMENTS:
            continue
        if not transfer.reach(1 + position * MESSAGES // (len(victims) + 1)):
            break
        kill_once(transfer, victim, hold)
    transfer.sender.receipted(transfer.number, MESSAGES)


def compare(a, b, submitted):
    """Everything is at the other side exactly once, in a lane without gaps."""
    entries = b.entries("--from", a.name)
    wrong = extract.difference(submitted, extract.entry_values(entries),
                               "at the receiver")
    check(not wrong, wrong)
    check([e["index"] for e in entries] == list(range(len(entries))),
          "the lane has gaps")
    states = Counter(e["state"] for e in a.entries("--to", b.name))
    check(states == {"receipted": len(entries)}, f"at the sender: {states}")
    for team in (a, b):
        team.audit_is_good()
        alarms = team.json("status", code=None)[0]["alarms"]
        check(not alarms, f"{team.name}: {alarms}")
    print(f"{sum(submitted.values())} values submitted, {len(entries)} at "
          f"the other side, each exactly once; audit at both sides: good")


def restart(teams):
    """A daemon that is killed often starts ever more slowly; a new one does
    not know of that."""
    for team in teams:
        team.stop()
        team.start()
    teams[0].linked()


def kill(base, teams):
    began = time.monotonic()
    a, b = house.started_pair(base, teams, SLOW, SLOW)
    victims = [Victim("sender's daemon", a, NET),
               Victim("sender's signer", a, SIGNER),
               Victim("receiver's daemon", b, NET),
               Victim("receiver's signer", b, SIGNER)]
    submitted, rounds = Counter(), 0
    while any(len(v.moments) < MOMENTS for v in victims):
        check(rounds < ROUNDS_MAX, f"after {rounds} rounds there were only "
              f"{[len(v.moments) for v in victims]} moments")
        turned = victims[rounds % 4:] + victims[:rounds % 4]
        transfer = Transfer(a, b, base / f"round-{rounds}.txt",
                            rounds * MESSAGES)
        one_round(transfer, turned, hold=rounds % 2 == 1)
        submitted += Counter(("url", v) for v in transfer.values)
        rounds += 1
        if rounds % 2 == 0:
            restart((a, b))
    compare(a, b, submitted)
    for v in victims:
        check(len(v.moments) >= MOMENTS, f"{v.name}: {len(v.moments)}")
        print(f"{v.name}: killed at {len(v.moments)} moments with 0 < "
              f"receipted < submitted")
    print(f"{rounds} rounds in {time.monotonic() - began:.0f} s")


house.run(kill)
