#!/usr/bin/env python3
"""calls_test - the journals ask nothing of the C library that the disk in
memory does not know.

Usage: calls_test.py CALLS ARCHIVE... ; an ARCHIVE may name one of its members:
libx.a:journal.c.o. Exit: 0 all is known, 1 findings.
"""

import re
import subprocess
import sys
from pathlib import Path

# What sanitizers and coverage put in.
INSTRUMENTS = re.compile(r"__(asan|ubsan|gcov|sanitizer|sancov)_")


def symbols(archive, member, flag):
    """The symbols that an archive, or one member, defines or leaves open."""
    text = subprocess.run(["nm", flag, archive], check=True,
                          capture_output=True, text=True).stdout
    found, here = set(), member is None
    for line in text.splitlines():
        if line.endswith(":"):
            here = member in (None, line[:-1])
        elif here and line.split():
            found.add(line.split()[-1])
    return found


def main():
    known = {"disk": set(), "harmless": set()}
    for line in Path(sys.argv[1]).read_text().splitlines():
        if line and not line.startswith("#"):
            kind, name = line.split()
            known[kind].add(name)
    ours = set()
    for path in Path(sys.argv[2].split(":")[0]).parent.glob("libroom_*.a"):
        ours |= symbols(path, None, "--defined-only")
    problems = seen = 0
    for part in sys.argv[2:]:
        archive, _, member = part.partition(":")
        asked = symbols(archive, member or None, "-u") - ours
        asked = {name for name in asked if not INSTRUMENTS.match(name)}
        seen += len(asked & known["disk"])
        for name in sorted(asked - known["disk"] - known["harmless"]):
            problems += 1
            print(f"{part}: {name} stands neither among the disk's calls "
                  f"nor among the harmless ones")
    print(f"{seen} calls that the disk takes, {problems} unknown")
    return 1 if problems or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
