#!/usr/bin/env python3
"""sync_test - whichever sync fails, once or for ever: nothing is lost or
doubled, and nothing is accepted that is not on disk.

Usage: sync_test.py        SEALANE_BUILD names the build folder

For each of the four processes with a journal: it is started anew and a message
goes its way, once for each sync that this takes; that sync fails. A process
whose sync failed must end and be started again. Then every sync fails until
the disk is mended, which needs no hand.
"""
import os
import subprocess
import time
from collections import Counter

import house
import shim
from house import check
from shim import FAIL, FAIL_EVER, NET, SIGNER, SYNCS

CALLS_MAX = 30
SAYS = {NET: "sealaned-net (pid ", SIGNER: "sealaned-signer (pid "}
CHILD = {NET: "sealaned-net", SIGNER: "sealaned-signer"}


def message(a, b, value):
    a.submit(value, "--to", b.name, "--tlp", "green", "--wait", "60s")
    return ("domain", value)


def fails_at(teams, victim, role, k):
    """Let sync `k` from the next start on fail; None when it never came."""
    a, b = teams
    name = f"{victim.short}-{role}-{k}.example"
    victim.fresh()
    a.linked()
    victim.mark = victim.log_size()
    victim.order(FAIL, role, SYNCS, left=k)
    os.kill(victim.children()[CHILD[role]], 9)
    victim.wait_log("all start again in ")
    victim.wait(victim.answers, "an answer after the end")
    a.linked()
    value = message(a, b, name)
    fired = victim.fired()
    victim.drop_order()
    if fired:
        ends = victim.log().count(SAYS[role])
        check(ends == 2, f"{name}: the process ended {ends} times, not once "
              f"by kill and once by itself:\n{victim.log()}")
    return value, fired


def each_sync_of(teams, victim, role):
    values = Counter()
    for k in range(CALLS_MAX):
        value, fired = fails_at(teams, victim, role, k)
        values[value] += 1
        if not fired:
            check(k > 1, f"only {k} syncs of {CHILD[role]}")
            print(f"  {victim.short}, {CHILD[role]}: each of {k} syncs failed "
                  f"once", flush=True)
            return values
    raise AssertionError(f"more than {CALLS_MAX} syncs")


def all_syncs_of(teams, victim, role):
    """A disk that fails: nothing of a message gets further; mended, all goes
    on by itself, the command that waits too."""
    a, b = teams
    victim.fresh()
    a.linked()
    held = b.peer(a.name)["stored"]
    victim.order(FAIL_EVER, role, SYNCS)
    value = f"mended-{victim.short}-{role}.example"
    with subprocess.Popen(a.words("submit", value, "--to", b.name, "--tlp",
                                  "green", "--wait", "60s"),
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as command:
        victim.wait_for(lambda: victim.fired() > 2, "a third failure")
        check(command.poll() is None, f"submit ended: {command.returncode}")
        check(role == SIGNER or victim.tell("status") is None,
              "it answers on such a disk")
        stored = [r["stored"] for r in b.tell("status") or []
                  if r.get("team") == a.name]
        check(victim is b or stored == [held], f"it was sent: {stored}")
        victim.drop_order()
        code = command.wait(60)
    check(code == 0, f"submit ended with {code}")
    return ("domain", value)


def syncs(base, teams):
    a, b = house.started_pair(base, teams, kind=shim.Shimmed)
    began = time.monotonic()
    submitted = Counter([message(a, b, "before.example")])
    for victim in (a, b):
        for role in (NET, SIGNER):
            submitted += each_sync_of((a, b), victim, role)
            submitted[all_syncs_of((a, b), victim, role)] += 1
    shim.compare(a, b, submitted)
    print(f"{submitted.total()} messages in {time.monotonic() - began:.0f} s, "
          f"each at the other side exactly once")


house.run(syncs)
