#!/usr/bin/env python3
"""units_test - what systemd itself says of the units.

Usage: units_test.py SEALANED

Every unit is read without a complaint, is exposed no more than its role must
be, and lets through each system call that the processes keep. Without
systemd-analyze the test says so and is skipped (exit 77).
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "daemon/units"
CALLS = ROOT / "daemon/edge/sandbox/calls.c"
SKIPPED = 77
# The most exposure in systemd's own scale, from 0 (safe) to 10.
MOST = {"sealaned.service": 1.5, "sealaned-net.service": 1.5,
        "sealaned-index.service": 0.7,
        "sealaned-names@.service": 1.5, "sealaned-signer@.service": 0.6}


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def analyze(*words):
    return subprocess.run(["systemd-analyze", *map(str, words)], text=True,
                          capture_output=True, timeout=60, check=False)


def made(folder, sealaned):
    """Write the units as they are installed, but for the program's place."""
    for unit in [*UNITS.glob("*.service.in"), *UNITS.glob("*.socket")]:
        text = unit.read_text(encoding="utf-8").replace(
            "@CMAKE_INSTALL_FULL_SBINDIR@", str(sealaned.parent))
        check("@CMAKE" not in text, unit)
        (folder / unit.name.removesuffix(".in")).write_text(
            text, encoding="utf-8")
    return sorted(folder.iterdir())


def exposure(path):
    done = analyze("security", "--offline=true", path)
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    check(found, f"{path.name}: {done.stdout[-500:]}{done.stderr}")
    return float(found.group(1))


def group(name, seen=()):
    """Give the calls of a group of systemd, groups in it included."""
    done = analyze("syscall-filter", name)
    calls = set()
    for word in re.findall(r"^ {4}([@\w-]+)$", done.stdout, re.M):
        calls |= group(word, (*seen, name)) if word[0] == "@" else {word}
    check(calls or seen, f"systemd knows no {name}: {done.stderr}")
    return calls


def kept():
    """Give the calls that the processes keep, sanitizers left away."""
    text = CALLS.read_text(encoding="utf-8")
    table = text[text.index("calls[] = {"):text.index("failing[] = {")]
    table = re.sub(r"#if SANDBOX_SANITIZERS.*?#endif", "", table, flags=re.S)
    calls = set(re.findall(r"CALL(?:_IF|_IF_BOTH)?\((\w+),", table))
    return calls | {"socket", "setsockopt", "tgkill", "execve"}


def let_through(path):
    allowed = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("SystemCallFilter="):
            continue
        words = line.split("=", 1)[1]
        calls = set()
        for word in words.lstrip("~").split():
            calls |= group(word) if word[0] == "@" else {word}
        allowed = allowed - calls if words[0] == "~" else allowed | calls
    return allowed


def main():
    if not shutil.which("systemd-analyze"):
        print("THERE IS NO systemd-analyze: the units were NOT tested")
        return SKIPPED
    sealaned = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="sealane-units-") as folder:
        units = made(Path(folder), sealaned)
        check({u.name for u in units if u.suffix == ".service"} == set(MOST),
              units)
        done = analyze("verify", "--man=no", "--recursive-errors=no", *units)
        ours = [line for line in done.stderr.splitlines() if "sealane" in line]
        check(done.returncode == 0 and not ours, done.stderr)
        calls = kept()
        check(len(calls) > 60, calls)
        for unit in units:
            if unit.suffix != ".service":
                continue
            found, most = exposure(unit), MOST[unit.name]
            check(found <= most, f"{unit.name}: {found} is over {most}")
            lost = calls - let_through(unit)
            check(not lost, f"{unit.name} forbids {sorted(lost)}")
            print(f"{unit.name}: exposure {found}, at most {most}; lets "
                  f"{len(calls)} system calls through that are needed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
