#!/usr/bin/env python3
"""review_test - what comes in is held against the receiver's own lists, and
against its content; a person sees what and why, and no output has it.

Usage: review_test.py                         SEALANE_BUILD names the build

One team sends what its lists let through, the other has lists of its own: a
warninglist, values that are never to be blocked, and a list that changes while
it runs. A head that its content contradicts is written here, as no command of
ours would.
"""
import json

import house
from house import check
from node import field

SITE, OURS = "large.example", "ours.example"
GOOD = ["good.example", "198.51.100.9"]
RANGE = "10.7.0.1"
INDICATOR, DOMAIN, GREEN = 1, 6, 1
OBJECT = "indicator--5a0b4f0e-6c0e-4a55-8f0f-1f2e3d4c5b01"


def make_lists(folder):
    (folder / "top").mkdir(parents=True)
    (folder / "top" / "list.json").write_text(json.dumps(
        {"name": "Large sites", "type": "hostname", "version": 1,
         "list": [SITE], "matching_attributes": ["domain", "hostname"]}))
    (folder / "own.txt").write_text(f"# ours\n{OURS}\n")


def review(team, *words):
    done = team.command("search", "--review", *words, "--json", code=None)
    return {hit["value"]: hit for hit in map(json.loads,
                                             done.out.splitlines())}


def status(team, other):
    shown = team.json("status", code=None)[0]
    peer = next(p for p in shown["peers"] if p["team"] == other.name)
    return peer.get("to_review"), shown["search"]["to_review"]


def wait_for(team, other, count):
    team.wait(lambda: status(team, other) == (count, count),
              f"{count} to review, not {status(team, other)}")


def lies(a, b):
    """A head with another value than its content, submitted by hand."""
    content = {"type": "indicator", "spec_version": "2.1", "id": OBJECT,
               "created": "2026-11-01T08:00:00.000Z",
               "modified": "2026-11-01T08:00:00.000Z",
               "pattern": "[domain-name:value = 'evil.example']",
               "pattern_type": "stix", "valid_from": "2026-11-01T08:00:00Z"}
    head = (field(1, 2) + field(2, OBJECT) + field(3, "indicator") +
            field(4, DOMAIN) + field(5, "shown.example") +
            field(14, field(1, GREEN)))
    opened = a.ask("submit-open", options="", again=True, title="",
                   to=b.name)[0]
    message = (field(1, INDICATOR) + field(3, field(1, opened["number"])) +
               field(4, head) + field(5, json.dumps(content)) +
               field(6, "stix-2.1"))
    said = a.ask("submit", messages=[message], first=opened["next"],
                 to=b.name, urgent=False, number=opened["number"],
                 stream=opened["stream"])
    check(said[0].get("accepted"), said)
    a.receipted(opened["number"], 1)


def marked_with_the_reason(a, b):
    a.submit(*GOOD, SITE, "www." + OURS, "--to", b.name, "--tlp", "green",
             "--wait", "60s")
    a.submit(RANGE, "--allow-listed", "--to", b.name, "--tlp", "green",
             "--wait", "60s")
    a.submit("victim." + OURS, SITE + ":443", "--use", "notify", "--to",
             b.name, "--tlp", "green", "--wait", "60s")
    lies(a, b)
    wait_for(b, a, 4)
    found = review(b)
    check(set(found) == {SITE, "www." + OURS, RANGE, "shown.example"}, found)
    check({h["state"] for h in found.values()} == {"review"}, found)
    why = {v: (h.get("review_field"), h.get("review_kind"),
               h.get("review_list")) for v, h in found.items()}
    check(why == {SITE: (None, "list", "Large sites"),
                  "www." + OURS: (None, "never-block", "own.txt"),
                  RANGE: (None, "range", "private addresses"),
                  "shown.example": ("value", None, None)}, why)
    for value in found:  # ways to a message are there once it is on disk
        b.wait(lambda v=value: set(review(b, v)) == {v}, f"{value} by value")
    check(not review(b, GOOD[0]), "a good value is found by --review")
    check(not review(a), "what we sent ourselves is marked")
    out = b.command("search", "--review").out
    for words in ("on the warninglist Large sites", "its content says another "
                  "value", "never to be blocked, by our list own.txt"):
        check(words in out, out)
    out = b.command("status", code=None).out
    check("FROM THEM stored/declined/to review" in out and
          "8 / 0 / 4" in out and "4 to review (!)" in out, out)
    for value, words in ((SITE, "Large sites"), ("shown.example", "another")):
        shown = b.command("show", found[value]["id"]).out
        check("REVIEW" in shown and words in shown, shown)
        check(words in b.json("show", found[value]["id"])[0]["review"], words)
    return found


def no_output_has_it(b):
    done = b.command("export", "--to", "list")
    check(set(done.out.split()) >= set(GOOD) and
          "victim." + OURS in done.out, done.out)
    for value in (SITE + "\n", "www." + OURS, RANGE, "shown.example"):
        check(value not in done.out, (value, done.out))
    check("4 messages wait for review" in done.err, done.err)
    done = b.command("export", "--to", "list", "--with-review")
    check(SITE + "\n" in done.out and RANGE in done.out and
          "wait for review" not in done.err, done.out + done.err)
    done = b.command("export", "--to", "list", "--state", "review")
    check({SITE, "www." + OURS, RANGE} <= set(done.out.split()) and
          GOOD[0] not in done.out and "wait for review" not in done.err,
          done.out + done.err)


def lists_that_change_count_at_once(base, a, b):
    """A list more, a list less: nothing has to be started."""
    (base / "lists-b" / "more.txt").write_text(GOOD[0] + "\n")
    wait_for(b, a, 5)
    check(review(b)[GOOD[0]]["review_list"] == "more.txt", review(b))
    (base / "lists-b" / "more.txt").unlink()
    (base / "lists-b" / "top" / "list.json").unlink()
    wait_for(b, a, 3)
    (base / "lists-b" / "broken.json").write_text("{")
    b.wait_log("broken.json")
    check(len(review(b)) == 3, "lists that cannot be read take others away")
    (base / "lists-b" / "broken.json").unlink()


def the_same_from_the_journal_anew(b, a):
    before = {v: h["id"] for v, h in review(b).items()}
    b.kill_child("sealaned-index")
    wait_for(b, a, 3)
    b.stop()
    for file in (b.state / "index").iterdir():
        file.unlink()
    b.start()
    wait_for(b, a, 3)
    check({v: h["id"] for v, h in review(b).items()} == before,
          "another index marks other messages")


def what_is_gone_waits_for_nobody(a, b, found):
    a.command("expunge", found[RANGE]["id"])
    wait_for(b, a, 2)


def reviewed(base, teams):
    make_lists(base / "lists-b")
    a, b = house.started_pair(base, teams,
                              more_b=f"warninglists: {base / 'lists-b'}\n")
    found = marked_with_the_reason(a, b)
    print("4 of 8 messages are marked, each with its reason", flush=True)
    no_output_has_it(b)
    print("no export has them, unless it is asked", flush=True)
    lists_that_change_count_at_once(base, a, b)
    the_same_from_the_journal_anew(b, a)
    what_is_gone_waits_for_nobody(a, b, found)
    print("lists that change count for what is there, and an index that is "
          "made again comes to the same")


house.run(reviewed)
