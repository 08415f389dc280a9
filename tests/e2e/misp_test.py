#!/usr/bin/env python3
"""misp_test - events of MISP and folders of them: what may go goes, what is
held or does not fit its hash is refused with its reason, until a second user
releases it.

Usage: misp_test.py        SEALANE_BUILD names the build folder
"""
import hashlib
import json
import os
import re
import subprocess

from pathlib import Path

import extract_misp
import house
from house import check

DONE, FAILED, REFUSED = 0, 2, 3
AU = "0000000a-0000-4000-8000-000000000001"
MANY, FILES_MAX = 200, 40  # events of a feed; files that may be open
WHY = "they asked for it, case KR-2026-7"
# The second user of ours; and whose events are whose.
MORE = f"""users:
  - user: {house.NOBODY}
    roles: [release]
misp-owners:
  - org: us
    team: krcert.or.kr
  - org: {AU}
    team: cert.gov.au
"""


def uuid(kind, number):
    return f"00000000-000{kind}-4000-8000-{number:012d}"


def event(number, **more):
    """An event with two attributes, one of them in an object."""
    attributes = [{"uuid": uuid(k, number), "type": "ip-dst",
                   "category": "Network activity", "to_ids": True,
                   "value": f"203.0.113.{k}", "timestamp": "1767322800"}
                  for k in (1, 2)]
    return {"Event": {
        "uuid": uuid(0, number), "info": f"event {number}", "published": True,
        "distribution": "3", "Attribute": attributes[:1],
        "Object": [{"uuid": uuid(3, number), "name": "o", "Attribute":
                    attributes[1:]}],
        "Orgc": {"name": "us"}, "Tag": [{"name": "tlp:green"}], **more}}


def feed(base, name, events, hashed=True):
    """Write a folder as MISP publishes it."""
    folder = base / name
    folder.mkdir()
    manifest = {}
    for one in events:
        of = one["Event"]["uuid"]
        text = json.dumps(one).encode()
        (folder / f"{of}.json").write_bytes(text)
        manifest[of] = {"info": one["Event"]["info"]}
        if hashed:
            manifest[of]["integrity:sha256"] = hashlib.sha256(text).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def sent(a, b, path, code=DONE):
    """Submit and wait; give what came of it and what was said."""
    before = b.peer(a.name)["stored"]
    done = a.command("submit", "-f", path, "--to", b.name, "--wait", "60s",
                     code=code)
    return b.entries("--from", a.name)[before:], done


def a_feed_arrives_equal(base, a, b):
    events = [event(1), event(2, Attribute=[], Object=None)]
    folder = feed(base, "good", events)
    explained = a.command("explain", "-f", folder, "--to", b.name)
    check("MISP 2 events: 3 attributes and objects\n" in explained.out and
          "would send 5 " in explained.out and "refused 0" in explained.out,
          explained.out)
    entries, _ = sent(a, b, folder)
    for one in events:
        parts = [e for e in entries
                 if e["package"]["id"] == one["Event"]["uuid"]]
        check(extract_misp.document_of(parts) == one, f"{parts}")
    again, done = sent(a, b, folder)
    check(not again and "already there 5" in done.out, done.out)


def a_file_that_does_not_fit_its_hash_is_refused(base, a, b):
    folder = feed(base, "changed", [event(3), event(4), event(5)])
    path = folder / (uuid(0, 4) + ".json")
    was = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text(path.read_text().replace("203.0.113.1", "203.0.113.9"))
    now = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / (uuid(0, 5) + ".json")).unlink()
    entries, done = sent(a, b, folder, REFUSED)
    check({e["package"]["id"] for e in entries} == {uuid(0, 3)}, f"{entries}")
    check(f"{path}: it does not fit its hash: manifest.json says {was}, the "
          f"file has {now}" in done.err, done.err)
    check(f"{uuid(0, 5)}.json: manifest.json names it, but it is not there"
          in done.err, done.err)
    stopped = a.command("submit", "-f", folder, "--to", b.name, "--on-error",
                        "stop", "--again", code=REFUSED)
    check("nothing was submitted" in stopped.err, stopped.err)


def a_manifest_leads_nowhere_else(base, a, b):
    folder = feed(base, "astray", [event(6)])
    for number, (manifest, said) in enumerate((
            ('{"../astray/manifest": {}}', "manifest.json:1:2: the UUID of an "
                                           "event is expected"),
            ('{"%s": 5}' % uuid(0, 6), "an object is expected"),
            ('{"%s": {}, "%s": {}}' % (uuid(0, 6), uuid(0, 6)),
             "this key stands twice"),
            ('[]', "an object is expected"),
            ('{', "ends too early"))):
        (folder / "manifest.json").write_text(manifest)
        done = a.command("submit", "-f", folder, "--to", b.name, code=FAILED)
        check(said in done.err, f"{number}: {done.err}")
    (folder / "manifest.json").write_text(
        '{"%s": {"integrity:sha256": "12"}}' % uuid(0, 6))
    done = a.command("submit", "-f", folder, "--to", b.name, code=REFUSED)
    check("integrity:sha256 in manifest.json is no hash" in done.err, done.err)
    (folder / "manifest.json").unlink()
    done = a.command("submit", "-f", folder, "--to", b.name, code=FAILED)
    check("without manifest.json" in done.err, done.err)


def a_feed_has_more_files_than_may_be_open(base, a, b):
    folder = feed(base, "many", [event(n) for n in range(100, 100 + MANY)],
                  hashed=False)
    words = a.words("explain", "-f", folder, "--to", b.name)
    done = subprocess.run(["sh", "-c", f'ulimit -n {FILES_MAX} && exec "$@"',
                           "sh", *words], capture_output=True, text=True,
                          timeout=house.COMMAND_S, check=False)
    check(done.returncode == DONE and f"would send {4 * MANY}" in done.stdout,
          f"{done.returncode}: {done.stdout} {done.stderr}")


def what_is_held_is_explained(base, a, b):
    one = event(7)
    inner = one["Event"]
    inner["Attribute"][0]["distribution"] = "0"
    inner["Object"][0]["distribution"] = "4"
    path = base / "held.json"
    path.write_text(json.dumps(one))
    done = a.command("explain", path, "--to", b.name, code=REFUSED)
    for said in (f"MISP event {uuid(0, 7)}, orgc us, TLP:GREEN: 3 attributes "
                 "and objects\n",
                 'REFUSED 1  MISP distribution 0, "your organisation only"  '
                 f"parts 0 of {path}  -> change it in MISP",
                 "REFUSED 1  MISP distribution 4, a sharing group, which "
                 "nobody knows here  parts 1 of",
                 "REFUSED 1  its object has MISP distribution 4"):
        check(said in done.out, f"{said}\n{done.out}")
    entries, _ = sent(a, b, path, REFUSED)
    check(not entries, f"{entries}")
    inner["Object"] = []
    inner["Attribute"].append({"type": "domain", "value": "a.example"})
    path.write_text(json.dumps(one))
    entries, _ = sent(a, b, path, REFUSED)
    check([e.get("value") for e in entries] == ["a.example", None] and
          entries[0]["tlp"] == "green" and entries[0]["producer"] == "us",
          f"{entries}")


def released(base, a, path, to, code=DONE, why=WHY):
    """Have nobody release a file; give the code."""
    done = house.as_nobody(base, a, "release", path, "--to", to.name,
                           "--reason", why, code=code)
    found = re.search(r"--release (\S+)$", done.out, re.M)
    return (found[1] if found else None), done


def refused_code(a, b, path, code, words):
    done = a.command("submit", "-f", path, "--to", b.name, "--release", code,
                     code=FAILED)
    check(words in done.err and not done.out, f"{words}: {done.out}{done.err}")


def what_is_held_goes_when_a_second_user_releases_it(base, a, b):
    held = event(20, distribution="0", published=False)
    other = event(21, distribution="4")
    paths = [base / f"released-{n}.json" for n in range(2)]
    for path, one in zip(paths, (held, other)):
        path.write_text(json.dumps(one))
    own = a.command("release", paths[0], "--to", b.name, "--reason", WHY,
                    "--json")
    own = json.loads(own.out)
    check(own["held"] == 4, f"{own}")
    refused_code(a, b, paths[0], own["code"], "a second person releases")
    refused_code(a, b, paths[0], "made+up=", "no release code")
    odd = base / "it's \x1b[2J held.json"
    odd.write_text(json.dumps(held))
    words = ["-f", str(odd), "--format", "misp", "--to", b.name, "--to",
             b.name]
    done = a.command("release", *words, "--reason", WHY)
    named = done.out.splitlines()[-1].rsplit(" --release ", 1)[0]
    check("\x1b" not in done.out, f"{done.out!r}")
    read = subprocess.run(["bash", "-c", 'printf "%s\\0" ' + named],
                          capture_output=True, text=True, check=True).stdout
    check(read.split("\0")[:-1] == ["sealane", "submit", *words], read)
    good, _ = event_file(base, event(22))
    done = a.command("release", good, "--to", b.name, "--reason", WHY, code=1)
    check("nothing in it is held back" in done.err, done.err)
    if os.getuid() != 0:
        print("NOT TRIED: a second user; that needs root")
        return
    code, done = released(base, a, paths[0], b)
    check("RELEASE 3  its event has MISP distribution 0" in done.out and
          f"-f {paths[0]} --to {b.name} --release {code}" in done.out, done.out)
    refused_code(a, b, paths[1], code, "releases another file")
    before = b.peer(a.name)["stored"]
    explained = a.command("explain", paths[0], "--to", b.name, "--release",
                          code)
    check("would send 4 " in explained.out, explained.out)
    number = a.submit("-f", paths[0], "--to", b.name, "--release", code,
                      "--wait", "60s")
    entries = b.entries("--from", a.name)[before:]
    check(extract_misp.document_of(entries) == held, f"{entries}")
    said = a.command("submission", f"S-{number}").out
    check(f"user {house.NOBODY}" in said and WHY in said, said)
    a.stop()
    a.start()
    said = a.json("submission", f"S-{number}")[0]
    check(said["released_by"] == house.NOBODY and said["released_why"] == WHY,
          f"{said}")
    done = a.command("submit", "-f", paths[0], "--to", b.name, code=REFUSED)
    check("lets it go: sealane release" in done.err, done.err)
    changed = json.loads(paths[0].read_text())
    changed["Event"]["info"] = "another"
    paths[0].write_text(json.dumps(changed))
    refused_code(a, b, paths[0], code, "before it was changed")
    house.as_nobody(base, a, "submit", "-f", paths[1], "--to", b.name,
                    code=FAILED, said="this needs the role")


def event_file(base, one):
    path = base / f"{one['Event']['uuid']}.json"
    path.write_text(json.dumps(one))
    return path, one


def an_event_of_another_team_is_held_and_the_owner_named(base, a, b):
    for number, (orgc, said) in enumerate((
            ({"name": "AU", "uuid": AU.upper()},
             "its Orgc is AU, cert.gov.au: not ours"),
            ({"name": "somebody", "uuid": uuid(7, 1)},
             "its Orgc is somebody: not ours"),
            ({"uuid": uuid(7, 1)}, f"its Orgc is {uuid(7, 1)}: not ours"))):
        path, _ = event_file(base, event(30 + number, Orgc=orgc))
        done = a.command("explain", path, "--to", b.name, code=REFUSED)
        check(f"REFUSED 4  {said}" in done.out and
              "ask them first; a second person lets it go" in done.out,
              f"{said}: {done.out}")
    for number, orgc in enumerate(({"name": "Us"}, {}, None)):
        path, _ = event_file(base, event(40 + number, Orgc=orgc))
        done = a.command("explain", path, "--to", b.name)
        check("would send 4 " in done.out and "misp-owners" not in done.err,
              f"{orgc}: {done.out}{done.err}")
    path, _ = event_file(base, event(50, Orgc={"name": "who is that"}))
    done = b.command("explain", path, path, "--to", a.name)
    check("would send 8 " in done.out and done.err.count("misp-owners") == 1 and
          "is who is that's, and taken as ours" in done.err, done.err)


def what_stands_beside_an_event_goes_with_it(base, a, b):
    document = {"a": [1], "response": [{"q": {"r": None}, **event(60),
                                        "s": "t"}, event(61)], "z": True}
    path = base / "beside.json"
    path.write_text(json.dumps(document))
    number = a.submit("-f", path, "--to", b.name, "--wait", "60s")
    done = b.command("export", f"S-{number}", "--to", "misp", "--exact")
    check(json.loads(done.out) == document and "nothing lost" in done.err,
          f"{done.out} {done.err}")
    document["response"][0]["Tag"] = [{"name": "tlp:red"}]
    path.write_text(json.dumps(document))
    done = a.command("explain", path, "--to", b.name)
    check(done.err == "" and "would send 1 " in done.out,
          done.out + done.err)
    done = a.command("submit", "-f", path, "--to", b.name)
    check("response[0].Tag: this stands beside an event and is not sent" in
          done.err, done.err)


def what_arrived_is_written_as_a_feed(base, a, b):
    out = base / "feed"
    done = b.command("export", "--to", "misp", "--from", a.name, "--feed", out,
                     code=None)
    check(done.returncode in (DONE, REFUSED), done.err)
    manifest = json.loads((out / "manifest.json").read_text())
    check(uuid(0, 2) in manifest and
          manifest[uuid(0, 2)]["integrity:sha256"] == hashlib.sha256(
              (out / f"{uuid(0, 2)}.json").read_bytes()).hexdigest(),
          f"{manifest}")
    again = b.command("explain", out, "--to", a.name, code=None)
    check("does not fit" not in again.err and "would send" in again.out,
          again.err)


def misp(base, teams):
    a, b = house.two_teams(base, house.open_socket(base) + MORE)
    teams += [a, b]
    for name in ("control.sock", "index.sock"):
        (a.state / name).symlink_to(Path(a.control_socket).parent / name)
    house.meet(a, b)
    tests = (a_feed_arrives_equal, a_file_that_does_not_fit_its_hash_is_refused,
             a_manifest_leads_nowhere_else,
             a_feed_has_more_files_than_may_be_open, what_is_held_is_explained,
             what_is_held_goes_when_a_second_user_releases_it,
             an_event_of_another_team_is_held_and_the_owner_named,
             what_stands_beside_an_event_goes_with_it,
             what_arrived_is_written_as_a_feed)
    for test in tests:
        test(base, a, b)
    print(f"{len(tests)} scenes of MISP")


if __name__ == "__main__":
    house.run(misp)
