#!/usr/bin/env python3
"""newer_test - messages of a newer schema go through nodes of this one.

Usage: newer_test.py                          SEALANE_BUILD names the build

A command of a later version speaks to a node of this one: it is written here,
and knows a kind, types and fields that proto/message.proto does not have. What
it submits goes over the lane byte for byte, is receipted, shown by number with
what has no name, found, left out of documents with a word about it, and proven
to a third party by programs that do not know it either. Where a head says that
it was derived by newer rules, its id, marking and revoked alone are compared.
"""
import json
import subprocess
import sys

import house
from house import check
from node import field

sys.path.insert(0, str(house.ROOT / "tests/verify"))
import verify  # noqa: E402

INDICATOR, NEWER_KIND, NEWER_TYPE, NEWER_RULES = 1, 99, 77, 9
GREEN, AMBER = 1, 2
LARGE = b"\x00\xff newer " * 30000                  # more than a piece
ID = "indicator--5a0b4f0e-6c0e-4a55-8f0f-1f2e3d4c5b{:02d}"
TLP_AMBER = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"


def newer_message():
    """All that a newer schema may add, each in another place."""
    marking = field(1, GREEN) + field(60, "zone 7")
    more = field(1, NEWER_TYPE + 1) + field(2, "second.newer") + field(9, 5)
    head = (field(1, NEWER_RULES) + field(2, "newer--1") +
            field(4, NEWER_TYPE) + field(5, "newer.example") +
            field(14, marking) + field(18, more) + field(900, 7))
    package = field(1, "newer--document") + field(2, "stix") + field(70, "p")
    return (field(1, NEWER_KIND) + field(2, package) + field(4, head) +
            field(500, LARGE) + b"\xfd\x3e" + bytes(4))  # 1007: four bytes


UNKNOWN = [("", 500, "bytes", LARGE.hex()),
           ("", 1007, "fixed32", "00000000"),
           ("package", 70, "bytes", b"p".hex()),
           ("head", 900, "varint", "07"),
           ("head.marking", 60, "bytes", b"zone 7".hex()),
           ("head.values", 9, "varint", "05")]


def derived(number, *, object_id=None, tlp=AMBER, revoked=False):
    """An indicator by newer rules: another value than ours would derive."""
    name = ID.format(number)
    content = {"type": "indicator", "spec_version": "2.1", "id": name,
               "created": "2026-11-01T08:00:00.000Z",
               "modified": "2026-11-01T08:00:00.000Z",
               "pattern": f"[domain-name:value = 'd{number}.example']",
               "pattern_type": "stix", "valid_from": "2026-11-01T08:00:00Z",
               "object_marking_refs": [TLP_AMBER]}
    head = (field(1, NEWER_RULES) + field(2, object_id or name) +
            field(4, NEWER_TYPE) + field(5, f"newer-{number}.example") +
            field(14, field(1, tlp)) + (field(15, 1) if revoked else b""))
    return (field(1, INDICATOR) + field(4, head) +
            field(5, json.dumps(content, separators=(",", ":"))) +
            field(6, "stix-2.1"))


def submit(team, to, messages):
    """Submit as the command does; give the bodies that the node makes."""
    opened = team.ask("submit-open", options="", again=True, title="",
                      to=to)[0]
    messages = [m + field(3, field(1, opened["number"])) for m in messages]
    said = team.ask("submit", messages=messages, first=opened["next"], to=to,
                    urgent=False, number=opened["number"],
                    stream=opened["stream"])
    check(all(r.get("accepted") for r in said), said)
    team.receipted(opened["number"], len(messages))
    return [opened["stream"] + (opened["next"] + i).to_bytes(8, "big") + m
            for i, m in enumerate(messages)]


def kept_as_they_came(team, entries, bodies):
    for entry, body in zip(entries, bodies, strict=True):
        kept = team.ask("show", id=entry["id"])[0]["body"]
        check(kept == body, f"{team.name}: {entry['id']} changed: "
              f"{len(kept)} bytes, not {len(body)}")


def shown_by_number(team, entry):
    for shown in (entry, team.json("show", entry["id"])[0]):
        said = [(f.get("in", ""), f["field"], f["form"], f["hex"])
                for f in shown["unknown"]]
        check(said == UNKNOWN, [s[:3] for s in said])
        check((shown["kind"], shown["kind_number"], shown["observable"],
               shown["observable_number"], shown["rules"]) ==
              ("unknown", NEWER_KIND, "unknown", NEWER_TYPE, NEWER_RULES),
              shown["kind"])
        check(shown["values"][0]["observable_number"] == NEWER_TYPE + 1,
              shown["values"])
    out = team.command("show", entry["id"]).out
    for word in ("unknown-kind-99 newer.example", "TLP:GREEN", "kind 99",
                 "type 77", "rules 9", "head.marking.60", "signature  GOOD"):
        check(word in out, f"no {word}:\n{out}")
    out = team.command("list", "--kind", "unknown").out
    check("unknown-kind-99" in out and out.count("\n") == 2, out)


def found(team, word):
    team.wait(lambda: team.command("search", word, code=None).returncode == 0,
              f"{word} in the index")
    return team.json("search", word)


def is_found(team, entry):
    for word in ("newer.example", "second.newer", "newer--1"):
        hits = found(team, word)
        check([(h["id"], h["kind"], h["kind_number"]) for h in hits] ==
              [(entry["id"], "unknown", NEWER_KIND)], (word, hits))
    out = team.command("search", "newer.example").out
    check("unknown-kind-99" in out, out)


def compared_by_what_is_known(team):
    """d1 differs by its value alone, which newer rules may derive."""
    states = {n: found(team, f"newer-{n}.example")[0]["state"]
              for n in range(1, 5)}
    check(states == {1: "active", 2: "review", 3: "review", 4: "review"},
          states)


def documents_have_what_is_known(team):
    done = team.command("export", "--from", "krcert.or.kr", "--to", "stix")
    objects = json.loads(done.out)["objects"]
    check(ID.format(1) in [one["id"] for one in objects], objects)
    check("newer.example" not in done.out, done.out)
    check("1 messages are of kinds that this version does not know" in
          done.err, done.err)


def proven(base, a, b, entry, body):
    keys = a.vkeys("checkpoint")[0], b.vkeys("receipt")[0]
    for team in (a, b):
        path = base / f"proof-{team.short}"
        team.command("prove", entry["id"], "-o", path)
        data = path.read_bytes()
        check(verify.Evidence(data).body == body, "another body is proven")
        verify.verify(data, verify.Key(keys[0], "checkpoint"),
                      verify.Key(keys[1], "receipt"))
        done = subprocess.run(
            [house.BUILD / "sealane", "verify", path, "--origin-key", keys[0],
             "--holder-key", keys[1]], capture_output=True, text=True,
            check=False)
        check(done.returncode == 0 and "unknown-kind-99" in done.stdout,
              done.stdout + done.stderr)


def newer(base, teams):
    a, b = house.started_pair(base, teams)
    messages = [newer_message(), derived(1),
                derived(2, object_id=ID.format(99)),
                derived(3, tlp=GREEN), derived(4, revoked=True)]
    bodies = submit(a, b.name, messages)
    for team, way in ((a, "--to"), (b, "--from")):
        other = b if team is a else a
        entries = team.entries(way, other.name)
        kept_as_they_came(team, entries, bodies)
        shown_by_number(team, entries[0])
        is_found(team, entries[0])
        team.audit_is_good()
        print(f"{team.name}: {len(bodies)} messages of a newer schema are "
              f"kept byte for byte, shown by number and found", flush=True)
    compared_by_what_is_known(b)
    documents_have_what_is_known(b)
    b.stop()
    b.start()
    kept_as_they_came(b, b.entries("--from", a.name), bodies)
    proven(base, a, b, b.entries("--from", a.name)[0], bodies[0])
    print("good: they are proven by either side; by newer rules id, marking "
          "and revoked alone are compared")


house.run(newer)
