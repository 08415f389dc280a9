#!/usr/bin/env python3
"""drill_test - each way to restore a node from copies, with real state
directories: what docs/OPERATIONS.md says of the row happens, and no more.

Usage: drill_test.py [NAME]...        SEALANE_BUILD names the build folder

krcert sends to certau. `journal/` is copied with the daemon stopped, as the
document says to; whole machines and signing journals are copied as it says
never to. Where nothing has to be lost, both sides hold the same at the end,
each message once; where a lane freezes, one alarm names the row, the other
direction goes on, and a restart changes nothing. What was received is proven
by evidence, and a lane that stopped by its two statements: `sealane verify`
and tests/verify/verify.py, which shares nothing with it, say the same.
"""
import re
import shutil
import subprocess
import sys
from collections import Counter

import house
import shim
from house import check
from shim import END, NET, SIGNER

SEEN = 9
TURN_HEADER_BYTES = 56
BEHIND = "were promised and are not in the journal"
VERIFY = house.ROOT / "tests/verify/verify.py"
ROW_10, ROW_11 = "(resume row 10)", "(resume row 11)"


class Drilled(shim.Shimmed):
    """A team whose state is copied and put back."""

    PARTS = {"journal": ["journal"], "machine": ["journal", "signer"],
             "signer": ["signer"]}

    def copy(self, name, what="machine"):
        self.stop()
        for part in self.PARTS[what]:
            shutil.copytree(self.state / part, self.place(name, part))
        self.start()

    def place(self, name, part):
        return self.state.parent / f"{self.short}.{name}" / part

    def put_back(self, name, what):
        """Put a part of a copy in place of what is there; it is stopped."""
        for part in self.PARTS[what]:
            shutil.rmtree(self.state / part)
            shutil.copytree(self.place(name, part), self.state / part)

    def restore(self, name, what="journal"):
        self.stop()
        self.put_back(name, what)
        self.mark = self.log_size()
        self.start()

    def alarms(self):
        """Those that still hold."""
        return [alarm["text"] for alarm in
                self.json("status", code=None)[0]["alarms"]
                if alarm["state"] == "open"]

    def values(self, *words):
        return [e["value"] for e in self.entries(*words) if e.get("value")]


class Drill:
    def __init__(self, base, teams):
        self.a, self.b = house.started_pair(base, teams, kind=Drilled)
        self.base = base
        self.sent = []
        self.send(2)

    def send(self, count=1, wait=True):
        """Submit values that were never submitted before."""
        a, b = self.a, self.b
        new = [f"drill-{len(self.sent) + i}.example" for i in range(count)]
        self.sent += new
        self.number = a.submit(*new, "--to", b.name, "--tlp", "green",
                               *(("--wait", "60s") if wait else ()))
        return new

    def lose(self, values):
        """The restored copy does not have them, nor has the other side."""
        self.sent = [v for v in self.sent if v not in values]

    def restore_both(self, name, what):
        for team in (self.a, self.b):
            team.stop()
            team.put_back(name, what)
        for team in (self.a, self.b):
            team.start()

    def whole(self, a_says=(), b_says=()):
        """Both sides hold all, each once; the alarms are these."""
        a, b = self.a, self.b
        self.send()
        wanted = Counter(self.sent)
        self.proven()
        for team, words in ((a, ("--to", b.name)), (b, ("--from", a.name))):
            found = Counter(team.values(*words))
            check(found == wanted, f"at {team.short}: lost "
                  f"{wanted - found}, too many {found - wanted}")
            team.audit_is_good()
        self.only_alarms(a_says, b_says)

    def only_alarms(self, a_says, b_says=()):
        for team, words in ((self.a, a_says), (self.b, b_says)):
            found = team.alarms()
            check(len(found) == len(words) and
                  all(word in text for word, text in zip(words, found)),
                  f"alarms of {team.short}: {found}")

    def verdicts(self, file, holder=None):
        """What both verifiers say of a file: exit codes and words."""
        keys = {*self.a.vkeys("checkpoint"),
                *self.b.vkeys("checkpoint", "--team", self.a.name)}
        trusted = self.base / "keys"
        trusted.write_text("\n".join(keys) + "\n", encoding="ascii")
        ours = ["--keys", trusted]
        ours += ["--holder-key", holder] if holder else []
        theirs = ["--holder", holder] if holder else ["--no-receipt"]
        for key in keys:
            theirs += ["--origin", key]
        one = self.a.command("verify", file, *ours, code=None, daemon=False)
        other = subprocess.run([sys.executable, VERIFY, file, *theirs],
                               capture_output=True, text=True, check=False)
        return [(one.returncode, one.out + one.err),
                (other.returncode, other.stdout + other.stderr)]

    def proven(self):
        """Of the newest submission both verifiers take the evidence, but not
        under another key of the same team."""
        folder = self.base / f"proof-{len(self.sent)}"
        self.a.command("prove", f"S-{self.number}", "-o", folder)
        (file,) = folder.iterdir()
        good = self.verdicts(file, self.b.vkeys("receipt")[0])
        bad = self.verdicts(file, self.b.vkeys("checkpoint")[0])
        check([code for code, _ in good] == [0, 0], good)
        check(all(code for code, _ in bad), bad)

    def contradicted(self, is_fork):
        """Both verifiers say the same of the statements that stopped it."""
        file = self.base / "pair.conflict"
        self.a.command("lane", "evidence", self.b.name, "--out", file)
        said = self.verdicts(file)
        check([code for code, _ in said] == [0 if is_fork else 1] * 2, said)
        check(all(("no fork" in words) != is_fork for _, words in said), said)

    def frozen(self, row):
        """The lane stands still, before and after a restart, with one alarm;
        nothing was taken over; the other direction goes on."""
        a, b = self.a, self.b
        word = f"(resume row {row})"
        a.wait(lambda: a.alarms(), "the alarm")
        ours, theirs = a.values("--to", b.name), b.values("--from", a.name)
        a.submit("waits.example", "--to", b.name, "--tlp", "green")
        for _ in range(2):
            self.only_alarms([word])
            a.linked()
            b.submit(f"back-{row}.example", "--to", a.name, "--tlp", "green",
                     "--again", "--wait", "60s")
            check(b.values("--from", a.name) == theirs, "something came")
            check(a.values("--to", b.name)[:len(ours)] == ours,
                  "something was taken over")
            a.stop()
            a.start()
        b.audit_is_good()


# ---- the rows ----------------------------------------------------------------

def row_4_the_holder_was_restored(drill):
    drill.b.copy("early", "journal")
    drill.a.linked()
    drill.send(3)
    drill.b.restore("early")
    drill.a.wait_log("restored-peer", 0)
    drill.whole([], [BEHIND])


def row_7_the_origin_was_restored(drill):
    drill.a.copy("early", "journal")
    drill.a.linked()
    drill.send(3)
    drill.a.restore("early")
    drill.a.wait_log("we lost entries that they hold: fetching them back")
    drill.whole([BEHIND])


def both_were_restored_at_once(drill):
    """What neither has is lost; what was signed of it makes an epoch."""
    for team in (drill.a, drill.b):
        team.copy("early", "journal")
    drill.a.linked()
    lost = drill.send(3)
    drill.restore_both("early", "journal")
    drill.lose(lost)
    drill.whole([BEHIND, ROW_11], [BEHIND])


def row_10_restored_while_a_batch_was_on_its_way(drill):
    a, b = drill.a, drill.b
    a.copy("early", "journal")
    a.linked()
    b.order(END, NET, ["datasync"], after=True, facts=[SEEN])
    lost = drill.send(wait=False)
    b.wait_log(shim.ENDED)
    a.stop()
    a.put_back("early", "journal")
    a.start()
    drill.lose(lost)
    drill.whole([BEHIND, ROW_10])


def row_11_signed_and_lost_everywhere(drill):
    a, _ = drill.a, drill.b
    a.copy("early", "journal")
    a.linked()
    a.order(END, SIGNER, ["datasync"], after=True)
    lost = drill.send(wait=False)
    a.wait_log(shim.ENDED)
    a.kill_whole()
    a.put_back("early", "journal")
    a.start()
    drill.lose(lost)
    drill.whole([BEHIND, ROW_11])


def an_epoch_begun(drill):
    """Get into epoch 1; gives what the alarms say then."""
    row_11_signed_and_lost_everywhere(drill)
    return drill.a.alarms()


def row_1_the_holder_is_back_in_an_earlier_epoch(drill):
    drill.b.copy("early", "journal")
    drill.a.linked()
    drill.send(2)
    alarms = an_epoch_begun(drill)
    drill.b.restore("early")
    drill.a.linked()
    drill.whole(alarms, [BEHIND])


def row_2_the_origin_is_back_in_an_earlier_epoch(drill):
    drill.a.copy("before", "journal")
    drill.a.linked()
    an_epoch_begun(drill)
    drill.a.restore("before")
    drill.a.linked()
    drill.whole([BEHIND])


def row_2_the_machine_is_back_in_an_earlier_epoch(drill):
    drill.a.copy("before")
    drill.a.linked()
    an_epoch_begun(drill)
    drill.a.restore("before", "machine")
    drill.frozen(2)


def two_nodes_signed(drill, counts):
    """A copy of the machine ran beside it, and each sent so many."""
    a, b = drill.a, drill.b
    for team in (a, b):
        team.copy("same")
    a.linked()
    drill.send(counts[0])
    a.copy("one")
    drill.restore_both("same", "machine")
    a.linked()
    drill.send(counts[1])
    a.restore("one", "machine")
    drill.frozen(5)


def an_epoch_begun_on_purpose(drill, count):
    """Send so many, end the epoch behind them, and send one in the next."""
    a, b = drill.a, drill.b
    a.linked()
    drill.send(count)
    a.command("lane", "roll", b.name, "--yes")
    drill.send()
    check([lane["epoch"] for lane in a.json("lane", "list")
           if lane["direction"] == "to" and not lane["left"]] == [1],
          "it is not epoch 1")


def row_3_two_nodes_began_an_epoch(drill):
    """A copy of the machine ran beside it, and each began epoch 1."""
    for team in (drill.a, drill.b):
        team.copy("same")
    an_epoch_begun_on_purpose(drill, 2)
    drill.a.copy("one")
    drill.restore_both("same", "machine")
    an_epoch_begun_on_purpose(drill, 3)
    drill.a.restore("one", "machine")
    drill.frozen(3)
    drill.contradicted(is_fork=True)


def damage(team):
    """Change a bit of a turn in the midst of the journal."""
    path = team.state / "journal" / "00000001.seg"
    with path.open("r+b") as file:
        data = file.read()
        turns = [m.start() for m in re.finditer(b"SEALTURN", data)]
        check(len(turns) > 2, f"there are {len(turns)} turns")
        at = turns[len(turns) // 2] + TURN_HEADER_BYTES
        file.seek(at)
        file.write(bytes([data[at] ^ 1]))


def row_6_the_holders_disk_is_damaged(drill):
    """No start that reads all turns goes on; with a backup in its place the
    node fetches what that lacks."""
    a, b = drill.a, drill.b
    b.copy("backup", "journal")
    a.linked()
    drill.send(3)
    b.stop()
    damage(b)
    (b.state / "journal" / "snapshot").unlink()  # a start reads all turns then
    b.start_awaiting("the journal cannot be opened")
    b.kill_whole()
    b.put_back("backup", "journal")
    b.start()
    drill.whole([], [BEHIND])


def row_9_the_machine_was_set_back_behind_a_new_key(drill):
    """It does not know the key that signed what the peer holds."""
    a = drill.a
    a.copy("early")
    a.linked()
    a.command("key", "rotate", "checkpoint", "--root", a.state / "root")
    drill.send(3)
    a.restore("early", "machine")
    drill.frozen(9)
    drill.contradicted(is_fork=False)


def row_5_two_nodes_signed_at_one_size(drill):
    two_nodes_signed(drill, (3, 3))
    drill.contradicted(is_fork=True)


def row_5_two_nodes_signed_at_two_sizes(drill):
    """Nobody else can tell from two signatures that one is no part of the
    other; the origin can."""
    two_nodes_signed(drill, (3, 2))
    drill.contradicted(is_fork=False)


def row_8_the_machine_was_set_back(drill):
    drill.a.copy("early")
    drill.a.linked()
    drill.send(3)
    drill.a.restore("early", "machine")
    drill.frozen(8)
    drill.contradicted(is_fork=False)


def a_thief_with_all_keys_speaks_for_the_team(drill):
    """It signs on a copy of the state; the team's own node, back again, adopts
    nothing of it."""
    a = drill.a
    a.copy("own")
    a.linked()
    a.submit("forged.example", "--to", drill.b.name, "--tlp", "green",
             "--wait", "60s")
    a.restore("own", "machine")
    drill.frozen(8)
    drill.contradicted(is_fork=False)
    check("forged.example" not in a.values(), "the forged one was adopted")


def row_12_the_signing_journal_is_an_old_copy(drill):
    a = drill.a
    a.stop()
    journal = a.state / "signer" / "journal"
    kept = journal.read_bytes()
    journal.unlink()
    a.start_awaiting("the signing journal is missing, though there was one")
    a.kill_whole()
    journal.write_bytes(b"")
    a.start()
    drill.frozen(12)
    a.stop()
    journal.write_bytes(kept)
    a.start()


DRILLS = [row_4_the_holder_was_restored, row_7_the_origin_was_restored,
          both_were_restored_at_once,
          row_10_restored_while_a_batch_was_on_its_way,
          row_11_signed_and_lost_everywhere,
          row_1_the_holder_is_back_in_an_earlier_epoch,
          row_2_the_origin_is_back_in_an_earlier_epoch,
          row_2_the_machine_is_back_in_an_earlier_epoch,
          row_3_two_nodes_began_an_epoch,
          row_5_two_nodes_signed_at_one_size,
          row_5_two_nodes_signed_at_two_sizes,
          row_6_the_holders_disk_is_damaged,
          row_8_the_machine_was_set_back,
          row_9_the_machine_was_set_back_behind_a_new_key,
          a_thief_with_all_keys_speaks_for_the_team,
          row_12_the_signing_journal_is_an_old_copy]


def drills(base, teams):
    wanted = sys.argv[1:] or [drill.__name__ for drill in DRILLS]
    failed = 0
    for drill in DRILLS:
        if drill.__name__ not in wanted:
            continue
        folder = base / drill.__name__
        folder.mkdir()
        of_this = []
        try:
            drill(Drill(folder, of_this))
            for team in of_this:
                team.stop()
            print(f"good: {drill.__name__}", flush=True)
        except (AssertionError, OSError) as fault:
            failed += 1
            print(f"FAILED: {drill.__name__}: {str(fault)[:3000]}", flush=True)
            for team in of_this:
                team.kill_whole()
    check(not failed, f"{failed} drills failed")


house.run(drills)
