#!/usr/bin/env python3
"""roles_test - the four processes one by one, as a service manager runs them.

Usage: roles_test.py                          SEALANE_BUILD names the build

The test stands for the service manager: it accepts for signer and resolver,
hands the connection over as descriptor 3, starts what ended again. The daemon
exchanges without an index; one that comes, is killed and comes again finds all
that came in meanwhile.
"""
import os
import socket
import subprocess

import house
from house import check


class Roles(house.Team):
    """A team whose processes this test starts."""

    def start(self, **more):
        assert not more
        self.sockets = self.state.parent / (self.short + "-roles")
        self.sockets.mkdir(exist_ok=True)
        self.running = {}
        self.mark = self.log_size()
        ways = {"signer": socket.SOCK_STREAM, "names": socket.SOCK_SEQPACKET}
        doors = {name: self.listen(name, kind) for name, kind in ways.items()}
        self.process = self.run("net", "--sockets", self.sockets)
        for name, door in doors.items():
            connection, _ = door.accept()
            self.run(name, hand=connection)
            door.close()
        self.wait_log("runs as")
        self.wait(self.answers, "an answer on the control socket")
        return self

    def listen(self, name, kind):
        path = self.sockets / (name + ".sock")
        path.unlink(missing_ok=True)
        door = socket.socket(socket.AF_UNIX, kind)
        door.settimeout(30)
        door.bind(str(path))
        door.listen(1)
        return door

    def run(self, role, *words, hand=None):
        """Start a role; a shell gives it the number that it looks for."""
        command = [self.sealaned, "-c", self.settings(), "--role", role,
                   *words]
        if hand:
            fd = hand.detach()
            os.set_inheritable(fd, True)
            command = ["/bin/sh", "-c", f'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" '
                       f"3<&{fd} {fd}<&-" if fd != 3 else
                       'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "sh", *command]
        with open(self.log_file, "ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, close_fds=not hand)
        if hand:
            os.close(fd)
        self.running[role] = process
        return process

    def end(self, role, kill=False):
        process = self.running.pop(role)
        process.kill() if kill else process.terminate()
        return process.wait(30)

    def stop(self):
        """The daemon ends; the others end with it."""
        if not self.process:
            return
        super().stop()
        for role, process in self.running.items():
            if role != "net":
                status = process.wait(30)
                check(status in (0, 1), f"{role} ended with {status}")
        self.running = {}

    def kill(self):
        for process in self.running.values():
            process.kill()
            process.wait(30)
        self.process = None

    def search_answers(self):
        return self.json("status", code=None)[0]["search"]["answers"]

    def finds(self, value):
        done = self.command("search", value, code=None)
        return done.returncode == 0 and value in done.out


def without_an_index(a, b):
    a.submit("one.example", "--to", b.name, "--tlp", "green", "--wait", "60s")
    for team in (a, b):
        check(not team.search_answers(), "an index that nobody started")
        out = team.command("status", code=None).out
        check("search does not answer" in out, out)
    check("1 / 0 / ?" in out, out)
    done = b.command("export", "--to", "list", code=2)
    check("one.example" not in done.out, done.out)


def an_index_comes_and_goes(a, b):
    b.run("index")
    b.wait(lambda: b.finds("one.example"), "what came before the index did")
    a.submit("two.example", "--to", b.name, "--tlp", "green", "--wait", "60s")
    b.wait(lambda: b.finds("two.example"), "what comes while it runs")
    check(b.end("index", kill=True) == -9, "it was killed")
    a.submit("three.example", "--to", b.name, "--tlp", "green", "--wait",
             "60s")
    b.run("index")
    b.wait(lambda: b.finds("three.example"), "what came while it was away")
    a.submit("four.example", "--to", b.name, "--tlp", "green", "--wait",
             "60s")
    b.wait(lambda: b.finds("four.example"), "what the second is told")
    check(b.end("index") == 0, "asked to end, it ends well")
    b.run("index")
    b.wait(lambda: b.finds("four.example"), "a third index")


def nobody_to_follow(b):
    """The daemon's end is that of its index, and one alone says so."""
    b.stop()
    lost = b.run("index")
    check(lost.wait(30) == 1, "an index without a daemon")
    check("the net cannot be reached" in b.log(0), b.log(0)[-500:])


def roles(base, teams):
    a, b = house.started_pair(base, teams, kind=Roles)
    without_an_index(a, b)
    print("two teams exchange without an index", flush=True)
    an_index_comes_and_goes(a, b)
    nobody_to_follow(b)
    print("three indexes, one after another, found what came in; each ended "
          "alone, the last one with its daemon")


house.run(roles)
