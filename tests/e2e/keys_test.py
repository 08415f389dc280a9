#!/usr/bin/env python3
"""keys_test - keys are renewed, rotated and lost while messages flow.

Usage: keys_test.py            SEALANE_BUILD names the build folder

Two daemons exchange lists. Meanwhile one of them renews its card, rotates
each of its keys with one command, and gets its certificate accepted by a peer
that has not seen the card. Every value must arrive exactly once, and both
audits must be good at the end.
"""
import os
import subprocess
import sys
import threading

import house
from house import check

VALUES = 60 if house.is_sanitized() else 400
ROLES = ("tls", "session", "receipt", "checkpoint", "checkpoint")


class Load:
    """Submits lists without a pause until it is told to end."""
    count = 0

    def __init__(self, sender, receiver):
        self.sender, self.receiver = sender, receiver
        Load.count += 1
        self.name = f"l{Load.count}.{sender.short}.example"
        self.numbers, self.sent, self.fault = [], 0, None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            while not self.over.is_set():
                base = self.sent
                text = "".join(f"h{base + i}.{self.name}\n"
                               for i in range(VALUES))
                self.numbers.append(self.sender.submit(
                    "-f", "-", "--to", self.receiver.name, "--tlp", "green",
                    data=text.encode()))
                self.sent += VALUES
        except BaseException as fault:  # pylint: disable=broad-except
            self.fault = fault

    def end(self):
        """Stop, wait for the receipts, and count what arrived."""
        self.over.set()
        self.thread.join()
        if self.fault:
            raise self.fault
        for number in self.numbers:
            self.sender.receipted(number, VALUES)
        found = [e["value"] for e in self.receiver.entries(
            "--from", self.sender.name, "--limit", "1000000")
            if (e.get("value") or "").endswith(self.name)]
        check(len(found) == len(set(found)), "a value arrived twice")
        check(len(found) == self.sent,
              f"{len(found)} values arrived, {self.sent} were sent")


def keys(team):
    found = {}
    for key in team.json("key", "list"):
        found.setdefault(key["role"], []).append(key)
    return found


def key_of(team, role):
    state = "shown" if role == "tls" else "in use"
    return next(k["key"] for k in keys(team)[role] if k["state"] == state)


def card_version(team, of=None):
    return team.json("card", "show", *(["--team", of.name] if of else []))[0][
        "version"]


def sees_version(team, of, version):
    team.wait_for(lambda: card_version(team, of) == version,
                  f"version {version} of the card of {of.name}")


def files_of(team, role):
    """The private key files of a role: how many hold a key."""
    folder = team.state / ("keys" if role == "tls" else "signer")
    held = []
    for name in (f"{role}.key", f"{role}-2.key"):
        content = (folder / name).read_bytes()
        if content.strip(b"\0"):
            held.append(name)
    return held


ERAS = []  # evidence made before and after each rotation


def prove_first(a, b):
    """Prove the first entry as it stands now: under the latest checkpoint."""
    file = a.state.parent / f"era{len(ERAS)}"
    first = a.wait_for(lambda: a.entries("--to", b.name, "--state",
                                         "receipted", "--limit", "1"),
                       "a receipted entry")[-1]
    a.command("prove", first["id"], "-o", file)
    ERAS.append(file)


def rotated(a, b):
    """Each role, one command, under load in both directions."""
    loads = [Load(a, b), Load(b, a)]
    prove_first(a, b)
    for role in ROLES:
        before, version = key_of(a, role), card_version(a)
        done = a.command("key", "rotate", role, "--root", a.state / "root")
        check("done" in done.out, done.out)
        check(key_of(a, role) != before, f"{role} has the key it had")
        check(len(files_of(a, role)) == 1,
              f"both {role} keys are on disk: {files_of(a, role)}")
        check(card_version(a) == version + 1, "the card has no new version")
        sees_version(b, a, version + 1)
        prove_first(a, b)
        print(f"good: {role} rotated under load", flush=True)
    for load in loads:
        load.end()
    return sum(load.sent for load in loads)


def offline_root(a, b):
    """The root is on another machine: request, sign, signed; and the daemon
    dies in between."""
    before, version = key_of(a, "receipt"), card_version(a)
    folder = a.state.parent
    request, card = folder / "request", folder / "next.card"
    done = a.command("key", "rotate", "receipt", "-o", request, code=5)
    check("card sign" in done.out, done.out)
    a.kill_child("sealaned-signer")
    a.command("card", "sign", request, "--root", a.state / "root", "-o", card,
              "--telephone", "+82 2 555 0100", "--valid-for", "400d",
              daemon=False)
    a.kill_child("sealaned-net")
    a.command("key", "rotate", "receipt", "--signed", card)
    check(key_of(a, "receipt") != before, "the receipt key did not change")
    check(card_version(a) == version + 1, "the card has no new version")
    sees_version(b, a, version + 1)
    shown = b.json("card", "show", "--team", a.name)[0]
    check(shown["telephone"] == "+82 2 555 0100", f"the telephone: {shown}")
    again = a.command("card", "import", card)
    check("in force" in again.out, again.out)
    print("good: a root on another machine, with two kills", flush=True)


def restart_takes_file(a, b):
    """The card is put in place and the daemon started again; the old file
    that was there before does not come back."""
    version = card_version(a)
    folder = a.state.parent
    request, card = folder / "request2", folder / "later.card"
    a.command("card", "request", "-o", request)
    a.command("card", "sign", request, "--root", a.state / "root", "-o", card,
              daemon=False)
    a.stop()
    old = (a.state / "card").read_bytes()
    (a.state / "card").write_bytes(card.read_bytes())
    a.start()
    a.wait_for(lambda: card_version(a) == version + 1, "the card of the file")
    a.linked()
    sees_version(b, a, version + 1)
    a.stop()
    (a.state / "card").write_bytes(old)
    a.start()
    a.wait_log("older than the one in force")
    check(card_version(a) == version + 1, "an older card came back")
    a.linked()
    print("good: a card taken at start, and no older one", flush=True)


def card_only(a, b):
    """b is away while a gets a new certificate; the old key is gone when b
    comes back: b takes the card over a card-only connection."""
    b.stop()
    version = card_version(a)
    old, = files_of(a, "tls")
    done = a.command("key", "rotate", "tls", "--root", a.state / "root",
                     "--wait", "1s", code=5)
    check("still needed" in done.out, done.out)
    check(len(files_of(a, "tls")) == 2, "the old key went too early")
    # The machine of the old key is lost: what is left is the new one.
    a.stop()
    os.truncate(a.state / "keys" / old, 0)
    a.start()
    mark = b.log_size()
    b.start()
    b.wait_log("only a newer card is taken from it: not pinned: CN=", mark)
    b.wait_log("a newer card of theirs is in force", mark)
    a.wait_log("a newer card was taken; dial again")
    a.linked()
    b.linked()
    sees_version(b, a, version + 1)
    print("good: a certificate that b had not seen", flush=True)


def compromised(a, b):
    """The checkpoint key was stolen: the card says so, a new epoch begins, and
    what waits goes in it, once."""
    before = key_of(a, "checkpoint")
    folder = a.state.parent
    request, card = folder / "request4", folder / "revoked.card"
    load = Load(a, b)
    a.wait_for(lambda: load.sent > 2 * VALUES, "some load")
    a.command("card", "revoke", "checkpoint", "session", "receipt", "tls",
              "-o", request)
    done = a.command("card", "sign", request, "--root", a.state / "root", "-o",
                     card, daemon=False)
    check("COMPROMISED" in done.out and "REVOKED" in done.out, done.out)
    a.command("card", "import", card)
    a.wait_for(lambda: any(r["direction"] == "to" and r["epoch"] == 1
                           for r in a.ask("lanes")), "the new epoch")
    load.end()
    check(key_of(a, "checkpoint") != before, "the stolen key is in use")
    for role in ("checkpoint", "session", "receipt", "tls"):
        a.wait_for(lambda r=role: len(files_of(a, r)) == 1,
                   f"one {role} key on disk")
    print("good: stolen keys, a new epoch, "
          f"{load.sent} values exactly once", flush=True)


def evidence(a, b):
    """Evidence of every era is accepted by both verifiers, with the keys of
    all eras; out of its positions a key proves nothing."""
    folder = a.state.parent
    lines = []
    for team in ([], ["--team", b.name]):
        lines += a.command("card", "show", "--vkeys", "--positions",
                           *team).out.splitlines()
    keys = folder / "keys"
    keys.write_text("\n".join(lines) + "\n")
    origin = [k for k in lines if k.startswith(f"{a.name}/sealane/checkpoint")]
    holder = [k for k in lines if k.startswith(f"{b.name}/sealane/receipt")]
    spans = [k for k in origin if " " in k]
    check(len(spans) >= 3, f"positions of {len(spans)} keys: {lines}")
    prove_first(a, b)
    used = set()
    for file in ERAS:
        line = next(line for line in file.read_text().splitlines()
                    if f"{a.name}/sealane/checkpoint" in line)
        used.add(line.split()[2][:5])
        a.command("verify", file, "--keys", keys, daemon=False)
        check(verify_py(file, origin, holder).returncode == 0,
              f"verify.py refuses {file}")
        # The same keys, each where only another one signs.
        moved = [f"{k.split(' ')[0]} {s.split(' ', 1)[1]}"
                 for k, s in zip(spans, spans[1:] + spans[:1])]
        bare = [k for k in lines if " " not in k]
        (folder / "moved").write_text("\n".join(bare + moved) + "\n")
        refused = a.command("verify", file, "--keys", folder / "moved",
                            daemon=False, code=2)
        check("does not sign that size" in refused.err, refused.err)
        refused = verify_py(
            file, [k for k in origin if " " not in k] + moved, holder)
        check(b"does not sign size" in refused.stdout, refused.stdout)
    check(len(used) == 3, f"the evidence is of {len(used)} keys, not 3")
    print(f"good: {len(ERAS)} proofs of {len(used)} keys by both verifiers, "
          "and none by a key of another position", flush=True)


def verify_py(file, origin, holder):
    words = [sys.executable, house.ROOT / "tests/verify/verify.py", file]
    for name, keys in (("--origin", origin), ("--holder", holder)):
        for key in keys:
            words += [name, key]
    return subprocess.run(words, capture_output=True, check=False)


def refusals(a, b):
    """What cannot be: each with its reason, and nothing changes."""
    version = card_version(a)
    folder = a.state.parent
    stale, request, foreign = (folder / n for n in
                               ("stale", "request3", "foreign"))
    a.command("card", "request", "-o", request)
    a.command("card", "sign", request, "--root", b.state / "root", "-o",
              foreign, daemon=False, code=2)
    house_root = folder / "root-of-another"
    a.command("root", "new", a.name, "--out", house_root, daemon=False)
    refused = a.command("card", "sign", request, "--root", house_root, "-o",
                        foreign, daemon=False, code=2)
    check("another root" in refused.err, refused.err)
    refused = a.command("card", "import", folder / "next.card", code=2)
    check("of that version or a higher one is in force" in refused.err,
          refused.err)
    refused = b.command("card", "import", folder / "next.card", code=2)
    check("the keys of this card" in refused.err,
          refused.err)
    refused = b.command("card", "import", folder / "first.card", code=2)
    check("newer card of that team is held" in refused.err, refused.err)
    bad = bytearray((folder / "next.card").read_bytes())
    bad[40] ^= 1
    stale.write_bytes(bad)
    refused = a.command("card", "import", stale, code=2)
    check("not a good card" in refused.err, refused.err)
    text = request.read_text().replace("end\n", "")
    (folder / "cut").write_text(text)
    refused = a.command("card", "sign", folder / "cut", "--root",
                        a.state / "root", "-o", foreign, daemon=False, code=2)
    check("no request" in refused.err, refused.err)
    refused = a.command("key", "rotate", "root", code=2)
    check("is no role" in refused.err, refused.err)
    check(card_version(a) == version, "a refused card is in force")
    print("good: 8 refusals", flush=True)


def main(base, teams):
    a, b = house.started_pair(base, teams)
    a.command("card", "export", base / "first.card")
    count = rotated(a, b)
    offline_root(a, b)
    restart_takes_file(a, b)
    card_only(a, b)
    evidence(a, b)
    compromised(a, b)
    refusals(a, b)
    for team in (a, b):
        team.audit_is_good()
    print(f"keys_test: {count} values exactly once while "
          f"{len(ROLES)} keys were rotated, and 4 revoked")


if __name__ == "__main__":
    house.run(main)
    sys.exit(0)
