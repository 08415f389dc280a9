#!/usr/bin/env python3
"""restore_test - a node's journal is lost and a backup is put back, as
docs/OPERATIONS.md says; and one that was put back without a word.

Usage: restore_test.py        SEALANE_BUILD names the build folder
"""
import shutil
from pathlib import Path

import house
from house import check


def ids(team, *words):
    return [e["id"] for e in team.entries(*words)]


def restore(team, backup, *more, code=0):
    return team.command("restore", backup, "--state", team.state, *more,
                        code=code, daemon=False)


def refusals(base, a, b, backup):
    """Nothing changes while a daemon runs, where the journal is newer, where
    the backup is damaged."""
    done = restore(a, backup, code=2)
    check("a daemon runs" in done.err, done.err)
    a.stop()
    before = {p.name: p.read_bytes()
              for p in (a.state / "journal").iterdir()}
    done = restore(a, backup, code=2)
    check("whole and newer" in done.err, done.err)
    copy = base / "damaged"
    shutil.copytree(backup, copy)
    segment = sorted((copy / "journal").iterdir())[0]
    data = bytearray(segment.read_bytes())
    data[-20] ^= 4
    segment.write_bytes(data)
    done = restore(a, copy, "--older", code=2)
    check("nothing is restored" in done.err, done.err)
    done = restore(a, base, "--older", code=2)
    check("no complete backup" in done.err, done.err)
    after = {p.name: p.read_bytes() for p in (a.state / "journal").iterdir()}
    check(before == after, "a refusal changes no byte")
    check(not (a.state / "journal.restoring").exists(), "nothing left over")
    a.start()
    print("refused, with nothing changed: a running daemon, a newer journal, "
          "a damaged backup, no backup")


def holder_is_restored(base, a, b):
    """b loses what it received since its backup: it gets all of it again."""
    backup = base / "holder"
    a.submit("one.example", "--to", b.name, "--wait", "30s")
    b.command("backup", backup)
    cursor = b.json("backup", backup) and newest_cursor(b)
    for i in range(5):
        a.submit(f"more{i}.example", "--to", b.name, "--wait", "30s")
    have = ids(b, "--from", a.name)
    later = newest_cursor(b)
    check(later != cursor, "the cursor moves")
    b.stop()
    a.wait_for(lambda: not a.peer(b.name)["up"], "the loss of the link")
    a.stop()
    done = restore(b, backup, "--older")
    check("restore number 1" in done.out and "kept" in done.out, done.out)
    b.start()
    first = have[0]
    done = b.command("show", first, code=2)
    check("restored from a copy" in done.err, done.err)
    done = b.command("prove", first, "-o", base / "evidence", code=2)
    check("restored from a copy" in done.err, done.err)
    check(not (base / "evidence").exists(), "nothing is exported")
    done = b.command("list", "--from", a.name, code=1)
    check("restored from a copy" in done.err and not done.out, done.err)
    check("RESTORED" in b.command("status", code=None).out, "status says it")
    print("before its peer was reached: " + done.err.split("\n")[0][:150])
    a.start()
    a.linked()
    b.wait_for(lambda: ids(b, "--from", a.name) == have,
               "what was lost, from the peer")
    check(b.command("show", first).out, "shown again")
    check(not b.json("status", code=None)[0]["alarms"], "a declared restore "
          "is no alarm")
    a.submit("after.example", "--to", b.name, "--wait", "30s")
    news = rewound(b, later)
    check(len(news) == 6 and news[:5] == have[-5:],
          f"consumers rewind: {news}, not {have}")
    for team in (a, b):
        team.audit_is_good()
    print(f"holder restored: {len(have)} messages again, then new ones; a "
          f"consumer's old cursor gives the {len(news)} since the backup")


def origin_is_restored(base, a, b):
    """a loses what it sent and accepted since its backup: what was sent comes
    back from b, what was only queued is named."""
    backup = base / "origin"
    a.submit("early.example", "--to", b.name, "--wait", "30s")
    a.command("backup", backup)
    values = base / "values"
    values.write_text("".join(f"late{i}.example\n" for i in range(300)))
    a.submit("-f", values, "--to", b.name, "--wait", "60s")
    have = ids(a, "--to", b.name)
    b.stop()
    a.wait_for(lambda: not a.peer(b.name)["up"], "the loss of the link")
    lost = a.submit("never-sent.example", "--to", b.name)
    a.stop()
    done = restore(a, backup, "--older")
    check(f"S-{lost - 1} to S-{lost}" in done.out, done.out)
    a.start()
    done = a.command("list", "--to", b.name, code=1)
    check("restored from a copy" in done.err, done.err)
    b.start()
    a.wait_for(lambda: ids(a, "--to", b.name) == have, "what was sent")
    a.linked()
    a.submit("-f", values, "--to", b.name, "--wait", "60s", code=None)
    a.submit("never-sent.example", "--to", b.name, "--wait", "30s")
    theirs = [e["value"] for e in b.entries("--from", a.name)]
    for i in range(300):
        check(theirs.count(f"late{i}.example") == 1, f"late{i}: {theirs}")
    check(theirs.count("never-sent.example") == 1, "sent at last")
    check(not [x for x in a.json("alarm", "list", code=None)
               if x["alarm"] != "restored-peer"], "no alarm stays")
    for team in (a, b):
        team.audit_is_good()
    print(f"origin restored: {len(have)} messages are back, S-{lost - 1} and "
          f"S-{lost} were named; the same file again doubles nothing")


def newest_cursor(team):
    """The cursor behind everything, as a consumer keeps it."""
    return follow(team, "start")[1]


def follow(team, cursor):
    """Read the news behind a cursor until none is left: ids, new cursor."""
    import socket
    import struct
    import node
    found, code = [], 0
    request = node.field(1, 1) + node.field(2, "watch") + \
        node.field(3, node.value_put("cursor", cursor))
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(1.0)
        s.connect(str(team.state / "control.sock"))
        s.sendall(struct.pack(">I", len(request)) + request)
        try:
            while True:
                records = []
                team.answer(s, records)
                for r in records:
                    if r.get("event") == "entry":
                        found.append(r["id"])
                    cursor = r.get("cursor", cursor)
        except TimeoutError:
            pass
    check(code == 0, "an answer")
    return found, cursor


def rewound(team, cursor):
    return follow(team, cursor)[0]


def nobody_said_so(base, a, b):
    """The old journal is put back by hand: the signing journal knows."""
    a.submit("before.example", "--to", b.name, "--wait", "30s")
    b.stop()
    shutil.copytree(b.state / "journal", base / "by-hand")
    b.start()
    b.linked()
    a.submit("since.example", "--to", b.name, "--wait", "30s")
    have = ids(b, "--from", a.name)
    b.stop()
    shutil.rmtree(b.state / "journal")
    shutil.copytree(base / "by-hand", b.state / "journal")
    b.start()
    b.wait_for(lambda: b.json("status", code=None)[0]["alarms"], "an alarm")
    alarms = b.json("status", code=None)[0]["alarms"]
    check(len(alarms) == 1 and "promised" in alarms[0]["text"], alarms)
    b.linked()
    b.wait_for(lambda: ids(b, "--from", a.name) == have, "all of it again")
    b.stop()
    b.start()
    b.linked()
    check(len(b.json("status", code=None)[0]["alarms"]) == 1,
          "said once, not at each start")
    b.audit_is_good()
    print("put back without a word: " + alarms[0]["text"][:100])


def lost_journal(base, a, b):
    """The journal is gone altogether, and so are settings and card."""
    backup = base / "whole"
    a.submit("kept.example", "--to", b.name, "--wait", "30s")
    b.command("backup", backup)
    have = ids(b, "--from", a.name)
    b.stop()
    shutil.rmtree(b.state / "journal")
    for name in ("card", "stream.secret"):
        (b.state / name).unlink()
    done = restore(b, backup)
    check("card: taken from the backup" in done.err, done.err)
    check("no journal was here" in done.out, done.out)
    b.start()
    b.linked()
    b.wait_for(lambda: ids(b, "--from", a.name) == have, "the same list")
    a.submit("last.example", "--to", b.name, "--wait", "30s")
    for team in (a, b):
        team.audit_is_good()
    print("a lost journal, card and secret are back from the backup")


def main(base, teams):
    a, b = house.started_pair(base, teams)
    base = Path(base)
    a.command("backup", base / "first")
    a.submit("first.example", "--to", b.name, "--wait", "30s")
    refusals(base, a, b, base / "first")
    a.linked()
    holder_is_restored(base, a, b)
    origin_is_restored(base, a, b)
    nobody_said_so(base, a, b)
    lost_journal(base, a, b)


house.run(main)
