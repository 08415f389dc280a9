#!/usr/bin/env python3
"""echo_test - no echo: what search and export give of real files is what
another reader finds in the files themselves.

Usage: echo_test.py        SEALANE_BUILD names the build folder

Every file of ../shared/data beside the repository, or where SEALANE_DATA says,
goes from one team to another; without them the test is skipped (exit 77). What
is in each is found by the readers in extract*.py, which share nothing with
Sealane. At the receiver `search -f --json` must find every value with its
type, TLP, producer and message, and `export --to csv` must give the same rows,
no more and no fewer: id, type, value, whether it is meant, TLP, role, use and
producer. The messages are those that `list` gives out of the journal, which
knows nothing of the index.

A file that is left out is listed with its reason, and counted; so is what the
command refuses of the others. Cells of tables that are no value of the type
that is said of them are the ones that the other reader finds.
"""
import collections
import csv
import io
import json
import os
import sys
from pathlib import Path

import extract
import extract_misp
import extract_stix
import house
from house import check

DATA = Path(os.environ.get("SEALANE_DATA", house.ROOT.parent / "shared/data"))
SKIPPED = 77
SHOWN_MAX = 4
TLP = "clear"  # of what says none
LISTS = ("ipsum-ip-count.tsv", "ipsum-level2-ips.txt",
         "maltrail-elf_mirai.txt", "stalkerware-hosts-file.txt",
         "unit42-coin-mining-urls-defanged.txt")
# Of each table: the columns of values, each with its type, or empty where the
# column with that number says it; None is there where no header is.
TABLES = {"stalkerware-network.csv": ({1: ""}, 0),
          "unit42-MuddyWater.csv": ({1: ""}, 0),
          "unit42-gorgon-hashes.csv": ({None: True, 1: "sha256"}, None),
          "unit42-macro_loader-iocs.csv": ({1: "sha256", 2: "url"}, None),
          "unit42-prince_of_persia-hashes-nonutf8.csv":
              ({None: True, 0: ""}, None),
          "unit42-silverterrier-domains18-head-nonutf8.csv":
              ({0: "domain"}, None)}
TRUST = """users:
  - user: {user}
    roles: [read, submit, operate, read-red]
peers:
  - team: {peer}
    ceiling: red
"""
FOLDERS_LEFT_OUT = {
    "broken": "hostile files: e2e_data_test tries them",
    "reference": "MISP's own tables, no indicators",
    "warninglists": "lists of what is no indicator",
    "patterns/invalid": "patterns that are none"}
NOT_READ = "not yet read"
STAMP = "2026-11-20T00:00:00.000Z"
ROW = "{:<66} {:>7} {:>7} {:>7} {:>7} {:>7}"


class Left(Exception):
    """A file that is left out, and why."""


# ---- what is in the files ----------------------------------------------------

def plain(rows):
    """Rows of what has a type and a value, and nothing else."""
    return [("", kind, value, "yes", TLP, "", "", "") for kind, value in rows]


def tops():
    listed = json.loads((DATA / "warninglists/tlds.json").read_text("utf-8"))
    return {top.lower() for top in listed["list"]} | {"onion"}


def cell_value(text, named):
    """(type, value) of a cell; `named` is what its row or column says of the
    type, and what does not fit that is no value."""
    text = text.strip().replace("[.]", ".")
    if text.startswith("hxxp"):
        text = "http" + text[4:]
    good = extract_stix.good
    kinds = {"filename": ("file-name",), "ip": ("address",),
             "ipv4": ("address",)}.get(named, (named,) if named else
                                       ("md5", "sha1", "sha256", "url",
                                        "address", "domain"))
    found = [value for value in (good(kind, text) for kind in kinds) if value]
    if not found and named == "ip" and text.count(":") == 1:
        address, _, port = text.partition(":")
        return ("ip-port", text) if good("address", address) and \
            port.isdigit() else None
    return found[0] if found else None


def table_rows(path):
    """(rows, cells that hold no value of their type) of a table."""
    names, types = TABLES[path.name]
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    found, wrong = [], 0
    for number, cells in enumerate(csv.reader(io.StringIO(text))):
        if number == 0 and not names.get(None):
            continue
        is_text = not any("\udc80" <= c <= "\udcff" for c in "".join(cells))
        for at, kind in names.items():
            if at is None or at >= len(cells) or not cells[at].strip():
                continue
            value = cell_value(cells[at], kind or cells[types].strip().lower()
                               if types is not None else kind)
            found += [value] if value and is_text else []
            wrong += not (value and is_text)
    return plain(found), wrong


def expected_rows(path, document):
    """(rows, how much must be refused, or None where that is not told)"""
    if path.parent.name == "text":
        return plain(extract.text_values(path.read_text("utf-8"), tops())), \
            None
    if path.name in TABLES:
        return table_rows(path)
    if path.name in LISTS:
        found = extract.list_values(path.read_text("utf-8"))
        return plain(found.elements()), None
    reader = extract_misp if is_misp(path) else extract_stix
    return reader.rows(document, TLP), None


def is_misp(path):
    return "misp" in path.parts[-3] or "misp" == path.parts[-2] or (
        path.name.startswith("test_") and "stix2" not in path.name)


def pattern_bundle(path):
    """A bundle of indicators, one for each line, which is a pattern."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-"
            "000000000000", "objects": [
                {"type": "indicator", "spec_version": "2.1",
                 "id": f"indicator--{i:08x}-0000-4000-8000-000000000000",
                 "created": STAMP, "modified": STAMP, "valid_from": STAMP,
                 "pattern": json.loads(line), "pattern_type": "stix"}
                for i, line in enumerate(lines)]}


def document_of(path):
    """(its JSON, must that be sent in place of the file?); None where a file
    is no JSON."""
    if path.suffix == ".jsonl":
        return pattern_bundle(path), True
    if path.suffix not in (".json", ".stix2"):
        return None, False
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise Left("no JSON: it is refused whole") from None
    if is_misp(path):
        return extract_misp.freed(document), True
    return document, False


# ---- one file ----------------------------------------------------------------

def submit(base, a, b, path):
    """Send a file; what MISP holds back is sent as if it were published."""
    more = ("--format", "text") if path.parent.name == "text" else ()
    document, is_made = document_of(path)
    sent = path
    if is_made:
        sent = base / f"{path.stem}.json"
        sent.write_text(json.dumps(document), encoding="utf-8")
    case = f"{path.parent.name}/{path.name}"
    done = a.command("submit", "-f", sent, "--to", b.name, "--tlp", TLP,
                     "--recipient", "duty", "--allow-listed", "--again",
                     "--case", case, "--json", *more, code=None)
    events = [json.loads(line) for line in done.out.splitlines()]
    refused = collections.Counter(e["text"] for e in events
                                  if e.get("event") == "refused")
    accepted = sum(e["accepted"] for e in events
                   if e.get("event") == "submitted")
    if NOT_READ in done.err + done.out:
        raise Left("STIX 2.0, which is not yet read")
    return document, case, accepted, refused


def exported(b, case):
    done = b.command("export", "--to", "csv", "--mentioned", "--with-review",
                     "--case", case, code=None)
    check(done.returncode in (0, 1), f"export of {case}: {done.err}")
    return [(row["id"], row["type"], row["value"], row["meant"], row["tlp"],
             row["role"], row["use"], row["producer"])
            for row in csv.DictReader(io.StringIO(done.out))]


def searched(base, b, case, values):
    """What search finds in a file's messages, by the value that was asked."""
    if not values:
        return {}
    path = base / "values.txt"
    path.write_text("".join(f"{value}\n" for value in values), "utf-8")
    done = b.command("search", "-f", path, "--case", case, "--json",
                     code=None)
    check(done.returncode in (0, 1), f"search in {case}: {done.err}")
    found = collections.defaultdict(list)
    for line in done.out.splitlines():
        hit = json.loads(line)
        found[hit["asked"]].append(hit)
    return found


def listed(entries):
    """{(id, type, value): ids of messages} out of the journal."""
    found = collections.defaultdict(set)
    for e in entries:
        values = [(e.get("observable"), e.get("value"))] + [
            (v["observable"], v["value"]) for key in ("values", "mentioned")
            for v in e.get(key, [])]
        for kind, value in values:
            found[e.get("object_id", ""), kind, value].add(e["id"])
    return found


def not_found(rows, found, messages):
    """The rows that search does not give, each with its message."""
    lost = []
    for row in rows:
        id_, kind, value, meant, tlp, role, use, producer = row
        relation = "same" if meant == "yes" else "mentioned"
        ids = {hit["id"] for hit in found[value]
               if (hit.get("object", ""), hit["type"], hit["value"],
                   hit["tlp"], hit.get("role", ""), hit.get("use", ""),
                   hit.get("producer", "")) ==
               (id_, kind, value, tlp, role, use, producer) and
               hit["relation"] in (relation, "same")}
        if not messages[id_, kind, value] or \
                not messages[id_, kind, value] <= ids:
            lost.append(row)
    return lost


def compare(base, b, path, sent, entries):
    """Print a line; give (values, differences)."""
    document, case, refused = sent[0], sent[1], sent[2].total()
    rows, wrong = expected_rows(path, document)
    rows = collections.Counter(rows)
    check(wrong is None or wrong == refused, f"{case}: {refused} refused, "
          f"another reader finds {wrong} that are no value of their type")
    table = collections.Counter(exported(b, case))
    lost, more = rows - table, table - rows
    values = list(dict.fromkeys(row[2] for row in rows))
    found = searched(base, b, case, values)
    gone = not_found(rows, found, listed(entries))
    differences = lost.total() + more.total() + len(gone)
    print(ROW.format(case, rows.total(),
                     rows.total() - sum(rows[row] for row in gone),
                     table.total(), refused, differences), flush=True)
    for what, some in (("not exported", lost), ("exported, not in the file",
                                               more), ("not found", gone)):
        for row in list(some)[:SHOWN_MAX]:
            print(f"    {what}: {row}")
    return rows.total(), differences


# ---- all of them -------------------------------------------------------------

def all_files():
    return sorted(p for p in DATA.rglob("*") if p.is_file() and
                  len(p.relative_to(DATA).parts) > 1)


def why_left_out(path):
    folder = path.relative_to(DATA).parts[0]
    if path.name.startswith("invalid-"):
        folder += "/invalid"
    if path.name in ("manifest.json", "hashes.csv"):
        return "what a folder of MISP events has, and what their hashes are"
    return FOLDERS_LEFT_OUT.get(folder)


def echo(base, teams):
    a, b = house.started_pair(
        base, teams, TRUST.format(user=os.getuid(), peer="cert.gov.au"),
        TRUST.format(user=os.getuid(), peer="krcert.or.kr"))
    sent, left = [], collections.Counter()
    total = 0
    for path in all_files():
        reason = why_left_out(path)
        try:
            if reason:
                raise Left(reason)
            document, case, accepted, refused = submit(base, a, b, path)
        except Left as why:
            left[str(why)] += 1
            continue
        sent.append((path, (document, case, refused), total, accepted))
        total += accepted
    b.wait_for(lambda: b.peer(a.name)["stored"] == total, "all of it")
    b.searchable()
    entries = b.entries("--from", a.name)
    check(len(entries) == total, f"{len(entries)} entries of {total}")
    print(ROW.format("file", "values", "found", "rows", "refused", "differ"))
    values = differ = 0
    for path, about, first, accepted in sent:
        counts = compare(base, b, path, about,
                         entries[first:first + accepted])
        values += counts[0]
        differ += counts[1]
    for reason, count in sum((s[1][2] for s in sent),
                             collections.Counter()).most_common():
        print(f"{count} parts of files refused: {reason}")
    for reason, count in sorted(left.items()):
        print(f"{count} files left out: {reason}")
    check(sent and values > 0, "nothing was tried")
    print(f"{len(sent)} files, {total} messages, {values} values in them: "
          f"{differ} differences")
    check(differ == 0, f"{differ} differences")


if __name__ == "__main__":
    if not DATA.is_dir():
        print(f"SKIPPED: there is no {DATA}; SEALANE_DATA names another "
              f"folder. No file was tried.")
        sys.exit(SKIPPED)
    house.run(echo)
