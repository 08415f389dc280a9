#!/usr/bin/env python3
"""feed_test - a folder of events that other MISPs read as a feed.

Usage: feed_test.py        SEALANE_BUILD names the build folder

The folder that is written is held against MISP's rules for one, hash by hash,
and against a real feed where the data folder is. Needs no node.
"""
import fcntl
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

import house
from formats_test import DATA, load
from house import check
from misp_test import event, uuid

DONE, FAILED, REFUSED = 0, 2, 3
MARK = ".sealane-feed"
# What every MISP writes of an event into its manifest, and the hash.
ABOUT = {"info", "date", "timestamp", "threat_level_id", "analysis",
         "distribution", "Orgc", "Tag", "integrity:sha256"}


def convert(*words, code=DONE):
    done = subprocess.run([house.BUILD / "sealane", "convert", *words, "--to",
                           "misp"], capture_output=True, text=True,
                          check=False, timeout=house.COMMAND_S)
    check(done.returncode == code, f"{words}: {done.returncode}, not {code}: "
          f"{done.stderr[-1000:]}")
    return done


def whole(number, **more):
    """An event with all that a manifest says."""
    return event(number, date="2026-01-02", timestamp="1767322800",
                 threat_level_id="4", analysis="2", Orgc={
                     "name": "us", "uuid": uuid(9, 1), "id": "7"},
                 Tag=[{"name": "tlp:green", "colour": "#00ff00", "id": "3"}],
                 **more)


def save(folder, name, document):
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def values_of(document):
    inner = document["Event"]
    yield from inner.get("Attribute", [])
    for one in inner.get("Object") or []:
        yield from one.get("Attribute", [])


def hashes_of(document):
    for one in values_of(document):
        if one.get("deleted"):
            continue
        is_pair = "|" in one["type"] or one["type"] == "malware-sample"
        for part in one["value"].split("|") if is_pair else [one["value"]]:
            yield hashlib.md5(part.encode()).hexdigest()


def check_feed(folder, exact=True):
    """Hold a folder against the rules; give its events by UUID."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    names = {p.name for p in folder.iterdir()}
    check(names == {f"{u}.json" for u in manifest} |
          {"manifest.json", "hashes.csv", MARK}, f"{names}")
    expected, events = [], {}
    for one, about in manifest.items():
        data = (folder / f"{one}.json").read_bytes()
        check(about["integrity:sha256"] == hashlib.sha256(data).hexdigest(),
              f"{one}: its hash")
        document = json.loads(data)
        inner = document["Event"]
        check(list(document) == ["Event"] and inner["uuid"].lower() == one,
              f"{one}: {list(document)}")
        for key in ABOUT - {"integrity:sha256", "Orgc", "Tag"}:
            check(about.get(key) == inner.get(key), f"{one}.{key}")
        check(set(about) == ABOUT or not exact, f"{one}: {sorted(about)}")
        for key in ("name", "uuid"):
            check(about["Orgc"].get(key) == inner["Orgc"].get(key), key)
        check([t["name"] for t in about["Tag"]] ==
              [t["name"] for t in inner.get("Tag", [])], f"{one}: tags")
        expected += [f"{md5},{one}" for md5 in hashes_of(document)]
        events[one] = document
    hashes = (folder / "hashes.csv").read_text("ascii").splitlines()
    check(hashes == expected, f"{hashes[:2]} are not {expected[:2]}")
    return events


def what_goes_in_comes_out_and_is_read_again(base):
    a = whole(1, extra={"kept": 1.50})
    a["Event"]["Attribute"] += [
        {"type": "filename|md5", "value": "a\u00e9.exe|" + "0" * 32},
        {"type": "domain", "value": "gone.example", "deleted": True}]
    b = whole(2)
    paths = save(base, "a.json", a), save(base, "b.json", {"response": [b]})
    said = convert(*paths, "--feed", base / "feed").stderr
    check("2 events in the feed | nothing lost" in said, said)
    events = check_feed(base / "feed")
    check(events == {uuid(0, 1): a, uuid(0, 2): b}, f"{events}")
    said = convert(base / "feed", "--feed", base / "again").stderr
    for path in (base / "feed").iterdir():
        check((base / "again" / path.name).read_bytes() == path.read_bytes(),
              f"{path.name} differs")
    return paths


def what_was_in_the_feed_goes_with_the_manifest(base, paths):
    feed = base / "feed"
    (feed / "notes.txt").write_text("ours")
    convert(paths[1], "--feed", feed)
    check(not (feed / f"{uuid(0, 1)}.json").exists(), "an old event stays")
    (feed / "notes.txt").unlink()
    check(list(check_feed(feed)) == [uuid(0, 2)], "the new one")
    for words in (["--feed", feed, "-o", base / "x"],
                  ["--feed", feed, "--to", "csv"]):
        done = subprocess.run(
            [house.BUILD / "sealane", "convert", paths[0], "--to", "misp",
             *words], capture_output=True, text=True, check=False)
        check(done.returncode == FAILED and "--feed is a folder" in
              done.stderr, done.stderr)


def contents(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def what_others_wrote_stays_as_it_is(base, paths):
    """Other files, and the feed of somebody else, which is mirrored there."""
    mirror, other = base / "mirror", base / "other"
    convert(paths[0], "--feed", mirror)
    (mirror / MARK).unlink()
    other.mkdir()
    save(other, "mine.json", {})
    for folder in (mirror, other):
        before = contents(folder)
        said = convert(paths[1], "--feed", folder, code=FAILED).stderr
        check(f"{folder}: is not empty" in said and MARK in said, said)
        check(contents(folder) == before, f"{folder} was touched")
    (mirror / MARK).touch()
    convert(paths[1], "--feed", mirror)
    check(list(check_feed(mirror)) == [uuid(0, 2)], "the new one")


def one_at_a_time_writes_a_feed(base, paths):
    feed = base / "feed"
    before = contents(feed)
    with open(feed / MARK, encoding="ascii") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        said = convert(paths[1], "--feed", feed, code=FAILED).stderr
        check("another sealane writes" in said, said)
    check(contents(feed) == before, "was touched")


def a_folder_that_is_empty_keeps_its_mode(base, paths):
    closed = base / "closed"
    closed.mkdir(mode=0o700)
    before = closed.stat()
    convert(*paths, "--feed", closed)
    after = closed.stat()
    check((after.st_mode, after.st_ino) == (before.st_mode, before.st_ino),
          f"the folder was made anew, with mode {after.st_mode:o}")
    check_feed(closed)


def what_is_not_whole_stands_in_no_feed(base, paths):
    lone = save(base, "lone.json", {"Attribute": [
        {"type": "domain", "value": "a.example"}]})
    newer = whole(2)
    newer["Event"].update(timestamp="1767322801", info="newer")
    newer = save(base, "newer.json", newer)
    for order in ((newer, paths[1]), (paths[1], newer)):
        done = convert(lone, *order, "--feed", base / "feed", code=REFUSED)
        check("left out: it has no UUID" in done.stderr and
              "comes twice: the older is left out" in done.stderr,
              done.stderr)
        check(check_feed(base / "feed")[uuid(0, 2)]["Event"]["info"] ==
              "newer", "the older one won")


def nobody_meets_half_a_file(base, paths):
    """A disk that takes no more, and a crash, leave the feed as it was."""
    feed = base / "feed"
    convert(paths[1], "--feed", feed)
    before = {p.name: p.read_bytes() for p in feed.iterdir()}
    large = whole(3)
    large["Event"]["Attribute"] = [
        {"type": "domain", "value": f"d{n}.example"} for n in range(20000)]
    large = save(base, "large.json", large)
    for trap in ("trap '' XFSZ;", ""):
        done = subprocess.run(
            ["sh", "-c", f'{trap} ulimit -f 100; exec "$@"', "sh",
             house.BUILD / "sealane", "convert", large, "--to", "misp",
             "--feed", feed], capture_output=True, text=True, check=False)
        check(done.returncode != DONE, done.stderr)
        check(bool(trap) == (done.returncode == FAILED), f"{done}")
        there = {p.name: p.read_bytes() for p in feed.iterdir()
                 if not p.name.endswith(".new")}
        check(there == before, f"{sorted(there)}")
        check(bool(trap) == (len(list(feed.iterdir())) == len(before)),
              "what was begun stays")
    # Only the kill left something; with another run it is gone.
    convert(paths[1], "--feed", feed)
    check(contents(feed) == before, f"{sorted(contents(feed))}")


def other_formats_make_a_feed(base):
    rows = base / "rows.csv"
    rows.write_text("value,tlp\n203.0.113.7,green\nevil.example,amber\n")
    convert(rows, house.ROOT / "tests/data/bundle.json", "--feed",
            base / "made")
    events = check_feed(base / "made")
    check(len(events) == 2 and all(e["Event"]["published"]
                                   for e in events.values()), f"{events}")


def a_real_feed_is_written_as_it_is(base):
    real = DATA / "misp/feed-tweetfeed"
    if not real.is_dir():
        return
    convert(real, "--feed", base / "real")
    check_feed(base / "real")
    ours, theirs = (load(f / "manifest.json") for f in (base / "real", real))
    check(list(ours) == list(theirs), "other events")
    for one, about in theirs.items():
        is_ = dict(ours[one])
        del is_["integrity:sha256"]
        check(is_ == about, f"{is_} is not {about}")
        check(load(base / "real" / f"{one}.json") == load(real /
                                                          f"{one}.json"), one)
    for number, path in enumerate(sorted((DATA / "misp/eset").iterdir())):
        convert(path, "--feed", base / f"eset-{number}")
        check(list(check_feed(base / f"eset-{number}", False).values()) ==
              [json.loads(path.read_text("utf-8")).get("response", [
                  json.loads(path.read_text("utf-8"))])[0]], path.name)
    print(f"{len(ours)} events of a real feed and {number + 1} of others")


def main():
    with tempfile.TemporaryDirectory(prefix="sealane-") as name:
        base = Path(name)
        paths = what_goes_in_comes_out_and_is_read_again(base)
        what_was_in_the_feed_goes_with_the_manifest(base, paths)
        what_others_wrote_stays_as_it_is(base, paths)
        one_at_a_time_writes_a_feed(base, paths)
        a_folder_that_is_empty_keeps_its_mode(base, paths)
        what_is_not_whole_stands_in_no_feed(base, paths)
        nobody_meets_half_a_file(base, paths)
        other_formats_make_a_feed(base)
        a_real_feed_is_written_as_it_is(base)


main()
