#!/usr/bin/env python3
"""bench - messages a second, end to end, on this machine.

Two teams on loopback. A list of generated URLs is submitted with the command;
the clock runs from its start until the other side's receipt covers the last
message: parsed, submitted, synced, sequenced, signed, sent over TLS, verified,
synced at the holder, receipted, the receipt verified and synced. Beside it,
in the same run, what the disk gives: appends of 4 KiB with a sync each.
Absolute figures hold for one machine only; compare ratios of one run.

usage: bench.py [MESSAGES [RUNS]]      SEALANE_BUILD names the build folder
"""
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
import house  # noqa: E402

MESSAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
SYNCS = 500
URL_BYTES = 200  # with head and envelope about 300 bytes of message
CLOCK = os.sysconf("SC_CLK_TCK")


def make_list(path, run):
    with open(path, "w", encoding="ascii") as f:
        for i in range(MESSAGES):
            url = f"http://host-{i}.run-{run}.example/"
            f.write(url + "x" * (URL_BYTES - len(url)) + "\n")


def cpu_s(team):
    """Processor seconds of all processes of a daemon."""
    total = 0
    for pid in list(team.children().values()) + [team.process.pid]:
        stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(stat[11]) + int(stat[12])
    return total / CLOCK


def memory_mib(team):
    status = Path(f"/proc/{team.children()['sealaned-net']}/status")
    for line in status.read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0


def disk_syncs(folder):
    """Synced appends of 4 KiB a second to a preallocated file."""
    fd = os.open(folder / "probe", os.O_CREAT | os.O_WRONLY, 0o600)
    os.posix_fallocate(fd, 0, SYNCS * 4096)
    start = time.monotonic()
    for i in range(SYNCS):
        os.pwrite(fd, b"x" * 4096, i * 4096)
        os.fdatasync(fd)
    seconds = time.monotonic() - start
    os.close(fd)
    return SYNCS / seconds


def one_run(base, a, b, run):
    values = base / "values.txt"
    make_list(values, run)
    before = cpu_s(a), cpu_s(b)
    start = time.monotonic()
    a.command("submit", "-f", values, "--to", b.name, "--tlp", "green",
              "--wait", "600s")
    seconds = time.monotonic() - start
    spent = cpu_s(a) - before[0], cpu_s(b) - before[1]
    print(f"run {run}: {MESSAGES} messages in {seconds:.2f} s: "
          f"{MESSAGES / seconds:,.0f}/s; processor {spent[0]:.2f} s at the "
          f"origin, {spent[1]:.2f} s at the holder", flush=True)
    return MESSAGES / seconds


def one_by_one(a, b, count=100):
    """Seconds from the command's start to the receipt, for single values."""
    times = []
    for i in range(count):
        start = time.monotonic()
        a.command("submit", f"single-{i}.example", "--to", b.name, "--tlp",
                  "green", "--wait", "60s")
        times.append(time.monotonic() - start)
    times.sort()
    print(f"single messages, the command's own start and end included: "
          f"p50 {times[count // 2] * 1000:.1f} ms, "
          f"p99 {times[count * 99 // 100] * 1000:.1f} ms", flush=True)


def bench(base, teams):
    print(f"{os.cpu_count()} processors; the disk does "
          f"{disk_syncs(base):,.0f} synced appends of 4 KiB a second",
          flush=True)
    a, b = house.started_pair(base, teams)
    rates = [one_run(base, a, b, run) for run in range(1, RUNS + 1)]
    one_by_one(a, b)
    print(f"memory at most: origin {memory_mib(a):.0f} MiB, "
          f"holder {memory_mib(b):.0f} MiB")
    print(f"median of {RUNS} runs: {statistics.median(rates):,.0f} "
          f"messages/s")


house.run(bench)
