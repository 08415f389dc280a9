#!/usr/bin/env python3
"""exchange_test - what one team submits is found at the other, value for
value: a list with some thousand lines, a table whose columns a person names,
and the project's STIX bundle.

Usage: exchange_test.py        SEALANE_BUILD names the build folder

With sanitizers the list is shorter: each line is looked up by a command.

extract.py finds the values in the files without Sealane. `sealane list` and
`sealane show` of the receiving team must give exactly these.
"""
import json
import random
from concurrent.futures import ThreadPoolExecutor

import extract
import house
from house import check

LINES = 400 if house.is_sanitized() else 3000
BUNDLE = house.ROOT / "tests/data/bundle.json"
WORKERS = 3

# Of an object's properties, how `show` names them.
SAME_NAMES = {"id": "object_id", "type": "object_type", "pattern": "pattern",
              "pattern_type": "pattern_language", "confidence": "confidence",
              "labels": "labels", "created": "created",
              "modified": "modified", "created_by_ref": "producer"}


def filter_list(seed):
    """Make a list in the shapes of the URLhaus list of uBlock Origin."""
    pick = random.Random(seed)
    lines = ["! Title: malicious URLs, made for a test",
             "! Expires: 12 hours (update frequency)", ""]
    for i in range(LINES):
        net = pick.choice(("192.0.2", "198.51.100", "203.0.113"))
        address = f"{net}.{pick.randrange(1, 255)}"
        host = f"h{i}.{pick.choice(('a', 'b-c', 'xn--9m1b'))}.example"
        path = "/".join(pick.choice(("bin", "x.sh", "A%20b", "(1).txt", "Mozi",
                                     "?id=7&k=v", "~u", "a+b", "$x", "[2]"))
                        for _ in range(pick.randrange(1, 5))) + f"-{i}"
        lines.append(pick.choice((
            f"||{host}^", f"||{host}^$all", host, host.upper(),
            f"||{host}/{path}^$all", f"||{host}:8080/{path}^$all",
            f"||{address}/{path}^$all", f"||{address}:{1 + i}/{path}^",
            f"{address}:{1 + i}", f"{host}:{1 + i}")))
        if i % 500 == 0:
            lines += ["", f"# part {i // 500}"]
    return "\r\n".join(lines) + "\r\n"


def show_all(team, entries):
    """Run `sealane show` for each entry."""
    def show(entry):
        return team.json("show", entry["id"])[0]
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(show, entries))


def check_signed(shown):
    for entry in shown:
        check(entry["signature"] == "good", f"not signed: {entry}")
        check(entry.get("receipted_at"), f"not receipted: {entry}")


def list_arrives(base, a, b):
    path = base / "urls.txt"
    path.write_bytes(filter_list(20261123).encode())
    expected = extract.list_values(path.read_text(encoding="utf-8"))
    count = sum(expected.values())
    check(count == LINES, f"{count} values in a list of {LINES}")
    number = a.submit("-f", path, "--to", b.name, "--tlp", "green", "--wait",
                      "120s")
    check(a.progress(number) == (0, count, count), "all are receipted")
    entries = b.entries("--from", a.name)
    shown = show_all(b, entries)
    for found, what in ((entries, "list"), (shown, "show")):
        wrong = extract.difference(expected, extract.entry_values(found),
                                   f"sealane {what}")
        check(not wrong, wrong)
    check_signed(shown)
    kinds = {}
    for (observable, _), n in expected.items():
        kinds[observable] = kinds.get(observable, 0) + n
    print(f"list: {count} values submitted ({kinds}); {len(entries)} found by "
          f"list and {len(shown)} by show, value for value, all signed and "
          f"receipted", flush=True)


def check_head(entry, source):
    """Compare what the object says with what the other side says of it."""
    for name, shown_as in SAME_NAMES.items():
        check(source.get(name) == entry.get(shown_as),
              f"{source['id']}: {name} is {source.get(name)!r}, shown as "
              f"{entry.get(shown_as)!r}")


def bundle_arrives(a, b):
    text = BUNDLE.read_text(encoding="utf-8")
    around, objects = extract.bundle_parts(text)
    before = len(b.entries("--from", a.name))
    number = a.submit("-f", BUNDLE, "--to", b.name, "--tlp", "green",
                      "--wait", "120s")
    count = len(objects) + 1
    check(a.progress(number) == (0, count, count), "all are receipted")
    entries = b.entries("--from", a.name)[before:]
    check(len(entries) == count, f"{len(entries)} entries for {count}")
    shown = show_all(b, entries)
    check_signed(shown)
    for found, what in ((entries, "list"), (shown, "show")):
        whole = [e for e in found if e["kind"] != "package"]
        texts = [e["content"] for e in whole]
        check(texts == objects, f"{what}: objects came in another form or "
              f"order:\n{texts}\n{objects}")
        for position, entry in enumerate(whole):
            check(entry["package"]["position"] == position and
                  entry["package"]["id"] == around["id"], f"place of {entry}")
            check_head(entry, json.loads(objects[position]))
        packages = [e for e in found if e["kind"] == "package"]
        check(len(packages) == 1 and
              packages[0]["package"]["count"] == len(objects) and
              json.loads(packages[0]["content"]) == around,
              f"{what}: what stands around the objects: {packages}")
    values = {e.get("value") for e in shown}
    check({"203.0.113.66", "2001:db8:6::66", "update-portal.example",
           "https://update-portal.example/files/setup.php?id=7"} <= values,
          f"values in heads: {values}")
    print(f"bundle: {len(objects)} objects and their envelope submitted; "
          f"{len(entries)} found by list and {len(shown)} by show, byte for "
          f"byte, in order", flush=True)


TABLE = b"""Host;Kind;Sharing;Until;Remark\r
evil[.]example;hostname;TLP:AMBER;2099-01-01;"seen; twice"\r
203.0.113.7|443;ip-dst|port;;;\r
203.0.113.8;ip-dst;mauve;;\r
"""
COLUMNS = "value=host,type=Kind,tlp=3,valid-until=until"


def table_arrives(base, a, b):
    path = base / "table.csv"
    path.write_bytes(TABLE)
    words = ("submit", "-f", path, "--map", COLUMNS, "--to", b.name, "--tlp",
             "green", "--wait", "120s")
    before = len(b.entries("--from", a.name))
    done = a.command(*words, "--on-error", "stop", code=3)
    check("nothing was submitted" in done.err, done.err)
    done = a.command(*words, code=3)
    said = [line for line in done.err.splitlines() if "table.csv" in line]
    check(len(said) == 2 and ":1:1: Remark: " in said[0] and
          ":4:20: Sharing: " in said[1], f"said of the table: {said}")
    entries = b.entries("--from", a.name)[before:]
    found = [(e["observable"], e["value"], e["tlp"], "valid_until" in e,
              e["package"]["source"]) for e in entries]
    check(found == [("domain", "evil.example", "amber", True, "csv"),
                    ("ip-port", "203.0.113.7:443", "green", False, "csv")],
          f"of the table arrived {found}")
    done = a.command("submit", "-f", path, "--map", "value=Name", "--to",
                     b.name, code=3)
    check("Name is none of Host, Kind, Sharing, Until, Remark" in done.err,
          done.err)
    print("table: 2 of 3 rows arrived with what their columns say; the third "
          "was refused for its TLP, a column once", flush=True)


def exchange(base, teams):
    a, b = house.started_pair(base, teams)
    list_arrives(base, a, b)
    table_arrives(base, a, b)
    bundle_arrives(a, b)
    print("the other direction:")
    bundle_arrives(b, a)
    for team in (a, b):
        team.audit_is_good()
    print("audit at both sides: good")


if __name__ == "__main__":
    house.run(exchange)
