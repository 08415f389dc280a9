#!/usr/bin/env python3
"""misp_write_test - what came in another format is a good event of MISP.

Usage: misp_write_test.py        SEALANE_BUILD names the build folder

Every document, table and list is written as MISP; each event is held against
the schema and the table of types that MISP ships (reference/misp of the data
folder), and read again: the same values must come out. Needs no node.
"""
import csv
import io
import json
import re
import subprocess
import tempfile
import uuid
from pathlib import Path

import formats_test
import house
from formats_test import DATA
from house import check

DONE, REFUSED = 0, 3
# MISP's later schema has them (core format, 2.4): when a value was met first
# and last.
LATER = {"first_seen", "last_seen"}
# What a row of a table must say the same of behind MISP; MISP has no place
# for "all below", and plain text for what it has no type for.
KINDS = ("ipv4", "ipv6", "cidr", "ip-port", "host-port", "domain", "url",
         "email", "email-subject", "md5", "sha1", "sha256", "sha512",
         "imphash", "ssdeep", "tlsh", "file-name", "mutex", "registry-key",
         "as", "mac", "ja3", "user-agent")
ROWS = """value,type,tlp,labels,confidence,role,valid-from,valid-until
203.0.113.7,ipv4,green,"one;two",80,c2,2026-01-02T03:04:05Z,2027-01-01T00:00:00Z
203.0.113.8,ipv4,amber+strict,,,scanner,,
2001:db8::1,ipv6,,,,victim,,
198.51.100.0/24,cidr,,,,,,
192.0.2.1:443,ip-port,,,0,attacker,,
[2001:db8::1]:443,ip-port,,,100,,,
c2.example:8443,host-port,,,,,,
evil.example,domain,,,,,,
tree.example,domain-tree,,,,,,
http://a.example/x,url,,,,phishing,,
a@b.example,email,,,,,,
You won,email-subject,,,,,,
d41d8cd98f00b204e9800998ecf8427e,md5,,,,,,
da39a3ee5e6b4b0d3255bfef95601890afd80709,sha1,,,,,,
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855,sha256,,,,,,
a.exe,file-name,,,,,,
Global\\x,mutex,,,,,,
HKLM\\Software\\x,registry-key,,,,,,
AS64496,as,,,,,,
00:11:22:33:44:55,mac,,,,,,
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,certificate-hash,,,,,,
bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,ja3,,,,,,
Mozilla/9,user-agent,,,,,,
CVE-2026-0001,vulnerability,,,,,,
KVE-2026-0001,vulnerability,,,,,,
1BoatSLRHtKNngkdXEeobR76b53LETtpyT,wallet,,,,,,
0x00000000219ab540356cbb839cbe05303d7705fa,wallet,,,,,,
"""


def convert(path, to, *more):
    done = subprocess.run([house.BUILD / "sealane", "convert", path, "--to",
                           to, *more], capture_output=True, check=False,
                          timeout=house.COMMAND_S)
    check(done.returncode in (DONE, REFUSED), f"{path}: {done.stderr[-500:]}")
    return done.stdout.decode("utf-8")


# ---- MISP's own schema and types ---------------------------------------------

class Rules:
    """schema.json, as far as it says anything, and describeTypes.json."""
    TYPES = {"string": str, "boolean": bool, "object": dict, "array": list}

    def __init__(self, folder):
        self.schema = json.loads((folder / "schema.json").read_text())
        described = json.loads((folder / "describeTypes.json").read_text())
        self.pairs = described["result"]["category_type_mappings"]

    def resolve(self, rule):
        while "$ref" in rule:
            rule = self.schema["defs"][rule["$ref"].rsplit("/", 1)[1]]
        return rule

    def hold(self, value, rule, path):
        rule = self.resolve(rule)
        kind = self.TYPES[rule["type"]]
        check(isinstance(value, kind), f"{path}: {value!r} is no {kind}")
        if kind is dict:
            known = rule.get("properties", {})
            check(all(k in value for k in rule.get("required", ())),
                  f"{path}: {sorted(value)} has not {rule.get('required')}")
            for key, inner in value.items():
                if key in known:
                    self.hold(inner, known[key], f"{path}.{key}")
                else:
                    check(key in LATER or
                          rule.get("additionalProperties", True),
                          f"{path}.{key} is not in the schema")
        elif kind is list:
            texts = [json.dumps(one, sort_keys=True) for one in value]
            check(len(set(texts)) == len(texts) or
                  not rule.get("uniqueItems"), f"{path}: one stands twice")
            for number, inner in enumerate(value):
                self.hold(inner, rule["items"], f"{path}[{number}]")

    def check(self, event, name):
        self.hold(event, self.schema, name)
        for one in event["Event"]["Attribute"]:
            check(one["type"] in self.pairs[one["category"]],
                  f"{name}: {one['type']} in {one['category']}")


def events_of(text):
    document = json.loads(text)
    return document.get("response", [document])


def check_event(event, name):
    """What holds of every event that we make, and no schema says."""
    inner = event["Event"]
    uuids = [uuid.UUID(a["uuid"]) for a in inner["Attribute"]]
    check(all(u.version for u in uuids + [uuid.UUID(inner["uuid"])]), name)
    check(inner["info"] and re.match(r"\d{4}-\d\d-\d\d$", inner["date"]) and
          inner["timestamp"].isdecimal() and
          int(inner["timestamp"]) >= max(int(a["timestamp"])
                                         for a in inner["Attribute"]),
          f"{name}: {({**inner, 'Attribute': 0})}")


def rows(path, *more):
    return list(csv.DictReader(io.StringIO(convert(path, "csv", *more))))


def same_values(folder, path, form, text):
    """Read the events again: values of all kinds that MISP has are there."""
    written = folder / "written.json"
    written.write_text(text)
    before = {(r["type"], r["value"]) for r in rows(path, "--format", form)
              if r["type"] in KINDS}
    after = {(r["type"], r["value"])
             for r in rows(written, "--format", "misp")}
    check(before <= after, f"{path}: {sorted(before - after)[:3]} are lost")
    return len(before)


# ---- by example --------------------------------------------------------------

def each_kind_of_value_has_its_type(folder):
    path = folder / "rows.csv"
    path.write_text(ROWS)
    text = convert(path, "misp")
    event = json.loads(text)["Event"]
    check_event({"Event": event}, "rows")
    found = {a["value"]: a for a in event["Attribute"]}
    for value, kind, to_ids in (
            ("203.0.113.7", "ip-dst", True), ("203.0.113.8", "ip-src", True),
            ("2001:db8::1", "ip-dst", False), ("192.0.2.1|443",
                                               "ip-src|port", True),
            ("2001:db8::1|443", "ip-dst|port", True),
            ("c2.example|8443", "hostname|port", True),
            ("tree.example", "domain", True), ("64496", "AS", True),
            ("a" * 40, "x509-fingerprint-sha1", True),
            ("CVE-2026-0001", "vulnerability", False),
            ("KVE-2026-0001", "other", False),
            ("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "btc", True),
            ("0x00000000219ab540356cbb839cbe05303d7705fa", "other", False)):
        is_ = found[value]["type"], found[value]["to_ids"]
        check(is_ == (kind, to_ids), f"{value}: {is_}")
    first = found["203.0.113.7"]
    names = [t["name"] for t in first["Tag"]]
    check(names == ["tlp:green", "one", "two", 'sealane:role="c2"',
                    'misp:confidence-level="usually-confident"',
                    'sealane:confidence="80"'], f"{names}")
    check(first["first_seen"] == "2026-01-02T03:04:05.000Z" and
          first["last_seen"] == "2027-01-01T00:00:00.000Z", f"{first}")
    check([t["name"] for t in found["203.0.113.8"]["Tag"]] ==
          ["tlp:amber+strict", 'sealane:role="scanner"'], "tags")
    check(event["Tag"] == [{"name": "tlp:amber+strict"}], f"{event['Tag']}")
    levels = [n["name"] for v in ("192.0.2.1|443", "2001:db8::1|443")
              for n in found[v]["Tag"] if n["name"].startswith("misp:")]
    check(levels == ['misp:confidence-level="unconfident"',
                     'misp:confidence-level="completely-confident"'],
          f"{levels}")
    check(same_values(folder, path, "csv", text) >= 18, "too few values")
    again = json.loads(convert(path, "misp"))["Event"]
    check([a["uuid"] for a in again["Attribute"]] ==
          [a["uuid"] for a in event["Attribute"]] and
          again["uuid"] == event["uuid"], "other ids the second time")


def an_indicator_of_stix_keeps_its_uuid(folder):
    path = house.ROOT / "tests/data/bundle.json"
    bundle = json.loads(path.read_text())
    event = json.loads(convert(path, "misp"))["Event"]
    check(event["uuid"] == bundle["id"].split("--")[1], event["uuid"])
    ids = {o["id"].split("--")[1] for o in bundle["objects"]
           if o["type"] == "indicator"}
    check({a["uuid"] for a in event["Attribute"]} & ids, "no indicator")
    check(same_values(folder, path, "stix", json.dumps({"Event": event})) > 0,
          "no values")


def events_and_other_documents_stand_in_one_response(folder):
    event = folder / "event.json"
    event.write_text(json.dumps({"Event": {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, "x")), "info": "i",
        "Attribute": [{"type": "domain", "value": "b.example"}]}}))
    bundle = house.ROOT / "tests/data/bundle.json"
    rows_ = folder / "rows.csv"
    found = events_of(convert(bundle, "misp", event, rows_))
    check([len(e["Event"]["Attribute"]) for e in found][1] == 1 and
          len(found) == 3 and found[1] == json.loads(event.read_text()),
          f"{found}")
    for one in found:
        check(one["Event"]["info"], f"{one}")
    empty = folder / "empty.txt"
    empty.write_text("# nothing\n")
    check(json.loads(convert(empty, "misp", "--format", "list")) ==
          {"response": []}, "nothing is no event")


def what_no_message_has_is_counted(folder):
    path = folder / "none.json"
    for form, text, said in (
            ("misp", "[]", "1 changed"),
            ("misp", '{"response": []}', "nothing lost"),
            ("misp", '{"response": [], "x": 1}', "1 dropped"),
            ("csv", "value,tlp\na.example,green\n", "nothing lost"),
            ("csv", "value,comment\na.example,x\n", "1 dropped")):
        path.write_text(text)
        done = subprocess.run([house.BUILD / "sealane", "convert", path,
                               "--format", form, "--to", form],
                              capture_output=True, check=True, text=True,
                              timeout=house.COMMAND_S)
        check(f" | {said}" in done.stderr, f"{text}: {done.stderr}")


# ---- real files --------------------------------------------------------------

def real_files():
    for path in formats_test.documents():
        if formats_test.format_of(path) == "stix":
            yield path, "stix"
    if DATA.is_dir():
        for path in sorted((DATA / "lists").iterdir()):
            yield path, "csv" if path.suffix == ".csv" else "list"


def real_files_become_good_events(folder):
    rules = Rules(DATA / "reference/misp") if DATA.is_dir() else None
    files = attributes = values = 0
    for path, form in real_files():
        text = convert(path, "misp", "--format", form)
        events = [e for e in events_of(text)
                  if e.get("Event", {}).get("Attribute")]
        for event in events:
            check_event(event, path.name)
            attributes += len(event["Event"]["Attribute"])
            if rules:
                rules.check(event, path.name)
        files += bool(events)
        values += same_values(folder, path, form, text)
    check(files and attributes and values, "nothing was written")
    print(f"{files} files, {attributes} attributes, {values} values read "
          f"again{'' if rules else '; NO SCHEMA: there is no ' + str(DATA)}")


def main():
    with tempfile.TemporaryDirectory(prefix="sealane-") as name:
        for test in (each_kind_of_value_has_its_type,
                     an_indicator_of_stix_keeps_its_uuid,
                     events_and_other_documents_stand_in_one_response,
                     what_no_message_has_is_counted,
                     real_files_become_good_events):
            test(Path(name))


main()
