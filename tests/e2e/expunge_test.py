#!/usr/bin/env python3
"""expunge_test - what is expunged is nowhere any more, at either side.

Usage: expunge_test.py        SEALANE_BUILD names the build folder

Two real daemons. After every part the raw files of both state directories
(journal, signer's journal, all else) are searched for each salt, each body
and each value that was expunged. Crashes: a daemon that has synced the entry
of an expunge and cannot erase (its process may open no more files), on either
side, and kill -9 at moments that fall anywhere.
"""
import os
import random
import resource
import shutil
import signal
import socket
import struct
import sys

import house
import node
from house import check
from node import Refused

sys.path.insert(0, str(house.ROOT / "tests/verify"))
import verify  # noqa: E402

NET = "sealaned-net"
KILLS = 4 if house.is_sanitized() else 12
RACE = 400 if house.is_sanitized() else 3000


class Secret:
    """Everything that must not be found of a message: what stands in its
    place on disk, and its value."""

    def __init__(self, team, id_, value):
        found = team.ask("show", id=id_)[0]
        self.id, self.value = id_, value
        self.needles = {"salt": found["salt"], "body": found["body"],
                        "value": value.encode()}
        check(len(found["salt"]) == 32 and value.encode() in found["body"],
              f"{id_} is whole before it is expunged")


def value(name):
    return f"http://{name}.secret.example/{random.getrandbits(64):016x}"


def raw_files(team):
    for path in sorted(team.state.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


def holds(team, needle):
    return [str(path) for path, data in raw_files(team) if needle in data]


def index_holds(team, secrets):
    """Tell whether the index has something of these yet; it lags a little."""
    for path in (team.state / "index").iterdir():
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue
        if any(needle in data for secret in secrets
               for needle in secret.needles.values()):
            return True
    return False


def nothing_is_left(teams, secrets):
    """I15. Each team's files are read once for all secrets."""
    for team in teams:
        team.wait_for(lambda t=team: not index_holds(t, secrets),
                      "the end of it in the index", 60)
        searched = 0
        for path, data in raw_files(team):
            searched += len(data)
            for secret in secrets:
                for what, needle in secret.needles.items():
                    check(needle not in data, f"the {what} of {secret.id} "
                          f"still stands in {path}")
        check(searched > 4096, "there was something to search")


def send(a, b, values, *words):
    number = a.submit(*values, "--to", b.name, "--tlp", "green", *words)
    a.receipted(number, len(values))
    found = {e.get("value"): e["id"] for e in a.entries("--to", b.name)}
    return number, [Secret(a, found[v], v) for v in values]


def state(team, id_):
    return team.json("show", id_, code=None)[0]


def is_done(team, id_):
    try:
        found = state(team, id_)
    except (IndexError, ValueError):
        return False                             # it restarts
    return (found["state"], found.get("expunge"),
            found.get("expunge_receipted")) == ("expunged", "done", True)


def wait_done(teams, secrets):
    for team in teams:
        for secret in secrets:
            team.wait_for(lambda: is_done(team, secret.id),
                          f"the end of the expunge of {secret.id}")


# ---- what people do and see --------------------------------------------------

def one_message(a, b):
    _, (kept, secret, last) = send(
        a, b, [value("kept"), value("one"), value("last")])
    for team in (a, b):
        for what, needle in secret.needles.items():
            check(holds(team, needle), f"the {what} can be found before")
    refused = b.command("expunge", secret.id, code=2)
    check("only the team that sent" in refused.err, refused.err)
    done = a.command("expunge", secret.id)
    check("1 to be expunged" in done.out and "Backups" in done.out, done.out)
    wait_done((a, b), [secret])
    nothing_is_left((a, b), [secret])
    for team, word in ((a, "receipted by them"), (b, "receipted by us")):
        text = team.command("show", secret.id).out
        check("expunged" in text and "erased here" in text and word in text
              and secret.value not in text, text)
        listed = [e for e in team.entries("--state", "expunged")
                  if e["id"] == secret.id]
        check(len(listed) == 1 and "value" not in listed[0] and
              listed[0]["expunged_by"].startswith("krcert>certau#"), listed)
        check([e["ref"] for e in team.entries() if e["entry"] == "expunge"]
              == [1], "the expunge itself is listed")
        good = team.command("audit", "--bodies")
        check("GOOD, expunged 1" in good.out and "0 faults" in good.out,
              good.out)
    check(a.command("expunge", secret.id, code=2).err.count("already") == 1,
          "it is expunged once")
    check(a.command("expunge", "krcert>certau#999", code=1), "no such message")
    for other in (kept, last):
        check(state(b, other.id)["value"] == other.value, "others stay")
    print(f"one message: {secret.id} erased at both sides, shown as such, "
          f"audit good")
    return secret


def evidence(a, b, secret):
    """The leaf record alone still proves that it was there and receipted."""
    keys = [team.command("card", "show", "--vkeys").out for team in (a, b)]
    origin = next(k for k in keys[0].split() if "/checkpoint+" in k)
    holder = next(k for k in keys[1].split() if "/receipt+" in k)
    for team in (a, b):
        path = team.state.parent / (team.short + ".proof")
        made = team.command("prove", secret.id, "-o", path)
        check("without its content" in made.err, made.err)
        team.command("verify", path, "--origin-key", origin, "--holder-key",
                     holder, daemon=False)
        verify.verify(path.read_bytes(), verify.Key(origin, "checkpoint"),
                      verify.Key(holder, "receipt"))
        check(secret.value.encode() not in path.read_bytes(), "no content")
    print("evidence: its record alone is accepted by both verifiers")


def submission(a, b):
    number, secrets = send(a, b, [value(f"s{i}") for i in range(20)])
    _, others = send(a, b, [value("other")])
    for said in ("19", "21", "", "20 of them"):
        done = a.command("expunge", f"S-{number}", code=2,
                         data=said.encode() + b"\n")
        check("nothing is expunged" in done.err, done.err)
    check(state(a, secrets[0].id)["value"] == secrets[0].value, "not yet")
    done = a.json("expunge", f"S-{number}", "--count", "20")[0]
    check((done["expunged"], done["cancelled"]) == (20, 0), done)
    wait_done((a, b), secrets)
    nothing_is_left((a, b), secrets)
    check(state(b, others[0].id)["value"] == others[0].value, "others stay")
    print("a submission: 20 of 20 erased at both sides after the count was "
          "said back")
    return secrets


def peer_down(a, b):
    """An expunge waits; what has not left is recalled and erased at once."""
    _, (secret,) = send(a, b, [value("down")])
    b.stop()
    a.wait_for(lambda: not a.peer(b.name)["up"], "the loss of the link")
    waiting = [value(f"waiting{i}") for i in range(3)]
    number = a.submit(*waiting, "--to", b.name, "--tlp", "green")
    a.command("expunge", secret.id)
    text = a.command("show", secret.id).out
    check("queued: it goes with the next session" in text, text)
    check(holds(a, secret.needles["body"]), "it stands until it is sent")
    queue = [e for e in a.entries("--state", "queued")
             if e["entry"] == "expunge"]
    check(len(queue) == 1, queue)
    done = a.json("expunge", f"S-{number}", "--count", "3")[0]
    check((done["expunged"], done["cancelled"]) == (0, 3), done)
    for one in waiting:
        a.wait_for(lambda: not holds(a, one.encode()), "the copy's erasure")
    a.stop()
    a.start()
    b.start()
    a.linked()
    wait_done((a, b), [secret])
    nothing_is_left((a, b), [secret])
    print("peer down: the expunge waited, 3 that had not left were recalled "
          "and erased")


def in_flight(a, b):
    """Expunge while bodies are on their way: the holder's daemon stands
    still, so that they are announced and not receipted."""
    pid = b.children()[NET]
    values = [value(f"race{i}") for i in range(RACE)]
    path = a.state.parent / "race.txt"
    path.write_text("\n".join(values) + "\n", encoding="ascii")
    os.kill(pid, signal.SIGSTOP)
    try:
        number = a.submit("-f", path, "--to", b.name, "--tlp", "green")
        a.wait_for(lambda: a.progress(number)[1] > 0, "the first batch")
        sent = a.progress(number)
        check(sent[2] == 0, f"nothing is receipted yet: {sent}")
        found = {e.get("value"): e["id"] for e in a.entries("--to", b.name)
                 if "id" in e}
        chosen = [v for v in values if v in found][::31]
        secrets = [Secret(a, found[v], v) for v in chosen]
        for secret in secrets:
            a.command("expunge", secret.id)
    finally:
        os.kill(pid, signal.SIGCONT)
    path.unlink()
    wait_done((a, b), secrets)
    a.receipted(number, RACE)
    nothing_is_left((a, b), secrets)
    for team in (a, b):
        team.audit_is_good()
    print(f"in flight: {len(secrets)} of {RACE} erased at both sides while "
          f"they were being sent")


# ---- crashes ------------------------------------------------------------------

def request(team, verb, **values):
    """Open a connection of its own; give what sends the request on it."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(str(team.state / "control.sock"))
    team.ask("status")                           # it has been accepted
    data = node.field(1, 1) + node.field(2, verb)
    for key, one in values.items():
        data += node.field(3, node.value_put(key, one))
    return s, lambda: s.sendall(struct.pack(">I", len(data)) + data)


def no_more_files(pid):
    """Let a process open no more files than it has."""
    used = {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}
    free = min(set(range(len(used) + 1)) - used)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, free))


def cannot_erase(victim, a, b):
    """The victim's daemon dies between the entry's sync and the erasure; its
    successor erases. Older segments are closed, or open for reading alone,
    so an erasure must open a file."""
    _, (secret,) = send(a, b, [value("stuck")])
    found = a.ask("show", id=secret.id)[0]
    pid = victim.children()[NET]
    place = victim.log_size()
    s, go = request(a, "expunge", lane=found["lane"], index=found["index"])
    no_more_files(pid)
    go()
    victim.wait_log("for an erasure of", since=place)
    victim.wait(lambda: victim.children().get(NET, pid) != pid, "a successor")
    s.close()
    wait_done((a, b), [secret])
    nothing_is_left((a, b), [secret])
    for team in (a, b):
        team.audit_is_good()
    print(f"{victim.short} died with the entry on disk and nothing erased; "
          f"its successor erased it")


def killed(a, b):
    """kill -9 of either daemon while expunges run."""
    count = 0
    for i in range(KILLS):
        _, secrets = send(a, b, [value(f"k{i}-{n}") for n in range(5)])
        victim = (a, b)[i % 2]
        pid = victim.children()[NET]
        for n, secret in enumerate(secrets):
            if n == i % 5:
                os.kill(pid, signal.SIGKILL)
            a.wait_for(lambda: expunge_again(a, secret), "the expunge")
        victim.wait(lambda: victim.children().get(NET, pid) != pid,
                    "a successor")
        a.linked()
        wait_done((a, b), secrets)
        nothing_is_left((a, b), secrets)
        count += len(secrets)
    for team in (a, b):
        team.audit_is_good()
    print(f"killed: {KILLS} times among {count} expunges, all erased at both "
          f"sides")


def expunge_again(a, secret):
    """Ask until the daemon has it: one that was killed may have taken it."""
    done = a.command("expunge", secret.id, code=None)
    return done.returncode == 0 or "already" in done.err


# ---- a holder that was restored -------------------------------------------------

def restored_holder(a, b):
    """Its backup has one body that was expunged since, and lacks others."""
    _, (old,) = send(a, b, [value("old")])
    b.stop()
    backup = b.state.parent / "backup"
    shutil.copytree(b.state / "journal", backup)
    b.start()
    a.linked()
    _, secrets = send(a, b, [value(f"new{i}") for i in range(4)])
    for secret in (old, *secrets[::2]):
        a.command("expunge", secret.id)
    gone = [old, *secrets[::2]]
    wait_done((a, b), gone)
    b.stop()
    shutil.rmtree(b.state / "journal")
    shutil.copytree(backup, b.state / "journal")
    shutil.rmtree(backup)
    check(holds(b, old.needles["body"]), "the backup has it")
    b.start()
    a.linked()
    wait_done((a, b), gone)
    nothing_is_left((a, b), gone)
    for secret in secrets[1::2]:
        b.wait_for(lambda: state(b, secret.id)["state"] == "stored",
                   "the bodies that were not expunged")
    for team in (a, b):
        team.audit_is_good()
    alarms = {one["alarm"] for one in b.json("status", code=None)[0]["alarms"]}
    check(alarms <= {"turns-lost"}, f"the restore alone is an alarm: {alarms}")
    print("restored holder: took GONE for 2 bodies, erased the one that its "
          "backup had")


def test(base, teams):
    random.seed(4590)
    a, b = house.started_pair(base, teams)
    secret = one_message(a, b)
    evidence(a, b, secret)
    secrets = [secret, *submission(a, b)]
    peer_down(a, b)
    in_flight(a, b)
    cannot_erase(a, a, b)
    cannot_erase(b, a, b)
    killed(a, b)
    restored_holder(a, b)
    nothing_is_left((a, b), secrets)


if __name__ == "__main__":
    house.run(test)
