#!/usr/bin/env python3
"""points_test - killed between any two steps of a message's way, nothing is
lost or doubled.

Usage: points_test.py        SEALANE_BUILD names the build folder

A message's way is the order of effects: written, synced, signed, sent. At each
step the process that does it ends as by kill -9; where something was written
and not synced, it also ends as by power loss, with all of that or every other
sector of it gone.
"""
import time
from collections import Counter

import house
import shim
from house import check
from shim import END, LOSE, NET, SIGNER, TEAR

# Types of facts, daemon/core/ports/fact.h.
SUBMISSION, SEQUENCED, CHECKPOINT, SEEN, BATCH = 5, 7, 8, 9, 11
RECEIPT_GIVEN, RECEIPT_TAKEN = 12, 13

# What has just been done; in whose process; before or after which call; in a
# turn with which fact.
A_NET, A_SIGNER, B_NET, B_SIGNER = (0, NET), (0, SIGNER), (1, NET), (1, SIGNER)
POINTS = [
    ("the submission is written", A_NET, "datasync", False, [SUBMISSION]),
    ("the submission is synced", A_NET, "datasync", True, [SUBMISSION]),
    ("the submission is opened", A_NET, "write", True, [SUBMISSION]),
    ("message and place are written", A_NET, "datasync", False, [SEQUENCED]),
    ("message and place are synced", A_NET, "datasync", True, [SEQUENCED]),
    ("the message is accepted", A_NET, "write", True, [SEQUENCED]),
    ("the signer was asked", A_SIGNER, "pwrite", False, []),
    ("the signature is written", A_SIGNER, "datasync", False, []),
    ("the signature is synced", A_SIGNER, "datasync", True, []),
    ("the signature is given", A_SIGNER, "write", True, []),
    ("the checkpoint is written", A_NET, "datasync", False, [CHECKPOINT]),
    ("the checkpoint is synced", A_NET, "datasync", True, [CHECKPOINT]),
    ("the HEADER is sent", A_NET, "write", True, [CHECKPOINT]),
    ("the HEADER is noted", B_NET, "datasync", False, [SEEN]),
    ("the note is synced", B_NET, "datasync", True, [SEEN]),
    ("the WANT is sent", B_NET, "write", True, [SEEN]),
    ("the batch is written", B_NET, "datasync", False, [BATCH]),
    ("the batch is synced", B_NET, "datasync", True, [BATCH]),
    ("the receipt is asked for", B_NET, "write", True, [BATCH]),
    ("the holder's signer was asked", B_SIGNER, "pwrite", False, []),
    ("the receipt's record is written", B_SIGNER, "datasync", False, []),
    ("the receipt's record is synced", B_SIGNER, "datasync", True, []),
    ("the receipt is given", B_SIGNER, "write", True, []),
    ("the receipt is written", B_NET, "datasync", False, [RECEIPT_GIVEN]),
    ("the receipt is synced", B_NET, "datasync", True, [RECEIPT_GIVEN]),
    ("the receipt is sent", B_NET, "write", True, [RECEIPT_GIVEN]),
    ("the receipt taken is written", A_NET, "datasync", False,
     [RECEIPT_TAKEN]),
    ("the receipt taken is synced", A_NET, "datasync", True, [RECEIPT_TAKEN]),
]
FRESH_AFTER = 2


def one(teams, point, action, number):
    """Let a message run into a point and come through all the same."""
    what, (side, role), call, after, facts = point
    a, b = teams
    victim = teams[side]
    victim.mark = victim.log_size()
    victim.order(action, role, [call], after, facts)
    value = f"point-{number}.example"
    a.submit(value, "--to", b.name, "--tlp", "green", "--wait", "60s")
    check(victim.fired() == 1, f"{what}: never came there")
    victim.wait_log(shim.ENDED)
    victim.wait(victim.answers, "an answer after the end")
    a.linked()
    return ("domain", value)


def points(base, teams):
    a, b = house.started_pair(base, teams, kind=shim.Shimmed)
    a.submit("before.example", "--to", b.name, "--tlp", "green", "--wait",
             "60s")
    submitted = Counter([("domain", "before.example")])
    began, ended = time.monotonic(), Counter()
    tried = [(p, action) for p in POINTS for action in (END, LOSE, TEAR)
             if action == END or (p[2], p[3]) == ("datasync", False)]
    for number, (point, action) in enumerate(tried):
        submitted[one((a, b), point, action, number)] += 1
        victim = (a, b)[point[1][0]]
        ended[victim] += 1
        if ended[victim] % FRESH_AFTER == 0:
            victim.fresh()
            a.linked()
    shim.compare(a, b, submitted)
    print(f"{len(POINTS)} points, {len(tried)} ends at them, in "
          f"{time.monotonic() - began:.0f} s: {sum(submitted.values())} "
          f"messages, each at the other side exactly once")


house.run(points)
