"""document - docs/RULES.md: what was switched off, and what noticed.

Holds:      a part that was not run again stays as it stands.
Leaves out: what is run, and whether the outcome is good (run).
"""

import re
from pathlib import Path

import musts
from copies import KINDS, ROOT

TABLE = ROOT / "docs/RULES.md"
NOT_CAUGHT = "not caught"
NO_LINE = "no line"
LAST = (*KINDS, NOT_CAUGHT, NO_LINE)

HEAD = """\
# Each check, rule and MUST switched off

Made by `tests/rules/run --all`; do not edit. One thing at a time is taken away
in a copy of the tree, and tests run until one notices.

- **core/...**: each check of the core's foundations. The room's unit tests and
  the vectors (with sanitizers), then the replayed exchanges, then the
  simulator. A condition of several parts joined by `||` is several checks.
  "hands on" is an error that a function below returned and that is no longer
  passed up; "at its end" is the refusal that no single condition decides, with
  OK in its place.
- **musts**: each sentence of [PROTOCOL.md](PROTOCOL.md) with a MUST. What obeys
  it stands behind its quote in the code and is taken away as
  `tests/rules/mutations` says. First the tests named there, then those of the
  room, the vectors, the replayed exchanges, the peer, the simulator. "no line"
  says why nothing can be taken away.
- **rules**: the rules R1 to R15, which the simulator itself leaves out.

No program that is installed has a switch for any of this.

"""


def cell(text, most=90):
    text = text if len(text) <= most else text[:most - 3] + "..."
    return text.replace("|", "\\|")


def outcome(caught, name, reasons):
    if caught:
        return caught
    return f"{NOT_CAUGHT}: {reasons.get(name, 'no reason is known')}"


def cells_of_place(place):
    check = place.check
    return (f"{Path(place.source).name} `{check.function}`",
            f"`{cell(check.condition)}`", check.error)


def section_of_room(room, places, results, reasons, seeds):
    """The checks of a room."""
    lines = [f"## {room}", "",
             f"Seeds of the simulator for what no test caught: {seeds:,}.", "",
             "| place | check that is off | error | caught by |",
             "|---|---|---|---|"]
    for place in places:
        caught = outcome(results[place.name()], place.name(), reasons)
        lines.append(f"| {' | '.join(cells_of_place(place))} | "
                     f"{cell(caught, 400)} |")
    return "\n".join(lines) + "\n"


def cells_of_must(number, sentence):
    return number, cell(sentence, 120)


def section_of_musts(mutations, without_line, results, reasons, seeds):
    """The MUSTs, in the order of the protocol."""
    lines = ["## musts", "",
             f"Seeds of the simulator for what no test caught: {seeds:,}.", "",
             "| number | MUST | removed in | caught by |", "|---|---|---|---|"]
    for number, sentence in musts.sentences().items():
        head = f"| {' | '.join(cells_of_must(number, sentence))} |"
        if number in without_line:
            lines.append(f"{head} - | {NO_LINE}: "
                         f"{cell(without_line[number], 400)} |")
        for m in mutations:
            if m.must == number:
                caught = outcome(results[m.name()], m.name(), reasons)
                lines.append(f"{head} {m.source.removeprefix('daemon/')} | "
                             f"{cell(caught, 400)} |")
    return "\n".join(lines) + "\n"


def section_of_rules(rules, results, reasons):
    lines = ["## rules", "", "| rule | left out | seeds | caught by |",
             "|---|---|---|---|"]
    for rule in rules:
        caught = outcome(results[rule.name()], rule.name(), reasons)
        profile = f" of {rule.profile}" if rule.profile else ""
        lines.append(f"| {rule.number} | {cell(rule.text)} | "
                     f"{rule.seeds:,}{profile} | {cell(caught, 400)} |")
    return "\n".join(lines) + "\n"


def rows_of(section):
    """The rows of a section's table, each as its cells."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in lines[2:]]


def figures(sections):
    """The table of figures, counted in the tables of the sections."""
    lines = ["| part | rows | " + " | ".join(LAST) + " |",
             "|---|---|" + "---|" * len(LAST)]
    sums = [0] * (len(LAST) + 1)
    for part, section in sections:
        last = [row[-1] for row in rows_of(section)]
        counts = [len(last)] + [sum(c.startswith(f"{k}:") for c in last)
                                for k in LAST]
        sums = [a + b for a, b in zip(sums, counts)]
        lines.append(f"| {part} | " + " | ".join(map(str, counts)) + " |")
    lines.append("| all | " + " | ".join(map(str, sums)) + " |")
    return "\n".join(lines) + "\n"


def read():
    """{part: its section} of the document as it stands."""
    sections = {}
    if TABLE.is_file():
        for part in re.split(r"^(?=## )", TABLE.read_text(), flags=re.M)[1:]:
            name = re.match(r"## (\S+)", part).group(1)
            sections[name] = part.rstrip("\n") + "\n"
    return sections


def write(changed, parts):
    """Write the document: the parts in their order, changed ones anew."""
    sections = {**read(), **changed}
    here = [(part, sections[part]) for part in parts if part in sections]
    body = "\n".join(text for _, text in here)
    TABLE.write_text(f"{HEAD}{figures(here)}\n{body}")


def noticed_before():
    """{part and the cells of a row: kind and name of the tests that noticed
    last time}."""
    hints = {}
    for part, section in read().items():
        for row in rows_of(section):
            m = re.match(r"(unit|vectors|replay|peer|e2e): ([\w.-]+)", row[-1])
            if m:
                hints.setdefault((part, *row[:-1]), []).append(m.groups())
    return hints


def problems():
    """MUSTs of the protocol without a row, and rows without a MUST."""
    text = TABLE.read_text() if TABLE.is_file() else ""
    wanted = {cells_of_must(*item) for item in musts.sentences().items()}
    rows = {tuple(row[:2]) for row in rows_of(read().get("musts", ""))}
    for head in sorted(wanted - rows):
        yield f"docs/RULES.md has no row: {' '.join(head)}"
    for head in sorted(rows - wanted):
        yield f"docs/RULES.md has a row for no MUST: {' '.join(head)}"
    for line in text.splitlines():
        if "no reason is known" in line:
            yield f"docs/RULES.md: not caught, and no reason: {line}"
