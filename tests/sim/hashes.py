#!/usr/bin/env python3
"""hashes - all builds of the simulator do the same, byte for byte.

Usage: hashes.py SOURCE FOLDER TYPE PROGRAM...

Those programs that exist are run over the same seeds. Where there is one alone,
another one is built first, from SOURCE into FOLDER with build type TYPE; where
SEALANE_CHECK is set, as ./check does, that is a failure: it has them all.
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


def build(source, folder, kind):
    """Build the simulator once more, with other options."""
    for command in (["cmake", "-S", source, "-B", folder,
                     "-DCMAKE_BUILD_TYPE=" + kind],
                    ["cmake", "--build", folder, "-j", "2",
                     "--target", "sealane-sim"]):
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout)
            sys.exit("the second build failed: " + " ".join(command))
    return os.path.join(folder, "sealane-sim")


def main():
    source, folder, kind = sys.argv[1:4]
    programs = []
    for path in sys.argv[4:]:
        real = os.path.realpath(path)
        if os.path.exists(real) and real not in programs:
            programs.append(real)
    if len(programs) < 2:
        if os.environ.get("SEALANE_CHECK"):
            sys.exit("fewer than two builds: nothing is compared")
        programs.append(build(source, folder, kind))
    hashes = {program: trace_hash(program) for program in programs}
    for program, value in hashes.items():
        print(value, program)
    if len(set(hashes.values())) > 1:
        sys.exit("builds of one source do not do the same; is one of them old?")


main()
