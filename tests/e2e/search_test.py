#!/usr/bin/env python3
"""search_test - what one team submits is found at the other: every value, in
any notation; nothing that was erased, and what is red by those alone who may
read it. The index is killed again and again while it catches up, made again
from the journal, and gone on with behind a journal that was put back.

Usage: search_test.py        SEALANE_BUILD names the build folder

Users are tried as root alone.
"""
import collections
import csv
import io
import ipaddress
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from random import Random

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
    marked = b"\xef\xbb\xbfevil.example\r\n"
    found = b.command("search", "-f", "-", "--json", data=marked).out
    check("evil.example" in found, "a mark of UTF-8 hides the first value")
    for words in ([""], [" "], ["--text", ""], ["--peer", ""], ["--case", ""],
                  ["--since", "1h", "--until", "8h"],
                  ["evil.example", "--state", "nonsense"],
                  ["evil.example", "--peer", "nobody"],
                  ["evil.example", "--limit", "0"]):
        check(not b.command("search", *words, code=2).out, f"{words} is taken")
    long = b.command("search", "-f", "-", "--json", code=3, data=b"".join(
        [b"x" * 60000 + b"\n"] * 20 + [b"y" * 3000000 + b"\n"] +
        [b"z" * 16000 + b"\n"] * 200 + [b"evil.example\n"]))
    check("evil.example" in long.out and "line 21 is left out: a value of 3000000"
          in long.err and long.err.count("\n") == 21, long.err[:300])
    text = b.command("search", "evil.example").out
    check("searched all " in text.splitlines()[0], text)
    print(f"{len(cases)} notations and relations, 8 filters")


EXAMPLE = (
    r"3 reports, 1 team; searched all [0-9,]+ messages, both directions, "
    r"exercises left out",
    r"withdrawn +ipv4 +203\.0\.114\.7 +TLP:CLEAR +certau > us +\d\d-\d\d "
    r"\d\d:\d\dZ +certau>krcert#\d+ +\"false-positive\"",
    r"expired +cidr +203\.0\.114\.0/24 +scanner +TLP:GREEN +certau > us +"
    r"\d\d-\d\d \d\d:\d\dZ +certau>krcert#\d+ +\(contains it\)",
    r"active +ip-port +203\.0\.114\.7:443 +c2 +TLP:AMBER +us > certau +"
    r"\d\d-\d\d \d\d:\d\dZ +krcert>certau#\d+ +\(its host\)")


def as_an_analyst_sees_it(base, a, b):
    """State, type, value, role, marking, road, time, message, and why."""
    a.submit("203.0.114.7:443", "--to", b.name, "--tlp", "amber", "--role",
             "c2", "--allow-listed", "--wait", "60s")
    b.submit("203.0.114.0/24", "--to", a.name, "--tlp", "green", "--role",
             "scanner", "--valid-for", "1s", "--allow-listed", "--wait", "60s")
    path = base / "wrong.json"
    path.write_text(json.dumps({
        "type": "indicator", "spec_version": "2.1",
        "id": "indicator--3b0a6a6c-7d1f-4ab1-8c9e-0f2d5a1b7c88",
        "created": "2026-01-01T00:00:00.000Z", "pattern_type": "stix",
        "modified": "2026-01-02T00:00:00.000Z",
        "pattern": "[ipv4-addr:value = '203.0.114.7']",
        "valid_from": "2026-01-01T00:00:00Z"}), encoding="ascii")
    b.submit("-f", path, "--to", a.name, "--tlp", "clear", "--allow-listed",
             "--wait", "60s")
    b.searchable()
    b.command("withdraw", search(b, "203.0.114.7", "--peer", "krcert", "--type",
                                 "ipv4")[0]["id"], "--reason",
              "false-positive")
    for state, value in (("expired", "203.0.114.0/24"),
                         ("withdrawn", "203.0.114.7")):
        a.wait_for(lambda s=state, v=value: search(a, v, "--state", s), state)
    lines = a.command("search", "203[.]0[.]114[.]7").out.splitlines()
    check(len(lines) == len(EXAMPLE), f"{lines}")
    for line, expected in zip(lines, EXAMPLE):
        check(re.fullmatch(expected, line.rstrip()),
              f"{line} is not {expected}")
    none = a.command("search", "203.0.115.7", code=1).out
    check(re.fullmatch("0 reports, 0 teams; searched all [0-9,]+ messages, "
                       "both directions, exercises left out\n", none), none)
    path = base / "constituent.txt"
    path.write_text("# ours\n203[.]0[.]114[.]7\n\n203.0.115.7\n203.0.114.99\n",
                    encoding="ascii")
    said = a.command("search", "-f", path).out.splitlines()
    check(said[0].startswith("4 reports, 1 team, 2 of 3 values; searched"),
          f"{said}")
    rows = list(csv.DictReader(io.StringIO(a.command(
        "search", "-f", path, "--csv").out)))
    check([(r["asked"], r["relation"], r["state"], r["value"]) for r in rows]
          == [("203[.]0[.]114[.]7", "same", "withdrawn", "203.0.114.7"),
              ("203[.]0[.]114[.]7", "contains", "expired", "203.0.114.0/24"),
              ("203[.]0[.]114[.]7", "part", "active", "203.0.114.7:443"),
              ("203.0.114.99", "contains", "expired", "203.0.114.0/24")], rows)
    check(all(r["tlp"] and r["team"] == b.name and r["time"].endswith("Z") and
              "#" in r["id"] for r in rows), rows)
    path.write_text("# none\n", encoding="ascii")
    fault = a.command("search", "-f", path, code=2)
    check("there is no value in" in fault.err, fault.err)
    print("an example as people see it, and a list of values as a table")


# ---- ranges, as another reader of addresses sees them ------------------------

def ends(text):
    """(first, last) of an address, a block, two addresses with a hyphen, or
    the host of a value."""
    if " - " in text:
        return tuple(ipaddress.ip_address(end) for end in text.split(" - "))
    host = text.split("://")[-1].split("/x")[0]
    if host.startswith("[") or (host.count(":") == 1):
        host = host.rpartition(":")[0].strip("[]")
    block = ipaddress.ip_network(host, strict=False)
    return block[0], block[-1]


def relation(value, asked):
    """How a value lies to a range; None where it is beside it."""
    (a, b), (first, last) = ends(value), ends(asked)
    if a.version != first.version or b < first or a > last:
        return None
    if (a, b) == (first, last):
        return "same"
    if a <= first and last <= b:
        return "contains"
    return "inside" if first <= a and b <= last else "overlaps"


def some_addresses(random):
    """Addresses, blocks and what has them as host, of both families."""
    found = set()
    for i in range(400):
        four = ipaddress.ip_address(random.getrandbits(17) | 198 << 24 |
                                    18 << 16)
        six = ipaddress.ip_address(0x20010db8 << 96 | random.getrandbits(20)
                                   << 60 | random.getrandbits(70))
        found |= {str(four), str(six)}
        if i % 4 == 0:
            found |= {f"{four}:{i + 1}", f"[{six}]:{i + 1}",
                      f"http://{four}/x"}
        if i % 5 == 0:
            bits = random.randint(12, 31), random.randint(20, 127)
            found |= {str(ipaddress.ip_network(f"{four}/{bits[0]}", False)),
                      f"{six}/{bits[1]}"}
    return sorted(found)


def some_ranges(random, values):
    plain = [v for v in values if "x" not in v and "/" not in v and
             "]" not in v and v.count(":") != 1]
    for value in random.sample(plain, 60):
        top = 32 if "." in value else 128
        yield f"{value}/{random.randint(1, top - 1)}"
        other = random.choice([v for v in plain if (":" in v) ==
                               (":" in value)])
        two = sorted((ipaddress.ip_address(value), ipaddress.ip_address(other)))
        yield f"{two[0]} - {two[1]}"
    yield from ("0.0.0.0/0", "::/0", "198.18.0.0/15", "2001:db8::/32",
                "203.0.113.0/24")


def ranges_are_found(base, a, b):
    """Inside, around, overlapping: as the standard library sees it."""
    random = Random(4)
    values = some_addresses(random)
    path = base / "addresses.txt"
    path.write_text("".join(f"{v}\n" for v in values), encoding="ascii")
    a.submit("-f", path, "--to", b.name, "--tlp", "green", "--wait", "60s",
             "--case", "RANGES", "--allow-listed")
    b.searchable()
    tried = collections.Counter()
    for asked in some_ranges(random, values):
        expected = {value: how for value in values
                    if (how := relation(value, asked))}
        hits = search(b, asked, "--case", "RANGES")
        found = {hit["value"]: hit["relation"] for hit in hits}
        check(found == expected, f"{asked}: {len(found)}, not {len(expected)}:"
              f" {set(found.items()) ^ set(expected.items())}")
        check(len(hits) == len(found), f"{asked}: each once")
        tried.update(expected.values())
    check(min(tried[how] for how in ("inside", "contains", "overlaps", "same"))
          > 0, f"{tried}")
    text = b.command("search", "198.18.0.0/15", "--case", "RANGES").out
    check("(inside it)" in text and "(contains it)" in text, text[:500])
    print(f"ranges, as ipaddress sees them: {dict(tried)}")


def exported(team, *words, code=0):
    """(type, value) of each row of a table that is exported."""
    done = team.command("export", "--to", "csv", *words, code=code)
    rows = list(csv.DictReader(io.StringIO(done.out)))
    return sorted((row["type"], row["value"]) for row in rows)


def export_takes_what_search_finds(base, a, b):
    """Every filter means the same to both; what is withdrawn is searched for
    and not handed on."""
    a.submit("expired.example", "--to", b.name, "--tlp", "green", "--wait",
             "60s", "--valid-for", "1s", "--case", "KR-7")
    a.submit("drill.example", "--to", b.name, "--tlp", "green", "--wait",
             "60s", "--exercise", "DRILL-9", "--case", "KR-7")
    number = a.submit("198.18.7.77", "https://evil.example/x", "--to", b.name,
                      "--tlp", "green", "--wait", "60s", "--label", "eight")
    values = base / "some.txt"
    values.write_text("# two of them\n198.18.7.77\nevil.example\n",
                      encoding="ascii")
    b.wait_for(lambda: search(b, "expired.example", "--state", "expired"),
               "the end of it")
    b.searchable()
    everything = search(b, "--since", "2000-01-01")
    tried = 0
    for words in (["198.18.7.9"], ["evil.example"],
                  ["x.evil.example", "--parents"], ["--case", "KR-7"],
                  ["--label", "seven"], ["--label", "seven", "--type", "cidr"],
                  ["--role", "c2", "--peer", "krcert"], ["--tlp", "green",
                  "--since", "2000-01-01"], ["--case", "KR-7", "--state",
                  "active"], ["--state", "expired"], ["-f", values],
                  ["-f", values, "--label", "eight"],
                  ["--exercise", "DRILL-9"], ["--text", "evil"],
                  ["--since", "1h"], ["--until", "2000-01-01"],
                  ["--producer", "nobody"], [f"S-{number}"],
                  ["evil.example", f"S-{number}"],
                  ["--type", "domain", "--peer", "krcert"]):
        found = {hit["id"]: (hit["type"], hit["value"])
                 for hit in search(b, *words)
                 if "value" in hit and hit["state"] != "withdrawn"}
        rows = exported(b, *words, code=0 if found else 1)
        more = set(rows) - set(found.values())  # of those with several
        check(len(rows) >= len(found) and set(found.values()) <= set(rows) and
              all({hit["id"] for hit in search(b, value)} & set(found)
                  for _, value in more),
              f"{words}: {len(rows)} rows, {len(found)} found: "
              f"{set(rows) ^ set(found.values())}")
        check(len(rows) < len(everything) or "1h" in words or
              "green" in words, f"{words} leaves nothing out")
        tried += 1
    check(exported(b, "--state", "expired", "--from", a.name) ==
          [("domain", "expired.example")], "expired")
    check(("domain", "drill.example") not in exported(b, "--case", "KR-7"),
          "an exercise is exported")
    check(exported(b, "evil.example", "--from", a.name) ==
          exported(a, "evil.example", "--sent-to", b.name), "directions")
    check(exported(b, "evil.example", "--sent-to", a.name, code=1) == [],
          "what came is what went")
    check(exported(b, "198.18.7.77", "--state", "receipted", code=1) == [] and
          exported(a, "198.18.7.77", "--state", "receipted", "--label",
                   "eight") == [("ipv4", "198.18.7.77")],
          "the daemon's states")
    fault = b.command("export", "--to", "csv", "--peer", "x", "--from", "y",
                      code=2)
    check("--peer, --sent-to or --from" in fault.err, fault.err)
    print(f"export takes what search finds, by {tried} filters")


def export_of_what_is_queued(a, b):
    """What has not left is exported as well; at the other side nothing is."""
    b.command("peer", "pause", a.name)
    a.wait_for(lambda: not a.json("status", code=None)[0]["peers"][0]["up"],
               "the end of the link")
    a.submit("queued.example", "waits.example", "--to", b.name, "--tlp",
             "green", "--case", "QUEUE")
    a.searchable()
    check(exported(a, "queued.example") == [("domain", "queued.example")] and
          len(exported(a, "--case", "QUEUE", "--state", "queued")) == 2,
          "what is queued")
    b.command("peer", "resume", a.name)
    b.wait_for(lambda: search(b, "queued.example"), "it")
    check(len(exported(b, "--case", "QUEUE")) == 2, "what came")


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


def as_nobody_runs(b, folder, *words):
    return subprocess.run(
        ["setpriv", "--reuid", str(NOBODY), "--regid", str(os.getgid()),
         "--clear-groups", folder / "sealane", *words, "--socket", b.socket],
        capture_output=True, check=False, timeout=60)


def as_nobody(b, folder, words, code):
    done = as_nobody_runs(b, folder, "search", *words, "--json")
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
    done = as_nobody_runs(b, folder, "export", "--to", "csv", "--label", "both")
    check(b"amber.example" in done.stdout and b"red.example" not in done.stdout
          and b"without what is TLP:RED" in done.stderr, done)
    check("red.example" in str(exported(b, "--label", "both")), "the owner's")
    found = as_nobody(b, folder, ["--label", "both"], 0)
    check([hit["value"] for hit in found] == ["amber.example"], found)
    print("red is hidden from a reader without the right")


def red_that_is_not_withdrawn_is_said(base, b, to):
    """One who may not read what is red withdraws the rest, and is told."""
    if os.getuid() != 0:
        print("NOT TRIED: red stays for others; that needs root")
        return
    red = b.submit("red-stays.example", "--to", to.name, "--tlp", "red",
                   "--recipient", "duty officer", "--wait", "60s")
    rest = b.submit("goes.example", "--to", to.name, "--tlp", "amber",
                    "--wait", "60s")
    b.searchable()
    done = as_nobody_runs(b, base / "bin", "withdraw", f"S-{red}", f"S-{rest}",
                          "--reason", "mistake")
    check(done.returncode == 1 and b"1 TLP:RED" in done.stderr, done)
    b.searchable()
    check(search(b, "goes.example")[0]["state"] == "withdrawn", "the rest")
    check(search(b, "red-stays.example")[0]["state"] == "active", "red stays")
    done = as_nobody_runs(b, base / "bin", "withdraw", f"S-{red}", "--reason",
                          "mistake")
    check(done.returncode == 1 and b"1 TLP:RED" in done.stderr, done)
    print("red is not withdrawn by one who may not read it, and that is said")


def main(base, teams):
    with tempfile.TemporaryDirectory() as sockets:
        os.chmod(base, 0o711)
        os.chmod(sockets, 0o755)
        red = "peers:\n  - team: {}\n    ceiling: red\n"
        a, b = house.two_teams(
            base, red.format("cert.gov.au"), red.format("krcert.or.kr") +
            f"socket: {sockets}/b.sock\nusers:\n  - user: {NOBODY}\n"
            "    roles: [read, submit]\n")
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
        as_an_analyst_sees_it(base, a, b)
        ranges_are_found(base, a, b)
        export_takes_what_search_finds(base, a, b)
        export_of_what_is_queued(a, b)
        red_is_hidden(base, a, b)
        red_that_is_not_withdrawn_is_said(base, b, a)
        killed_in_mid_catch_up(base, a, b)
        what_is_erased_is_gone(a, b)
        made_again(b)
        a_journal_put_back(base, a, b)
        for team in (a, b):
            team.stop()


if __name__ == "__main__":
    house.run(main)
