#!/usr/bin/env python3
"""demo - two teams on this machine exchange real indicators.

Usage: demo.py [--keep | --stop]        called by ./demo, which builds first
  --keep  leave the pair running in demo-state/, and say how to play with it
  --stop  stop a pair that --keep left, and remove demo-state/

The indicators are the URLhaus list that Debian ships inside the package
webext-ublock-origin-firefox: taken by apt-get download into a temporary
folder, not installed, never connected to. Only 127.0.0.1 is used.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import extract
import house
from house import check

PACKAGE = "webext-ublock-origin-firefox"
LIST = "urlhaus-filter-online.txt"
BUNDLE = house.ROOT / "tests/data/bundle.json"
VERIFIER = house.ROOT / "tests/verify/verify.py"
KEPT = house.ROOT / "demo-state"
NET = "sealaned-net"
GENERATED = 8000
ATTEMPTS = 5
STOP_S = 20


# ---- narration ---------------------------------------------------------------

class Story:
    """Headings, real commands and their real output."""

    def __init__(self, base):
        self.base = base
        self.steps = 0

    def step(self, title):
        self.steps += 1
        print(f"\n== {self.steps}. {title}", flush=True)

    def say(self, text):
        print(text, flush=True)

    def short(self, text):
        for path, name in ((str(self.base) + "/", ""),
                           (str(house.ROOT) + "/", ""),
                           (sys.executable, "python3")):
            text = text.replace(path, name)
        return text

    def quote(self, words):
        plain = [self.short(str(w)) for w in words]
        return " ".join(f"'{w}'" if set(w) & set(" <>[]*&;#$()") else w
                        for w in plain)

    def output(self, text, lines):
        found = self.short(text).splitlines()
        for line in found[:lines]:
            print("    " + (line if len(line) <= 160 else
                            line[:157] + "..."))
        if len(found) > lines:
            more = len(found) - lines
            print(f"    ... ({more} more line{'s' * (more > 1)})")
        sys.stdout.flush()

    def shell(self, words, lines=4, folder=None):
        """Run a command that is none of Sealane's."""
        print(f"$ {self.quote(words)}", flush=True)
        done = subprocess.run(list(map(str, words)), cwd=folder or self.base,
                              stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT, text=True)
        self.output(done.stdout, lines)
        check(done.returncode == 0, f"{words[0]} ended with "
              f"{done.returncode}")
        return done.stdout

    def run(self, team, *words, code=0, lines=8, daemon=True):
        """Run `sealane WORDS` for a team, and show it."""
        print(f"{team.short}$ sealane {self.quote(words)}", flush=True)
        done = team.command(*words, code=code, daemon=daemon)
        self.output(done.out + done.err, lines)
        if code:
            print(f"    (exit {code})", flush=True)
        return done


# ---- the steps ---------------------------------------------------------------

def make_teams(story, base):
    story.step("Two teams: keys, certificates, card, settings of each")
    a = house.Team(base, "krcert.or.kr", "krcert", "batches-in-flight: 1\n")
    b = house.Team(base, "cert.gov.au", "certau", "batches-in-flight: 1\n")
    for team, name in ((a, "KrCERT/CC"), (b, "CERT Australia")):
        story.run(team, "init", team.name, "--state", team.state, "--listen",
                  team.address, "--address", team.address, "--short",
                  team.short, "--name", name, daemon=False, lines=3)
        with open(team.state / "sealane.yaml", "a", encoding="utf-8") as f:
            f.write(team.more)
    return a, b


def start_daemons(story, teams):
    story.step("Both daemons, on loopback")
    for team in teams:
        story.say(f"{team.short}$ sealaned -c "
                  f"{story.short(str(team.state))}/sealane.yaml &")
        team.start()
        story.say(f"    {team.address}: " + ", ".join(
            f"{name} {pid}" for name, pid in sorted(team.children().items())))


def pair(story, a, b):
    story.step("Pairing: exchange cards, read the code out over the phone")
    for team, other in ((a, b), (b, a)):
        card = story.base / (other.short + ".card")
        story.run(other, "card", "export", card)
        story.run(team, "peer", "add", card, lines=2)
    code = a.json("peer", "list")[0]["code"]
    check(code == b.json("peer", "list")[0]["code"], "one code for the pair")
    story.say("The code is the same on both screens. Each side types what "
              "it hears:")
    for team, other in ((a, b), (b, a)):
        story.run(team, "peer", "confirm", other.name, "--with",
                  "duty officer, by phone", "--code", code)
    a.linked()
    b.linked()
    story.run(a, "status")


def fetch_list(story, folder):
    """Take the list out of Debian's package; nothing is installed."""
    story.step(f"Real indicators: the URLhaus list inside Debian's {PACKAGE}")
    words = ["apt-get", "download", "-q", PACKAGE]
    if os.getuid() == 0:
        words[1:1] = ["-o", "APT::Sandbox::User=root"]
    try:
        story.shell(words, lines=2, folder=folder)
    except AssertionError:
        check(os.getuid() == 0, "apt-get cannot get the package; are its "
              "lists there? As root: apt-get update")
        story.shell(["apt-get", "update", "-q"], lines=2)
        story.shell(words, lines=2, folder=folder)
    package = next(folder.glob("*.deb"))
    story.shell(["dpkg-deb", "-x", package.name, "unpacked"], folder=folder)
    path = story.base / LIST
    shutil.copy(next((folder / "unpacked").rglob(LIST)), path)
    return path


def send_list(story, a, b, path):
    expected = extract.list_values(path.read_text(encoding="utf-8"))
    count = sum(expected.values())
    story.say(f"A script that knows nothing of Sealane finds {count:,} "
              f"entries in it: " + ", ".join(
                  f"{n:,} {kind}" for kind, n in Counter(
                      kind for kind, _ in expected.elements()
                  ).most_common()) + ".")
    check(count > 0, "no entry in the list")
    done = story.run(a, "submit", "--tlp", "green", "--to", b.name, "-f",
                     path, "--title", "URLhaus, online", "--wait", "120s")
    check("signature good" in done.out, "no receipt")
    story.run(b, "list", "--from", a.name, "--limit", "5")
    wrong = extract.difference(
        expected, extract.entry_values(b.entries("--from", a.name)), "list")
    check(not wrong, wrong)
    story.say(f"Compared value for value: all {count:,} are at {b.name}, "
              f"each exactly once.")
    return expected


def send_bundle(story, a, b):
    story.step("A STIX 2.1 bundle, object by object")
    around, objects = extract.bundle_parts(BUNDLE.read_text(encoding="utf-8"))
    story.run(a, "submit", "--to", b.name, "--case", "KR-2026-1123", "-f",
              BUNDLE, "--wait", "60s")
    found = [e for e in b.entries("--from", a.name) if e.get("content") and
             e["package"]["id"] == around["id"]]
    check([e["content"] for e in found if e["kind"] != "package"] == objects,
          "the objects came in another form")
    indicator = next(e for e in found if e["kind"] == "indicator")
    story.run(b, "show", indicator["id"], lines=12)
    story.say(f"All {len(objects)} objects are there byte for byte, and the "
              f"envelope that they came in.")
    return len(objects) + 1, indicator


def search(story, team, listed, indicator):
    story.step("Search, in any notation, and the same as another format")
    team.searchable()
    kind, value = next(iter(sorted(listed)))
    done = story.run(team, "search", value.replace(".", "[.]"), lines=4)
    check(kind in done.out, "not found")
    name = json.loads(indicator["content"])["name"]
    done = story.run(team, "search", "--text", name, lines=4)
    check(indicator["id"] in done.out, f"{name} is not found")
    path = story.base / "urlhaus.json"
    story.run(team, "export", "--to", "stix", "-o", path, "--tlp", "green",
              lines=3)
    written = json.loads(path.read_text(encoding="utf-8"))["objects"]
    indicators = [o for o in written if o["type"] == "indicator"]
    check(len(indicators) >= len(listed), f"{len(indicators)} indicators")
    check(all(o["object_marking_refs"] for o in indicators), "no marking")
    story.say(f"{len(indicators):,} indicators as STIX 2.1, each with its "
              f"marking.")


def refuse_red(story, a, b):
    story.step("Handling: TLP:RED does not leave, and says why")
    before = len(b.entries())
    red = ("--tlp", "red", "--to", b.name)
    story.run(a, "explain", "203.0.113.7", *red, code=3)
    done = story.run(a, "submit", "203.0.113.7", *red, code=3)
    check("ceiling" in done.err, "no reason")
    check(len(b.entries()) == before and
          a.peer(b.name)["queued"] == 0, "something left")
    story.say("Nothing was queued, nothing left.")


def verify_evidence(story, a, b, indicator):
    story.step("Evidence that a third party checks without Sealane")
    proof = story.base / "evidence"
    story.run(b, "prove", indicator["id"], "-o", proof)
    keys = [line for team in (a, b) for line in
            team.command("card", "show", "--vkeys").out.split()]
    (story.base / "keys").write_text("\n".join(keys) + "\n",
                                     encoding="ascii")
    story.say("The keys come from `sealane card show --vkeys` of both teams.")
    story.run(b, "verify", proof, "--keys", story.base / "keys",
              daemon=False)
    origin = next(k for k in keys if k.startswith(a.name + "/sealane/check"))
    holder = next(k for k in keys if k.startswith(b.name + "/sealane/rec"))
    words = [sys.executable, VERIFIER, proof, "--origin", origin, "--holder",
             holder]
    story.say("An independent verifier, Python and openssl alone:")
    story.shell(words)
    data = bytearray(proof.read_bytes())
    data[len(data) // 3] ^= 1
    proof.write_bytes(data)
    changed = subprocess.run(list(map(str, words)), check=False, text=True,
                             stdout=subprocess.PIPE)
    check(changed.returncode == 1, "a changed file is accepted")
    story.say("One bit changed: " + changed.stdout.strip())


def kill_in_transfer(story, a, b):
    """Kill the receiver with 0 < receipted < submitted; gives how many were
    receipted then, and how many values were submitted for it."""
    story.step("kill -9 of a daemon in mid-transfer")
    found, values = None, []
    for attempt in range(ATTEMPTS):
        more = [f"http://host-{i}.{attempt}.demo.example/x"
                for i in range(GENERATED)]
        values += more
        path = story.base / "generated.txt"
        path.write_text("\n".join(more) + "\n", encoding="ascii")
        number, found = kill_moment(story, a, b, path)
        if found:
            break
        story.say("The transfer was over before the kill; once more.")
    check(found, "no kill in mid-transfer")
    story.say(f"At the kill {found:,} of {GENERATED:,} were receipted. The "
              f"supervisor starts the processes again:")
    b.wait_for(lambda: b.tell("status"), "the daemon's answer")
    story.say("    " + ", ".join(f"{name} {pid}" for name, pid in
                                 sorted(b.children().items())))
    a.receipted(number, GENERATED)
    story.run(a, "submission", f"S-{number}")
    arrived = extract.entry_values(b.entries("--from", a.name))
    mine = Counter({v: n for v, n in arrived.items()
                    if v[1].endswith(".demo.example/x")})
    wrong = extract.difference(Counter(("url", v) for v in values), mine,
                               "after the kill")
    check(not wrong, wrong)
    story.say(f"{sum(mine.values()):,} values at {b.name}, each exactly "
              f"once: nothing lost, nothing doubled.")
    return found, len(values)


def kill_moment(story, a, b, path):
    """Submit while the receiver stands still, let it run until some
    receipts are there, hold it again, read the counters, kill it unless the
    transfer is over."""
    pid = b.children()[NET]
    os.kill(pid, signal.SIGSTOP)
    try:
        story.run(a, "submit", "--tlp", "green", "--to", b.name, "-f", path,
                  lines=1)
    finally:
        os.kill(pid, signal.SIGCONT)
    number = a.json("status", code=None)[0]["submissions"]
    a.wait_for(lambda: a.progress(number)[2] > 0, "the first receipts")
    os.kill(pid, signal.SIGSTOP)
    found = a.progress(number)[2]
    if found == GENERATED:
        os.kill(pid, signal.SIGCONT)
        return number, None
    story.say(f"$ kill -9 {pid}    # {NET} of {b.name}")
    os.kill(pid, signal.SIGKILL)
    return number, found


def audit(story, teams):
    story.step("Audit: every root, signature and body computed again")
    for team in teams:
        story.run(team, "audit", "--bodies")


# ---- keeping and stopping ----------------------------------------------------

def pid_files():
    return sorted(KEPT.glob("*.pid")) if KEPT.is_dir() else []


def is_ours(pid):
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[0].endswith(b"sealaned") and \
        any(w.startswith(os.fsencode(KEPT)) for w in words)


def stop_kept():
    stopped = 0
    for path in pid_files():
        pid = int(path.read_text(encoding="ascii"))
        if is_ours(pid):
            os.kill(pid, signal.SIGTERM)
            end = time.monotonic() + STOP_S
            while is_ours(pid):
                check(time.monotonic() < end, f"process {pid} does not end")
                time.sleep(0.05)
            stopped += 1
    if KEPT.is_dir():
        shutil.rmtree(KEPT)
    print(f"{stopped} daemons stopped; demo-state/ is removed")


def make_kept():
    running = [p for p in pid_files()
               if is_ours(int(p.read_text(encoding="ascii")))]
    if running:
        sys.exit("demo: a pair runs already; ./demo --stop stops it")
    if KEPT.is_dir():
        shutil.rmtree(KEPT)
    KEPT.mkdir(mode=0o700)
    return KEPT


def leave_running(teams):
    for team in teams:
        path = KEPT / (team.short + ".pid")
        path.write_text(str(team.process.pid), encoding="ascii")
    a, b = teams
    print(f"""
The pair is left running. Play with it:

  PATH={house.BUILD}:$PATH
  sealane status --state {a.state}
  sealane submit 203.0.113.7:443 'evil[.]example' --to {b.name} \\
      --tlp green --wait 10s --state {a.state}
  sealane watch --state {b.state}
  sealane help

Settings: {a.state}/sealane.yaml; log: {a.log_file}.
Stop it and remove demo-state/: ./demo --stop""")


# ---- the demonstration -------------------------------------------------------

def show(story, base, teams):
    began = time.monotonic()
    a, b = make_teams(story, base)
    teams += [a, b]
    start_daemons(story, (a, b))
    pair(story, a, b)
    with tempfile.TemporaryDirectory(prefix="sealane-") as folder:
        path = fetch_list(story, Path(folder))
        expected = send_list(story, a, b, path)
        listed = sum(expected.values())
    objects, indicator = send_bundle(story, a, b)
    search(story, b, expected, indicator)
    refuse_red(story, a, b)
    verify_evidence(story, a, b, indicator)
    killed_at, generated = kill_in_transfer(story, a, b)
    audit(story, (a, b))
    all_of_it = len(b.entries("--from", a.name))
    check(all_of_it == listed + objects + generated, f"{all_of_it}")
    story.step("Summary")
    story.say(f"""\
{listed:,} entries of the URLhaus list, {objects} messages of a STIX bundle and
{generated:,} generated values: {all_of_it:,} sent by {a.name}, receipted and
found at {b.name}, each exactly once; one refused for its TLP; evidence
accepted by two verifiers; a daemon killed with {killed_at:,} of \
{GENERATED:,} receipted.
{time.monotonic() - began:.0f} s.""")


def main():
    options = sys.argv[1:]
    if options == ["--stop"]:
        return stop_kept()
    if options not in ([], ["--keep"]):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    keep = options == ["--keep"]
    base = make_kept() if keep else Path(tempfile.mkdtemp(prefix="sealane-"))
    teams = []
    try:
        show(Story(base), base, teams)
    except BaseException as fault:
        for team in teams:
            team.kill()
        print(f"\ndemo: FAILED: {fault}\nkept for a look: {base}",
              file=sys.stderr)
        sys.exit(1)
    if keep:
        return leave_running(teams)
    for team in teams:
        team.stop()
    shutil.rmtree(base)
    print("Both daemons are stopped; nothing is left running.")


main()
