"""copies - copies of the tree, in which one thing is taken away and tests run.

Holds:      the tree itself is never changed; what a copy changed is put back.
Trusts:     CTestTestfile.cmake for the command of each test, built or not.
Leaves out: what is taken away, and what it says of a test that nothing noticed.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Kinds of tests, those that cost least first.
KINDS = ("unit", "vectors", "replay", "peer", "e2e", "sim")
# A test that loops for ever is one that noticed; it had this long and ten times
# what it takes with nothing taken away.
PATIENCE_SECONDS = 20
PROGRAMS = ["sealaned", "sealane"]
AT_ONCE = 6

BUILDS = {
    "sanitized": ["-DCMAKE_BUILD_TYPE=Debug", "-DSEALANE_SANITIZE=ON"],
    "release": ["-DCMAKE_BUILD_TYPE=RelWithDebInfo"],
}


class Failure(Exception):
    """The campaign cannot go on: nothing can be said of anything."""


@dataclass
class Test:
    """A test as ctest knows it."""

    name: str
    kind: str
    command: list
    env: dict


def tree_files():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT,
        capture_output=True, check=True).stdout.decode()
    return [name for name in listed.split("\0")
            if name and (ROOT / name).is_file()]


def run_it(command, cwd, seconds=None, more_env=()):
    """Run a command and all that it starts: (exit or None if it took too
    long, what it printed). It ends in time even if we end before it."""
    if seconds:
        command = ["timeout", "-s", "KILL", f"{seconds:.0f}", *command]
    env = dict(os.environ, LC_ALL="C.UTF-8", CMOCKA_MESSAGE_OUTPUT="STDOUT",
               ASAN_OPTIONS="hard_rss_limit_mb=4096")
    env.update(more_env)
    child = subprocess.Popen(command, cwd=cwd, env=env, text=True,
                             errors="replace", stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT,
                             start_new_session=True)
    try:
        said, _ = child.communicate(timeout=seconds and seconds + 5)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        return None, child.communicate()[0]
    late = seconds and child.returncode in (137, -signal.SIGKILL)
    return None if late else child.returncode, said


def failed_test(said, code):
    """The first test of a cmocka program that did not pass, by what the
    program said. One whose teardown fails too is an error to cmocka."""
    begun = re.findall(r"^\[ RUN      \] (\w+)", said, re.M)
    done = set(re.findall(r"^\[       OK \] (\w+)", said, re.M))
    for name in begun:
        if name not in done:
            late = code is None and name == begun[-1]
            return name + (" (does not end)" if late else "")
    return "leak at the end" if "LeakSanitizer" in said else "ends badly"


def tests_of(build):
    """All tests of a build folder, also those that are not built yet."""
    for path in sorted(build.rglob("CTestTestfile.cmake")):
        text = path.read_text()
        for m in re.finditer(r'^add_test\(\[=\[(\S+)\]=\] (.*)\)$', text,
                             re.M):
            name = m.group(1)
            more = re.search(rf"^set_tests_properties\(\[=\[{name}\]=\] (.*)$",
                             text, re.M)
            more = more.group(1) if more else ""
            label = re.search(r'LABELS "([\w;]*)"', more)
            kinds = label.group(1).split(";") if label else [""]
            env = re.search(r'ENVIRONMENT "([^"]*)"', more)
            env = dict(e.split("=", 1) for e in env.group(1).split(";")) \
                if env else {}
            kind = "peer" if name == "peer_python" else kinds[0]
            yield Test(name, kind, re.findall(r'"([^"]*)"', m.group(2)), env)


class Copy:
    """A copy of the tree with its builds, for one removal at a time."""

    def __init__(self, work, number):
        self.base = work / f"copy-{number}"
        self.tree = self.base / "tree"
        self.tests = []
        self.seconds = {}  # that each test takes with nothing taken away

    def prepare(self):
        """Bring the copy up to date; what did not change is not touched, so
        that little is built again."""
        wanted = set(tree_files())
        for name in sorted(wanted):
            target, data = self.tree / name, (ROOT / name).read_bytes()
            if not target.is_file() or target.read_bytes() != data:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                target.chmod((ROOT / name).stat().st_mode & 0o777)
        for path in self.tree.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and \
                    str(path.relative_to(self.tree)) not in wanted:
                path.unlink()
        # Copies share what was compiled, wherever each of them lies.
        os.environ.setdefault("CCACHE_NOHASHDIR", "1")
        cache = ["-DCMAKE_C_COMPILER_LAUNCHER=env;CCACHE_BASEDIR="
                 f"{self.base};ccache"] if shutil.which("ccache") else []
        for build, options in BUILDS.items():
            code, said = run_it(["cmake", "-S", self.tree, "-B",
                                 self.base / build, "-G", "Ninja", *options,
                                 *cache], self.base)
            if code != 0:
                raise Failure(f"cmake fails:\n{said}")
        self.tests = list(tests_of(self.base / "sanitized"))

    def named(self, kind, room):
        """The tests of a kind that concern a room of daemon/."""
        begin = f"unit_{room.replace('/', '_')}_"
        return [t for t in self.tests if t.kind == kind and
                (kind != "unit" or t.name.startswith(begin))]

    def build(self, build, targets):
        code, said = run_it(["ninja", "-j2", *targets], self.base / build)
        if code != 0:
            raise Failure(f"does not build:\n{said[-3000:]}")

    def programs(self, tests):
        """What of the tests' commands this build makes, as targets of it."""
        made, targets = str(self.base / "sanitized") + "/", set()
        for test in tests:
            words = [word for word in test.command if word.startswith(made)
                     and not word.endswith((".json", ".h"))]
            targets |= {word[len(made):] for word in words}
            if not words:
                targets |= set(PROGRAMS)
        return sorted(targets)

    def run_tests(self, tests):
        """What of the tests notices first: (test, what it says), or None."""
        if not tests:
            return None
        self.build("sanitized", self.programs(tests))
        for test in tests:
            began = time.monotonic()
            patience = PATIENCE_SECONDS + \
                10 * self.seconds.get(test.name, 12)
            code, said = run_it(test.command, self.base / "sanitized",
                                patience, test.env)
            self.seconds.setdefault(test.name, time.monotonic() - began)
            if code == 77:
                raise Failure(f"{test.name} was left out: {said[-500:]}")
            if code != 0:
                return test, said, code
        return None

    def told(self, room, noticed):
        """How the table says what noticed."""
        test, said, code = noticed
        name = test.name
        if test.kind in ("unit", "vectors"):
            begin = f"unit_{room.replace('/', '_')}_"
            name = f"{name.removeprefix(begin)}: {failed_test(said, code)}" \
                if "[ RUN" in said else name
        elif test.kind in ("peer", "e2e"):
            m = re.search(r"^(?:FAIL|ERROR|FAILED)[: ]+(\w+)", said, re.M)
            name += f": {m.group(1)}" if m else ""
        return f"{test.kind}: {name}"

    def run_kind(self, kind, room, near=""):
        """What of a kind notices that the room is not whole, else None.
        Tests of the source with the name `near` go first, and each is linked
        only when its turn has nearly come."""
        tests = self.named(kind, room)
        if kind == "vectors":  # of C alone; the others do not see the core
            tests = [t for t in tests if "python" not in t.command[0]]
        closest = [t for t in tests if near and f"_{near}" in t.name]
        others = [t for t in tests if t not in closest]
        groups = [closest] + [others[i:i + AT_ONCE]
                              for i in range(0, len(others), AT_ONCE)]
        for group in groups:
            noticed = self.run_tests(group)
            if noticed:
                return self.told(room, noticed)
        return None

    def run_sim(self, first, last, *options):
        self.build("release", ["sealane-sim"])
        code, said = run_it(["./sealane-sim", "--seeds", f"{first}..{last}",
                             *options], self.base / "release",
                            PATIENCE_SECONDS + (last - first) / 20)
        if code == 0:
            return None
        if code is None:
            return "sim: does not end"
        m = re.search(r"^seed (\d+): ([^:\n]*)", said, re.M)
        return f"sim: seed {m.group(1)}: {m.group(2)}" if m else \
            f"sim: ends with {code}"

    def hinted(self, room, hints):
        """The names of the tests that noticed before, as the table has
        them."""
        begin = f"unit_{room.replace('/', '_')}_"
        return [t.name for kind, name in hints for t in self.tests
                if t.kind == kind and t.name in (name, begin + name)]

    def first_tests(self, room, names):
        """What of the tests that are named notices, else None."""
        for name in dict.fromkeys(names):
            tests = [t for t in self.tests if t.name == name]
            if not tests:
                raise Failure(f"there is no test {name}")
            noticed = self.run_tests(tests)
            if noticed:
                return self.told(room, noticed)
        return None

    def try_all(self, room, near, seeds=0):
        for kind in ("unit", "vectors", "replay"):
            caught = self.run_kind(kind, room, near)
            if caught:
                return caught
        return self.run_sim(1, seeds) if seeds else None

    def changed(self, source, text):
        """Change a source of the copy while the body of a with runs."""
        return Changed(self.tree / source, text)


class Changed:
    """A source that is another for a while."""

    def __init__(self, path, text):
        self.path, self.text = path, text

    def __enter__(self):
        self.whole = self.path.read_text()
        self.path.write_text(self.text)

    def __exit__(self, *_):
        self.path.write_text(self.whole)
