#!/usr/bin/env python3
"""formats_test - a document is the same after file, lane and file again.

Usage: formats_test.py        SEALANE_BUILD names the build folder

Every document goes through `convert` alone, and from one team to the other
and out there with `export`; a table says of each how many objects went in and
came out, whether both are equal as JSON values (texts of numbers, order and
repeats included), and what was lost. Where an object carries no marking,
export adds one, and says so; nothing else may differ.

Verdicts on the files of that folder are compared with those of the tools that
expected.tsv names; each difference stands below with its clause.

Documents are those of tests/data and, where they are there, of the folders
stix21 and misp in ../shared/data beside the repository (SEALANE_DATA names another).
"""
import collections
import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import house
from house import check

DATA = Path(os.environ.get("SEALANE_DATA", house.ROOT.parent / "shared/data"))
OWN = house.ROOT / "tests/data"
TLP2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
DONE, REFUSED = 0, 3
# Where our verdict on a file is another one than the tool's, and why.
CLAUSES = {
    "stix21/amnesty/cytrox.stix2":
        "STIX 2.1, 9.7: a path may name an object type of one's own (app:id)",
    "stix21/amnesty/novispy.stix2":
        "STIX 2.1, 9.7: a path may name an object type of one's own (app:id)",
    "stix21/attack-flow/matrix-flow.json":
        "STIX 2.1, 2.10: an empty list is wrong, and real documents have "
        "them; it is remarked on and taken",
    "broken/bom-utf8.json":
        "RFC 8259, 8.1: who reads may ignore a byte order mark",
    "broken/dup-keys.json":
        "RFC 8259, 4: what a name that stands twice means is not defined",
    "broken/dup-key-in-indicator.json":
        "RFC 8259, 4: what a name that stands twice means is not defined",
    "broken/lone-surrogate-escape.json":
        "RFC 8259, 8.2: half of a surrogate pair is no character",
}
# docs/PROTOCOL.md, Heads: the properties whose values are observables.
PROPERTIES = {
    "ipv4-addr:value", "ipv6-addr:value", "domain-name:value", "url:value",
    "email-addr:value", "email-message:subject",
    "email-message:from_ref.value", "email-message:sender_ref.value",
    "file:hashes.sha-256", "file:hashes.sha-512", "file:hashes.sha-1",
    "file:hashes.md5", "file:hashes.tlsh", "file:hashes.imphash",
    "file:hashes.sha256", "file:hashes.sha512", "file:hashes.sha1",
    "file:hashes.ssdeep", "file:name", "mutex:name",
    "windows-registry-key:key", "autonomous-system:number", "mac-addr:value",
    "x509-certificate:hashes.sha-256", "x509-certificate:hashes.sha-512",
    "x509-certificate:hashes.sha-1", "x509-certificate:hashes.md5",
    "vulnerability:name", "network-traffic:src_ref.value",
    "network-traffic:dst_ref.value",
    "network-traffic:extensions.http-request-ext.request_header.user-agent"}
COMPARISON = re.compile(r"([a-z0-9-]+:[\w.'\[\]*-]+)\s*=\s*"
                        r"(?:'((?:[^'\\]|\\.)*)'|([0-9]+))")
DIFFERENCES_MAX = 0.1  # of the verdicts

# Red goes from one to the other, and is shown.
TRUST = """users:
  - user: {user}
    roles: [read, submit, operate, read-red]
peers:
  - team: {peer}
    ceiling: red
"""
ROW = "{:<58} {:>6} {:>6}  {:<5}  {:<5}  {:<6}  {}"


def number(text):
    """Keep a number as it is written: 1.0 is not 1, nor 1e0."""
    return ("number", text)


def load(path):
    text = path.read_bytes().decode("utf-8-sig")
    return json.loads(text, parse_float=number, parse_int=number)


def objects_of(document):
    if isinstance(document, list):
        return document
    if document.get("type") != "bundle":
        return [document]
    return document.get("objects", [])


def documents():
    found = sorted(OWN.glob("*.json"))
    if not DATA.is_dir():
        print(f"THERE IS NO {DATA}: only the documents of tests/data are "
              "tried", file=sys.stderr)
        return found
    return found + sorted(p for p in (DATA / "stix21").rglob("*")
                          if p.suffix in (".json", ".stix2")) + \
        sorted((DATA / "misp").rglob("*.json"))


def format_of(path):
    return "misp" if "misp" in path.parts[-3:-1] or \
        "misp" in path.parent.name and "stix" not in path.name else "stix"


def size_of(document):
    """How many objects, or attributes and objects of events, there are."""
    if isinstance(document, list):
        return sum(map(size_of, document))
    if not isinstance(document, dict):
        return 0
    if "type" in document and "value" not in document:
        return len(objects_of(document))
    inner = document.get("response", document.get("Event"))
    if inner is not None:
        return size_of(inner)
    parts = document.get("Attribute", []), document.get("Object", [])
    return sum(len(p) if isinstance(p, list) else 1 for p in parts) + \
        sum(size_of(o) for o in parts[1] if isinstance(parts[1], list))


def losses_in(report):
    """Count the lines of a report by fate and property."""
    lines = report.read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    check(all(len(row) == 6 and row[5] for row in rows), f"{report}: {rows}")
    return collections.Counter((row[0], row[4]) for row in rows
                               if row[0] != "remark")


# ---- through a file ----------------------------------------------------------

def convert(base, path, to, *more):
    out, report = base / f"out.{to}", base / "losses.tsv"
    for old in (out, report):
        old.unlink(missing_ok=True)
    done = subprocess.run(
        [house.BUILD / "sealane", "convert", path, "--format",
         format_of(path), "--to", to, "-o", out, "--report", report, *more],
        capture_output=True, check=False)
    check(done.returncode in (DONE, REFUSED),
          f"{path}: {done.returncode} {done.stderr}")
    said = re.search(rb"^([0-9,]+) messages? written", done.stderr, re.M)
    check(said and len(said[1]) < len("100,000"),
          f"{path}: {done.stderr[-200:]}")
    return done.returncode, out, losses_in(report)


def through_file(base, path):
    """Tell whether a document is good; it must be equal then."""
    code, out, losses = convert(base, path, format_of(path))
    if code == REFUSED:
        check(losses, f"{path.name}: refused without a line in the report")
        return False
    check(load(out) == load(path), f"{path.name}: differs after convert")
    check(not losses, f"{path.name}: {losses} between equal formats")
    return True


def values_of_pattern(pattern):
    """The values that a pattern compares known properties with, found by
    looking at its text alone."""
    found = set()
    for name, quoted, plain in COMPARISON.findall(pattern):
        name = re.sub(r"['*\[\]]", "", name).lower()
        is_good = " " not in quoted or name != "domain-name:value"
        if name in PROPERTIES and is_good:
            found.add(re.sub(r"\\(.)", r"\1", quoted) or "AS" + plain)
    return {value.casefold() for value in found}


def check_values(base, path):
    """For every indicator a table names the values that stand in its pattern;
    those of a list are among them. Gives how many values there are."""
    _, table, _ = convert(base, path, "csv", "--mentioned")
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8"))))
    found = collections.defaultdict(set)
    for row in rows:
        found[row["id"]].add(row["value"].casefold())
    for o in objects_of(load(path)):
        if o["type"] == "indicator" and o["pattern_type"] == "stix":
            expected = values_of_pattern(o["pattern"])
            check(found[o["id"]] == expected,
                  f"{path.name}: {o['id']}: {found[o['id']]} are not "
                  f"{expected}")
    _, plain, _ = convert(base, path, "list")
    listed = set(plain.read_text("utf-8").casefold().splitlines())
    check(listed <= set().union(*found.values()), f"{path.name}: {listed}")
    return len(rows)


# ---- verdicts of others ------------------------------------------------------

def verdicts():
    """(file, is it good?) as the tools say, where they say it of STIX."""
    for line in (DATA / "expected.tsv").read_text("utf-8").splitlines()[1:]:
        name, tool, verdict = line.split("\t")[:3]
        is_json = tool == "json" and not name.startswith("misp/")
        if (tool == "stix2-validator-2.1" or is_json) and \
                verdict in ("valid", "INVALID", "bad"):
            yield name, verdict == "valid"


def compare_verdicts(base):
    if not DATA.is_dir():
        return
    count, differ = 0, []
    for name, is_good in verdicts():
        code, _, _ = convert(base, DATA / name, "stix")
        count += 1
        if (code == DONE) != is_good:
            differ.append(name)
    for name in differ:
        check(name in CLAUSES, f"{name}: another verdict, without a clause")
        print(f"another verdict on {name}: {CLAUSES[name]}")
    check(set(differ) == set(CLAUSES), "a clause that nothing needs")
    check(count and len(differ) <= DIFFERENCES_MAX * count,
          f"{len(differ)} of {count} verdicts differ")
    print(f"{count} verdicts compared, {len(differ)} differ")


# ---- over a lane -------------------------------------------------------------

def without_added(exported, sent):
    """Take away what export adds: markings of objects that had none, and the
    definitions that the document did not have."""
    known = {o.get("id") for o in objects_of(sent)}
    kept = []
    for new in objects_of(exported):
        if TLP2 in new.get("extensions", {}) and new["id"] not in known:
            continue
        at = len(kept)
        old = objects_of(sent)[at] if at < len(objects_of(sent)) else {}
        new = dict(new)
        if "object_marking_refs" not in old:
            check(new["type"] == "marking-definition" or
                  len(new.pop("object_marking_refs", [])) == 1,
                  f"{new['id']} carries no marking")
        elif new["object_marking_refs"] != old["object_marking_refs"]:
            check(new["object_marking_refs"][:-1] ==
                  old["object_marking_refs"], f"{new['id']}: its markings")
            new["object_marking_refs"] = old["object_marking_refs"]
        kept.append(new)
    return kept


def export(base, team, submission, to, *more):
    out, report = base / "export.json", base / "export.tsv"
    for old in (out, report):
        old.unlink(missing_ok=True)
    team.command("export", submission, "--to", to, "-o", out, "--report",
                 report, *more)
    return load(out), losses_in(report)


def through_lane(base, a, b, path):
    """Give how many objects came out and the losses of the marked export."""
    sent = load(path)
    done = a.command("submit", "-f", path, "--format", format_of(path), "--to",
                     b.name, "--tlp", "green", "--recipient", "duty",
                     "--allow-listed", "--wait", "60s", "--json", code=None)
    last = json.loads(done.out.splitlines()[-1])
    if last.get("refused") or last.get("warned"):
        return None
    number = str(last["submission"])
    number = number if number.startswith("S-") else "S-" + number
    exact, losses = export(base, b, number, format_of(path), "--exact",
                           "--with-review")
    check(exact == sent, f"{path.name}: differs after the lane")
    check(not set(p for _, p in losses) - {"recipients"},
          f"{path.name}: {losses}")
    if format_of(path) == "misp":
        return size_of(exact), losses
    marked, losses = export(base, b, number, "stix", "--with-review")
    check(without_added(marked, sent) == objects_of(sent),
          f"{path.name}: more than markings was added")
    return size_of(exact), losses


def choices(base, a, b):
    """What is asked for comes out, and an exercise only where it is."""
    for value, more in (("198.51.100.77", ("--exercise", "DRILL-1")),
                        ("198.51.100.78", ())):
        a.submit(value, "--to", b.name, "--tlp", "green", "--role", "c2",
                 "--wait", "60s", *more)
    plain = b.command("export", "--to", "list", "--from", a.name).out
    check("198.51.100.78\n" in plain and "198.51.100.77" not in plain, plain)
    check("198.51.100.77\n" in b.command("export", "--to", "list",
                                         "--exercise").out, "--exercise")
    table = a.command("export", "--to", "csv", "--sent-to", b.name, "--kind",
                      "indicator").out
    check("198.51.100.78,ipv4,yes,green,,c2," in table, table[-500:])
    whole = base / "all.json"
    b.command("export", "--to", "stix", "-o", whole)
    made = [o for o in objects_of(load(whole))
            if "198.51.100.78" in o.get("pattern", "")]
    check(len(made) == 1 and 'sealane:role="c2"' in made[0]["labels"] and
          all("object_marking_refs" in o for o in objects_of(load(whole))
              if o["type"] != "marking-definition"), f"{made}")
    check(through_file(base, whole), "an export is no good document")
    again = b.command("export", "--to", "stix", "-o", whole, code=2)
    check("exists" in again.err, again.err)
    b.command("export", "--to", "list", "--tlp", "red", "--kind", "note",
              code=1)


def formats(base, teams):
    a, b = house.started_pair(
        base, teams, TRUST.format(user=os.getuid(), peer="cert.gov.au"),
        TRUST.format(user=os.getuid(), peer="krcert.or.kr"))
    good = lane = objects = 0
    print(ROW.format("file", "in", "out", "file", "lane", "values",
                     "added or lost by a marked export"))
    for path in documents():
        name = f"{path.parent.name}/{path.name}"
        if not through_file(base, path):
            print(ROW.format(name, "-", "-", "bad", "-", "-", ""))
            continue
        good += 1
        count = size_of(load(path))
        values = check_values(base, path) if format_of(path) == "stix" else "-"
        out = through_lane(base, a, b, path)
        said = "" if not out else ", ".join(
            f"{n} {fate} {what}" for (fate, what), n in sorted(out[1].items()))
        print(ROW.format(name, count, out[0] if out else "-", "equal",
                         "equal" if out else "held", values, said), flush=True)
        lane += out is not None
        objects += out[0] if out else 0
    liars = b.contradicted()
    check(not liars, f"{len(liars)} heads are not what their content says: "
          f"{liars[:3]}")
    choices(base, a, b)
    compare_verdicts(base)
    check(good > 0 and lane > 0 and objects > 0, "nothing was compared")
    print(f"{good} documents equal after convert, {lane} of them with "
          f"{objects} objects equal after the lane")


if __name__ == "__main__":
    house.run(formats)
