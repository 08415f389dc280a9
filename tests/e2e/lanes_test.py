#!/usr/bin/env python3
"""lanes_test - what people do about lanes: epochs that end, a signing journal
that is lost, a machine that was set back.

Usage: lanes_test.py        SEALANE_BUILD names the build folder

Every step asserts the exit codes and words that people and scripts rely on.
"""
import shutil
import subprocess

import house
from house import check

TO = "krcert>certau"
FROM = "certau>krcert"


def lanes(team, name=None):
    """The lanes that are in use, by name; or the one of that name."""
    found = {x["lane"]: x for x in team.json("lane", "list", code=None)
             if not x["left"]}
    return found.get(name) if name else found


def in_epoch(team, name, epoch):
    team.wait_for(lambda: lanes(team, name)["epoch"] == epoch,
                  f"epoch {epoch} of {name}")


def send(team, other, count, word):
    values = [f"{word}{i}.example" for i in range(count)]
    number = team.submit(*values, "--to", other.name)
    team.receipted(number, count)
    return number


def epochs_end_on_purpose(a, b):
    send(a, b, 3, "first")
    done = a.command("lane", "list")
    check(TO in done.out and "open" in done.out, done.out)
    done = a.command("lane", "roll", b.name, code=2, data=b"certau\n")
    check("nothing changed" in done.err, done.err)
    done = a.command("lane", "roll", b.name, data=b.name.encode() + b"\n")
    check("behind what is queued" in done.out, done.out)
    in_epoch(a, TO, 1)
    in_epoch(b, TO, 1)
    check([x["epoch"] for x in a.json("lane", "list") if x["lane"] == TO] ==
          [0, 1], "both epochs are listed")
    show = a.command("lane", "show", b.name).out
    check("follows      the first 4 entries of epoch 0" in show, show)
    print("an epoch ended behind its last entry; the next one follows it")


def names_have_their_epoch(a, b, base):
    number = send(a, b, 2, "second")
    done = a.command("submission", f"S-{number}")
    check("#1.0-1" in done.out, done.out)
    for team in (a, b):
        done = team.command("show", f"{TO}#1.0")
        check("second0" in done.out, done.out)
        check("first0" in team.command("show", f"{TO}#0").out, "epoch 0")
    ids = [e["id"] for e in b.entries("--from", a.name, "--kind",
                                      "indicator")]
    check(ids == [f"{TO}#{i}" for i in ("0", "1", "2", "1.0", "1.1")], ids)
    peer = a.json("status")[0]["peers"][0]
    check(peer["sent"] == peer["receipted"] == 6, peer)
    proof = base / "second"
    a.command("prove", f"S-{number}", "-o", proof)
    files = sorted(proof.iterdir())
    check(len(files) == 2, files)
    for file in files:
        a.command("verify", file, "--origin-key", a.vkeys("checkpoint")[0],
                  "--holder-key", b.vkeys("receipt")[0], daemon=False)
    print("names, submissions, counts and proofs go over epochs")


def a_lost_signing_journal(a, b):
    """Of b: both of its directions stand still until people decide."""
    send(b, a, 1, "early")
    b.stop()
    (b.state / "signer" / "journal").write_bytes(b"")  # as the drill says
    b.start()
    done = b.command("lane", "list", code=1)
    check(done.out.count("STOPPED, row 12") == 2, done.out)
    check("sealane lane roll --now cert.gov.au" in done.out, done.out)
    check("peer" not in b.command("lane", "roll", a.name, "--yes").err, "roll")
    a.command("lane", "roll", b.name, "--now", "--yes")
    in_epoch(a, TO, 2)
    in_epoch(b, FROM, 1)
    a.linked()
    send(a, b, 2, "third")
    send(b, a, 2, "back")
    b.command("lane", "list")
    for team in (a, b):
        team.audit_is_good()
    print("a lost signing journal: two epochs, and both directions go on")


def a_machine_that_was_set_back(a, b, base):
    """Of a, signing journal and all: the root key decides."""
    a.stop()
    shutil.copytree(a.state, base / "snapshot", symlinks=True)
    a.start()
    a.linked()
    send(a, b, 2, "lost")
    a.stop()
    shutil.rmtree(a.state)
    shutil.move(base / "snapshot", a.state)
    a.start()
    a.wait_for(lambda: lanes(a, TO)["stopped"], "the stop")
    done = a.command("lane", "adopt", b.name, code=1)
    check("row 8" in done.out and "unknown here" in done.out, done.out)
    number = a.submit("after.example", "--to", b.name)
    pair = base / "pair.conflict"
    a.command("lane", "evidence", b.name, "--out", pair)
    words = ["verify", pair, "--origin-key", a.vkeys("checkpoint")[0]]
    check("no fork" in a.command(*words, code=1, daemon=False).out, "verdict")
    text, signature = base / "adopt.txt", base / "adopt.sig"
    text.write_text(a.command("lane", "adopt", b.name, "--text").out,
                    encoding="ascii")
    root = a.state / "root" / "root.key"
    other = b.state / "root" / "root.key"
    done = a.command("lane", "adopt", b.name, "--root", other, code=2)
    check("nothing changed" in done.err, done.err)
    subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", root, "-rawin",
                    "-in", text, "-out", signature], check=True)
    a.command("lane", "adopt", b.name, "--signature", signature)
    in_epoch(a, TO, 3)
    a.receipted(number, 1)
    found = [e.get("value") for e in a.entries("--to", b.name)]
    check("lost0.example" in found and "lost1.example" in found,
          f"what was lost is here again: {found}")
    for team in (a, b):
        team.audit_is_good()
        team.command("lane", "list")
    print("a machine that was set back: the root key let its lane go on")


def test(base, teams):
    a, b = house.started_pair(base, teams)
    epochs_end_on_purpose(a, b)
    names_have_their_epoch(a, b, base)
    a_lost_signing_journal(a, b)
    a_machine_that_was_set_back(a, b, base)


if __name__ == "__main__":
    house.run(test)
