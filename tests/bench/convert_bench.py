#!/usr/bin/env python3
"""convert_bench - bytes a second that convert reads, beside jq and Python.

Documents are made, the same ones each time: a STIX bundle, a list of values of
many kinds, a MISP event and a table. Where a folder of real files is named,
its files are repeated into documents as well. Each is converted, and read and
written by jq and by Python, in turns, one job at a time on one processor; in
each round a job is held against jq and Python on the same document, and the
median of these ratios is printed. Output goes to a pipe that is emptied on the
other processor, so that no disk is measured. Absolute figures hold for one
machine only; compare ratios of one run.

usage: convert_bench.py [OBJECTS [LINES [ROUNDS]]] [--real FOLDER]
                        [--only WORD]... [--old SEALANE] [--keep FOLDER]
       SEALANE_BUILD names the build folder; an object has some 700 bytes, a
       line some 30. --only takes jobs whose name holds a word, --old holds
       another build of the command against this one.
"""
import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("SEALANE_BUILD", ROOT / "build"))
STAMP = "2026-11-20T08:15:30.123Z"
AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
JSON = ("import json, sys; json.dump(json.load(open(sys.argv[1])), "
        "sys.stdout)")
LINES = ("import sys; sys.stdout.writelines(l.strip() + '\\n' for l in "
         "open(sys.argv[1], encoding='utf-8', errors='replace'))")
TARGETS = {"stix": ["stix", "csv", "list"], "misp": ["misp", "stix"],
           "csv": ["csv", "list"], "list": ["list", "csv", "stix"]}


# ---- documents -------------------------------------------------------------

def name(kind, i):
    return f"{kind}--{uuid.UUID(int=i << 64 | i, version=4)}"


def pattern(i):
    digest = f"{i * 0x9e3779b97f4a7c15 % 2 ** 64:016x}" * 4
    return (f"[domain-name:value = 'host-{i}.bad.example']",
            f"[url:value = 'http://host-{i}.bad.example/gate.php?id={i:08x}']",
            f"[ipv4-addr:value = '198.18.{i % 256}.{i // 256 % 256}']",
            f"[file:hashes.'SHA-256' = '{digest}']",
            f"[domain-name:value = 'a-{i}.bad.example' OR "
            f"domain-name:value = 'b-{i}.bad.example']")[i % 5]


def indicator(i):
    made = {"type": "indicator", "spec_version": "2.1",
            "id": name("indicator", i), "created": STAMP, "modified": STAMP,
            "created_by_ref": name("identity", 1), "name": f"Malicious {i}",
            "description": "Seen as a server of commands for malware that "
            f"steals credentials; report {i}, section 3.",
            "indicator_types": ["malicious-activity"], "confidence": i % 100,
            "labels": ["c2"], "pattern": pattern(i), "pattern_type": "stix",
            "valid_from": STAMP, "object_marking_refs": [AMBER]}
    if i % 4 == 0:
        made["kill_chain_phases"] = [{"kill_chain_name": "lockheed-martin",
                                      "phase_name": "command-and-control"}]
    return made


def relationship(i):
    return {"type": "relationship", "spec_version": "2.1",
            "id": name("relationship", i), "created": STAMP,
            "modified": STAMP, "created_by_ref": name("identity", 1),
            "relationship_type": "indicates", "description": "As seen in "
            f"the traffic of host {i}.", "object_marking_refs": [AMBER],
            "source_ref": name("indicator", i - 1),
            "target_ref": name("malware", i % 100)}


def make_stix(path, count):
    with open(path, "w", encoding="utf-8") as f:
        f.write('{"type":"bundle","id":"%s","objects":[' % name("bundle", 1))
        for i in range(count):
            f.write("," if i else "")
            json.dump(relationship(i) if i % 20 == 19 else indicator(i), f)
        f.write("]}\n")


def value(i, r):
    """One line as lists have them, and the type that MISP gives it."""
    at = i % 20
    host = f"{r.choice(('cdn', 'mail', 'www', 'a'))}-{r.randrange(10 ** 7)}"
    host += r.choice((".bad.example", ".example.com", ".info", ".xyz"))
    address = ".".join(str(r.randrange(1, 255)) for _ in range(4))
    digest = f"{r.getrandbits(256):064x}"
    if at < 6:
        return address, "ip-dst"
    if at < 8:
        return f"{address}:{r.randrange(1, 65535)}", "ip-dst|port"
    if at < 13:
        return host, "domain"
    if at < 16:
        return f"http://{host}/{r.choice(('gate', 'in'))}.php?id={i}", "url"
    if at == 16:
        return f"https://{address}/bins/{r.choice(('x86', 'mips'))}", "url"
    if at == 17:
        return digest, "sha256"
    if at == 18:
        return digest[:32], "md5"
    return r.choice(((f"hxxp://{host.replace('.', '[.]')}/a", "url"),
                     (f"{address}/24", "ip-dst"), (f"x@{host}", "email"),
                     (f"2001:db8::{digest[:4]}", "ip-dst")))


def make_list(path, count):
    r = random.Random(1)
    with open(path, "w", encoding="ascii") as f:
        for i in range(count):
            text, _ = value(i, r)
            if i % 100 == 0:
                f.write(f"# Reference: report {i}\n")
            f.write(f"{text}\t{i % 9}\n" if i % 40 == 1 else f"{text}\n")


def make_csv(path, count):
    r = random.Random(2)
    with open(path, "w", encoding="ascii") as f:
        f.write("value,type,first_seen,comment\n")
        for i in range(count):
            text, kind = value(i, r)
            f.write(f'{text},{kind},{STAMP},"Seen by us, report {i}"\n')


def make_misp(path, count):
    r = random.Random(3)
    event = {"uuid": str(uuid.UUID(int=7, version=4)), "info": "A campaign",
             "date": "2026-11-20", "threat_level_id": "1", "analysis": "2",
             "published": True, "timestamp": "1790000000",
             "publish_timestamp": "1790000000", "distribution": "3",
             "Orgc": {"uuid": str(uuid.UUID(int=8, version=4)),
                      "name": "CERT"},
             "Tag": [{"name": "tlp:amber", "colour": "#ffc000"}]}
    with open(path, "w", encoding="utf-8") as f:
        f.write(f'{{"Event":{json.dumps(event)[:-1]},"Attribute":[')
        for i in range(count):
            text, kind = value(i, r)
            f.write("," if i else "")
            json.dump({"id": str(i), "event_id": "7", "object_id": "0",
                       "uuid": str(uuid.UUID(int=i << 64 | i, version=4)),
                       "type": kind.replace("email", "email-src"),
                       "category": "Network activity", "to_ids": True,
                       "value": text.replace(":", "|") if "|" in kind
                       else text, "timestamp": "1790000000",
                       "distribution": "5", "disable_correlation": False,
                       "comment": f"seen in report {i}", "deleted": False}, f)
        f.write("]}}\n")


def repeat(path, size, first, between, last, parts):
    """Write parts again and again until there are `size` bytes."""
    with open(path, "wb") as f:
        f.write(first)
        count = 0
        while f.tell() < size:
            for part in parts:
                f.write(between if count else b"")
                f.write(part)
                count += 1
        f.write(last)
    return path


def events_of(document):
    if "Event" in document:
        return [document]
    return [e for e in document.get("response", []) if "Event" in e]


def real_stix(folder, path, size):
    parts = []
    for file in sorted(folder.glob("stix21/*/*.stix2")) + sorted(
            folder.glob("stix21/large/*.json")) + sorted(
            folder.glob("stix21/attack/*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        parts += [json.dumps(o).encode() for o in document["objects"]]
    first = b'{"type":"bundle","id":"%s","objects":[' % name(
        "bundle", 2).encode()
    return repeat(path, size, first, b",\n", b"]}\n", parts)


def real_misp(folder, path, size):
    parts = []
    for file in sorted(folder.glob("misp/eset/*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        parts += [json.dumps(e).encode() for e in events_of(document)]
    return repeat(path, size, b'{"response":[', b",\n", b"]}\n", parts)


def real_list(folder, path, size):
    parts = [(folder / "lists" / file).read_bytes() for file in
             ("ipsum-level2-ips.txt", "ipsum-ip-count.tsv",
              "maltrail-elf_mirai.txt", "unit42-coin-mining-urls-defanged.txt",
              "stalkerware-hosts-file.txt")]
    return repeat(path, size, b"", b"\n", b"", parts)


def real_csv(folder, path, size):
    table = (folder / "lists" / "unit42-macro_loader-iocs.csv").read_bytes()
    header, rows = table.split(b"\n", 1)
    return repeat(path, size, header + b"\n", b"", b"", [rows])


def documents(folder, args):
    """The name of each document, its format, its path, and what makes it."""
    for kind, make, count in (("stix", make_stix, args.objects),
                              ("list", make_list, args.lines),
                              ("misp", make_misp, args.objects // 2),
                              ("csv", make_csv, args.lines // 4)):
        path = folder / f"made.{kind}"
        yield kind, kind, path, lambda m=make, p=path, c=count: m(p, c)
    if not args.real:
        return
    for kind, make in (("stix", real_stix), ("list", real_list),
                       ("misp", real_misp), ("csv", real_csv)):
        path = folder / f"real.{kind}"
        yield (f"real {kind}", kind, path, lambda m=make, p=path:
               m(args.real, p, args.objects * 200))


# ---- measuring -------------------------------------------------------------

class Run:
    """One run of a program: bytes, seconds and memory."""

    def __init__(self, words, core):
        began = time.monotonic()
        with subprocess.Popen([str(w) for w in words], pipesize=1 << 20,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            os.sched_setaffinity(process.pid, {core})
            said = threading.Thread(target=self.listen, args=(process.stderr,))
            said.start()
            self.written = self.kib = 0
            self.empty(process)
            said.join()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.wall = time.monotonic() - began
        self.processor = usage.ru_utime + usage.ru_stime
        if process.returncode not in (0, 3):
            sys.exit(f"{words} ended with {process.returncode}")

    def listen(self, pipe):
        while os.read(pipe.fileno(), 1 << 20):
            pass

    def empty(self, process):
        """Read to the end. What a process inherits at its start counts in its
        ru_maxrss, and is more than ours takes: so its own mark is looked at,
        which only rises."""
        looked = 0
        while piece := os.read(process.stdout.fileno(), 1 << 20):
            self.written += len(piece)
            if time.monotonic() > looked + 0.02:
                looked = time.monotonic()
                self.look(process.pid)

    def look(self, pid):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                self.kib = int(line.split()[1])


def jobs_of(title, kind, path, args):
    """The name of each job, and its words; jq and Python come last."""
    for target in TARGETS[kind]:
        words = ["convert", path, "--format", kind, "--to", target]
        yield f"{title} to {target}", [BUILD / "sealane"] + words
        if args.old:
            yield f"{title} to {target} (old)", [args.old] + words
    if kind in ("stix", "misp"):
        yield f"{title}: jq -c .", ["jq", "-c", ".", path]
        if kind == "stix":
            yield (f"{title}: jq -c .objects[]",
                   ["jq", "-c", ".objects[]", path])
    else:
        yield f"{title}: jq -R .", ["jq", "-R", ".", path]
    yield f"{title}: python", [sys.executable, "-c",
                               JSON if kind in ("stix", "misp") else LINES,
                               path]


def ratio(runs, others):
    """How many times faster, the median over the rounds."""
    if not runs or not others:
        return ""
    times = [o.processor / r.processor for r, o in zip(runs, others)]
    return f"{statistics.median(times):.2f}"


def print_job(job, runs, size, beside):
    wall = size / statistics.median(r.wall for r in runs)
    processor = statistics.median(r.processor for r in runs)
    print(f"{job:<28}{size / processor:>9.1f}{wall:>9.1f}"
          f"{runs[0].written / 1e6 / processor:>9.1f}"
          f"{max(r.kib for r in runs) / 1024:>9.1f}"
          + "".join(f"{ratio(runs, b):>9}" for b in beside), flush=True)


def wanted(title, kind, path, args):
    jobs = dict(jobs_of(title, kind, path, args))
    if not shutil.which("jq"):
        jobs = {j: w for j, w in jobs.items() if w[0] != "jq"}
    return {j: w for j, w in jobs.items()
            if not args.only or any(o in j for o in args.only)}


def measure(title, path, jobs, args, core):
    took = {job: [] for job in jobs}
    for _ in range(args.rounds):
        for job, words in jobs.items():
            took[job].append(Run(words, core))
    size = path.stat().st_size / 1e6
    print(f"\n{title}: {size:.0f} MB")
    for job, runs in took.items():
        beside = [next((r for j, r in took.items() if other in j), [])
                  for other in (": jq", ": python")]
        print_job(job, runs, size, beside + [took.get(f"{job} (old)", [])])


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    parser.add_argument("objects", type=int, nargs="?", default=1_000_000)
    parser.add_argument("lines", type=int, nargs="?", default=5_000_000)
    parser.add_argument("rounds", type=int, nargs="?", default=3)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--only", action="append")
    parser.add_argument("--old", type=Path)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    if not shutil.which("jq"):
        print("THERE IS NO jq on this machine")
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(cores[1:]) or {cores[0]})
    print(f"median of {args.rounds} rounds, one job at a time on one "
          "processor; MB of input a second of processor time and by the "
          "clock, MB of output a second, MiB of memory at most, times faster "
          f"than jq, Python{' and the old build' if args.old else ''}\n"
          f"{'':<28}{'MB/s':>9}{'by clock':>9}{'MB/s out':>9}{'MiB':>9}"
          f"{'jq':>9}{'python':>9}{'old' if args.old else '':>9}")
    with tempfile.TemporaryDirectory(prefix="sealane-bench-") as folder:
        if args.keep:
            args.keep.mkdir(parents=True, exist_ok=True)
        for title, kind, path, make in documents(
                args.keep or Path(folder), args):
            jobs = wanted(title, kind, path, args)
            if not jobs:
                continue
            if not path.exists():
                make()
            measure(title, path, jobs, args, cores[0])


if __name__ == "__main__":
    main()
