#!/usr/bin/env python3
"""cut_test - a road that is cut, damaged or silent after any record costs
time alone.

Usage: cut_test.py        SEALANE_BUILD names the build folder

A proxy that knows nothing of the keys stands between two teams. A message is
waiting; the next session is cut after record k of one direction, or a byte of
that record is changed, for each k until the message comes through before it.
Then a session falls silent without an end, in either direction or both.
"""
from collections import Counter

import house
import proxy
import shim
from house import check
from proxy import CUT, HOLD, TO_CLIENT, TO_SERVER

RECORDS_MAX = 40


class Once:
    """A rule for one record of one session; everything else passes."""

    def __init__(self, act, direction, number):
        self.act, self.direction, self.number = act, direction, number
        self.session = self.fired = None

    def __call__(self, connection, direction, number, record):
        if self.session is None:
            self.session = connection
        if (connection is not self.session or
                direction != self.direction or number != self.number):
            return record
        self.fired = record
        return self.act(record)


def cut(record):
    return CUT


def change(record):
    return record[:-1] + bytes([record[-1] ^ 1])


class Road:
    def __init__(self, base, teams):
        self.a, self.b, self.proxy = proxy.between(base, teams, shim.Shimmed)
        for team in teams:
            team.start()
        house.pair(self.a, self.b)
        self.a.linked()
        self.values = Counter()

    def message(self):
        """Let one wait at a; gives its submission."""
        value = f"road-{self.values.total()}.example"
        self.values[("domain", value)] += 1
        return self.a.submit(value, "--to", self.b.name, "--tlp", "green")

    def arrives(self, number):
        return self.a.progress(number) == (0, 1, 1)

    def is_down(self):
        return not self.a.peer(self.b.name)["up"]

    def loses(self):
        self.proxy.reset()
        self.a.wait(self.is_down, "the loss of the link")

    def one(self, act, direction, number):
        """Tells whether the message came through before the rule applied."""
        self.loses()
        message = self.message()
        rule = self.proxy.rule = Once(act, direction, number)
        self.a.hasten(lambda: self.arrives(message) or rule.fired,
                      "the next session")
        self.proxy.rule = proxy.forward
        early = not rule.fired
        self.a.hasten(lambda: self.arrives(message), "the receipt")
        return early


def each_record(road, act, what):
    for direction in (TO_SERVER, TO_CLIENT):
        for number in range(RECORDS_MAX):
            if road.one(act, direction, number):
                break
        check(5 < number < RECORDS_MAX - 1, f"{number} records")
        print(f"good: {what} after each of {number} records to the "
              f"{'server' if direction == TO_SERVER else 'client'}",
              flush=True)


def silence(road, directions):
    """Both sides notice by themselves, and a new session takes over."""
    def swallow(connection, direction, number, record):
        return HOLD if direction in directions else record
    marks = [(team, team.log_size()) for team in (road.a, road.b)]
    road.proxy.rule = swallow
    number = road.message()
    for team, mark in marks:
        team.hasten(lambda: "the peer took too long" in team.log(mark) or
                    "the peer closed" in team.log(mark), "the end of patience")
    road.proxy.rule = proxy.forward
    road.a.hasten(lambda: road.arrives(number), "the receipt")
    print(f"good: silence in {len(directions)} directions", flush=True)


def newer_session(road):
    """The other side starts anew; its old session is not told so."""
    road.proxy.rule = lambda *_: HOLD
    number = road.message()
    road.b.fresh()
    road.proxy.rule = proxy.forward
    road.a.hasten(lambda: road.arrives(number), "the receipt")
    print("good: the other side started anew behind a silent session")


def roads(base, teams):
    road = Road(base, teams)
    each_record(road, cut, "cut")
    each_record(road, change, "a byte changed")
    for directions in ([TO_SERVER], [TO_CLIENT], [TO_SERVER, TO_CLIENT]):
        silence(road, directions)
    newer_session(road)
    shim.compare(road.a, road.b, road.values)
    road.proxy.stop()
    print(f"{road.values.total()} messages, each at the other side exactly "
          f"once")


house.run(roads)
