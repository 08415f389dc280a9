#!/usr/bin/env python3
"""selftest - shows that checks.py finds each form of check and switches off
that one alone, that every MUST of the protocol is removed somewhere or has its
reason and its row in docs/RULES.md, and that every reason is one for something
that there is."""

import sys
from pathlib import Path

import checks
import document
import musts

ROOT = Path(__file__).resolve().parents[2]

# The body of a function, the checks in it, and the line that each changes.
CASES = [
    ("""    if (a)
        return ERR_A;
    return OK;""",
     [("f: a: ERR_A", "    if (((a) && false))")]),
    ("""    if (!g(x, "||)") || /* why || */ b == ERR_NONE ||
        (c && d))
        return ERR_A;
    return OK;""",
     [('f: !g(x, "||)"): ERR_A',
       '    if (((!g(x, "||)")) && false) || /* why || */ b == ERR_NONE ||'),
      ("f: b == ERR_NONE: ERR_A",
       '    if (!g(x, "||)") || /* why || */ ((b == ERR_NONE) && false) ||'),
      ("f: (c && d): ERR_A", "        (((c && d)) && false))")]),
    ("""    if (a) {
        b();
        return ERR_A;
    }
    for (;;)
        if (c)
            return ERR_B;
    return OK;""",
     [("f: a: ERR_A", "    if (((a) && false)) {"),
      ("f: c: ERR_B", "        if (((c) && false))")]),
    ("""    if (!a)
        take_fail(&t, ERR_A);
    else if (b)
        take_fail(t, ERR_B);
    take_fail(t, ERR_C);""",
     [("f: !a: ERR_A", "    if (((!a) && false))"),
      ("f: b: ERR_B", "    else if (((b) && false))"),
      ("f: at its end: ERR_C", "    (void)0;")]),
    ("""    enum err e = g(a);

    if (e || !b)
        return e;
    if ((e = h(a)) != OK)
        return e;
    return OK;""",
     [("f: e after g: hands on", "    if (((e) && false) || !b)"),
      ("f: !b after g: hands on", "    if (e || ((!b) && false))"),
      ("f: (e = h(a)) != OK after h: hands on",
       "    if ((((e = h(a)) != OK) && false))")]),
    ("""    return a == 0 && b(c) ? OK : ERR_A;""",
     [("f: a == 0: ERR_A", "    return ((a == 0) || true) && b(c) ? OK : "
       "ERR_A;"),
      ("f: b(c): ERR_A", "    return a == 0 && ((b(c)) || true) ? OK : "
       "ERR_A;")]),
    ("""    return t.err ? t.err : ERR_A;""",
     [("f: return t.err ? t.err : ERR_A: ERR_A",
       "    return t.err ? t.err : OK;")]),
    ("""    switch (a) {
    case ERR_B:
        return OK;
    case C:
        return ERR_A;
    }
    return ERR_A;""",
     [("f: case C:: ERR_A", "        return OK;"),
      ("f: at its end: ERR_A", "    return OK;")]),
    ("""    if (a)
        return ERR_A;
    if (a)
        return ERR_A;
    return OK;""",
     [("f: a: ERR_A", "    if (((a) && false))"),
      ("f: a: ERR_A #2", "    if (((a) && false))")]),
]

POLICY = """\
static bool
is_foreign(const struct question *q)
{
    return q->foreign;
}

static const struct rule send_rules[] = {
    {is_foreign,
     {false, "not-ours"}},
};
"""


def changed(before, after):
    """The lines of `after` that are not those of `before`."""
    return [new for old, new in zip(before.splitlines(), after.splitlines())
            if old != new]


def problems():
    for body, want in CASES:
        text = f"static enum err\nf(int a)\n{{\n{body}\n}}\n"
        found, _ = checks.find(text)
        if [check.name() for check in found] != [name for name, _ in want]:
            yield f"found {[c.name() for c in found]} in:\n{body}"
            continue
        for check, (name, line) in zip(found, want):
            lines = changed(text, checks.without(text, check))
            if lines != [line]:
                yield f"{name} changed {lines}"
    found, _ = checks.find(POLICY)
    off = checks.without(POLICY, found[0]) if found else ""
    if len(found) != 1 or "{never_refuses,\n" not in off or \
            off.index("never_refuses(const") > off.index("send_rules"):
        yield "the row of a policy is not switched off"
    _, others = checks.find("void\nf(void)\n{\n    enum err e = ERR_A;\n}\n")
    if others != ["f: ERR_A"]:
        yield f"an error that is no check is not told: {others}"


SENTENCES = {"P1": "A holder MUST never sign twice."}
SOURCE = """\
/* PROTOCOL receipts: "A holder MUST never sign twice." */
static bool
may_sign(int count)
{
    return count == 0;
}
"""


def must_problems():
    """A MUST is removed behind its quote, and nowhere else."""
    def tried(**changes):
        parts = {"must": "P1", "source": "daemon/core/a.c", "line": 1,
                 "old": ["count == 0"], "new": ["true"], **changes}
        return musts.Mutation(**parts)

    def refused(mutation, text):
        try:
            mutation.without(text, SENTENCES)
        except musts.Wrong:
            return True
        return False

    lines = changed(SOURCE, tried().without(SOURCE, SENTENCES))
    if lines != ["    return true;"]:
        yield f"a MUST is removed as {lines}"
    far = SOURCE.replace("{\n", "{\n" + "    count++;\n" * 60)
    for name, mutation, text in (
            ("no quote", tried(), SOURCE[SOURCE.index("static"):]),
            ("another text", tried(old=["count < 1"]), SOURCE),
            ("no change", tried(new=["count == 0"]), SOURCE),
            ("text in front of it", tried(old=["PROTOCOL"]), SOURCE),
            ("text far behind it", tried(), far)):
        if not refused(mutation, text):
            yield f"a mutation with {name} applies"
    try:
        musts.sentences("A frame MUST be short.\n")
        yield "a MUST without a number is none"
    except musts.Wrong:
        pass


def names_of(source):
    """What may have a reason: checks of a source, or mutations."""
    file = ROOT / "daemon/core" / source
    if file.is_file():
        return [check.name() for check in checks.find(file.read_text())[0]]
    return []


def stale_reasons():
    """Reasons for what is no longer there."""
    path = ROOT / "tests/rules/reasons"
    removed = {m.name() for m in musts.read()[0]}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, bar, reason = line.rpartition(" | ")
        source, _, check = name.partition(": ")
        if not bar or not reason or \
                (name not in removed and check not in names_of(source)):
            yield f"the reason is for nothing: {line}"


def main():
    wrong = [*problems(), *must_problems(), *stale_reasons(),
             *musts.problems(), *document.problems()]
    print("\n".join(wrong) if wrong else f"{len(CASES)} cases are as told")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
