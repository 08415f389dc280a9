"""shim - teams whose processes can be ended, failed or set to another time at
a named place.

Holds:      the layout of `struct control` in shim.c; one order at a time.
Leaves out: the places themselves (shim.c).
"""
import mmap
import os
import struct
import time

import extract
import house
from house import check

SIGNER, NET = 1, 2
CALLS = {"pwrite": 0, "datasync": 1, "fsync": 2, "write": 3, "rename": 4,
         "truncate": 5, "reserve": 6}
SYNCS = ("datasync", "fsync")
NOTHING, END, LOSE, TEAR, FAIL, FAIL_EVER = range(6)
FIRED_AT, COUNTS_AT, CLOCK_AT, MONO_AT, SIZE = 28, 32, 120, 128, 136
EIO, ENOSPC = 5, 28
HASTE_S, HASTE_PAUSE_S = 3, 0.05
ENDED = "ended with status 99"


class Shimmed(house.Team):
    """A team under the shim of its own."""

    def __init__(self, base, name, short, more=""):
        super().__init__(base, name, short, more)
        self.late = 0
        path = self.state.parent / (short + ".shim")
        path.write_bytes(bytes(SIZE))
        with open(path, "r+b") as file:
            self.control = mmap.mmap(file.fileno(), SIZE)
        self.environment = {**os.environ, "SEALANE_SHIM": str(path),
                            "LD_PRELOAD": str(house.BUILD / "tests" / "e2e" /
                                              "libe2e_shim.so")}

    def order(self, action, role, calls, after=False, facts=(), left=0,
              error=EIO):
        """From now on: `action` in `role` at one of `calls` (names), `left`
        of them later; where facts are named, only in turns with all of them."""
        bits = sum(1 << CALLS[call] for call in calls)
        kinds = sum(1 << fact for fact in facts)
        self.control[0:4] = struct.pack("<I", NOTHING)
        self.control[4:32] = struct.pack("<IIIIIiI", role, bits, after, kinds,
                                         error, left, 0)
        self.control[0:4] = struct.pack("<I", action)

    def drop_order(self):
        self.control[0:4] = struct.pack("<I", NOTHING)

    def fired(self):
        return struct.unpack_from("<I", self.control, FIRED_AT)[0]

    def count(self, role, call):
        """How often a role has made a call since the start."""
        place = COUNTS_AT + 4 * (role * len(CALLS) + CALLS[call])
        return struct.unpack_from("<I", self.control, place)[0]

    def clock(self, seconds):
        """Set its time of day off by so many seconds."""
        self.control[CLOCK_AT:CLOCK_AT + 8] = struct.pack("<q",
                                                          seconds * 1000)

    def hasten(self, test, what):
        """Let time run fast for its daemon until `test` gives something."""
        def look():
            found = test()
            if not found:
                self.late += HASTE_S * 1000
                self.control[MONO_AT:MONO_AT + 8] = struct.pack("<q",
                                                                self.late)
                self.tell("status")  # wakes it
                time.sleep(HASTE_PAUSE_S)
            return found
        return self.wait(look, what)

    def fresh(self):
        """Start it anew, so that the supervisor forgets how often its
        children have ended."""
        self.kill_whole()
        self.start()


def compare(a, b, submitted):
    """All that a submitted is at b exactly once, without gaps, and both sides
    find everything good."""
    entries = b.entries("--from", a.name)
    wrong = extract.difference(submitted, extract.entry_values(entries),
                               "at the receiver")
    check(not wrong, wrong)
    check([e["index"] for e in entries] == list(range(len(entries))),
          "the lane has gaps")
    states = {e["state"] for e in a.entries("--to", b.name)}
    check(states == {"receipted"}, f"at the sender: {states}")
    for team in (a, b):
        team.audit_is_good()
        alarms = team.json("status", code=None)[0]["alarms"]
        check(not alarms, f"{team.name}: {alarms}")
