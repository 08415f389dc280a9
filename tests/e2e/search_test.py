#!/usr/bin/env python3
"""search_test - what one team submits is found at the other: every value, in
any notation; nothing that was erased, and what is red by those alone who may
read it. The index is killed again and again while it catches up, made again
from the journal, and gone on with behind a journal that was put back.

Usage: search_test.py        SEALANE_BUILD names the build folder

Users are tried as root alone.
"""
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import exchange_test
import extract
import house
from house import check

NOBODY = 65534
INDEX = "sealaned-index"
MANY = 2000 if house.is_sanitized() else 20000
KILLS = 6


def search(team, *words, code=None):
    done = team.command("search", *words, "--json", code=code)
    check(done.returncode in (0, 1), f"search {words}: {done.err}")
    return [json.loads(line) for line in done.out.splitlines()]


def every_value_is_found(base, a, b):
    path = base / "urls.txt"
    path.write_bytes(exchange_test.filter_list(4).encode())
    expected = extract.list_values(path.read_text(encoding="utf-8"))
    a.submit("-f", path, "--to", b.name, "--tlp", "green", "--wait", "120s")
    a.submit("-f", exchange_test.BUNDLE, "--to", b.name, "--wait", "60s")
    values = base / "values.txt"
    values.write_text("".join(f"{value}\n" for _, value in expected),
                      encoding="utf-8")
    for team, direction in ((a, "to"), (b, "from")):
        team.searchable()
        found = search(team, "-f", values)
        same = {(hit["type"], hit["value"]) for hit in found
                if hit["asked"] == hit["value"] and hit["relation"] == "same"}
        lost = set(expected) - same
        check(not lost, f"{len(lost)} of {len(expected)} values are not found "
              f"at {team.name}: {sorted(lost)[:5]}")
        check({hit["direction"] for hit in found} == {direction}, direction)
    objects = json.loads(exchange_test.BUNDLE.read_text())["objects"]
    for item in objects:
        check(any(hit["object"] == item["id"] for hit in search(b, item["id"])),
              f"{item['id']} is not found")
        if "name" in item:
            hits = search(b, "--text", item["name"])
            check(any(hit.get("object") == item["id"] for hit in hits),
                  f"the words of {item['name']} lead elsewhere")
    print(f"{len(expected)} values of a list and {len(objects)} objects are "
          "found at both sides")


def any_notation(a, b):
    a.submit("198.18.7.0/24", "203.0.113.250:443", "evil.example",
             "https://www.evil.example/a.php", "2001:db8:77::/48", "--to",
             b.name, "--tlp", "amber", "--role", "c2", "--case", "KR-7",
             "--label", "seven", "--wait", "60s")
    b.searchable()
    cases = (
        (["198.18.7.9"], "198.18.7.0/24", "contains"),
        (["198.18.7.128/25"], "198.18.7.0/24", "contains"),
        (["2001:DB8:77:0::1"], "2001:db8:77::/48", "contains"),
        (["203[.]0[.]113[.]250"], "203.0.113.250:443", "part"),
        (["EVIL[.]Example."], "evil.example", "same"),
        (["hxxps://www[.]evil[.]example/a.php"],
         "https://www.evil.example/a.php", "same"),
        (["www.evil.example"], "https://www.evil.example/a.php", "part"),
        (["x.y.evil.example", "--parents"], "evil.example", "above"),
        (["http://evil.example/else", "--parents"], "evil.example", "above"),
    )
    for words, value, relation in cases:
        hits = search(b, *words)
        check(any((hit["value"], hit["relation"]) == (value, relation)
                  for hit in hits), f"{words}: {hits}")
    for words in (["198.18.8.1"], ["x.y.evil.example"], ["vil.example"]):
        check(not search(b, *words, code=1), f"{words} is found")
    for words, count in ((["--case", "kr-7"], 5), (["--label", "seven"], 5),
                         (["--label", "seven", "--type", "cidr"], 2),
                         (["--role", "c2", "--peer", "krcert"], 5),
                         (["--case", "KR-7", "--tlp", "red"], 0),
                         (["--case", "KR-7", "--since", "1h"], 5),
                         (["--case", "KR-7", "--until", "1h"], 0),
                         (["--case", "KR-7", "--limit", "2"], 2)):
        hits = search(b, *words)
        check(len(hits) == count, f"{words}: {len(hits)}, not {count}")
    text = b.command("search", "evil.example").out
    check("searched all " in text.splitlines()[0], text)
    print(f"{len(cases)} notations and relations, 8 filters")


def killed_in_mid_catch_up(base, a, b):
    """The exchange goes on, and in the end all is found."""
    path = base / "many.txt"
    path.write_text("".join(f"m{i}.many.example\n" for i in range(MANY)),
                    encoding="ascii")
    before = b.searchable()["messages"]
    net = b.children()["sealaned-net"]
    number = a.submit("-f", path, "--to", b.name, "--tlp", "green")
    for _ in range(KILLS):
        pid = b.wait_for(lambda: b.children().get(INDEX), "an index")
        os.kill(pid, 9)
        b.wait_for(lambda old=pid: b.children().get(INDEX, old) != old,
                   "another index")
    a.receipted(number, MANY)
    check(b.children()["sealaned-net"] == net, "the daemon was restarted")
    about = b.searchable()
    check(about["messages"] == before + MANY,
          f"{about['messages']} messages, not {before + MANY}")
    found = search(b, "-f", path)
    check(len(found) == MANY, f"{len(found)} of {MANY} are found, each once")
    print(f"{KILLS} times killed while {MANY} messages came in: all found")


def everything(team):
    """All that a search without a wish gives, by message."""
    return {hit["id"]: hit
            for hit in search(team, "--since", "2000-01-01")}


def made_again(b):
    """An index that was deleted comes to the same."""
    before = everything(b)
    b.stop()
    shutil.rmtree(b.state / "index")
    b.start()
    b.searchable()
    after = everything(b)
    check(before == after, f"made again: {len(after)} of {len(before)}, "
          f"{[k for k in before if before[k] != after.get(k)][:3]}")
    print(f"made again from the journal: the same {len(after)} messages")


def in_files(team, word):
    return any(word.encode() in p.read_bytes()
               for p in (team.state / "index").iterdir())


def what_is_erased_is_gone(a, b):
    a.submit("erased-name.example", "--to", b.name, "--tlp", "green", "--note",
             "unheardword", "--wait", "60s")
    for team in (a, b):
        team.searchable()
        team.wait_for(lambda t=team: in_files(t, "unheardword"),
                      "the note in the files of the index")
        check(len(search(team, "erased-name.example")) == 1, "not found")
    id_ = search(a, "erased-name.example")[0]["id"]
    a.command("expunge", id_)
    for team in (a, b):
        team.wait_for(lambda t=team: not search(t, "erased-name.example"),
                      "the end of it")
        check(not search(team, "--text", "unheardword"), "its words are found")
        for word in ("unheardword", "erased-name"):
            team.wait_for(lambda t=team, w=word: not in_files(t, w),
                          f"the end of {word} in files", 30)
    print("expunged: found nowhere, and in no file of the index")


def a_journal_put_back(base, a, b):
    """What a restore took away is not found until it has come again."""
    backup = base / "backup"
    b.searchable()
    b.command("backup", backup)
    a.submit("after-backup.example", "--to", b.name, "--tlp", "green",
             "--wait", "60s")
    b.wait_for(lambda: search(b, "after-backup.example"), "it")
    b.stop()
    a.stop()
    b.command("restore", backup, "--state", b.state, "--older", daemon=False)
    b.start()
    b.searchable()
    check("made again" in b.log(0), "the index begins anew")
    check(not search(b, "after-backup.example"), "what is lost is found")
    check(not search(b, "evil.example"), "a lane that is withheld is found")
    a.start()
    b.linked()
    b.wait_for(lambda: search(b, "after-backup.example"), "it again")
    check(search(b, "evil.example"), "what is no longer withheld")
    print("a journal put back: withheld until its resume has run")


def as_nobody(b, folder, words, code):
    done = subprocess.run(
        ["setpriv", "--reuid", str(NOBODY), "--regid", str(os.getgid()),
         "--clear-groups", folder / "sealane", "search", *words, "--json",
         "--socket", b.socket], capture_output=True, check=False, timeout=60)
    check(done.returncode == code, f"as nobody {words}: {done.returncode}, "
          f"not {code}: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def red_is_hidden(base, a, b):
    a.submit("red.example", "--to", b.name, "--tlp", "red", "--recipient",
             "duty officer", "--label", "both", "--wait", "60s")
    a.submit("amber.example", "--to", b.name, "--tlp", "amber", "--label",
             "both", "--wait", "60s")
    b.wait_for(lambda: search(b, "amber.example"), "both")
    check(len(search(b, "red.example")) == 1, "the owner finds red")
    if os.getuid() != 0:
        check(os.environ.get("CI") != "true", "CI runs this as root")
        print("NOT TRIED: red is hidden from others; that needs root")
        return
    folder = base / "bin"
    folder.mkdir(0o755)
    shutil.copy(house.BUILD / "sealane", folder / "sealane")
    for words, code in ((["red.example"], 1), (["--tlp", "red"], 1),
                        (["--text", "red.example"], 1)):
        as_nobody(b, folder, words, code)
    found = as_nobody(b, folder, ["--label", "both"], 0)
    check([hit["value"] for hit in found] == ["amber.example"], found)
    print("red is hidden from a reader without the right")


def main(base, teams):
    with tempfile.TemporaryDirectory() as sockets:
        os.chmod(base, 0o711)
        os.chmod(sockets, 0o755)
        red = "peers:\n  - team: {}\n    ceiling: red\n"
        a, b = house.two_teams(
            base, red.format("cert.gov.au"), red.format("krcert.or.kr") +
            f"socket: {sockets}/b.sock\nusers:\n  - user: {NOBODY}\n"
            "    roles: [read]\n")
        b.socket = Path(sockets) / "b.sock"
        (b.state / "control.sock").symlink_to(b.socket)
        (b.state / "index.sock").symlink_to(Path(sockets) / "index.sock")
        teams += [a, b]
        a.start()
        b.start()
        house.pair(a, b)
        a.linked()
        b.linked()
        every_value_is_found(base, a, b)
        any_notation(a, b)
        red_is_hidden(base, a, b)
        killed_in_mid_catch_up(base, a, b)
        what_is_erased_is_gone(a, b)
        made_again(b)
        a_journal_put_back(base, a, b)
        for team in (a, b):
            team.stop()


if __name__ == "__main__":
    house.run(main)
