#!/usr/bin/env python3
"""record - records the captured exchanges that are kept beside this file.

Usage: record.py [FOLDER]        SEALANE_BUILD names the build folder

Starts two real daemons with `capture: true` for each story, on loopback, with
keys made for the occasion, and stores what each of them captured as
STORY.TEAM.capture (a daemon that was killed has a second one, TEAM-again).
Each file must replay before it is stored. A capture holds no private key;
keys, cards and the secret of the streams end with the run.
"""
import os
import shutil
import signal
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import house  # noqa: E402
from house import check  # noqa: E402

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
BYTES_MAX = 300_000
BULK = 300
CUT = 40
NET = "sealaned-net"
CAPTURE = "capture: true\n"
GREEN_ALONE = CAPTURE + ("peers:\n  - team: krcert.or.kr\n"
                         "    ceiling: green\n")


def started(base, teams, more_b=CAPTURE):
    return house.started_pair(base, teams, CAPTURE, more_b)


def submit_list(base, a, b, count, *words):
    path = base / "values.txt"
    path.write_text("".join(f"http://h{i}.capture.example/{i % 7}\n"
                            for i in range(count)), encoding="ascii")
    return a.submit("-f", path, "--to", b.name, *words)


def first_contact(base, teams):
    """Cards, confirmation, the first session, one message each way."""
    a, b = started(base, teams)
    a.submit("203.0.113.7", "--to", b.name, "--wait", "30s")
    b.submit("first.example", "--to", a.name, "--wait", "30s")


def bulk(base, teams):
    """A few hundred messages, and a STIX bundle."""
    a, b = started(base, teams)
    submit_list(base, a, b, BULK, "--wait", "60s")


def frames(team, words):
    """Lines of the running capture's story that begin with `words`."""
    path = sorted((team.state / "captures").iterdir())[-1]
    done = team.command("capture", "show", path, code=None, daemon=False)
    return [line for line in done.out.splitlines()
            if line.strip().startswith(words)]


def wants(team):
    return sum(line.split().count("WANT") for line in frames(team, "< send"))


def cut_in_mid_batch(base, teams):
    """The receiver dies with a batch's header taken and its bodies asked
    for; after its restart the transfer resumes."""
    a, b = started(base, teams)
    a.submit("before.example", "--to", b.name, "--wait", "30s")
    receiver, sender = b.children()[NET], a.children()[NET]
    os.kill(receiver, signal.SIGSTOP)
    number = submit_list(base, a, b, CUT)
    a.wait_for(lambda: a.progress(number) == (0, CUT, 0), "the batch")
    before = wants(b)
    os.kill(sender, signal.SIGSTOP)
    os.kill(receiver, signal.SIGCONT)
    b.wait_for(lambda: wants(b) > before, "the WANT of the batch")
    os.kill(receiver, signal.SIGKILL)
    os.kill(sender, signal.SIGCONT)
    a.receipted(number, CUT)
    check(len(b.entries("--from", a.name)) == CUT + 1, "nothing doubled")


def declined(base, teams):
    """Bodies above the receiver's ceiling: declined, in the other lane."""
    a, b = started(base, teams, GREEN_ALONE)
    number = a.submit("203.0.113.8", "203.0.113.9", "--to", b.name, "--tlp",
                      "amber", "--wait", "30s")
    a.submit("green.example", "--to", b.name, "--tlp", "green", "--wait",
             "30s")
    a.wait_for(lambda: [e["state"] for e in a.entries("--to", b.name)] ==
               ["declined", "declined", "receipted"], f"S-{number} declined")


def store(story, team):
    """Replay what a team captured, and keep it."""
    sizes = []
    files = sorted((team.state / "captures").iterdir())
    check(files, f"{team.name} has captured nothing")
    for i, path in enumerate(files):
        again = "-again" * i
        done = team.command("replay", path, daemon=False)
        target = FOLDER / f"{story}.{team.short}{again}.capture"
        check(path.stat().st_size <= BYTES_MAX,
              f"{target.name} has {path.stat().st_size} bytes")
        shutil.copyfile(path, target)
        sizes.append(target.stat().st_size)
        print(f"{target.name}: {sizes[-1]:,} bytes; {done.out.strip()}",
              flush=True)
    return len(sizes)


STORIES = {"first-contact": first_contact, "bulk": bulk,
           "cut-in-mid-batch": cut_in_mid_batch, "declined": declined}


def record(base, teams):
    for old in FOLDER.glob("*.capture"):
        old.unlink()
    stored = 0
    for name, story in STORIES.items():
        folder = base / name
        folder.mkdir()
        pair = []
        try:
            story(folder, pair)
        finally:
            teams += pair
        for team in pair:
            team.stop()
        stored += sum(store(name, team) for team in pair)
    print(f"{stored} captures of {len(STORIES)} stories recorded")


house.run(record)
