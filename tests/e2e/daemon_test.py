#!/usr/bin/env python3
"""daemon_test - the supervisor and its children, whatever ends first.

Usage: daemon_test.py SEALANED

Two nodes that know each other by host names; each child is killed in turn,
then the supervisor; a second daemon, wrong settings and unfit directories
are refused.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "certs"))
from make_certs import Team  # noqa: E402
from node import Node, free_port, is_gone, pair  # noqa: E402

INDEX = "sealaned-index"
CHILDREN = {"sealaned-signer", "sealaned-names", INDEX, "sealaned-net"}


def run(sealaned, *words):
    return subprocess.run([sealaned, *map(str, words)], capture_output=True,
                          text=True, timeout=30)


def is_up(a, b):
    try:
        return a.peer(b.name)["up"] and b.peer(a.name)["up"]
    except (OSError, AssertionError):
        return False


def children_are_replaced(a, b):
    for victim in sorted(CHILDREN - {INDEX}):
        a.wait(lambda: set(a.children()) == CHILDREN, "all children")
        before = a.children()
        os.kill(before[victim], 9)
        a.wait(lambda: set(a.children()) == CHILDREN and
               not set(a.children().values()) & set(before.values()),
               "new children")
        a.wait_log(f"{victim} (pid {before[victim]}) was killed by signal 9")
        a.wait(lambda: is_up(a, b), f"the session after the {victim}'s end")
        print(f"good: {victim} killed, all start again", flush=True)


def the_index_is_replaced_alone(a, b):
    before = a.children()
    os.kill(before[INDEX], 9)
    a.wait(lambda: a.children().get(INDEX, before[INDEX]) != before[INDEX],
           "a new index")
    after = a.children()
    assert all(after[name] == before[name] for name in CHILDREN - {INDEX}), after
    assert is_up(a, b), "the session stood"
    print("good: the index killed, it alone starts again", flush=True)


def nothing_outlives_the_supervisor(a, b):
    a.kill_whole()
    a.start()
    a.wait(lambda: is_up(a, b), "the session")
    print("good: the supervisor killed, nothing is left")


def a_second_one_is_refused(sealaned, a):
    second = run(sealaned, "-c", a.state / "sealane.yaml")
    assert second.returncode == 1, second
    assert f"another sealaned runs on {a.state}" in second.stderr, second
    print("good: a second one is refused")


def faults_have_their_status(sealaned, base):
    version = run(sealaned, "--version")
    assert re.fullmatch(r"sealaned \d+\.\d+\.\d+\n", version.stdout), version
    usage = run(sealaned, "-h")
    assert usage.returncode == 0 and usage.stdout.startswith("Usage: ")
    for words in (["--no-such"], ["word"]):
        wrong = run(sealaned, *words)
        assert wrong.returncode == 2 and "Usage: " in wrong.stderr, wrong
    path = base / "wrong.yaml"
    path.write_text("team: a.b\nstate: nowhere\ncolour: red\n")
    wrong = run(sealaned, "--check", "-c", path)
    assert wrong.returncode == 2, wrong
    assert f"{path}:3:1: there is no setting `colour`" in wrong.stderr, wrong
    path.write_text("team: a.b\nstate: nowhere\n")
    good = run(sealaned, "--check", "-c", path)
    assert good.returncode == 0 and "good, team a.b" in good.stdout, good
    missing = run(sealaned, "-c", path)
    assert missing.returncode == 1, missing
    assert "`sealane init` makes it" in missing.stderr, missing
    (base / "nowhere").mkdir(mode=0o700)
    (base / "nowhere").chmod(0o770)
    unfit = run(sealaned, "-c", path)
    assert unfit.returncode == 1 and "chmod 0700" in unfit.stderr, unfit
    print("good: usage, settings and unfit directories")


def captures_are_private(a):
    found = list((a.state / "captures").iterdir())
    assert found, "no capture"
    for capture in found:
        assert capture.stat().st_mode & 0o777 == 0o600, capture
        assert capture.stat().st_size > 0, capture
    print(f"good: {len(found)} captures, mode 0600")


def main():
    sealaned = str(Path(sys.argv[1]).resolve())
    base = Path(tempfile.mkdtemp(prefix="sealane-daemon-"))
    nodes = []
    for name in ("krcert.or.kr", "cert.gov.au"):
        port = free_port()
        Team(name, [f"localhost:{port}"]).write(base / name)
        nodes.append(Node(sealaned, base / name, name, port))
    a, b = nodes
    try:
        a.start(capture="true")
        b.start()
        pair(a, b)
        a.wait(lambda: is_up(a, b), "the session")
        captures_are_private(a)
        children_are_replaced(a, b)
        the_index_is_replaced_alone(a, b)
        a_second_one_is_refused(sealaned, a)
        nothing_outlives_the_supervisor(a, b)
        children = {**a.children(), **b.children()}
        a.stop()
        b.wait_log("the peer closed: the node shuts down")
        b.stop()
        assert all(is_gone(pid) for pid in children.values())
    finally:
        a.kill()
        b.kill()
    faults_have_their_status(sealaned, base)
    shutil.rmtree(base)
    print("daemon_test: good")


if __name__ == "__main__":
    main()
