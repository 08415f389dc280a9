"""musts - the sentences of PROTOCOL.md that hold a MUST, and how each is
removed.

Holds:      a mutation stands where the code quotes its sentence, so that code
            may move; one that no longer applies is a failure by name.
Trusts:     tidy.py for what a MUST and what a quote is.
Leaves out: building and running what comes of it (run).

tests/rules/mutations says of each MUST either how it is removed:

  P7 core/model/ids.c
  - what stands behind the quote
  + what takes its place
  by the tests that are tried first

or that no line of the daemon obeys it, with the reason:

  P13 no line: nothing sorts by a time
"""

import functools
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/tidy"))
import tidy  # noqa: E402

MUTATIONS = ROOT / "tests/rules/mutations"
PROTOCOL = ROOT / "docs/PROTOCOL.md"
# What obeys a sentence stands right below the quote of it.
NEAR_LINES = 40


class Wrong(Exception):
    """The table does not fit the protocol or the code."""


@dataclass
class Mutation:
    """How one MUST is removed from one file of daemon/."""

    must: str  # its number
    source: str  # from the root
    line: int  # in the table
    old: list = field(default_factory=list)
    new: list = field(default_factory=list)
    tests: list = field(default_factory=list)
    number: int = 1  # apart from others of that MUST

    room = property(lambda self: str(
        Path(self.source).parent.relative_to("daemon")))

    def name(self):
        again = f" #{self.number}" if self.number > 1 else ""
        return f"{self.must}{again}: {self.source.removeprefix('daemon/')}"

    def without(self, text, known=None):
        """The source in which nothing obeys the MUST."""
        sentence = (known or sentences())[self.must]
        old, new = "\n".join(self.old), "\n".join(self.new)
        ends = quote_ends(text, self.source, sentence)
        if not ends:
            raise Wrong(f"{self.name()}: the file does not quote it")
        if not old or old == new:
            raise Wrong(f"{self.name()}: changes nothing")
        for end in ends:
            at = text.find(old, end)
            if at >= 0 and text.count("\n", end, at) <= NEAR_LINES:
                return text[:at] + new + text[at + len(old):]
        raise Wrong(f"{self.name()}: behind the quote does not stand: {old}")


def sentences(text=None):
    """{number: sentence} of each MUST of the protocol."""
    found = {}
    for must in tidy.musts_of(text or PROTOCOL.read_text()):
        number = re.match(r"(P\d+) (.*)", must, re.S)
        if number:
            found[number.group(1)] = number.group(2)
        elif not must.startswith("The key words MUST"):
            raise Wrong(f"a MUST has no number: {must}")
    return found


@functools.lru_cache
def quotes_of(text, source):
    """The quotes of a source, each with the place where it ends."""
    found = []
    for line, words in tidy.remarks_of(Path(source), text):
        for _, quoted in tidy.QUOTE.findall(words):
            start = sum(map(len, text.splitlines(True)[:line - 1]))
            found.append((quoted, text.index("*/", start)))
    return found


def quote_ends(text, source, sentence):
    """Where quotes of the sentence, or of a part of it, end in a source."""
    return [end for quoted, end in quotes_of(text, source)
            if quoted in sentence or sentence in quoted]


def read(path=MUTATIONS):
    """The table: its mutations, and {number: reason} of those without."""
    mutations, without_line = [], {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        head = re.match(r"(P\d+) (?:no line: (.+)|(\S+\.[ch]))$", line)
        if head and head.group(2):
            without_line[head.group(1)] = head.group(2)
        elif head:
            must = head.group(1)
            mutations.append(Mutation(must, f"daemon/{head.group(3)}", number))
            mutations[-1].number = sum(m.must == must for m in mutations)
        elif line[:2] in ("- ", "+ ", "-", "+") and mutations:
            part = mutations[-1].old if line[0] == "-" else mutations[-1].new
            part.append(line[2:])
        elif line.startswith("by ") and mutations:
            mutations[-1].tests += line.split()[1:]
        elif line and not line.startswith("#"):
            raise Wrong(f"{path.name}:{number}: is no row: {line}")
    return mutations, without_line


def problems():
    """What the table lacks, or has too much."""
    mutations, without_line = read()
    known = sentences()
    for must in known:
        if must not in without_line and \
                not any(m.must == must for m in mutations):
            yield f"{must} has no mutation and no reason: {known[must]}"
        if must in without_line and any(m.must == must for m in mutations):
            yield f"{must} has a mutation and is said to have no line"
    for must in without_line:
        if must not in known:
            yield f"{must} is no MUST of the protocol"
    for mutation in mutations:
        file = ROOT / mutation.source
        if mutation.must not in known:
            yield f"{mutation.must} is no MUST of the protocol"
        elif not file.is_file():
            yield f"{mutation.name()}: there is no such file"
        else:
            try:
                mutation.without(file.read_text(), known)
            except Wrong as wrong:
                yield str(wrong)
