#!/usr/bin/env python3
"""quota_test - a peer that sends more than its part of the disk waits, and
nobody else does; a larger part lets it go on.

Usage: quota_test.py        SEALANE_BUILD names the build folder

The holder keeps 64 MiB of the origin's messages, which sends more; what the
holder sends is receipted meanwhile. It is started anew with more.
"""
import json

import house
from house import check

PART = 64 << 20
NOTES, BODY_BYTES = 80, 900_000
MORE = "body-bytes-max: 1048576\n"


def bundle(path):
    """Notes that are more than the part, together."""
    when = "2026-11-23T00:00:00.000Z"
    path.write_text(json.dumps({
        "type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001",
        "objects": [{
            "type": "note", "spec_version": "2.1", "created": when,
            "modified": when, "content": f"{i} " + "x" * BODY_BYTES,
            "id": f"note--00000000-0000-4000-8000-{i:012}",
            "object_refs": ["identity--00000000-0000-4000-8000-000000000009"]}
            for i in range(NOTES)]}))
    return path


def open_alarms(team):
    return [alarm["alarm"] for alarm in team.json("alarm", "list", code=None)]


def an_upload_that_fails_is_told_in_json(base, a, b):
    """A user's part of the disk gets full while nobody takes what waits."""
    for team in (a, b):
        team.stop()
    with open(a.state / "sealane.yaml", "a", encoding="utf-8") as f:
        f.write(f"disk-bytes-per-user: {PART}\n")
    a.start()
    done = a.command("submit", "-f", base / "notes.json", "--to", b.name,
                     "--tlp", "green", "--again", "--json", code=2)
    check("disk-bytes-per-user" in done.err, done.err)
    said, = map(json.loads, done.out.splitlines())
    check(said["event"] == "failed" and said["submission"].startswith("S-"),
          said)
    check(0 < said["accepted"] < NOTES, said)
    check(said["accepted"] == sum(p["queued"] for p in a.json(
        "status", code=None)[0]["peers"]), said)
    print("good: what went before the upload failed is told", flush=True)


def quota(base, teams):
    a, b = house.started_pair(base, teams, MORE,
                              MORE + f"disk-bytes-per-peer: {PART}\n")
    a.submit("-f", bundle(base / "notes.json"), "--to", b.name, "--tlp",
             "green")
    b.wait_for(lambda: "peer-quota" in open_alarms(b), "the alarm")
    # What is left is taken; the rest is in flight or waits.
    b.wait_for(lambda: b.peer(a.name)["disk-used"] > PART - (5 << 20),
               "a full part")
    b.submit("203.0.113.5", "--to", a.name, "--tlp", "green", "--wait", "30s")
    there = b.peer(a.name)
    check(there["disk-used"] <= PART, f"{there['disk-used']} bytes taken")
    check(there["disk-most"] == PART, "another bound")
    check(there["up"] and there["stored"] < NOTES, f"not bound: {there}")
    status = b.command("status", code=2).out
    check("of the 64.0 MiB that they may" in status, status)
    shown = b.command("alarm", "show", "A-1").out
    check("MiB of 64 MiB that they may (disk-bytes)" in shown, shown)
    print("good: a peer keeps to its part, and sessions stay", flush=True)

    b.stop()
    settings = b.state / "sealane.yaml"
    settings.write_text(settings.read_text().replace(str(PART), str(2 * PART)))
    b.start()
    a.wait_for(lambda: a.peer(b.name)["receipted"] >= NOTES, "all receipts")
    check("peer-quota" not in open_alarms(b), "the alarm stays")
    for team in teams:
        team.audit_is_good()
    print("good: with more it goes on by itself", flush=True)
    an_upload_that_fails_is_told_in_json(base, a, b)


house.run(quota)
