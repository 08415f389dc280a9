"""house - teams as people run them: `sealane init`, cards, the command.

Holds:      every process that was started is stopped by its id at the end;
            a folder is kept when something failed.
Leaves out: the daemon and its control socket (node.py).
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from node import SANDBOX, Node, free_port

COMMAND_S = 300
NOBODY = 65534
ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("SEALANE_BUILD", ROOT / "build")).resolve()


def check(condition, text):
    if not condition:
        raise AssertionError(text)


class Team(Node):
    """A team with a state directory made by `sealane init`."""

    def __init__(self, base, name, short, more=""):
        port = free_port()
        super().__init__(BUILD / "sealaned", Path(base) / short, name, port)
        self.short = short
        self.more = more
        self.mark = 0
        self.address = f"127.0.0.1:{port}"

    @property
    def control_socket(self):
        """Where the settings put it."""
        found = re.search(r"^socket: (.*)$", self.more, re.M)
        return Path(found[1]) if found else self.state / "control.sock"

    def init(self):
        self.command("init", self.name, "--state", self.state, "--listen",
                     self.address, "--address", self.address, "--short",
                     self.short, "--email", "duty@" + self.name,
                     daemon=False)
        with open(self.state / "sealane.yaml", "a", encoding="utf-8") as f:
            f.write(self.more)
            if SANDBOX != "required":
                f.write(f"sandbox: {SANDBOX}\n")

    def settings(self, **more):
        """Keep what `sealane init` wrote."""
        assert not more
        return self.state / "sealane.yaml"

    def start(self, **more):
        super().start(**more)
        self.wait(self.answers, "an answer on the control socket")
        return self

    def launch(self):
        """Start it without waiting; `ready` waits."""
        return self.start_awaiting("")

    def ready(self):
        self.wait_log("runs as")
        self.wait(self.answers, "an answer on the control socket")

    def answers(self):
        return self.command("peer", "list", code=None).returncode in (0, 1)

    def kill_child(self, name, meanwhile=lambda: None):
        """kill -9 one process of the daemon and wait for its successor."""
        pid = self.children()[name]
        os.kill(pid, 9)
        meanwhile()
        self.wait(lambda: self.children().get(name, pid) != pid,
                  f"another {name}")
        self.wait(self.answers, "an answer after the kill")

    def words(self, *words, daemon=True):
        """The command line of `sealane WORDS`."""
        there = ["--socket", self.state / "control.sock"] if daemon else []
        return [str(word) for word in (BUILD / "sealane", *words, *there)]

    def command(self, *words, code=0, data=None, daemon=True):
        """Run `sealane WORDS`; its exit code must be `code` unless None."""
        done = subprocess.run(self.words(*words, daemon=daemon), input=data,
                              capture_output=True, timeout=COMMAND_S,
                              check=False)
        done.out = done.stdout.decode(errors="replace")
        done.err = done.stderr.decode(errors="replace")
        check(code is None or done.returncode == code,
              f"{self.name}: sealane {' '.join(map(str, words))[:300]} ended "
              f"with {done.returncode}, not {code}\n{done.out[-2000:]}\n"
              f"{done.err[-2000:]}")
        return done

    def json(self, *words, **options):
        """The documents that a command prints with --json."""
        done = self.command(*words, "--json", **options)
        return [json.loads(line) for line in done.out.splitlines()]

    def linked(self):
        def up():
            status = self.json("status", code=None)
            return status and any(p["up"] for p in status[0]["peers"])
        return self.wait(up, "an open session")

    def wait_for(self, test, what, seconds=COMMAND_S):
        """As wait, for what takes longer than an answer does."""
        end = time.monotonic() + seconds
        while True:
            found = test()
            if found:
                return found
            check(time.monotonic() < end,
                  f"{self.name}: {what} did not come within {seconds} s; "
                  f"its log:\n{self.log(0)[-4000:]}")
            time.sleep(0.02)

    def searchable(self):
        """Wait until the index has read what the daemon has on disk now; give
        what status says of it."""
        def about():
            node = self.json("status", code=None)
            return node and node[0]["search"]

        def read():
            seen = about()
            return seen and seen["answers"] and seen["turn"] >= goal and seen
        goal = self.wait_for(about, "a status")["committed"]
        return self.wait_for(read, "an index that has read it all")

    def submit(self, *words, code=0, data=None):
        """Run `sealane submit WORDS`; give the submission's number."""
        done = self.command("submit", *words, code=code, data=data)
        found = re.search(r"\bS-([0-9]+)", done.out + done.err)
        check(found, f"submit names no submission:\n{done.out}{done.err}")
        return int(found.group(1))

    def submit_list(self, path, to):
        """Submit a list while daemons come and go, until all is receipted.
        Gives how often the command could not even begin; it says so, and of a
        file nothing is sent twice."""
        again = 0
        while True:
            done = self.command("submit", "-f", path, "--to", to, "--tlp",
                                "green", "--wait", "300s", code=None)
            if done.returncode == 0:
                return again
            check(done.returncode == 2,
                  f"{done.returncode}: {done.out}{done.err}")
            again += 1
            self.wait(lambda: self.tell("status"), "the daemon")

    def tell(self, verb, **values):
        """Ask the daemon; None while it restarts."""
        try:
            return self.ask(verb, **values)
        except (OSError, AssertionError):
            return None

    def progress(self, number):
        """(queued, sent, receipted) of a submission; None while the daemon
        restarts."""
        records = self.tell("submission", number=number)
        if records is None:
            return None
        return tuple(sum(r.get(key, 0) for r in records)
                     for key in ("queued", "sent", "receipted"))

    def receipted(self, number, count, seconds=COMMAND_S):
        self.wait_for(lambda: self.progress(number) == (0, count, count),
                      f"the receipt of all {count} of S-{number} (they stand "
                      f"at {self.progress(number)})", seconds)

    def entries(self, *words):
        """The messages that `sealane list --json` prints; none is no fault."""
        done = self.command("list", *words, "--json", code=None)
        check(done.returncode in (0, 1), f"list: {done.err}")
        return [json.loads(line) for line in done.out.splitlines()]

    def contradicted(self):
        """What came in with a head that its content contradicts: all of it,
        once the index has read what there is."""
        def is_current():
            about = self.json("status", code=None)[0]["search"]
            return about["answers"] and about["turn"] >= about["committed"]
        self.wait_for(is_current, "a current index")
        done = self.command("search", "--review", "--json", code=None)
        hits = [json.loads(line) for line in done.out.splitlines()]
        return [hit for hit in hits if "review_field" in hit]

    def audit_is_good(self):
        return self.command("audit", "--bodies")

    def vkeys(self, role, *words):
        """The verifier keys of a role on the card that `card show` shows."""
        lines = self.command("card", "show", *words, "--vkeys").out.split()
        return [line for line in lines
                if line.split("+")[0].rsplit("/", 1)[1] == role]

    def memory_mib(self, child="sealaned-net"):
        """The most memory that a process of the daemon ever had."""
        return peak_mib(self.children()[child])


def peak_mib(pid):
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    for line in text.splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0


def open_socket(base):
    """The setting by which another user reaches a team's socket."""
    os.chmod(base, 0o711)
    folder = Path(base) / "run"
    folder.mkdir(0o711)
    return f"socket: {folder}/control.sock\n"


def as_nobody(base, team, *words, code=0, said=""):
    """Run the command as another user, in the group that may open the socket
    of a team out of `open_socket`; only root can."""
    folder = Path(base) / "bin"
    if not folder.exists():
        folder.mkdir(0o755)
        shutil.copy(BUILD / "sealane", folder / "sealane")
    done = subprocess.run(
        ["setpriv", "--reuid", str(NOBODY), "--regid", str(os.getgid()),
         "--clear-groups", folder / "sealane", *map(str, words), "--socket",
         team.control_socket], capture_output=True, check=False,
        timeout=COMMAND_S)
    done.out = done.stdout.decode(errors="replace")
    done.err = done.stderr.decode(errors="replace")
    check(done.returncode == code and said in done.out + done.err,
          f"as nobody {words}: exit {done.returncode}, not {code}: {done.out}"
          f"{done.err}")
    return done


def is_sanitized():
    """Tell whether the programs were built with the address sanitizer."""
    return b"__asan_init" in (BUILD / "sealaned").read_bytes()


def real_files(data, what):
    """Tell whether there are real files for a test that takes long with them:
    none where sanitizers are on, since unit/core/formats/data_test reads each
    file with these. What is left out is said."""
    if not data.is_dir():
        print(f"THERE IS NO {data}: {what}")
    elif is_sanitized():
        print(f"WITH SANITIZERS {data} is left to unit/core/formats: {what}")
    else:
        return True
    return False


def two_teams(base, more_a="", more_b="", kind=Team):
    """Make both teams; they are not started."""
    a = kind(base, "krcert.or.kr", "krcert", more_a)
    b = kind(base, "cert.gov.au", "certau", more_b)
    for team in (a, b):
        team.init()
    return a, b


def pair(a, b):
    """Exchange cards and confirm the code on both sides; gives the code."""
    for team, other in ((a, b), (b, a)):
        card = team.state.parent / f"{other.short}-for-{team.short}.card"
        other.command("card", "export", card)
        team.command("peer", "add", card)
    code, same = (next(peer["code"] for peer in team.json("peer", "list")
                       if peer["team"] == other.name)
                  for team, other in ((a, b), (b, a)))
    check(code == same, "both sides show the same code")
    for team, other in ((a, b), (b, a)):
        team.command("peer", "confirm", other.name, "--with", "by phone",
                     "--code", code)
    return code


def started_pair(base, teams, more_a="", more_b="", kind=Team):
    """Two teams, started, paired, linked; `teams` gets them to be stopped."""
    a, b = two_teams(base, more_a, more_b, kind)
    teams += [a, b]
    meet(a, b)
    return a, b


def meet(a, b):
    """Start both, pair and link them."""
    a.start()
    b.start()
    pair(a, b)
    a.linked()
    b.linked()


def run(test):
    """Run `test(folder, teams)`; stop all teams; exit 1 if it failed."""
    base = Path(tempfile.mkdtemp(prefix="sealane-"))
    teams = []
    try:
        test(base, teams)
        for team in teams:
            team.stop()
    except BaseException as fault:
        for team in teams:
            team.kill()
        print(f"FAILED: {fault}\nkept for a look: {base}", file=sys.stderr)
        sys.exit(1)
    shutil.rmtree(base)
