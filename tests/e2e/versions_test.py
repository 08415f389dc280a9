#!/usr/bin/env python3
"""versions_test - of what is submitted again only what changed goes; the newest
version counts, revoked is final, nobody but the producer supersedes; what a
file has no longer is withdrawn when its owner says so, and both sides know.

Usage: versions_test.py        SEALANE_BUILD names the build folder
"""
import copy
import json
import os
import re
import shlex
import signal
import subprocess
import time

import house
from house import check
from search_test import search

ID = "{}--7f3c1c1a-0000-4000-8000-{:012x}"
THIRD = "jpcert.or.jp"
MANY = 6000 if house.is_sanitized() else 20000


def indicator(n, modified="2026-01-01T00:00:00.000Z"):
    return {"type": "indicator", "spec_version": "2.1",
            "id": ID.format("indicator", n),
            "created": "2026-01-01T00:00:00.000Z", "modified": modified,
            "pattern": f"[domain-name:value = 'v{n}.versions.example']",
            "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z"}


def bundle(objects):
    return {"type": "bundle", "id": ID.format("bundle", 1), "objects": objects}


def write(path, value):
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def submit(team, path, to, *more, code=0):
    """Submit a file once the index has all; give what is said of it, and what
    vanished from it."""
    team.searchable()
    done = team.command("submit", "-f", path, "--to", to.name, "--tlp", "green",
                        "--wait", "60s", "--json", *more, code=code)
    events = [json.loads(line) for line in done.out.splitlines()]
    said = [e for e in events if e.get("event") == "submitted"]
    check(len(said) == 1 and said[0]["compared"] == ("--again" not in more),
          f"{done.out}{done.err}")
    return said[0], [e for e in events if e.get("event") == "vanished"]


def counts(said):
    return {key: said[key] for key in
            ("accepted", "already_there", "older", "revoked", "withdrawn")
            if said[key]}


def expect(team, path, to, *more, **wanted):
    said, gone = submit(team, path, to, *more)
    check(counts(said) == wanted, f"{path.name}: {counts(said)}, not {wanted}")
    return said, gone


def states(team, value):
    """The states of all reports of a value, the newest first."""
    team.searchable()
    return [hit["state"] for hit in search(team, value)]


def only_what_changed_goes(base, a, b):
    objects = [indicator(n) for n in range(1, 6)]
    path = base / "bundle.json"
    expect(a, write(path, bundle(objects)), b, accepted=6)
    expect(a, path, b, already_there=6)
    expect(a, path, b, "--case", "KR-1", already_there=6)
    text = a.command("submit", "-f", path, "--to", b.name, "--tlp", "green",
                     "--case", "KR-2").out
    check(text == "nothing new: unchanged, already there 6\n", text)
    expect(a, path, b, "--tlp", "amber", accepted=6)
    expect(a, path, b, "--pap", "green", "--again", accepted=6)
    old = copy.deepcopy(objects)
    objects[1] = indicator(2, "2026-02-01T00:00:00.000Z")
    said = a.command("explain", write(path, bundle(objects)), "--to", b.name,
                     "--tlp", "green", "--pap", "green").out
    check("unchanged, already there 5" in said and "1 indicator" in said, said)
    expect(a, path, b, "--pap", "green", accepted=1, already_there=5)
    before = base / "before.json"
    expect(a, write(before, bundle(old)), b, "--pap", "green", "--case", "KR-3",
           already_there=5, older=1)
    out = base / "again.json"
    b.command("export", "--package", ID.format("bundle", 1), "--to", "stix",
              "--exact", "-o", out)
    check(json.loads(out.read_text(encoding="utf-8")) == bundle(objects),
          "the document as it is now does not come out")
    # Another bundle around them goes whole, unless only what is new is wanted.
    other = bundle(objects)
    other["id"] = ID.format("bundle", 2)
    path = write(base / "other.json", other)
    expect(a, path, b, "--pap", "green", "--only-new", already_there=5)
    expect(a, path, b, "--pap", "green", accepted=6)
    b.searchable()
    found = search(b, "v2.versions.example")
    check(found[0]["state"] == "active" and
          {hit["state"] for hit in found[1:]} == {"active", "superseded"},
          found)
    newest = {hit["id"] for hit in found if hit["state"] == "active"}
    for hit in found:
        check(hit["state"] == "active" or hit["superseded_by"] in newest, hit)
    shown = b.command("show", found[-1]["id"])
    check("superseded by " + found[-1]["superseded_by"] in shown.out, shown.out)
    print("a bundle six times: what changed went, and nothing else")


def each_team_gets_what_it_lacks(base, a, b, c):
    path = base / "teams.txt"
    names = [f"t{n}.versions.example" for n in range(6)]
    path.write_text("\n".join(names[::2]) + "\n", encoding="ascii")
    expect(a, path, b, accepted=3)
    path.write_text("\n".join(names) + "\n", encoding="ascii")
    before = [team.searchable()["messages"] for team in (b, c)]
    a.searchable()
    done = a.command("submit", "-f", path, "--to", f"{b.name},{c.name}",
                     "--tlp", "green", "--wait", "60s", "--json")
    said = json.loads(done.out.splitlines()[0])
    check(counts(said) == {"accepted": 6}, said)
    after = [team.searchable()["messages"] for team in (b, c)]
    got = [n - m for m, n in zip(before, after)]
    check(got == [3, 6], f"{got} came to the two teams, not 3 and 6")
    check(all(states(team, name) == ["active"] for team in (b, c)
              for name in names), "each has each of them once")
    print("of two teams each got what it lacked")


def one_that_refuses_all_takes_nothing_from_the_others(base, a, b, c):
    """The envelope goes where an object of its document does."""
    document = bundle([indicator(n) for n in range(61, 64)])
    document.update(id=ID.format("bundle", 61), x_note="in the envelope")
    path = write(base / "above.json", document)
    before = c.searchable()["messages"]
    a.searchable()
    done = a.command("submit", "-f", path, "--to", f"{c.name},{b.name}",
                     "--tlp", "amber", "--wait", "60s", code=3)
    check("ceiling" in done.err, done.err)
    b.searchable()
    out = base / "above-out.json"
    b.command("export", "--package", document["id"], "--to", "stix", "--exact",
              "-o", out)
    check(json.loads(out.read_text(encoding="utf-8")) == document,
          "it does not come out whole where it was taken")
    check(c.searchable()["messages"] == before, "it came above a ceiling")
    print("what one team refuses comes whole to the other")


def what_was_left_out_goes_later(base, a, b):
    """Of a file with a listed value, and one with a broken object, what was
    left out goes when it is allowed or mended, and nothing else."""
    path = base / "listed.txt"
    path.write_text("l1.versions.example\n10.1.2.3\nl2.versions.example\n",
                    encoding="ascii")
    old = entries_of(a)
    submit(a, path, b, "--on-error", "skip", code=3)
    check(entries_of(a) == old + 2, "what is listed")
    expect(a, path, b, "--allow-listed", accepted=1, already_there=2)
    expect(a, path, b, "--allow-listed", already_there=3)
    check(entries_of(a) == old + 3, "what is listed, allowed")
    broken = bundle([indicator(n) for n in range(71, 74)])
    broken["id"] = ID.format("bundle", 71)
    good = copy.deepcopy(broken)
    broken["objects"][1]["pattern"] = "[domain-name:value = ]"
    path = base / "broken.json"
    submit(a, write(path, broken), b, "--on-error", "skip", code=3)
    check(entries_of(a) == old + 6, "two objects and their envelope")
    expect(a, write(path, good), b, accepted=1, already_there=3)
    out = base / "mended.json"
    a.searchable()
    b.searchable()
    b.command("export", "--package", good["id"], "--to", "stix", "--exact",
              "-o", out)
    check(json.loads(out.read_text(encoding="utf-8")) == good, "the document")
    print("what was left out went when it was allowed or mended, and no more")


def revoked_is_final(base, a, b):
    one = indicator(11)
    path = base / "revoked.json"
    expect(a, write(path, [one]), b, accepted=1)
    one.update(modified="2026-02-01T00:00:00.000Z", revoked=True)
    expect(a, write(path, [one]), b, accepted=1)
    check(set(states(b, "v11.versions.example")) == {"revoked"}, "revoked")
    one.update(modified="2026-03-01T00:00:00.000Z", revoked=False)
    expect(a, write(path, [one]), b, revoked=1)
    expect(a, path, b, "--again", accepted=1)
    check(states(b, "v11.versions.example") == ["revoked"] * 3, "final")
    print("revoked, and stays so")


def another_team_supersedes_nothing(base, a, b, c):
    one = indicator(1, "2026-12-01T00:00:00.000Z")
    expect(c, write(base / "foreign.json", [one]), b, accepted=1)
    b.searchable()
    found = search(b, "v1.versions.example")
    foreign = [hit for hit in found if hit["team"] == c.name]
    check(len(foreign) == 1 and foreign[0]["state"] == "active" and
          foreign[0]["first_by"] == "krcert", foreign)
    check(all(hit["state"] == "active" and not hit.get("first_by")
              for hit in found if hit["team"] == a.name), found)
    text = b.command("search", "v1.versions.example").out
    check("another team's, first by krcert" in text, text)
    print("the same id from another team is a report of its own")


def run(team, line, code=0, count=None):
    """Run a command that was printed."""
    words = shlex.split(line)
    check(words[0] == "sealane", line)
    more = ["--count", str(count)] if count else []
    return team.command(*words[1:], *more, code=code)


def shrinks(base, a, b, path, values, wanted, more=()):
    """A file that had these values loses the first two."""
    said, gone = submit(a, path, b, *more)
    check(said["accepted"] == wanted, f"{path.name}: {said}")
    check(len(gone) == 1 and gone[0]["objects"] == 2 and
          gone[0]["to"] == b.name, f"{path.name}: {gone}")
    a.searchable()
    refused = run(a, gone[0]["withdraw"], code=2, count=7)
    check("nothing is withdrawn" in refused.err, refused.err)
    done = run(a, gone[0]["withdraw"], count=2)
    number = int(re.search(r"S-([0-9]+)", done.out).group(1))
    a.receipted(number, 2)
    for team in (a, b):
        for value in values[:2]:
            team.searchable()
            hit = search(team, value)[0]
            check(hit["state"] == "withdrawn" and
                  hit["withdrawn_reason"] == "outdated", hit)
        check(states(team, values[2])[0] == "active", values[2])
    _, gone = submit(a, path, b, *more)
    check(not gone, f"{path.name}: vanished again: {gone}")
    run(a, f"sealane withdraw --vanished {path} --to {b.name} --reason mistake "
        + " ".join(more), code=1)


def what_vanished_is_withdrawn(base, a, b):
    names = [f"v{n}.versions.example" for n in range(21, 25)]
    whole = bundle([indicator(n) for n in range(21, 25)])
    whole["id"] = ID.format("bundle", 3)
    path = base / "shrinks.json"
    expect(a, write(path, whole), b, accepted=5)
    whole["objects"] = whole["objects"][2:]
    write(path, whole)
    shrinks(base, a, b, path, names, 0)
    # What was withdrawn is not sent again by itself.
    whole["objects"].insert(0, indicator(21))
    expect(a, write(path, whole), b, already_there=3, withdrawn=1)
    expect(a, path, b, "--again", accepted=4)
    check(states(b, names[0]) == ["active", "withdrawn"], "sent anew")

    path = base / "list.txt"
    names = [f"l{n}.versions.example" for n in range(5)]
    path.write_text("\n".join(names) + "\n", encoding="ascii")
    expect(a, path, b, accepted=5)
    path.write_text("\n".join(names[2:]) + "\nnew.versions.example\n",
                    encoding="ascii")
    shrinks(base, a, b, path, names, 1)
    renamed = base / "another name.txt"
    renamed.write_text("\n".join(names[3:]) + "\n", encoding="ascii")
    _, gone = expect(a, renamed, b, accepted=2)
    check(not gone, gone)
    _, gone = expect(a, renamed, b, "--series", "list.txt", already_there=2)
    check(gone and gone[0]["objects"] == 2, gone)

    names = [f"m{n}.versions.example" for n in range(4)]
    path = write(base / "event.json", event(names))
    expect(a, path, b, accepted=5)
    expect(a, path, b, "--case", "KR-5", already_there=5)
    write(path, event(names[2:]))
    said, gone = submit(a, path, b)
    check(said["already_there"] == 3 and said["accepted"] == 0, said)
    a.searchable()
    run(a, gone[0]["withdraw"], count=2)
    b.wait_for(lambda: states(b, names[0])[0] == "withdrawn", "it withdrawn")
    check(states(b, names[2])[0] == "active", "one that stayed")
    print("a bundle, a list and an event that shrank: withdrawn, and known at "
          "both sides")


def event(names):
    return {"Event": {
        "uuid": "7f3c1c1a-0000-4000-8000-00000000e001", "info": "versions",
        "date": "2026-01-01", "timestamp": "1767225600", "published": True,
        "publish_timestamp": "1767225600", "org_id": "1", "orgc_id": "1",
        "distribution": "3", "analysis": "2", "threat_level_id": "2",
        "Org": {"id": "1", "name": "KrCERT/CC",
                "uuid": "7f3c1c1a-0000-4000-8000-00000000e002"},
        "Orgc": {"id": "1", "name": "KrCERT/CC",
                 "uuid": "7f3c1c1a-0000-4000-8000-00000000e002"},
        "Attribute": [
            {"uuid": f"7f3c1c1a-0000-4000-8000-0000000{ord(n[1]):05x}",
             "type": "domain", "category": "Network activity", "to_ids": True,
             "distribution": "5", "timestamp": "1767225600", "value": n}
            for n in names]}}


def by_hand(a, b, c):
    number = a.submit("hand1.versions.example", "hand2.versions.example",
                      "--to", b.name, "--tlp", "green", "--wait", "60s")
    a.searchable()
    hit = search(a, "hand1.versions.example")[0]
    done = a.command("withdraw", hit["id"], "--reason", "false-positive",
                     "--json")
    check(json.loads(done.out)["withdrawn"] == 1, done.out)
    b.wait_for(lambda: states(b, "hand1.versions.example") == ["withdrawn"],
               "it withdrawn")
    text = b.command("search", "hand1.versions.example").out
    check('"false-positive"' in text, text)
    shown = b.command("show", search(b, "hand1.versions.example")[0]["id"]).out
    done = b.json("show", search(b, "hand1.versions.example")[0]["withdrawn_by"])
    check(done[0]["kind"] == "withdrawal", done)
    by = b.command("show", done[0]["id"]).out
    check('withdraws  message #' in by and '"false-positive"' in by, by)
    check("WITHDRAWN" in shown and '"false-positive"' in shown, shown)
    a.searchable()
    a.command("withdraw", f"S-{number}", "--reason", "mistake")
    b.wait_for(lambda: states(b, "hand2.versions.example") == ["withdrawn"],
               "the rest of the submission")
    check(search(b, "hand1.versions.example")[0]["withdrawn_reason"] ==
          "false-positive", "the first withdrawal counts")
    no_export_has_what_is_withdrawn(a, b, f"S-{number}")
    a.searchable()
    again = a.command("withdraw", f"S-{number}", "--reason", "mistake", code=1)
    check("2 withdrawn already" in again.err, again.err)
    theirs = search(b, "hand1.versions.example")[0]["id"]
    refused = b.command("withdraw", theirs, "--reason", "mistake", code=1)
    check("not ours" in refused.err, refused.err)
    a.command("withdraw", "S-999999", "--reason", "mistake", code=1)
    a.command("withdraw", hit["id"], "--reason", "no", code=2)
    c.stop()
    number = c_waits(a, c)
    a.searchable()
    waits = a.command("withdraw", f"S-{number}", "--reason", "mistake", code=1)
    check("sealane cancel" in waits.err, waits.err)
    print("by message, by submission; not what is theirs, nor what waits")


def no_export_has_what_is_withdrawn(a, b, submission):
    """Not of all, nor of a submission or one document, at either side."""
    for words in ([a, "--sent-to", b.name], [b], [b, "--with-review"],
                  [b, "hand1.versions.example", "dead.versions.example"]):
        done = words[0].command("export", "--to", "list", *words[1:])
        check("dead.versions.example" in done.out and
              "hand" not in done.out and "are withdrawn" in done.err,
              f"{words[1:]}: {done.out[-300:]}{done.err}")
    done = a.command("export", submission, "--to", "list", code=1)
    check("2 messages are withdrawn" in done.err, done.err)
    done = b.command("export", "--to", "list", "--state", "withdrawn")
    check("hand1.versions.example" in done.out and
          "dead.versions.example" not in done.out, done.out)
    done = b.command("export", "--package", ID.format("bundle", 3), "--to",
                     "list")
    check(sorted(done.out.split()) ==
          [f"v{n}.versions.example" for n in (21, 23, 24)] and
          "2 messages are withdrawn" in done.err, done.out + done.err)


def c_waits(a, c):
    return a.submit("waits.versions.example", "--to", c.name, "--tlp", "green")


def an_interrupted_upload_goes_on_in_its_place(base, a, b):
    """A file of which every third value is there already, cut off twice by a
    kill of the command, comes whole and each once."""
    path = base / "many.txt"
    names = [f"k{n}.versions.example" for n in range(MANY)]
    path.write_text("\n".join(names[::3]) + "\n", encoding="ascii")
    expect(a, path, b, accepted=len(names[::3]))
    path.write_text("\n".join(names) + "\n", encoding="ascii")
    a.searchable()
    words = a.words("submit", "-f", path, "--to", b.name, "--tlp", "green")
    before = entries_of(a)
    rest = MANY - len(names[::3])
    for _ in range(2):
        with subprocess.Popen(words, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as command:
            old = entries_of(a)
            while command.poll() is None and entries_of(a) == old:
                time.sleep(0.002)
            command.send_signal(signal.SIGKILL)
        check(0 < entries_of(a) - before < rest, "not cut in the middle")
    said, gone = submit(a, path, b)
    check(not gone, gone)
    check(said["accepted"] + said["already_there"] == MANY, said)
    b.wait_for(lambda: entries_of(a) - before == rest, "all of them queued")
    number = int(said["submission"][2:])
    a.receipted(number, rest)
    b.searchable()
    listed = base / "asked.txt"
    listed.write_text("\n".join(names) + "\n", encoding="ascii")
    found = search(b, "-f", listed)
    check(len(found) == MANY, f"{len(found)} reports of {MANY} values")
    print(f"cut off twice among {MANY} values, of which a third was there: "
          "each came once")


def a_file_that_changes_while_it_is_read(base, a, b):
    """Nothing of the new content goes as what the old one was."""
    path = base / "live.txt"
    old = [f"old{n:06}.versions.example" for n in range(200000)]
    text = "\n".join(old) + "\n"
    path.write_text(text, encoding="ascii")
    before = entries_of(a)
    words = a.words("submit", "-f", path, "--to", b.name, "--tlp", "green",
                    "--again")
    with subprocess.Popen(words, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as command:
        while command.poll() is None and entries_of(a) == before:
            time.sleep(0.002)
        with open(path, "r+", encoding="ascii") as f:
            f.write(text.replace("old", "new"))
        err = command.communicate()[1]
    check(command.returncode == 2 and "changed while it was read" in err,
          f"{command.returncode} {err}")
    check(entries_of(a) - before < len(old), "it was all read before")
    print("a file that was changed while it was read was said to be")


def entries_of(team):
    """Messages that were taken for all teams, in all states."""
    status = team.json("status", code=None)[0]["peers"]
    return sum(p["queued"] + p["sent"] for p in status)


def without_an_index_all_goes(base, a, b):
    path = base / "dead.txt"
    path.write_text("dead.versions.example\n", encoding="ascii")
    expect(a, path, b, accepted=1)
    a.searchable()
    words = ("submit", "-f", path, "--to", b.name, "--tlp", "green", "--json",
             "--case")
    pid = a.children()["sealaned-index"]
    os.kill(pid, signal.SIGSTOP)
    try:
        hangs = a.command(*words, "KR-9")
        os.rename(a.state / "index.sock", a.state / "away.sock")
        try:
            gone = a.command(*words, "KR-10")
        finally:
            os.rename(a.state / "away.sock", a.state / "index.sock")
    finally:
        os.kill(pid, signal.SIGCONT)
    for done in (hangs, gone):
        said = json.loads(done.out.splitlines()[0])
        check(said["accepted"] == 1 and not said["compared"], said)
        check("search does not answer" in done.err, done.err)
    print("without an index all of it goes, and that is said")


def each_team_refuses_by_itself(a, b, c):
    """What the rules for one team refuse is not counted for the next."""
    number = a.submit("each.versions.example", "--to", f"{b.name},{c.name}",
                      "--tlp", "amber", "--wait", "60s")
    a.stop()
    with open(a.state / "sealane.yaml", "a", encoding="utf-8") as f:
        f.write(f"peers:\n  - team: {b.name}\n    ceiling: green\n")
    a.start()
    a.searchable()
    done = a.command("withdraw", f"S-{number}", "--reason", "mistake", "--json",
                     "--count", 2, code=3)
    said = {e["to"]: (e["withdrawn"], e["refused"])
            for e in map(json.loads, done.out.splitlines())}
    check(said == {b.name: (0, 1), c.name: (1, 0)}, said)


def main(base, teams):
    a, b = house.two_teams(base)
    c = house.Team(base, THIRD, "jpcert")
    c.init()
    for team in (a, b, c):
        teams.append(team)
        team.start()
    for one, other in ((a, b), (c, b), (a, c)):
        house.pair(one, other)
    for team in (a, b, c):
        team.linked()
    only_what_changed_goes(base, a, b)
    each_team_gets_what_it_lacks(base, a, b, c)
    what_was_left_out_goes_later(base, a, b)
    revoked_is_final(base, a, b)
    another_team_supersedes_nothing(base, a, b, c)
    what_vanished_is_withdrawn(base, a, b)
    an_interrupted_upload_goes_on_in_its_place(base, a, b)
    a_file_that_changes_while_it_is_read(base, a, b)
    without_an_index_all_goes(base, a, b)
    by_hand(a, b, c)
    c.start()
    each_team_refuses_by_itself(a, b, c)
    one_that_refuses_all_takes_nothing_from_the_others(base, a, c, b)
    for team in (a, b):
        team.stop()


if __name__ == "__main__":
    house.run(main)
