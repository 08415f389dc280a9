#!/usr/bin/env python3
"""rooms - sums up the coverage of daemon/core by room.

Usage: rooms.py [--missing] FILE     (gcovr's JSON)

Exit: 0 if the total is within the bounds, 1 if not, 2 nothing was measured.
"""

import json
import sys
from collections import defaultdict

LINES_MIN = 95.0
BRANCHES_MIN = 88.0


def share(reached, of):
    return 100.0 * reached / of if of else 100.0


class Sum:
    """Lines and branches, reached and in all."""

    def __init__(self):
        self.lines = self.lines_all = self.branches = self.branches_all = 0

    def add(self, line):
        self.lines_all += 1
        self.lines += line["count"] > 0
        self.branches_all += len(line["branches"])
        self.branches += sum(b["count"] > 0 for b in line["branches"])

    def shares(self):
        return (share(self.lines, self.lines_all),
                share(self.branches, self.branches_all))

    def text(self):
        lines, branches = self.shares()
        return (f"{self.lines:6}/{self.lines_all:<6} {lines:5.1f} %  "
                f"{self.branches:6}/{self.branches_all:<6} {branches:5.1f} %")


def missing(name, lines):
    """What of a file was not reached, in two lines of text at most."""
    none = [str(n["line_number"]) for n in lines if n["count"] == 0]
    half = [str(n["line_number"]) for n in lines if n["count"] > 0
            and any(b["count"] == 0 for b in n["branches"])]
    for what, numbers in (("lines", none), ("branches", half)):
        if numbers:
            yield f"{name}: {what} {' '.join(numbers)}"


def main():
    arguments = [a for a in sys.argv[1:] if a != "--missing"]
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0], encoding="utf-8") as file:
        files = json.load(file)["files"]
    rooms, total = defaultdict(Sum), Sum()
    for entry in sorted(files, key=lambda f: f["file"]):
        room = entry["file"].split("daemon/", 1)[1].rsplit("/", 1)[0]
        lines = [n for n in entry["lines"] if not n.get("gcovr/noncode")]
        for line in lines:
            rooms[room].add(line)
            total.add(line)
        if "--missing" in sys.argv:
            for text in missing(entry["file"], lines):
                print(text)
    if not total.lines:
        print("nothing was measured", file=sys.stderr)
        return 2
    print(f"{'room':14} {'lines':>22}  {'branches':>22}")
    for room, counted in sorted(rooms.items()):
        print(f"{room:14} {counted.text()}")
    print(f"{'total':14} {total.text()}")
    lines, branches = total.shares()
    good = lines >= LINES_MIN and branches >= BRANCHES_MIN
    print(f"bounds: lines {LINES_MIN:.0f} %, branches {BRANCHES_MIN:.0f} %: "
          + ("within" if good else "BELOW"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
