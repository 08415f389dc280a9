#!/usr/bin/env python3
"""restart_test - stopping and starting, a peer that is down, recalling what
has not left, and both sides dialling at once.

Usage: restart_test.py        SEALANE_BUILD names the build folder

Every step asserts the exit codes and words that people and scripts rely on.
"""
import json
import subprocess
import time

import house
from house import check

DIALS = 5


def ids(team, *words):
    return [(e["id"], e["state"], e.get("value")) for e in
            team.entries(*words)]


def status(team, code):
    return team.json("status", code=code)[0]


def everything_is_kept(a, b):
    a.submit("one.example", "203.0.113.1", "--to", b.name, "--wait", "30s")
    b.submit("two.example", "--to", a.name, "--wait", "30s")
    before = [ids(a), ids(b)]
    for team in (a, b):
        team.stop()
        done = team.command("status", code=2)
        check("no daemon answers" in done.err, done.err)
    for team in (a, b):
        team.start()
    a.linked()
    check([ids(a), ids(b)] == before, "a restart changes nothing of the list")
    for team in (a, b):
        team.audit_is_good()
        found = status(team, 0)
        check(found["peers"][0]["up"] and not found["alarms"], found)
    print(f"stopped and started: {len(before[0])} messages kept at both "
          f"sides, status exit 0, audit good")


def peer_is_down(a, b):
    """Exit 5 while nothing is lost; recall; deliver the rest."""
    b.stop()
    a.wait_for(lambda: not a.tell("status") or not
               a.peer(b.name)["up"], "the loss of the link")
    began = time.monotonic()
    done = a.command("submit", "198.51.100.8", "keep.example", "--to",
                     b.name, "--wait", "1s", code=5)
    check(time.monotonic() - began < 20, "--wait 1s waits for 1 s")
    check("safely queued" in done.out and "none" not in done.err, done.out)
    print("peer down: " + " ".join(done.out.split())[:240])
    number = done.out.split()[0]
    kept = a.json("submission", number, code=5)
    check(sum(p["queued"] for p in kept) == 2, kept)
    recalled = a.submit("mistake.example", "oops.example", "--to", b.name)
    urgent = a.submit("198.51.100.9", "--to", b.name, "--urgent")
    peer = status(a, 1)["peers"][0]
    check(not peer["up"] and peer["queued"] == 5 and peer["trouble"], peer)
    text = a.command("status", code=1).out
    check("DOWN" in text and "nothing lost" in text, text)
    queue = a.json("queue", b.name)[0]
    check(queue["queued"] == 5 and not queue["up"], queue)
    check(len(a.entries("--state", "queued")) == 5, "list --state queued")
    done = a.json("cancel", f"S-{recalled}")
    check([(d["cancelled"], d["already_sent"]) for d in done] == [(2, 0)],
          done)
    check(a.command("cancel", "S-99", code=None).returncode == 2,
          "cancel of nothing")
    return recalled, urgent


def the_rest_arrives(a, b, recalled, urgent):
    before = a.peer(b.name)["receipted"]
    a.stop()
    a.start()
    b.start()
    a.linked()
    a.receipted(urgent, 1)
    a.wait_for(lambda: a.peer(b.name)["queued"] == 0 and
               a.peer(b.name)["receipted"] == a.peer(b.name)["sent"],
               "all receipts")
    values = [e["value"] for e in b.entries("--from", a.name)[before:]]
    check(values == ["198.51.100.9", "198.51.100.8", "keep.example"],
          f"urgent first, the others in order, recalled ones not: {values}")
    check(a.command("submission", f"S-{recalled}").returncode == 0, "recalled")
    parts = a.json("submission", f"S-{recalled}")
    check([(p["cancelled"], p["sent"]) for p in parts] == [(2, 0)], parts)
    done = a.command("cancel", f"S-{urgent}", code=1)
    check("1 had left" in done.out, done.out)
    print(f"after the restart of both: 3 delivered, urgent first; 2 recalled "
          f"never left")


def dial_at_once(a, b):
    """Start both in the same moment; exactly one session must stay."""
    for i in range(DIALS):
        for team in (a, b):
            team.stop()
        teams = (a, b) if i % 2 else (b, a)
        for team in teams:
            team.launch()
        for team in teams:
            team.ready()
        a.linked()
        b.linked()
        a.submit(f"dial-{i}.example", "--to", b.name, "--wait", "30s")
        b.submit(f"back-{i}.example", "--to", a.name, "--wait", "30s")
        for team, other in ((a, b), (b, a)):
            peer = status(team, 0)["peers"][0]
            check(peer["up"] and peer["team"] == other.name, peer)
    values = [e["value"] for e in b.entries("--from", a.name)
              if e["value"].startswith("dial-")]
    check(values == [f"dial-{i}.example" for i in range(DIALS)], values)
    print(f"both started at once {DIALS} times: linked, a message each way "
          f"receipted, nothing twice")


def the_command_waits_on(a, b):
    """A command that waits for a receipt survives the daemon's end."""
    b.stop()
    a.wait_for(lambda: not a.peer(b.name)["up"], "the loss of the link")
    sent = a.peer(b.name)["queued"]
    with subprocess.Popen(a.words("submit", "patient.example", "--to", b.name,
                                  "--wait", "60s"), stderr=subprocess.PIPE,
                          stdout=subprocess.DEVNULL) as command:
        a.wait(lambda: a.peer(b.name)["queued"] == sent + 1, "the message")
        a.kill_child("sealaned-net")
        b.start()
        said = command.communicate(timeout=60)[1]
    check(command.returncode == 0 and b"hung up" in said,
          f"{command.returncode}: {said}")
    check(b.entries("--from", a.name)[-1]["value"] == "patient.example",
          "the value")
    print("the daemon killed under a command that waits: it waits on")


def same_file_again(base, a, b):
    path = base / "list.txt"
    path.write_text("again-1.example\nagain-2.example\n", encoding="ascii")
    a.submit("-f", path, "--to", b.name, "--wait", "30s")
    count = len(b.entries())
    done = a.command("submit", "-f", path, "--to", b.name, "--wait", "30s")
    check("already there 2" in done.out, done.out)
    check(len(b.entries()) == count, "the same file is sent once")
    a.submit("-f", path, "--to", b.name, "--again", "--wait", "30s")
    check(len(b.entries()) == count + 2, "--again sends it again")
    print("the same file: sent once; with --again twice")


def refused_stays_refused(base, a, b):
    """A refused object is refused again, not called already there."""
    red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
    stamp = "2026-11-23T00:00:00.000Z"
    objects = [{
        "type": "note", "spec_version": "2.1", "created": stamp,
        "id": f"note--00000000-0000-4000-8000-00000000000{i}",
        "modified": stamp, "content": f"note {i}",
        "object_refs": ["identity--00000000-0000-4000-8000-000000000009"],
        **({"object_marking_refs": [red]} if i == 1 else {}),
    } for i in range(3)]
    path = base / "mixed.json"
    path.write_text(json.dumps(
        {"type": "bundle", "objects": objects,
         "id": "bundle--00000000-0000-4000-8000-000000000008"}))
    for there in ("", "already there 3"):
        done = a.command("submit", "-f", path, "--to", b.name, "--tlp",
                         "green", "--wait", "30s", code=3)
        check("refused 1" in done.out and there in done.out, done.out)
    print("a refused object is refused when its file is submitted again")


def words_and_codes(a, b):
    """What is asked for wrongly says so, with the exit code documented."""
    cases = [(("show", "krcert>certau#999999"), 1),
             (("show", "nonsense"), 2),
             (("submission", "S-999"), 1),
             (("list", "--tlp", "red"), 1),
             (("list", "--from", "nobody.example"), 2),
             (("queue", "nobody.example"), 2),
             (("cancel", "nonsense"), 2),
             (("prove", "krcert>certau#999999", "-o", "/dev/null"), None),
             (("nonsense",), 2),
             (("status", "--nonsense"), 2)]
    for words, code in cases:
        done = a.command(*words, code=code)
        check(done.returncode in (1, 2), f"{words}: {done.returncode}")
        check(len(done.err) > 10, f"{words} says nothing")
    first = a.entries("--to", b.name)[0]
    full = first["id"].replace("certau", b.name)
    check(a.json("show", full)[0]["id"] == first["id"], "names may be full")
    print(f"{len(cases)} wrong requests: each with a word and its exit code")


def restart(base, teams):
    a, b = house.started_pair(base, teams)
    everything_is_kept(a, b)
    recalled, urgent = peer_is_down(a, b)
    the_rest_arrives(a, b, recalled, urgent)
    dial_at_once(a, b)
    the_command_waits_on(a, b)
    same_file_again(base, a, b)
    refused_stays_refused(base, a, b)
    words_and_codes(a, b)
    for team in (a, b):
        team.audit_is_good()


house.run(restart)
