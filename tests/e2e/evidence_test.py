#!/usr/bin/env python3
"""evidence_test - evidence is accepted by two verifiers, and refused by both
with any single bit changed.

Usage: evidence_test.py        SEALANE_BUILD names the build folder

The files come from a running daemon by `sealane prove`, the keys from
`sealane card show --vkeys`. tests/verify/verify.py, which shares nothing with
the program, is given each file with each of its bits changed in turn;
`sealane verify` is given the same files and must say the same of each. (Of a
program with sanitizers, which takes long to start, some of them.)
"""
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import house
from house import check

sys.path.insert(0, str(house.ROOT / "tests/verify"))
import verify  # noqa: E402

FLIPS_MIN = 400 if house.is_sanitized() else 2000
STEP = 11 if house.is_sanitized() else 1
WORKERS = 2
BUNDLE = house.ROOT / "tests/data/bundle.json"


class Verifiers:
    """Both of them, told that checkpoint and receipt must be signed."""

    def __init__(self, base, origin, holder):
        self.base = base
        self.words = ["--origin-key", origin, "--holder-key", holder]
        self.origin = verify.Key(origin, "checkpoint")
        self.holder = verify.Key(holder, "receipt")
        self.lock = threading.Lock()
        self.ran = 0

    def python(self, data):
        try:
            verify.verify(data, self.origin, self.holder)
        except verify.Refused:
            return False
        return True

    def sealane(self, data):
        path = self.base / f"evidence-{threading.get_ident()}"
        path.write_bytes(data)
        done = subprocess.run([house.BUILD / "sealane", "verify", path,
                               *self.words], capture_output=True,
                              check=False, timeout=60)
        with self.lock:
            self.ran += 1
        check(done.returncode in (0, 2), f"sealane verify ended with "
              f"{done.returncode}: {done.stderr[-500:]}")
        return done.returncode == 0


def flipped(data, at):
    changed = bytearray(data)
    changed[at // 8] ^= 1 << at % 8
    return bytes(changed)


def flip_all(both, data):
    """Refused by verify.py with any bit changed, and by `sealane verify`
    with every STEPth; gives how many each was given."""
    def one(at):
        changed = flipped(data, at)
        check(not both.python(changed), f"verify.py takes bit {at} changed")
        if at % STEP == 0:
            check(not both.sealane(changed),
                  f"sealane verify takes bit {at} changed")
    bits = 8 * len(data)
    before = both.ran
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, range(bits)))
    return bits, both.ran - before


def no_receipt(both, data):
    """A file cut before the holder's line proves no receipt."""
    cut = data[:data.rstrip(b"\n").rfind(b"\n") + 1]
    check(not both.python(cut) and not both.sealane(cut),
          "a file without a receipt passes for one with it")


def one_file(both, team, message, words):
    path = both.base / ("proof" + "".join(words))
    team.command("prove", message, "-o", path, *words)
    data = path.read_bytes()
    form = " ".join(words) or "with its body"
    check(both.python(data), f"verify.py refuses {message} {form}")
    check(both.sealane(data), f"sealane verify refuses {message} {form}")
    check((b"hello-evidence" in verify.Evidence(data).body) if not words
          else verify.Evidence(data).body is None, "the body's form")
    no_receipt(both, data)
    bits, ran = flip_all(both, data)
    check(ran >= FLIPS_MIN, f"only {ran} files went to sealane verify")
    print(f"{message} {form}: {len(data)} bytes, accepted by both; refused "
          f"by verify.py with each of {bits} bits changed, by sealane verify "
          f"with each of {ran}", flush=True)


def whole_submission(both, team, number, count):
    """Every message of a submission proves itself, from either side."""
    folder = both.base / f"proofs-{team.short}"
    if team.short == "krcert":
        team.command("prove", f"S-{number}", "-o", folder)
        files = sorted(folder.iterdir())
    else:
        folder.mkdir()
        files = [folder / str(i) for i in range(count)]
        for i, entry in enumerate(team.entries()[-count:]):
            team.command("prove", entry["id"], "-o", files[i])
    check(len(files) == count, f"{len(files)} files of {count}")
    good = [both.python(f.read_bytes()) and both.sealane(f.read_bytes())
            for f in files]
    check(all(good), f"{good.count(False)} of {count} are refused")
    print(f"{team.name}: {count} messages proven, each accepted by both")


def wrong_keys(both, data, a, b):
    """Keys of the other team, or in the other role, prove nothing."""
    origin, holder = a.vkeys("checkpoint")[0], b.vkeys("receipt")[0]
    path = both.base / "wrong"
    path.write_bytes(data)
    for words in ([b.vkeys("checkpoint")[0], holder],
                  [origin, a.vkeys("receipt")[0]],
                  [a.vkeys("receipt")[0], holder],
                  [origin, b.vkeys("checkpoint")[0]]):
        done = subprocess.run([house.BUILD / "sealane", "verify", path,
                               "--origin-key", words[0], "--holder-key",
                               words[1]], capture_output=True, check=False)
        check(done.returncode == 2, f"{words} pass: {done.stdout}")


def evidence(base, teams):
    a, b = house.started_pair(base, teams)
    both = Verifiers(base, a.vkeys("checkpoint")[0], b.vkeys("receipt")[0])
    a.submit("hello-evidence.example", "198.51.100.77", "--to", b.name,
             "--tlp", "green", "--wait", "60s")
    message = a.entries("--to", b.name)[0]["id"]
    one_file(both, a, message, [])
    one_file(both, a, message, ["--no-body"])
    wrong_keys(both, (base / "proof").read_bytes(), a, b)
    number = a.submit("-f", BUNDLE, "--to", b.name, "--wait", "60s")
    count = a.progress(number)[2]
    whole_submission(both, a, number, count)
    whole_submission(both, b, number, count)
    check(both.ran > 2 * FLIPS_MIN, "too few")


os.environ.setdefault("LC_ALL", "C.UTF-8")
house.run(evidence)
