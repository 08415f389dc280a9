"""checks - finds the checks of a C source and switches off exactly one.

Holds:      a check is known by file, function, condition and error, never by
            its line, so that code may move.
Trusts:     the layout that tidy keeps: a function's name and its closing
            brace stand in the first column.
Leaves out: building and running what comes of it (run).

What counts as a check:
  if (A || B) return ERR_X;        A and B, each made false after it was
                                   evaluated; also before take_fail(t, ERR_X),
                                   before e = ERR_X, and before an error that
                                   is handed on
  return A && B ? OK : ERR_X;      A and B, each made true
  return ERR_X; and the like where no single if decides: OK in its place
  a row of a policy's table of rules: its predicate never refuses
"""

import re
from dataclasses import dataclass

ERROR = re.compile(r"\bERR_[A-Z0-9_]+\b")
HANDED_ON = re.compile(r"\breturn\s+((?:\w+(?:\.|->))?(?:e|err|error));")
ROW_TABLE = re.compile(r"^static const struct rule (\w+)\[\] = \{$", re.M)
ROW = re.compile(r"^    \{(\w+),\s", re.M)
OPENING, CLOSING = "([{", ")]}"


@dataclass
class Check:
    """One check of one file, and the edits that switch it off."""

    function: str
    condition: str
    error: str
    edits: list  # (from, to, text), not overlapping
    number: int = 1  # apart from others of the same name in the function

    def name(self):
        """The check within its file, as tests/rules/reasons writes it."""
        again = f" #{self.number}" if self.number > 1 else ""
        return f"{self.function}: {self.condition}: {self.error}{again}"


def blank(text):
    """The text with comments, strings and characters made spaces: a place
    in it is the same place in the text."""
    shape = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\])*\""
                       r"|'(?:\\.|[^'\\])*'", re.S)
    return shape.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def closing(bare, at):
    """The place of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(bare)):
        if bare[i] in OPENING:
            depth += 1
        elif bare[i] in CLOSING:
            depth -= 1
            if depth == 0:
                return i
    raise ValueError(f"a bracket is never closed: {bare[at:at + 40]!r}")


def opening(bare, at):
    """The place of the bracket that opens before `at` and is not closed."""
    depth = 0
    for i in range(at - 1, -1, -1):
        if bare[i] in CLOSING:
            depth += 1
        elif bare[i] in OPENING:
            if depth == 0:
                return i
            depth -= 1
    raise ValueError("a bracket is never opened")


def functions(bare):
    """Each function: its name, where its body opens and where it closes."""
    for m in re.finditer(r"^(\w+)\(", bare, re.M):
        end = closing(bare, m.end() - 1)
        body = re.compile(r"\s*\{").match(bare, end + 1)
        if body:
            yield m.group(1), body.end() - 1, closing(bare, body.end() - 1)


def operands(bare, start, end, operator):
    """The parts of bare[start:end] that the operator joins, as places."""
    depth, first, parts = 0, start, []
    i = start
    while i < end:
        if bare[i] in OPENING:
            depth += 1
        elif bare[i] in CLOSING:
            depth -= 1
        elif depth == 0 and bare.startswith(operator, i):
            parts.append((first, i))
            i += len(operator)
            first = i
            continue
        i += 1
    parts.append((first, end))
    return [trim(bare, a, b) for a, b in parts]


def trim(bare, a, b):
    while a < b and bare[a].isspace():
        a += 1
    while b > a and bare[b - 1].isspace():
        b -= 1
    return a, b


def squeeze(text):
    return " ".join(re.sub(r"/\*.*?\*/", " ", text, flags=re.S).split())


def decided_by(bare, body, start):
    """The condition of the if that alone decides whether the statement at
    `start` is reached, as places; else None and what stands there instead."""
    i = start
    while bare[i - 1].isspace():
        i -= 1
    before = bare[i - 1]
    if before in ";}":
        i = opening(bare, i) + 1
        if i - 1 == body:
            return None, "at its end"
        before = "{"
    if before == "{":
        i -= 1
        if i == body:
            return None, "always"
        while bare[i - 1].isspace():
            i -= 1
        before = bare[i - 1]
    if before == ")":
        at = opening(bare, i - 1)
        if re.search(r"\bif\s*$", bare[:at]):
            return trim(bare, at + 1, i - 1), None
        return None, squeeze(bare[at:i])
    if before == ":":
        return None, squeeze(bare[bare.rfind("\n", 0, i) + 1:i])
    if bare[:i].endswith("else"):
        return None, "else"
    return None, "at its end"


def source_of_error(bare, body, at):
    """The call that the error at `at` comes from, for its name."""
    calls = re.findall(r"(?<![=!<>])=\s*(\w+)\(", bare[body:at])
    return calls[-1] if calls else "its caller"


def choice(text, bare, body, m):
    """The edits of an error that stands in `return A ? B : C;`."""
    start = bare.rfind("return", body, m.start())
    end = bare.index(";", m.end())
    question = bare.index("?", start)
    colon = bare.index(":", question)
    yes = bare[question + 1:colon].strip()
    no = bare[colon + 1:end].strip()
    condition = trim(bare, start + len("return"), question)
    if yes == "OK" and no == m.group():
        for a, b in operands(bare, *condition, "&&"):
            yield squeeze(text[a:b]), [(a, a, "(("), (b, b, ") || true)")]
    elif no == "OK" and yes == m.group():
        for a, b in operands(bare, *condition, "||"):
            yield squeeze(text[a:b]), [(a, a, "(("), (b, b, ") && false)")]
    else:
        yield squeeze(text[start:end]), [(m.start(), m.end(), "OK")]


def statement(bare, body, m):
    """Where the statement with the error begins, and what replaces it if it
    is switched off as a whole; None if it is no statement of this kind."""
    line = max(bare.rfind(c, body, m.start()) for c in ";{}") + 1
    head = bare[line:m.start()]
    kind = re.search(r"\breturn\s+$", head)
    if kind:
        return line + kind.start(), "return OK"
    kind = re.search(r"\btake_fail\([^()]*,\s*$", head)
    if kind:
        return line + kind.start(), "(void)0"
    kind = re.search(r"\b[\w.>-]+ = $", head)
    if kind and "enum err" not in head:
        return line + kind.start(), "(void)0"
    return None, None


def switched_off(text, bare, body, m):
    """Each (condition, edits) for the error of the match m."""
    if re.search(r"\breturn\b[^;]*\?[^;]*$", bare[body:m.start()]) or \
            re.match(r"\s*:", bare[m.end():]):
        if not re.search(r"\bcase\s+$", bare[body:m.start()]):
            yield from choice(text, bare, body, m)
        return
    start, instead = statement(bare, body, m)
    if start is None:
        return
    condition, other = decided_by(bare, body, start)
    if condition:
        for a, b in operands(bare, *condition, "||"):
            yield squeeze(text[a:b]), [(a, a, "(("), (b, b, ") && false)")]
    else:
        yield other, [(start, bare.index(";", m.end()), instead)]


def handed_on(text, bare, body, m):
    """Each (condition, edits) for `if (...) return e;`."""
    condition, _ = decided_by(bare, body, m.start())
    if not condition:
        return
    call = source_of_error(bare, body, condition[1])
    for a, b in operands(bare, *condition, "||"):
        yield (f"{squeeze(text[a:b])} after {call}",
               [(a, a, "(("), (b, b, ") && false)")])


def rows(text, bare):
    """The rows of tables of rules that begin with a predicate."""
    for table in ROW_TABLE.finditer(bare):
        end = closing(bare, table.end() - 1)
        for m in ROW.finditer(bare, table.end(), end):
            if not re.search(rf"^{m.group(1)}\(const struct question ",
                             bare, re.M):
                continue
            never = ("static bool\nnever_refuses(const struct question *q)\n"
                     "{\n    (void)q;\n    return false;\n}\n\n")
            yield Check(table.group(1), m.group(1), "refusal",
                        [(table.start(), table.start(), never),
                         (m.start(1), m.end(1), "never_refuses")])


def find(text):
    """All checks of a source in its order, and the errors in it that are
    none, since they are compared with or set beforehand."""
    bare = blank(text)
    found, others = list(rows(text, bare)), []
    for function, body, end in functions(bare):
        here = [(m, m.group(), switched_off)
                for m in ERROR.finditer(bare, body, end)]
        here += [(m, "hands on", handed_on)
                 for m in HANDED_ON.finditer(bare, body, end)]
        for m, error, edits_of in sorted(here, key=lambda h: h[0].start()):
            checks = list(edits_of(text, bare, body, m))
            if not checks and edits_of is switched_off:
                others.append(f"{function}: {error}")
            for condition, edits in checks:
                found.append(Check(function, condition, error, edits))
    seen = {}
    for check in found:
        key = check.name()
        seen[key] = seen.get(key, 0) + 1
        check.number = seen[key]
    return found, others


def without(text, check):
    """The source with that one check switched off."""
    for start, end, instead in sorted(check.edits, reverse=True):
        text = text[:start] + instead + text[end:]
    return text
