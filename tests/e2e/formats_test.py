#!/usr/bin/env python3
"""formats_test - a document is the same after file, lane and file again.

Usage: formats_test.py        SEALANE_BUILD names the build folder

Every document goes through `convert` alone, and from one team to the other
and out there with `export`; a table says of each how many objects went in and
came out, whether both are equal as JSON values (texts of numbers, order and
repeats included), and what was lost. Where an object carries no marking,
export adds one, and says so; nothing else may differ. STIX 2.0 comes out as
2.1, which is made here by a rule of its own, and with --exact as it was.

What MISP holds back is released by another user first, and goes then.

Verdicts on the files of that folder are compared with those of the tools that
expected.tsv names: a fault that a tool finds and we do not tell of, or one
that we refuse and no tool finds, is a difference, and stands below with its
clause; so does what we tell of and take all the same.

Documents are those of tests/data and, where they are there, of the folders
stix21, stix20, broken and misp in ../shared/data beside the repository
(SEALANE_DATA names another). No good STIX document may be left out.
"""
import collections
import csv
import io
import ipaddress
import json
import os
import re
import subprocess
from pathlib import Path

import house
import release_code
from house import check

DATA = Path(os.environ.get("SEALANE_DATA", house.ROOT.parent / "shared/data"))
OWN = house.ROOT / "tests/data"
TLP2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
DONE, REFUSED = 0, 3
OTHER_USER = 4711
# Where our verdict on a file is another one than the tool's, and why.
CUSTOM = "STIX 2.1, 9.7 and 11.2.1: a path begins with the type of an " \
    "observable, which may be a custom one; that its name begins with x- " \
    "is a SHOULD"
TWICE = "STIX 2.1, 1.2.10, and RFC 7493, 2.3: names may not stand twice"
NO_EVENT = "MISP core format, 2.2.1.4: an event has an info; this is a list " \
    "of objects without an event, as a search in MISP gives it"
CLAUSES = {
    "stix21/amnesty/cytrox.stix2": CUSTOM,
    "stix21/amnesty/novispy.stix2": CUSTOM,
    "broken/bom-utf8.json":
        "RFC 8259, 8.1: who reads may ignore a byte order mark",
    "broken/dup-keys.json": TWICE,
    "broken/dup-key-in-indicator.json": TWICE,
    "broken/lone-surrogate-escape.json":
        "STIX 2.1, 1.2.10, and RFC 7493, 2.1: strings may hold no surrogates",
    "misp/eset/misp-turla-crutch-event.json":
        "MISP core format, 2.10: what a cluster of a galaxy may say is not "
        "bounded; that default ones say no distribution is the tool's rule",
    "stix21/misp-stix-pairs/test_objects_collection_1.json": NO_EVENT,
    "stix21/misp-stix-pairs/test_objects_collection_2.json": NO_EVENT,
}
# What breaks these clauses is told of and taken.
RANDOM = "STIX 2.0, part 1, 2.5: the UUID of an id is of version 4"
KEPT = {
    "stix21/attack-flow/matrix-flow.json":
        "STIX 2.1, 2.12: a list has at least one value",
    "stix21/misp-stix-pairs/test_attributes_collection_stix20.json": RANDOM,
    "stix21/misp-stix-pairs/test_event1_stix20.json": RANDOM,
    "stix21/misp-stix-pairs/test_event2_stix20.json": RANDOM,
    "stix21/misp-stix-pairs/test_events_collection_stix20.json": RANDOM,
    "stix21/misp-stix-pairs/test_objects_collection_stix20.json": RANDOM,
}
# STIX 2.0, part 1, 6: the vocabularies of labels, and where 2.1 has them.
TYPES = {
    "indicator": ("indicator_types", """anomalous-activity anonymization
        benign compromised malicious-activity attribution"""),
    "malware": ("malware_types", """adware backdoor bot ddos dropper
        exploit-kit keylogger ransomware remote-access-trojan
        resource-exploitation rogue-security-software rootkit screen-capture
        spyware trojan virus worm"""),
    "report": ("report_types", """threat-report attack-pattern campaign
        identity indicator malware observed-data threat-actor tool
        vulnerability"""),
    "threat-actor": ("threat_actor_types", """activist competitor
        crime-syndicate criminal hacker insider-accidental
        insider-disgruntled nation-state sensationalist spy terrorist"""),
    "tool": ("tool_types", """denial-of-service exploitation
        information-gathering network-capture credential-exploitation
        remote-access vulnerability-scanning"""),
}
# Files under misp that are no good events, and why; all others go and come
# back equal.
NO_EVENTS = {
    "feed-tweetfeed/manifest.json": "the manifest of a feed, not an event",
    "pymisp/def_param.json": "uuids that are none",
    "pymisp/event_obj_attr_tag.json": "uuids that are none",
    "pymisp/galaxy.json": "a galaxy by itself",
    "pymisp/sighting.json": "a sighting by itself",
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
    if not house.real_files(DATA, "only documents of tests/data are tried"):
        return found
    return found + sorted(p for folder in ("stix21", "stix20")
                          for p in (DATA / folder).rglob("*")
                          if p.suffix in (".json", ".stix2")) + \
        sorted(p for p in (DATA / "broken").glob("*.json")
               if format_of(p) == "stix") + \
        sorted((DATA / "misp").rglob("*.json"))


def format_of(path):
    return "misp" if "misp" in path.parts[-3:-1] or \
        "misp" in path.parent.name and "stix" not in path.name or \
        path.name.startswith("misp-") else "stix"


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


# ---- STIX 2.0 ----------------------------------------------------------------

def added_to(o):
    """What 2.1 must have of an object of 2.0, and the words among its labels."""
    found = {"spec_version": "2.1"}
    if o["type"] in TYPES:
        name, words = TYPES[o["type"]]
        kept = [label for label in o.get("labels", [])
                if label in words.split()]
        if kept:
            found[name] = kept
    if o["type"] == "indicator":
        found["pattern_type"] = "stix"
    if o["type"] == "malware":
        found["is_family"] = True
    return found


def is_old(o):
    return "spec_version" not in o and "created" in o


def lifted(document, losses):
    """Give a document as 2.1, and count the changes in `losses`."""
    if isinstance(document, list):
        return [lifted(o, losses) for o in document]
    if is_old(document):
        more = added_to(document)
        losses.update(("defaulted" if key == "is_family" else "added", key)
                      for key in more)
        return {**document, **more}
    if document.get("type") != "bundle":
        return document
    document = dict(document)
    if document.get("spec_version") == "2.0":
        del document["spec_version"]
        losses["dropped", "spec_version"] += 1
    if "objects" in document:
        document["objects"] = lifted(document["objects"], losses)
    return document


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
    expected, changes = load(path), collections.Counter()
    if format_of(path) == "stix":
        expected = lifted(expected, changes)
    check(load(out) == expected, f"{path.name}: differs after convert")
    check(losses == changes, f"{path.name}: {losses} are not {changes}")
    return True


def is_good_value(name, text):
    """Real patterns have hosts for URLs, and domains with spaces."""
    if name == "domain-name:value":
        return " " not in text and text.isprintable()
    if name == "url:value":
        return "/" in text
    if not name.startswith(("ipv4-addr:", "ipv6-addr:")):
        return True
    try:
        return bool(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return False


def values_of_pattern(pattern):
    """The values that a pattern compares known properties with, found by
    looking at its text alone."""
    found = set()
    for name, quoted, plain in COMPARISON.findall(pattern):
        name = re.sub(r"['*\[\]]", "", name).lower()
        if name in PROPERTIES and is_good_value(name, quoted):
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
        if o["type"] == "indicator" and \
                o.get("pattern_type", "stix") == "stix":
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
    """(file, is it good?) as the tools say, where they say it; one file that
    stands twice counts once."""
    found = {}
    for line in (DATA / "expected.tsv").read_text("utf-8").splitlines()[1:]:
        name, _, verdict = line.split("\t")[:3]
        if verdict in ("valid", "ok", "INVALID", "ERROR", "bad"):
            found[name] = verdict in ("valid", "ok")
    return found


def has_remark(report):
    return "\nremark\t" in report.read_text(encoding="utf-8")


def compare_verdicts(base):
    if not house.real_files(DATA, "no verdicts are compared"):
        return
    found, differ, kept = verdicts(), set(), set()
    for name, is_good in found.items():
        code, _, _ = convert(base, DATA / name, format_of(DATA / name))
        if (code == DONE) != is_good:
            is_told = code == DONE and has_remark(base / "losses.tsv")
            (kept if is_told else differ).add(name)
    for what, names, clauses in (("another verdict on", differ, CLAUSES),
                                 ("told of and taken:", kept, KEPT)):
        for name in sorted(names):
            check(name in clauses, f"{name}: another verdict, and no clause")
            print(f"{what} {name}: {clauses[name]}")
        check(names == set(clauses), "a clause that nothing needs")
    check(found and len(differ) <= DIFFERENCES_MAX * len(found),
          f"{len(differ)} of {len(found)} verdicts differ")
    print(f"{len(found)} verdicts compared, {len(differ)} differ, of "
          f"{len(kept)} more the fault is told of and the object taken")


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


def submitted(a, b, path, *more):
    """Submit a document; give the last record, of the submission."""
    done = a.command("submit", "-f", path, "--format", format_of(path), "--to",
                     b.name, "--tlp", "green", "--recipient", "duty",
                     "--allow-listed", "--again", "--wait", "60s", "--json",
                     *more, code=None)
    return json.loads(done.out.splitlines()[-1])


def through_lane(base, a, b, path):
    """Give how many objects came out and the losses of the marked export. Two
    files may be issues of one document: each goes whole."""
    sent = load(path)
    last = submitted(a, b, path)
    if last.get("refused") and format_of(path) == "misp":
        code = release_code.code_of(a, path, "misp", b, OTHER_USER, "a test")
        last = submitted(a, b, path, "--release", code)
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
    sent = lifted(sent, collections.Counter())
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
    drill = b.command("export", "--to", "list", "--exercise", "DRILL-1").out
    check(drill == "198.51.100.77\n", drill)
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


TABLE = '''value,type,tlp,pap,role,use,confidence,valid_from,valid_until,labels
203.0.113.7:443,ip-port,amber,green,c2,block,75,2026-01-02T03:04:05.678Z,\
2036-01-02T00:00:00.000Z,"x,misp-galaxy:tool=""a, b"""
victim.example,domain,green,,victim,notify,,,,
198.51.100.0/24,cidr,clear,,scanner,detect,0,,,y
b.example,domain-tree,red,red,,none,,,,
http://c.example/a?b=c&d,url,amber+strict,amber,phishing,,100,,,
+1,file-name,green,,server,none,,,,
'''


def a_table_comes_back(base, a, b):
    """A table is the same behind a lane, and so is what that gives."""
    first = base / "table0.csv"
    first.write_text(TABLE, encoding="utf-8")
    columns = next(csv.reader([TABLE.split("\n", maxsplit=1)[0]]))
    texts = []
    for i in range(2):
        a.submit("-f", base / f"table{i}.csv", "--to", b.name, "--recipient",
                 "duty", "--allow-listed", "--wait", "60s", "--case",
                 f"TABLE-{i}", "--series", "table",
                 *(("--format", "csv", "--again") if i else ()))
        b.wait_for(lambda case=f"TABLE-{i}": b.command(
            "search", "--case", case, "--json", code=None).out.count(
                "\n") == 6, "all of it")
        texts.append(b.command("export", "--to", "csv", "--case",
                               f"TABLE-{i}").out)
        (base / "table1.csv").write_text(texts[0], encoding="utf-8")
    check(texts[0] == texts[1], f"{texts[0]}\nis not\n{texts[1]}")
    rows = [[row[c] for c in columns]
            for row in csv.DictReader(io.StringIO(texts[0]))]
    check(rows == list(csv.reader(io.StringIO(TABLE)))[1:], f"{rows}")


def formats(base, teams):
    a, b = house.started_pair(
        base, teams, TRUST.format(user=os.getuid(), peer="cert.gov.au"),
        TRUST.format(user=os.getuid(), peer="krcert.or.kr"))
    good = lane = objects = 0
    stays = set()
    print(ROW.format("file", "in", "out", "file", "lane", "values",
                     "added or lost by a marked export"))
    for path in documents():
        name = f"{path.parent.name}/{path.name}"
        if not through_file(base, path):
            print(ROW.format(name, "-", "-", "bad", "-", "-",
                             NO_EVENTS.get(name, "")))
            stays |= {name} & {f"{p.parent.name}/{p.name}"
                               for p in (DATA / "misp").rglob("*.json")}
            continue
        good += 1
        count = size_of(load(path))
        values = check_values(base, path) if format_of(path) == "stix" else "-"
        out = through_lane(base, a, b, path)
        check(out or format_of(path) == "misp", f"{path.name}: held back")
        check(out or "misp" not in path.parts[-3:-1], f"{name} is held")
        said = "" if not out else ", ".join(
            f"{n} {fate} {what}" for (fate, what), n in sorted(out[1].items()))
        print(ROW.format(name, count, out[0] if out else "-", "equal",
                         "equal" if out else "held", values, said), flush=True)
        lane += out is not None
        objects += out[0] if out else 0
    liars = b.contradicted()
    check(not liars, f"{len(liars)} heads are not what their content says: "
          f"{liars[:3]}")
    real = DATA.is_dir() and not house.is_sanitized()
    check(stays == (set(NO_EVENTS) if real else set()),
          f"{stays} are no good events")
    choices(base, a, b)
    a_table_comes_back(base, a, b)
    compare_verdicts(base)
    check(good > 0 and lane > 0 and objects > 0, "nothing was compared")
    print(f"{good} documents equal after convert, {lane} of them with "
          f"{objects} objects equal after the lane")


if __name__ == "__main__":
    house.run(formats)
