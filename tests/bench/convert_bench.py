#!/usr/bin/env python3
"""convert_bench - bytes a second that convert reads, beside jq and Python.

A STIX bundle and a list are made; each is converted, and the bundle is read
and written by jq and by Python's json as well, in turns, with the processor
seconds and the most memory of each. Output goes to a pipe that is emptied, so
that no disk is measured. Absolute figures hold for one machine only; compare
ratios of one run.

usage: convert_bench.py [OBJECTS [LINES [RUNS]]]
       SEALANE_BUILD names the build folder; an object has some 700 bytes
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("SEALANE_BUILD", ROOT / "build"))
OBJECTS, LINES, RUNS = (int(sys.argv[i]) if len(sys.argv) > i else default
                        for i, default in ((1, 1_000_000), (2, 5_000_000),
                                           (3, 3)))
STAMP = "2026-11-20T08:15:30.123Z"
AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
PYTHON = ("import json, sys; json.dump(json.load(open(sys.argv[1])), "
          "sys.stdout)")


def name(kind, i):
    return f"{kind}--{uuid.UUID(int=i << 64 | i, version=4)}"


def indicator(i):
    return {"type": "indicator", "spec_version": "2.1",
            "id": name("indicator", i), "created": STAMP, "modified": STAMP,
            "created_by_ref": name("identity", 1), "name": f"Malicious {i}",
            "description": "Seen as a server of commands for a family of "
            f"malware that steals credentials; report {i}, section 3.",
            "indicator_types": ["malicious-activity"], "confidence": i % 100,
            "labels": ["campaign-2026", "c2"],
            "pattern": f"[domain-name:value = 'host-{i}.bad.example']",
            "pattern_type": "stix", "valid_from": STAMP,
            "kill_chain_phases": [{"kill_chain_name": "lockheed-martin",
                                   "phase_name": "command-and-control"}],
            "object_marking_refs": [AMBER]}


def make_bundle(path):
    with open(path, "w", encoding="utf-8") as f:
        f.write('{"type":"bundle","id":"%s","objects":[' % name("bundle", 1))
        for i in range(OBJECTS):
            f.write("," if i else "")
            json.dump(indicator(i), f)
        f.write("]}\n")


def make_list(path):
    with open(path, "w", encoding="ascii") as f:
        for i in range(LINES):
            f.write(f"http://host-{i}.bad.example/gate.php?id={i:08x}\n"
                    if i % 2 else f"host-{i}.bad.example\n")


def empty(pipe):
    while pipe.read(1 << 20):
        pass


def run(words):
    """Processor seconds and MiB of one run."""
    with subprocess.Popen([str(w) for w in words], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        reader = threading.Thread(target=empty, args=(process.stdout,))
        reader.start()
        reader.join()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{words} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    sealane = BUILD / "sealane"
    with tempfile.TemporaryDirectory(prefix="sealane-bench-") as folder:
        bundle, plain = Path(folder) / "b.json", Path(folder) / "l.txt"
        make_bundle(bundle)
        make_list(plain)
        jobs = {"stix to stix": (bundle, [sealane, "convert", bundle, "--to",
                                          "stix"]),
                "stix to csv": (bundle, [sealane, "convert", bundle, "--to",
                                         "csv"]),
                "list to list": (plain, [sealane, "convert", plain, "--to",
                                         "list"]),
                "list to stix": (plain, [sealane, "convert", plain, "--to",
                                         "stix"]),
                "jq -c .": (bundle, ["jq", "-c", ".", bundle]),
                "python json": (bundle, [sys.executable, "-c", PYTHON,
                                         bundle])}
        if not shutil.which("jq"):
            print("THERE IS NO jq on this machine")
            del jobs["jq -c ."]
        took = {job: [] for job in jobs}
        for _ in range(RUNS):
            for job, (_, words) in jobs.items():
                took[job].append(run(words))
        print(f"bundle of {OBJECTS} objects, {bundle.stat().st_size / 1e6:.0f} "
              f"MB; list of {LINES} lines, {plain.stat().st_size / 1e6:.0f} MB;"
              f" median of {RUNS} runs, one core")
        for job, (path, _) in jobs.items():
            seconds = statistics.median(s for s, _ in took[job])
            print(f"{job:<14} {path.stat().st_size / 1e6 / seconds:7.1f} MB/s "
                  f"{seconds:7.2f} s  {max(m for _, m in took[job]):8.1f} MiB")


main()
