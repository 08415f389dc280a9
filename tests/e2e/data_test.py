#!/usr/bin/env python3
"""data_test - real and hostile files: what is good arrives, what is bad is
reported with its place, and nothing crashes, hangs or grows.

Usage: data_test.py        SEALANE_BUILD names the build folder

The files lie in ../shared/data beside the repository, or where SEALANE_DATA
says; without them the test is skipped (exit 77). All STIX files, the lists
with one value a line, the tables, the reports, the MISP events and the broken
files are submitted; so are the patterns, each in an indicator. What arrives of a
list, a table or a report is what another reader finds in it; a MISP document is
put together again from what arrived, and its values are those that another
reader finds. Events that their source holds back are refused as they stand, and
arrive when they are published.
"""
import collections
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import extract
import extract_misp
import house
from house import check

DATA = Path(os.environ.get("SEALANE_DATA", house.ROOT.parent / "shared/data"))
SKIPPED = 77
SECONDS_MAX = 120  # for one file
COMMAND_MIB_MAX = 160
DAEMON_MIB_MAX = 128
SANITIZER_FACTOR, SANITIZER_MIB = 4, 512  # freed memory is kept a while
LISTS = ("ipsum-ip-count.tsv", "ipsum-level2-ips.txt",
         "maltrail-elf_mirai.txt", "stalkerware-hosts-file.txt",
         "unit42-coin-mining-urls-defanged.txt")
# Of each table the columns that hold values; headers are left out below.
TABLES = {"stalkerware-network.csv": (1,), "unit42-MuddyWater.csv": (1,),
          "unit42-gorgon-hashes.csv": (1,),
          "unit42-macro_loader-iocs.csv": (1, 2),
          "unit42-prince_of_persia-hashes-nonutf8.csv": (0,),
          "unit42-silverterrier-domains18-head-nonutf8.csv": (0,)}
HEADERS = ("indicator", "sha256", "download url", "domain")
STAMP = "2026-11-20T00:00:00.000Z"
DONE, NOTHING, FAILED, REFUSED = 0, 1, 2, 3


def files_of(folder, *endings):
    return sorted(p for p in (DATA / folder).rglob("*")
                  if p.suffix in endings and p.is_file())


def is_misp_pair(path):
    """One half of a pair: what MISP has, beside what STIX has of it."""
    return path.name.startswith("test_") and "stix2" not in path.name


def misp_files():
    return [p for p in files_of("misp", ".json")
            if p.name != "manifest.json"] + [
        p for p in files_of("stix21", ".json") if is_misp_pair(p)]


def all_files():
    found = [p for p in files_of("stix21", ".json", ".stix2")
             if not is_misp_pair(p)]
    found += [DATA / "lists" / name for name in LISTS]
    found += files_of("lists", ".csv")
    found += files_of("broken", ".json", ".txt", ".csv")
    found += files_of("text", ".md", ".adoc", ".txt")
    found += files_of("stix20", ".json")
    return found


class Run:
    """One run of the command, with what it took."""

    def __init__(self, words):
        began = time.monotonic()
        with subprocess.Popen(words, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            out, err = process.communicate(timeout=SECONDS_MAX)
            self.code = process.returncode
        self.seconds = time.monotonic() - began
        self.err = err.decode(errors="replace")
        self.events = [json.loads(line) for line in
                       out.decode().splitlines()]

    def of(self, event):
        return [e for e in self.events if e.get("event") == event]


def largest_child_mib():
    """The most memory that any command took so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_maxrss / 1024


def check_refusals(path, run):
    """Each refusal has a place and a sentence; their number is the one that
    the summary says."""
    refused = run.of("refused")
    for one in refused:
        check(one["text"] and ("position" in one or "line" in one),
              f"{path.name}: a refusal without place or reason: {one}")
    for summary in run.of("submitted"):
        check(summary["refused"] == len(refused),
              f"{path.name}: {summary['refused']} refused, {len(refused)} "
              f"reported")
    return len(refused)


def good_objects(path):
    """The objects of a well-formed bundle, each as text; None for others."""
    try:
        return collections.Counter(
            extract.bundle_parts(path.read_text(encoding="utf-8"))[1])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def check_arrived(path, entries, refused):
    """What arrived are objects of the file, as they stood there; all of them
    where none was refused."""
    whole = [e for e in entries if e["kind"] in ("indicator", "object") and
             e.get("content")]
    expected = good_objects(path) if whole else None
    if expected is None:
        return 0
    found = extract.entry_contents(whole)
    if refused:
        expected &= found
    wrong = extract.difference(expected, found, path.name)
    check(not wrong, wrong)
    return len(whole)


def check_table(path, entries, refused):
    """What arrived of a table are its values, and each was either sent or
    refused."""
    if path.name not in TABLES:
        return 0
    expected = extract.table_values(path.read_text(encoding="latin-1"),
                                    TABLES[path.name], HEADERS)
    found = collections.Counter(e["value"].casefold() for e in entries)
    check(not found - expected, f"{path.name}: {found - expected}")
    check(found.total() + refused == expected.total(),
          f"{path.name}: {expected.total()} values, {found.total()} arrived, "
          f"{refused} refused")
    return found.total()


def check_list(path, entries):
    """What arrived of a list are its values, one for each line that has one."""
    if path.name not in LISTS:
        return 0
    expected = extract.list_values(path.read_text(encoding="utf-8"))
    found = extract.entry_values(entries)
    wrong = extract.difference(expected, found, path.name)
    check(expected and not wrong, wrong)
    return found.total()


def check_report(path, entries):
    """What arrived of running text is what another reader finds in it."""
    if path.parent.name != "text":
        return 0
    tops = json.loads((DATA / "warninglists/tlds.json").read_text("utf-8"))
    expected = extract.text_values(
        path.read_text(encoding="utf-8"),
        {top.lower() for top in tops["list"]} | {"onion"})
    found = {(e["observable"], e["value"]) for e in entries}
    check(expected and found == expected and len(entries) == len(found),
          f"{path.name}: {expected ^ found}")
    return len(found)


def misp(base, a, b, totals):
    """Submit MISP files: what is held is refused, and arrives when it is
    free."""
    for path in misp_files():
        before = totals.accepted
        one_file(a, b, path, totals)
        document = json.loads(path.read_text(encoding="utf-8"))
        freed = extract_misp.freed(document)
        if freed == document:
            continue
        check(totals.accepted == before, f"{path.name}: what is held came")
        totals.held += 1
        copy = base / path.name
        copy.write_text(json.dumps(freed), encoding="utf-8")
        one_file(a, b, copy, totals)


def check_misp(path, entries, refused, totals):
    """The document is the one that was sent, and so are its values."""
    if refused or not entries or \
            any(not e.get("content_type", "").startswith("misp-")
                for e in entries):
        return
    document = json.loads(path.read_text(encoding="utf-8"))
    check(extract_misp.document_of(entries) == document,
          f"{path.name} is not equal when put together again")
    expected = extract_misp.values(document)
    found = extract_misp.entry_values(entries)
    wrong = extract.difference(expected, found, path.name)
    check(not wrong, wrong)
    totals.misp_equal += 1
    totals.misp_values += found.total()
    totals.misp_attributes += sum(len(extract_misp.attributes(e))
                                  for e in extract_misp.events(document))


class Totals:
    def __init__(self):
        self.held = self.misp_equal = self.misp_values = 0
        self.misp_attributes = 0
        self.files = self.accepted = self.refused = 0
        self.compared = self.values = self.reported = 0
        self.listed = 0
        self.slowest = (0.0, "")
        self.arrived = []  # file, first index there, accepted, refused


def one_file(a, b, path, totals):
    before = b.peer(a.name)["stored"]
    run = Run([house.BUILD / "sealane", "submit", "-f", path, "--to", b.name,
               "--tlp", "green", "--wait", f"{SECONDS_MAX}s", "--json",
               "--allow-listed", "--again",
               "--socket", a.state / "control.sock",
               *(("--format", "text") if path.parent.name == "text" else ())])
    check(run.code in (DONE, NOTHING, FAILED, REFUSED),
          f"{path.name} ended with {run.code}: {run.err[-500:]}")
    accepted = sum(s["accepted"] for s in run.of("submitted"))
    there = sum(s["already_there"] for s in run.of("submitted"))
    stored = b.peer(a.name)["stored"] - before
    check(stored == accepted, f"{path.name}: {accepted} accepted, {stored} "
          f"at the other side; {run.err[-300:]}")
    refused = check_refusals(path, run)
    check(accepted or there or refused or run.err,
          f"{path.name}: nothing happened: {run.code}")
    totals.arrived.append((path, before, accepted, refused))
    totals.files += 1
    totals.accepted += accepted
    totals.refused += refused
    totals.slowest = max(totals.slowest, (run.seconds, path.name))
    print(f"{path.parent.name}/{path.name}: exit {run.code}, {accepted} "
          f"accepted and arrived, {refused} refused", flush=True)


def pattern_bundle(base, name):
    """(bundle of indicators with the patterns of a file, how many)"""
    lines = (DATA / "patterns" / name).read_text(encoding="utf-8").splitlines()
    objects = [{"type": "indicator", "spec_version": "2.1",
                "id": f"indicator--{i:08x}-{len(lines):04x}-4000-8000-"
                      "000000000000",
                "created": STAMP, "modified": STAMP, "valid_from": STAMP,
                "pattern": json.loads(line), "pattern_type": "stix"}
               for i, line in enumerate(lines)]
    path = base / name.replace("jsonl", "json")
    path.write_text(json.dumps({
        "type": "bundle", "objects": objects,
        "id": f"bundle--00000000-{len(lines):04x}-4000-8000-000000000000"}),
        encoding="utf-8")
    return path, len(lines)


def patterns(base, a, b, totals):
    """Every good pattern arrives, every bad one is refused."""
    for name, is_good in (("valid-2.1.jsonl", True),
                          ("invalid-2.1.jsonl", False)):
        path, count = pattern_bundle(base, name)
        before = totals.refused
        one_file(a, b, path, totals)
        expected = 0 if is_good else count
        check(count and totals.refused - before == expected,
              f"{name}: {totals.refused - before} of {count} refused")
        print(f"{count} patterns of {name}: all "
              f"{'accepted' if is_good else 'refused'}")


def data(base, teams):
    a, b = house.started_pair(base, teams)
    totals = Totals()
    for path in all_files():
        one_file(a, b, path, totals)
    patterns(base, a, b, totals)
    misp(base, a, b, totals)
    entries = b.entries("--from", a.name)
    check(len(entries) == totals.accepted, f"{len(entries)} entries")
    for path, first, count, refused in totals.arrived:
        totals.compared += check_arrived(path, entries[first:first + count],
                                         refused)
        totals.values += check_table(path, entries[first:first + count],
                                     refused)
        totals.listed += check_list(path, entries[first:first + count])
        totals.reported += check_report(path, entries[first:first + count])
        check_misp(path, entries[first:first + count], refused, totals)
    factor, more = (SANITIZER_FACTOR, SANITIZER_MIB) \
        if house.is_sanitized() else (1, 0)
    command, daemon = largest_child_mib(), [
        max(t.memory_mib(), t.memory_mib("sealaned-signer")) for t in (a, b)]
    check(command < COMMAND_MIB_MAX * factor + more, f"command: {command} MiB")
    check(max(daemon) < DAEMON_MIB_MAX * factor + more,
          f"daemons: {daemon} MiB")
    liars = b.contradicted()
    check(not liars, f"{len(liars)} heads are not what their content says: "
          f"{liars[:3]}")
    for team in (a, b):
        team.audit_is_good()
        check(not team.json("status")[0]["alarms"], "alarms")
    check(totals.files > 0 and totals.accepted > 0 and totals.refused > 0 and
          totals.compared > 0 and totals.values > 0 and
          totals.reported > 0 and totals.listed > 0 and
          totals.held > 0 and totals.misp_equal > 0 and totals.misp_values > 0,
          f"{vars(totals)}")
    print(f"{totals.misp_equal} MISP documents equal when put together again "
          f"at the other side; {totals.misp_values} values of "
          f"{totals.misp_attributes} attributes are those that another reader "
          f"finds; {totals.held} files were held until published")
    print(f"{totals.files} files tried: {totals.accepted} accepted and "
          f"arrived, {totals.compared} of them objects compared with their "
          f"file, {totals.values} values of tables, {totals.listed} of "
          f"lists and {totals.reported} of reports, "
          f"{totals.refused} refused with place and reason; slowest "
          f"{totals.slowest[0]:.1f} s ({totals.slowest[1]}); memory at most "
          f"{command:.0f} MiB the command, {max(daemon):.0f} MiB a daemon")


if not DATA.is_dir():
    print(f"SKIPPED: there is no {DATA}; SEALANE_DATA names another folder. "
          f"No file was tried.")
    sys.exit(SKIPPED)
house.run(data)
