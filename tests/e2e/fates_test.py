#!/usr/bin/env python3
"""fates_test - of every object the report says where it stood and what became
of it; with --on-error stop nothing goes where one thing is wrong.

Usage: fates_test.py                          SEALANE_BUILD names the build

A document of each format with good and bad objects goes in as a file and
through a pipe, to be stopped, skipped and explained; then every broken file in
../shared/data beside the repository (SEALANE_DATA names another folder).
"""
import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import house
from house import check

DATA = Path(os.environ.get("SEALANE_DATA", house.ROOT.parent / "shared/data"))
WHEN = "2026-11-01T08:00:00.000Z"
DONE, USAGE, REFUSED = 0, 2, 3
FATES = {"sent", "there", "refused", "held", "left", "remark"}


def stix():
    def one(number, pattern):
        return json.dumps(
            {"type": "indicator", "spec_version": "2.1", "id":
             f"indicator--5a0b4f0e-6c0e-4a55-8f0f-1f2e3d4c5b{number}",
             "created": WHEN, "modified": WHEN, "valid_from": WHEN,
             "pattern": pattern, "pattern_type": "stix"})
    rows = [one(11, "[domain-name:value = 'a.example']"),
            one(12, "[domain-name:value = ]"),
            one(13, "[domain-name:value = 'b.example']")]
    return ('{"type": "bundle", "id": "bundle--3f1c1f0e-2f63-4c7e-9d4c-'
            '0a8f1e5d7b11", "objects": [\n' + ",\n".join(rows) + "\n]}\n")


def misp():
    def one(number, kind, value, distribution="3"):
        return json.dumps(
            {"uuid": f"5a0b4f0e-6c0e-4a55-8f0f-1f2e3d4c5b{number}",
             "type": kind, "category": "Network activity", "to_ids": True,
             "distribution": distribution, "timestamp": "1793520000",
             "value": value})
    rows = [one(21, "domain", "c.example"),
            one(22, "ip-dst", "198.51.100.7", "0"),
            one(23, "domain", "d.example")]
    head = json.dumps(
        {"uuid": "5a0b4f0e-6c0e-4a55-8f0f-1f2e3d4c5b20", "info": "fates",
         "date": "2026-11-01", "published": True, "timestamp": "1793520000",
         "publish_timestamp": "1793520000", "distribution": "3",
         "analysis": "2", "threat_level_id": "2"})
    return ('{"Event": ' + head[:-1] + ', "Attribute": [\n' +
            ",\n".join(rows) + "\n]}}\n")


# format: text, line of the one that is wrong, messages that are good, and what
# is held back for its value, by line
INPUTS = {
    "stix": (stix(), 3, 3, None),
    "misp": (misp(), None, 3, 3),
    "csv": ("indicator,type\ne.example,domain\n300.1.1.1,ip\n"
            "10.1.2.3,ip\nf.example,domain\n", 3, 2, 4),
    "list": ("g.example\nhttp://[/\n10.1.2.4\nh.example\n", 2, 2, 3),
    "text": ("The site i[.]example and\nthe hash "
             "0123456789abcdef[.]300[.]1[.]1[.]1, and\nj[.]example.\n",
             None, 2, None),
}


def rows_of(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    check(lines[0] == "fate\tplace\tposition\tto\tpath\twhy", lines[0])
    rows = [line.split("\t") for line in lines[1:]]
    check(all(len(row) == 6 and row[0] in FATES for row in rows), rows)
    return rows


class Try:
    """One way of submitting one file: exit code, report, JSON, what went."""

    def __init__(self, base, team, to, path, words, *, pipe=False):
        report = base / "report.tsv"
        report.unlink(missing_ok=True)
        before = len(team.entries("--to", to))
        done = team.command(
            "submit", "-f", "-" if pipe else path, "--to", to, "--tlp",
            "green", "--json", "--again", "--report", report, *words,
            data=path.read_bytes() if pipe else None, code=None)
        self.code, self.err = done.returncode, done.err
        self.events = [json.loads(line) for line in done.out.splitlines()]
        self.is_read = report.exists()
        self.rows = rows_of(report) if self.is_read else []
        self.count = Counter(row[0] for row in self.rows)
        self.went = len(team.entries("--to", to)) - before
        self.name = f"{path.name} {' '.join(words)}{' in a pipe' * pipe}"

    def check(self, condition, text):
        check(condition, f"{self.name}: {text}: exit {self.code}, "
              f"{dict(self.count)}, {self.went} went; {self.rows[:6]} "
              f"{self.err[-500:]}")

    def places(self, fate):
        return {row[1].rsplit(":", 2)[1] for row in self.rows
                if row[0] == fate and row[1].count(":") >= 2}

    def is_whole(self):
        """What the report, the summary and the lane say is the same."""
        self.check(self.code in (DONE, 1, USAGE, REFUSED), "exit code")
        if not self.is_read:  # its format cannot be told
            self.check(self.code == REFUSED and self.went == 0 and
                       ("--format" in self.err or "save it as UTF-8" in
                        self.err), "no report")
            return
        self.check(self.went == self.count["sent"], "what went")
        last = self.events[-1] if self.events else {}
        if "accepted" in last:
            self.check(last.get("left", 0) == self.count["left"] or
                       not last.get("accepted"), "left")
            self.check((last["refused"] > 0) == any(
                row[0] in ("refused", "held") for row in self.rows) or
                last["warned"], "refused")
        for event in self.events[:-1]:
            self.check(event["fate"] in ("refused", "held"), event)
        bad = [row for row in self.rows if row[0] in ("refused", "held")]
        self.check(all(row[5] for row in bad), "a refusal without reason")
        self.check((self.code == REFUSED) == bool(bad) or
                   self.code in (1, USAGE), "exit code")


def stopped(one):
    one.is_whole()
    one.check(one.count["sent"] == 0 or one.code == DONE, "stop, and it went")


def each_format(base, a, b):
    for name, (text, bad, good, held) in INPUTS.items():
        path = base / f"in.{name}"
        path.write_text(text, encoding="utf-8")
        said = []
        for pipe in (False, True):
            words = ["--format", name]
            stop = Try(base, a, b.name, path, [*words, "--on-error", "stop"],
                       pipe=pipe)
            skip = Try(base, a, b.name, path, [*words, "--on-error", "skip"],
                       pipe=pipe)
            dry = Try(base, a, b.name, path, [*words, "--dry-run"], pipe=pipe)
            for one in (stop, skip, dry):
                one.is_whole()
            if bad is None and held is None:
                stop.check(stop.went == good, "all is good")
                skip.check(skip.went == good, "all is good")
                continue
            stop.check(stop.code == REFUSED and stop.went == 0 and
                       stop.count["left"] == good, "stop")
            stop.check(stop.events[-1]["event"] == "stopped" and
                       stop.events[-1]["left"] == good, stop.events[-1])
            skip.check(skip.code == REFUSED and skip.went == good, "skip")
            dry.check(dry.count["left"] == good and dry.went == 0, "explain")
            for one in (stop, skip, dry):
                one.check(bad is None or str(bad) in one.places("refused"),
                          "its line")
                one.check(held is None or one.places("held") == {str(held)},
                          "the line of what is held")
            said.append([[r[0], r[1].rsplit(":", 2)[1:], *r[2:]]
                         for r in skip.rows])
        check(not said or said[0] == said[1],
              f"{name}: a pipe and a file differ: {said}")
    print(f"{len(INPUTS)} formats, as files and in pipes: stopped, skipped, "
          "explained")


def a_reader_that_goes_away_takes_no_fault_along(base):
    """What was said of a list stands, and the exit code is no success."""
    path, bad = base / "gone.list", 300
    path.write_text("http://[/\n" * bad + "".join(
        f"n{n}.example\n" for n in range(20000)), encoding="ascii")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [house.BUILD / "sealane", "convert", path, "--format", "list", "--to",
         "csv"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False,
        timeout=house.COMMAND_S)
    os.close(writer)
    said = done.stderr.splitlines()
    check(done.returncode == USAGE and len(said) == bad + 1 and
          said[-1] == "sealane: standard output: Broken pipe",
          f"exit {done.returncode}, {len(said)} lines: {said[-2:]}")


def remarks_are_explained(base, a, b):
    """What is left out of a table is a remark, in explain as in submit."""
    path = base / "remark.csv"
    path.write_text("indicator,type,smell\nk.example,domain,odd\n")
    done = a.command("explain", path, "--to", b.name)
    check("REMARK" in done.out and "smell" in done.out, done.out)


def every_broken_file(base, a, b):
    files = sorted(p for p in (DATA / "broken").glob("*") if p.is_file())
    check(len(files) > 40, f"{len(files)} broken files in {DATA}")
    codes = Counter()
    for path in files:
        # Of an empty file and its like the name alone tells the format.
        words = ["--format", "csv" if path.suffix == ".csv" else
                 "misp" if path.name.startswith("misp") else "stix"]
        stop, piped = (Try(base, a, b.name, path, [*words, "--on-error",
                                                   "stop"], pipe=pipe)
                       for pipe in (False, True))
        skip = Try(base, a, b.name, path, [*words, "--on-error", "skip"])
        stopped(stop)
        stopped(piped)
        skip.is_whole()
        codes[stop.code, skip.code] += 1
        bad = stop.count["refused"] + stop.count["held"]
        stop.check(not bad or stop.went == 0, "stop")
        good = [r for r in stop.rows if r[0] in ("left", "sent") and
                r[5] != "nothing that it holds goes"]
        skip.check(skip.count["sent"] == len(good),
                   "skip sends what stop leaves")
        stop.check([r[0::2] for r in stop.rows] ==
                   [r[0::2] for r in piped.rows], f"a pipe: {piped.rows[:6]}")
    print(f"{len(files)} broken files; exit codes of stop and skip: "
          f"{dict(codes)}")


def fates(base, teams):
    a_reader_that_goes_away_takes_no_fault_along(base)
    a, b = house.started_pair(base, teams)
    each_format(base, a, b)
    remarks_are_explained(base, a, b)
    if house.real_files(DATA, "broken files were NOT tried"):
        every_broken_file(base, a, b)


house.run(fates)
