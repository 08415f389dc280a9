#!/usr/bin/env python3
"""kill_test - nothing is lost or doubled by kill -9 in mid-transfer.

Usage: kill_test.py [MOMENTS]      SEALANE_BUILD names the build folder

Daemon and signer of the sender and of the receiver are killed at MOMENTS
moments each (default: ten, two with sanitizers). A moment counts only where
0 < receipted < submitted at the time of the kill. In every other round the
transfer is held still for that, by SIGSTOP of the receiver's daemon, while
the sender's counters are read. In the rounds between, everything runs while
the signal falls, and the counters are read before and after: receipts never
go back, and what the receiver has stored bounds what it can have receipted.

Then the sender's daemon and signer are killed while `sealane submit` is still
handing messages over, with 0 < accepted < all of them: the command connects
again by itself, and still nothing is lost or doubled.
"""
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import extract
import house
from house import check
from node import Refused

MOMENTS = int(sys.argv[1]) if len(sys.argv) > 1 else \
    2 if house.is_sanitized() else 10
MESSAGES = 10_000
ROUNDS_MAX = 4 * MOMENTS
ATTEMPTS = 5
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


def taken_of(sender, number):
    """How many messages of a submission the daemon has taken so far."""
    try:
        return sum(sender.progress(number)[:2])
    except Refused:
        return 0


def hand_over(sender, receiver, path):
    """Start submitting and stop the command in the middle, if it is not over
    by then; gives the command, the submission, and what was taken of it."""
    number = sender.json("status", code=None)[0]["submissions"] + 1
    command = subprocess.Popen(
        [house.BUILD / "sealane", "submit", "-f", path, "--to",
         receiver.name, "--tlp", "green", "--socket",
         sender.state / "control.sock"], stdout=subprocess.DEVNULL)
    while taken_of(sender, number) == 0 and command.poll() is None:
        pass
    if command.poll() is None:
        os.kill(command.pid, signal.SIGSTOP)
    return command, number, taken_of(sender, number)


def while_submitting(victim, receiver, path, first):
    """Kill the sender's process while the command hands over; give the
    values, and whether it was a moment that counts."""
    sender, count = victim.team, 3 * MESSAGES
    values = values_of(first, count)
    path.write_text("\n".join(values) + "\n", encoding="ascii")
    pid = sender.children()[victim.child]
    command, number, taken = hand_over(sender, receiver, path)
    try:
        good = command.poll() is None and 0 < taken < count
        if good:
            os.kill(pid, signal.SIGKILL)
            print(f"  {victim.name}, while submitting: {taken} of {count} "
                  f"accepted", flush=True)
            successor(victim, pid)
    finally:
        if command.poll() is None:
            os.kill(command.pid, signal.SIGCONT)
    check(command.wait(house.COMMAND_S) == 0, f"submit ended with "
          f"{command.returncode}")
    sender.receipted(number, count)
    return Counter(("url", v) for v in values), good


def submitting(victims, receiver, base, first):
    """Both processes of the sender, at a moment each."""
    submitted = Counter()
    for victim in victims:
        for _ in range(ATTEMPTS):
            values, good = while_submitting(
                victim, receiver, base / "submitting.txt",
                first + submitted.total())
            submitted += values
            if good:
                break
        check(good, f"{victim.name} was never killed while submitting")
    return submitted


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
    submitted += submitting(victims[:2], b, base, rounds * MESSAGES)
    compare(a, b, submitted)
    for v in victims:
        check(len(v.moments) >= MOMENTS, f"{v.name}: {len(v.moments)}")
        print(f"{v.name}: killed at {len(v.moments)} moments with 0 < "
              f"receipted < submitted")
    print(f"{rounds} rounds in {time.monotonic() - began:.0f} s")


house.run(kill)
