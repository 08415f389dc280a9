#!/usr/bin/env python3
"""alarm_test - what an operator sees when something goes wrong: alarms with a
number that stays, people who take them, and a peer that is paused.

Usage: alarm_test.py        SEALANE_BUILD names the build folder

The origin's journal is set back to an older copy, as a restore would, so that
its lane meets an alarm; the lane and the alarm are then looked at by command.
"""
import json
import re
import shutil
import subprocess

import house
from house import BUILD, check

WATCH_S = 60


def alarms(team, *words, code=None):
    return team.json("alarm", "list", *words, code=code)


def follow(team):
    """Start `watch --alarms`; its lines are read until one is JSON."""
    return subprocess.Popen(
        [str(BUILD / "sealane"), "watch", "--alarms", "--json", "--cursor",
         "start", "--socket", str(team.state / "control.sock")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def seen_by_watch(team, count):
    """The first `count` alarms that a watch from the start tells of."""
    watch = follow(team)
    found = []
    try:
        while len(found) < count:
            line = watch.stdout.readline()
            check(line, "watch ends")
            told = json.loads(line)
            if told["event"] == "alarm":
                found.append(told)
    finally:
        watch.kill()
        watch.wait()
        watch.stdout.close()
    return found


def peer_lost_its_disk(a, b):
    """The receiver goes back to an empty lane: one warning that ends."""
    b.stop()
    shutil.copytree(b.state / "journal", b.state.parent / "b-before")
    b.start()
    a.linked()
    a.submit("one.example", "two.example", "--to", b.name, "--wait", "30s")
    b.stop()
    shutil.rmtree(b.state / "journal")
    shutil.copytree(b.state.parent / "b-before", b.state / "journal")
    b.start()
    a.wait_for(lambda: [x for x in alarms(a, "--all") if x["state"] == "gone"],
               "the end of restored-peer")
    found = alarms(a, "--all")
    check([x["alarm"] for x in found] == ["restored-peer"], found)
    check(found[0]["id"] == "A-1" and found[0]["count"] == 1, found)
    check(not found[0]["critical"] and b.name in found[0]["about"], found)
    check(not alarms(a, code=0), "nothing is open any more")
    check(len(b.entries("--from", a.name)) == 2, "all is there again")
    print("receiver set back: " + a.command("alarm", "list", "--all",
                                            code=None).out.strip())


def we_were_set_back(a, b):
    """The sender's journal and signing journal go back: a critical alarm."""
    for team in (a, b):
        team.stop()
    kept = a.state.parent / "a-before"
    for part in ("journal", "signer"):
        shutil.copytree(a.state / part, kept / part)
    b.start()
    a.start()
    a.linked()
    a.submit("three.example", "--to", b.name, "--wait", "30s")
    a.stop()
    for part in ("journal", "signer"):
        shutil.rmtree(a.state / part)
        shutil.copytree(kept / part, a.state / part)
    a.start()
    found = a.wait_for(lambda: [x for x in alarms(a) if x["critical"]],
                       "a critical alarm")
    check([x["alarm"] for x in found] == ["stolen-key"], found)
    return found[0]["id"]


def people_see_it(a, b, ref):
    done = a.command("status", code=2)
    line = next(x for x in done.out.splitlines() if "ALARMS" in x)
    check(re.search(r"ALARMS 1: " + ref + r" stolen-key our messages to "
                    r"cert\.gov\.au, since \d\d-\d\d \d\d:\d\dZ, nobody has "
                    r"taken it -> sealane alarm show " + ref, line), line)
    whole = a.command("alarm", "show", ref.lower()).out
    print(whole, end="")
    for words in ("CRITICAL stolen-key", "\n what ", "\n means ", "\n done ",
                  "\n do ", f"sealane alarm take {ref} --with", "row 8",
                  "they hold 3; we have sent 2"):
        check(words in whole, f"alarm show says {words!r}:\n{whole}")
    check(ref + " stolen-key" in a.log(0), "the log says it too")
    told = [x for x in seen_by_watch(a, 2) if x["id"] == ref]
    check(told and told[0]["alarm"] == "stolen-key", told)
    check(a.command("submit", "later.example", "--to", b.name, "--wait", "1s",
                    code=5), "a submission waits")
    check("1 message waits" in a.command("alarm", "show", ref).out, "waiting")


def a_person_takes_it(a, ref):
    check("--with" in a.command("alarm", "take", ref, code=2).err, "--with")
    a.command("alarm", "take", ref, "--with", "Kim, phoned them")
    a.stop()
    a.start()
    found = next(x for x in alarms(a, code=2) if x["id"] == ref)
    check(found["taken_with"] == "Kim, phoned them" and found["taken"] and
          found["state"] == "open" and found["count"] == 1, found)
    line = a.command("status", code=2).out
    check("taken" in line and "by Kim, phoned them" in line, line)
    a.command("alarm", "close", ref, "--with", "Kim, it was the snapshot")
    check(a.command("alarm", "close", ref, "--with", "x", code=2).err, "twice")
    check(not [x for x in alarms(a) if x["id"] == ref], "closed")
    ended = next(x for x in alarms(a, "--all") if x["id"] == ref)
    check(ended["state"] == "closed" and
          ended["ended_with"] == "Kim, it was the snapshot", ended)
    check(a.command("alarm", "show", "A-99", code=1), "no such alarm")
    check(a.command("alarm", "show", "17", code=2), "no id")
    print("taken and closed: " + a.command("alarm", "list", "--all",
                                           code=None).out.splitlines()[-1])


def a_peer_is_paused(a, b):
    """Pausing is seen on both sides and loses nothing."""
    b.submit("before.example", "--to", a.name, "--wait", "30s")
    b.command("peer", "pause", "krcert", "--with", "Lee, drill")
    shown = b.command("status", code=None).out
    check("PAUSED" in shown and "paused by Lee, drill" in shown, shown)
    a.wait(lambda: "paused by the operator" in
           a.command("status", code=None).out, "the reason at the other side")
    number = b.submit("paused.example", "--to", a.name, "--wait", "1s", code=5)
    check(b.progress(number) == (1, 0, 0), b.progress(number))
    b.stop()
    b.start()
    peer = b.json("status", code=None)[0]["peers"][0]
    check(peer["paused"] and not peer["up"] and peer["queued"] == 1, peer)
    b.command("peer", "resume", a.name)
    b.linked()
    b.receipted(number, 1)
    print("paused: closed on both sides, one submission waited over a "
          "restart and went when resumed")


def alarm(base, teams):
    a, b = house.started_pair(base, teams)
    peer_lost_its_disk(a, b)
    ref = we_were_set_back(a, b)
    people_see_it(a, b, ref)
    a_person_takes_it(a, ref)
    a_peer_is_paused(a, b)


house.run(alarm)
