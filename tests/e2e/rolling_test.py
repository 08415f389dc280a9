#!/usr/bin/env python3
"""rolling_test - another build and another certificate come in under load,
with no more of a gap than a restart.

Usage: rolling_test.py [OTHER]        SEALANE_BUILD names the build folder

Both teams submit all the time. Each is stopped and started as the build in the
folder OTHER, and back, in turn; by default that is another build of the same
tree, where there is one, else the same. Then one rotates its TLS certificate
as an operator does: a card that lists both, the new one, a card that lists it
alone and revokes the old one. Nobody refuses anybody meanwhile.
"""
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "certs"))
import house  # noqa: E402
import make_certs  # noqa: E402
import shim  # noqa: E402
from house import check  # noqa: E402
from node import SANDBOX  # noqa: E402

OTHERS = [house.ROOT / "build-dev", house.ROOT / "build-clang", house.BUILD]
LIST, ROUNDS = 200, 2
DAY = 86400


def other_build():
    """The folder of the other build."""
    found = [Path(sys.argv[1])] if len(sys.argv) > 1 else OTHERS
    return next(f for f in found if (f / "sealaned").exists()).resolve()


class Load:
    """One team submits list after list to the other until it is told."""

    def __init__(self, base, origin, holder):
        self.base, self.origin, self.holder = base, origin, holder
        self.values, self.lists = Counter(), 0
        self.over, self.fault = threading.Event(), None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while not self.over.is_set():
                self.one()
        except BaseException as fault:  # it is raised again at the end
            self.fault = fault

    def one(self):
        name = f"{self.origin.short}-{self.lists}"
        values = [f"{i}.{name}.rolling.example" for i in range(LIST)]
        path = self.base / (self.origin.short + ".txt")
        path.write_text("\n".join(values) + "\n", encoding="ascii")
        self.origin.submit_list(path, self.holder.name)
        self.values.update(("domain", value) for value in values)
        self.lists += 1

    def goes_on(self):
        """Wait until a list that began after this moment is receipted."""
        wanted = self.lists + 2
        self.origin.wait(lambda: self.fault or self.lists >= wanted,
                         "receipts")
        check(not self.fault, self.fault)

    def end(self):
        self.over.set()
        self.thread.join()
        check(not self.fault, self.fault)


def restart(team, loads):
    team.stop()
    team.start()
    for load in loads:
        load.goes_on()


def other_builds(teams, loads):
    other = other_build()
    for build in [other / "sealaned", house.BUILD / "sealaned"] * ROUNDS:
        for team in teams:
            team.sealaned = build
            restart(team, loads)
    print(f"good: {2 * ROUNDS} times another build ({other.name}) at each "
          f"side", flush=True)


class Made(house.Team):
    """A team whose root is at hand, to sign later cards with."""

    def init(self):
        self.root = make_certs.Team(self.name, [self.address])
        self.root.write(self.state)
        lines = {"team": self.name, "state": self.state,
                 "listen": self.address, "sandbox": SANDBOX,
                 "socket": self.state / "control.sock"}
        (self.state / "sealane.yaml").write_text(
            "".join(f"{key}: {value}\n" for key, value in lines.items()))


class Rotation:
    """A team's certificates, as its root's holder makes them."""

    def __init__(self, team):
        self.team = team
        self.certs = team.root
        self.old = make_certs.pem_read(
            (team.state / "keys/tls.crt").read_bytes())

    def card(self, version, pinned, revoked=()):
        self.certs.version = version
        crl = make_certs.revocation_list(self.certs, revoked=list(revoked))
        card = make_certs.card_bytes(self.certs, pinned, crl,
                                     self.certs.now + 300 * DAY)
        make_certs.put(self.team.state / "card",
                       make_certs.card_frame(self.certs, card, None), 0o644)

    def new(self):
        """Another key and its certificate, not in use yet."""
        self.certs.tls = make_certs.Key()
        leaf, _ = make_certs.tls_certificate(self.certs)
        return leaf

    def use(self, leaf):
        keys = self.team.state / "keys"
        make_certs.put(keys / "tls.key", self.certs.tls.pem)
        make_certs.put(keys / "tls.crt", make_certs.pem("CERTIFICATE", leaf),
                       0o644)

    def serial(self, leaf):
        said = subprocess.run(
            ["openssl", "x509", "-inform", "DER", "-noout", "-serial"],
            input=leaf, capture_output=True, check=True).stdout
        return int(said.split(b"=")[1], 16)


def rotates(base, team, other, loads):
    rotation = Rotation(team)
    old_key = base / "old.key"
    old_key.write_bytes((team.state / "keys/tls.key").read_bytes())
    new = rotation.new()
    steps = [lambda: rotation.card(2, [rotation.old, new]),
             lambda: rotation.use(new),
             lambda: rotation.card(3, [new], [rotation.serial(rotation.old)])]
    marks = [(one, one.log_size()) for one in (team, other)]
    for step in steps:
        step()
        restart(team, loads)
    for one, mark in marks:
        said = one.log(mark)
        check("certificate" not in said and "refused a connection" not in said,
              said)
    old = base / "old.crt"
    old.write_text(make_certs.pem("CERTIFICATE", rotation.old).decode())
    mark = other.log_size()
    subprocess.run(["openssl", "s_client", "-connect",
                    f"127.0.0.1:{other.port}", "-alpn", "sealane/1", "-cert",
                    old, "-key", old_key], input=b"", capture_output=True,
                   check=False, timeout=30)
    other.wait_log(f"revoked: CN={team.name}", mark)
    print(f"good: {team.short} has another certificate, the old one is "
          f"revoked", flush=True)


def rolling(base, teams):
    a, b = house.started_pair(base, teams, kind=Made)
    loads = [Load(base, a, b), Load(base, b, a)]
    try:
        other_builds((a, b), loads)
        rotates(base, a, b, loads)
    finally:
        for load in loads:
            load.over.set()
    for load in loads:
        load.end()
        load.origin.audit_is_good()
    for load in loads:
        shim.compare(load.origin, load.holder, load.values)
    print(f"{sum(load.lists for load in loads)} lists of {LIST}, each value at "
          f"the other side exactly once")


house.run(rolling)
