#!/usr/bin/env python3
"""hashes - all builds of the simulator do the same, byte for byte.

Usage: hashes.py PROGRAM...    those that exist are run over the same seeds

Fewer than two builds compare nothing: then the test is skipped (77), or has
failed where SEALANE_CHECK is set, as ./check does.
"""
import os
import re
import subprocess
import sys

SEEDS = "1..200"


def trace_hash(program):
    """Run one build; give its trace hash."""
    done = subprocess.run([program, "--seeds", SEEDS, "--hash"],
                          stdout=subprocess.PIPE, text=True, check=False)
    found = re.search(r"^trace hash ([0-9a-f]{16})$", done.stdout, re.M)
    if done.returncode != 0 or not found:
        print(done.stdout)
        sys.exit(f"{program} ended with {done.returncode}")
    return found.group(1)


def main():
    programs = []
    for path in sys.argv[1:]:
        real = os.path.realpath(path)
        if os.path.exists(real) and real not in programs:
            programs.append(real)
    hashes = {program: trace_hash(program) for program in programs}
    for program, value in hashes.items():
        print(value, program)
    if len(set(hashes.values())) > 1:
        sys.exit("builds of one source do not do the same; is one of them old?")
    if len(programs) < 2:
        print("fewer than two builds: nothing is compared")
        sys.exit(1 if os.environ.get("SEALANE_CHECK") else 77)


main()
