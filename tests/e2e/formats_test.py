#!/usr/bin/env python3
"""formats_test - a document is the same after file, lane and file again.

Usage: formats_test.py        SEALANE_BUILD names the build folder

Every document goes through `convert` alone, and from one team to the other
and out there with `export`; a table says of each how many objects went in and
came out, whether both are equal as JSON values (texts of numbers, order and
repeats included), and what was lost. Where an object carries no marking,
export adds one, and says so; nothing else may differ.

Documents are those of tests/data and, where it is there, of the folder
../shared/data/stix21 beside the repository (SEALANE_DATA names another).
"""
import collections
import json
import os
import subprocess
import sys
from pathlib import Path

import house
from house import check

DATA = Path(os.environ.get("SEALANE_DATA", house.ROOT.parent / "shared/data"))
OWN = house.ROOT / "tests/data"
TLP2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
DONE, REFUSED = 0, 3
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
                          if p.suffix in (".json", ".stix2"))


def losses_in(report):
    """Count the lines of a report by fate and property."""
    lines = report.read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    check(all(len(row) == 6 and row[5] for row in rows), f"{report}: {rows}")
    return collections.Counter((row[0], row[4]) for row in rows
                               if row[0] != "remark")


# ---- through a file ----------------------------------------------------------

def convert(base, path, to):
    out, report = base / f"out.{to}", base / "losses.tsv"
    for old in (out, report):
        old.unlink(missing_ok=True)
    done = subprocess.run(
        [house.BUILD / "sealane", "convert", path, "--format", "stix", "--to",
         to, "-o", out, "--report", report],
        capture_output=True, check=False)
    check(done.returncode in (DONE, REFUSED),
          f"{path}: {done.returncode} {done.stderr}")
    return done.returncode, out, losses_in(report)


def through_file(base, path):
    """Tell whether a document is good; it must be equal then."""
    code, out, losses = convert(base, path, "stix")
    if code == REFUSED:
        check(losses, f"{path.name}: refused without a line in the report")
        return False
    check(load(out) == load(path), f"{path.name}: differs after convert")
    check(not losses, f"{path.name}: {losses} between equal formats")
    return True


def values_are_those_of_list(base, path):
    """A table and a list of the same document name the same values."""
    _, table, _ = convert(base, path, "csv")
    _, plain, _ = convert(base, path, "list")
    lines = table.read_text(encoding="utf-8").splitlines()[1:]
    listed = plain.read_text(encoding="utf-8").splitlines()
    check(len(lines) >= len(listed), f"{path.name}: {len(listed)} in a list")
    return len(lines)


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


def export(base, team, submission, *more):
    out, report = base / "export.json", base / "export.tsv"
    for old in (out, report):
        old.unlink(missing_ok=True)
    team.command("export", submission, "--to", "stix", "-o", out, "--report",
                 report, *more)
    return load(out), losses_in(report)


def through_lane(base, a, b, path):
    """Give how many objects came out and the losses of the marked export."""
    sent = load(path)
    done = a.command("submit", "-f", path, "--format", "stix", "--to", b.name,
                     "--tlp", "green", "--recipient", "duty", "--wait", "60s",
                     "--json", code=None)
    last = json.loads(done.out.splitlines()[-1])
    if last.get("refused"):
        return None
    number = str(last["submission"])
    number = number if number.startswith("S-") else "S-" + number
    exact, losses = export(base, b, number, "--exact")
    check(exact == sent, f"{path.name}: differs after the lane")
    check(not set(p for _, p in losses) - {"recipients"},
          f"{path.name}: {losses}")
    marked, losses = export(base, b, number)
    check(without_added(marked, sent) == objects_of(sent),
          f"{path.name}: more than markings was added")
    return len(objects_of(exact)), losses


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
        count = len(objects_of(load(path)))
        values = values_are_those_of_list(base, path)
        out = through_lane(base, a, b, path)
        said = "" if not out else ", ".join(
            f"{n} {fate} {what}" for (fate, what), n in sorted(out[1].items()))
        print(ROW.format(name, count, out[0] if out else "-", "equal",
                         "equal" if out else "held", values, said), flush=True)
        lane += out is not None
        objects += out[0] if out else 0
    choices(base, a, b)
    check(good > 0 and lane > 0 and objects > 0, "nothing was compared")
    print(f"{good} documents equal after convert, {lane} of them with "
          f"{objects} objects equal after the lane")


if __name__ == "__main__":
    house.run(formats)
