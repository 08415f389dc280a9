#!/usr/bin/env python3
"""tidy - checks what a compiler cannot: the rooms and the manners of the tree.

Usage: tidy.py RULE... [--root DIR] [--build DIR]

Every rule prints what is wrong, one finding a line, and then what it checked.
A rule that checked nothing has failed. Exit: 0 all is well, 1 findings,
2 usage, 77 a rule has nothing to compare yet and says what is missing.
"""

import argparse
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
HEADER_LINES_MAX = 200
COLUMNS_MAX = 80
PARAMETERS_MAX = 5

HARMLESS_HEADERS = set("""stdint.h stdbool.h stddef.h string.h assert.h
    inttypes.h limits.h errno.h stdalign.h""".split())

# What any object of a pure room may leave to the C library: it moves and
# compares memory, compares and measures strings, and stops on our own bugs.
HARMLESS_SYMBOLS = re.compile(
    r"(_GLOBAL_OFFSET_TABLE_|__assert_fail|__stack_chk_fail"
    r"|(__)?(memcpy|memmove|memset|explicit_bzero)(_chk)?"
    r"|memcmp|bcmp|memchr|memrchr|memmem|strlen|strnlen|strcmp|strncmp"
    r"|strchr|strrchr|strstr|strspn|strcspn)")

BANNED = set("""strcpy strcat strncpy strncat sprintf vsprintf gets strtok
    strtok_r atoi atol atoll alloca rand srand system popen sleep
    usleep""".split())
BANNED_IN_CORE = set("""printf fprintf snprintf vprintf vfprintf vsnprintf
    dprintf puts fputs putchar perror fopen fwrite fread open openat time
    clock clock_gettime gettimeofday gmtime localtime getenv setenv random
    getrandom getentropy socket connect send recv fork abort exit
    pthread_create pthread_mutex_lock setlocale strtod signal""".split())
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")

TOP_LEVEL = set("""daemon proto certs tests docs CMakeLists.txt
    CMakePresets.json README.md LICENSE demo check""".split())


class Findings:
    """What a rule found, what it counted, and what it only remarks."""

    def __init__(self):
        self.problems = []
        self.counts = {}
        self.remarks = []
        self.absent = None

    def problem(self, where, text):
        self.problems.append(f"{where}: {text}")

    def count(self, what, by=1):
        self.counts[what] = self.counts.get(what, 0) + by


class Tree:
    """The sources under one root, each read once."""

    def __init__(self, root, build=None):
        self.root = Path(root).resolve()
        self.build = Path(build).resolve() if build else None
        self.texts = {}

    def name(self, path):
        return str(path.relative_to(self.root))

    def text(self, path):
        if path not in self.texts:
            self.texts[path] = path.read_text("utf-8", errors="replace")
        return self.texts[path]

    def files(self, top, *suffixes):
        found = [p for p in (self.root / top).rglob("*")
                 if p.is_file() and p.suffix in suffixes
                 and ".pb-c." not in p.name]
        return sorted(found)

    def sources(self):
        return self.files("daemon", ".c", ".h") + \
            self.files("tests", ".c", ".h")


# ---- reading C -------------------------------------------------------------

TOKENS = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\""
                    r"|'(?:\\.|[^'\\\n])*'", re.S)


def without_comments(text):
    """Blank out comments; every line keeps its number."""
    def blank(match):
        token = match.group()
        return token if token[0] in "\"'" else "\n" * token.count("\n") + " "
    return TOKENS.sub(blank, text)


def code_only(text):
    """Blank out comments, texts in quotes and preprocessor lines."""
    def blank(match):
        token = match.group()
        return '""' if token[0] in "\"'" else "\n" * token.count("\n") + " "
    text = TOKENS.sub(blank, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
                  lambda m: "\n" * m.group().count("\n"), text, flags=re.M)


def closing(text, at):
    """Find the bracket that closes the one at `at`."""
    left, right = text[at], {"(": ")", "{": "}"}[text[at]]
    depth = 0
    for i in range(at, len(text)):
        if text[i] == left:
            depth += 1
        elif text[i] == right:
            depth -= 1
            if depth == 0:
                return i
    return len(text) - 1


ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")


def signature(head):
    """Give (name, number of parameters) of a function's head, or None."""
    head = ATTRIBUTE.sub("", head)
    match = re.search(r"\b([A-Za-z_]\w*)\s*\(", head)
    if not match or "=" in head[:match.start()] or "{" in head:
        return None
    inner = head[match.end():closing(head, match.end() - 1)].strip()
    depth, commas = 0, 0
    for c in inner:
        depth += (c == "(") - (c == ")")
        commas += c == "," and depth == 0
    return match.group(1), 0 if inner in ("", "void") else commas + 1


def functions(code):
    """Yield (name, line, lines, parameters); a prototype has 0 lines."""
    start = i = 0
    while i < len(code):
        if code[i] not in "{;(":
            i += 1
            continue
        if code[i] == "(":
            i = closing(code, i) + 1
            continue
        head = code[start:i]
        end = closing(code, i) if code[i] == "{" else i
        found = signature(head)
        if found:
            first = start + len(head) - len(head.lstrip())
            line = code.count("\n", 0, first) + 1
            body = code.count("\n", first, end) + 1
            yield found[0], line, body if code[i] == "{" else 0, found[1]
        if found or code[i] == ";":
            start = end + 1
        i = end + 1


# ---- floor plan ------------------------------------------------------------

class Room:
    def __init__(self, fields):
        self.name, storey, uses, headers, symbols = fields
        self.storey = int(storey)
        self.uses = [] if uses == "-" else uses.split()
        self.headers = [] if headers == "-" else headers.split()
        self.symbols = [] if symbols == "-" else symbols.split()

    def reaches(self):
        return set(self.uses) | {self.name, "core/base"}


def plan_read(tree):
    """Give the rooms of the floor plan in their order."""
    rooms = {}
    for line in tree.text(tree.root / "daemon/FLOORPLAN").splitlines():
        if line.strip() and not line.startswith("#"):
            room = Room([field.strip() for field in line.split("|")])
            rooms[room.name] = room
    return rooms


def room_of(rooms, name):
    """Give the room that holds daemon/`name`, or None."""
    folder = os.path.dirname(name)
    while folder and folder not in rooms:
        folder = os.path.dirname(folder)
    return rooms.get(folder)


def plan_check(rooms, out):
    """CMake reads the plan top down: what a room uses stands above it."""
    above = {"proto"}
    storeys = {"proto": 0}
    for room in rooms.values():
        for use in room.uses:
            if use not in rooms and use != "proto":
                out.problem("daemon/FLOORPLAN", f"{room.name} uses {use}, "
                            "which is no room")
            elif use not in above:
                out.problem("daemon/FLOORPLAN", f"{room.name} uses {use}, "
                            "which does not stand above it")
            elif storeys[use] > room.storey:
                out.problem("daemon/FLOORPLAN", f"{room.name} uses {use} "
                            "of a higher storey")
        above.add(room.name)
        storeys[room.name] = room.storey


def include_problem(tree, rooms, room, quoted, header):
    """Say why `room` may not include `header`, or give None."""
    if not quoted:
        if header in HARMLESS_HEADERS:
            return None
        if any(fnmatch.fnmatch(header, h) for h in room.headers):
            return None
        return f"<{header}> is not in the plan of {room.name}"
    if header.endswith(".pb-c.h"):
        if "proto" in room.uses:
            return None
        return f"{room.name} may not use proto ({header})"
    if not (tree.root / "daemon" / header).is_file():
        return f"\"{header}\" is no file below daemon/"
    target = room_of(rooms, header)
    if target is None:
        return f"\"{header}\" is in no room"
    if target.name not in room.reaches():
        return f"{room.name} may not use {target.name} ({header})"
    return None


INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"]+)[>\"]", re.M)


def check_floorplan(tree):
    out = Findings()
    rooms = plan_read(tree)
    plan_check(rooms, out)
    top = Room(["main", "8", " ".join(rooms), "*", "*"])
    out.count("rooms", len(rooms))
    for path in tree.files("daemon", ".c", ".h", ".def"):
        inside = str(path.relative_to(tree.root / "daemon"))
        room = top if inside == "main.c" else room_of(rooms, inside)
        if room is None:
            out.problem(tree.name(path), "is in no room of the plan")
            continue
        out.count("files")
        code = without_comments(tree.text(path))
        for match in INCLUDE.finditer(code):
            out.count("includes")
            why = include_problem(tree, rooms, room, match.group(1) == '"',
                                  match.group(2))
            if why:
                line = code.count("\n", 0, match.start(1)) + 1
                out.problem(f"{tree.name(path)}:{line}", why)
    return out


# ---- purity ----------------------------------------------------------------

def cache_read(build):
    """Give the variables of a build folder's CMake cache."""
    values = {}
    for line in (build / "CMakeCache.txt").read_text().splitlines():
        match = re.match(r"([A-Za-z0-9_]+):[A-Z]+=(.*)", line)
        if match:
            values[match.group(1)] = match.group(2)
    return values


def target_of(room):
    return "room_" + room.replace("/", "_")


def release_of(tree, rooms):
    """Give a release build: the given one, or one made inside of it."""
    cache = cache_read(tree.build)
    if (cache.get("SEALANE_SANITIZE", "OFF") == "OFF"
            and cache.get("SEALANE_FUZZ", "OFF") == "OFF"
            and cache.get("CMAKE_BUILD_TYPE") == "RelWithDebInfo"):
        return tree.build
    inner = tree.build / "purity"
    configure = ["cmake", "-S", str(tree.root), "-B", str(inner),
                 "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                 "-DSEALANE_SANITIZE=OFF", "-DSEALANE_FUZZ=OFF",
                 "-DCMAKE_C_COMPILER=" + cache["CMAKE_C_COMPILER"],
                 "-G", cache["CMAKE_GENERATOR"]]
    targets = [target_of(r) for r in rooms if r.startswith("core/")
               and any((tree.root / "daemon" / r).glob("*.c"))]
    for command in (configure, ["cmake", "--build", str(inner), "--target",
                                *targets]):
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"{' '.join(command)}\n{run.stdout}{run.stderr}")
    return inner


def nm(options, objects):
    """Yield (object, symbol) as nm lists them."""
    if not objects:
        return
    run = subprocess.run(["nm", "-A", "-P", *options, *map(str, objects)],
                         capture_output=True, text=True, check=True)
    for line in run.stdout.splitlines():
        place, symbol = line.split(": ", 1)
        yield place, symbol.split()[0].split("@")[0]


def objects_of(tree, build, room, out):
    """Give the objects of a room; each source must have a fresh one."""
    folder = build / "CMakeFiles" / (target_of(room) + ".dir")
    if room == "proto":
        return sorted(folder.rglob("*.o"))
    objects = []
    for source in sorted((tree.root / "daemon" / room).glob("*.c")):
        where = folder / "daemon" / room / (source.name + ".o")
        if not where.is_file():
            out.problem(tree.name(source), "has no object in the build")
        elif where.stat().st_mtime < source.stat().st_mtime:
            out.problem(tree.name(source), "is newer than its object")
        else:
            objects.append(where)
    return objects


def check_purity(tree):
    out = Findings()
    if tree.build is None:
        sys.exit("purity needs --build DIR")
    rooms = plan_read(tree)
    build = release_of(tree, rooms)
    defined, objects = {}, {}
    for name in ["proto", *(r for r in rooms if r.startswith("core/"))]:
        objects[name] = objects_of(tree, build, name, out)
        for _, symbol in nm(["--defined-only", "--extern-only"],
                            objects[name]):
            defined[symbol] = name
    for name, room in rooms.items():
        if not objects.get(name):
            continue
        out.count("pure rooms")
        out.count("objects", len(objects[name]))
        for place, symbol in nm(["--undefined-only"], objects[name]):
            out.count("symbols")
            purity_symbol(out, room, Path(place).name[:-2], symbol,
                          defined.get(symbol))
    return out


def purity_symbol(out, room, source, symbol, owner):
    """Judge one symbol that an object of `room` leaves undefined."""
    if owner:
        if owner not in room.reaches():
            out.problem(f"{room.name}/{source}",
                        f"calls {symbol} of {owner}, which it may not use")
    elif not (HARMLESS_SYMBOLS.fullmatch(symbol) or any(
            fnmatch.fnmatchcase(symbol, s) for s in room.symbols)):
        out.problem(f"{room.name}/{source}",
                    f"calls {symbol}, which is not in the plan")


# ---- sizes and calls, with exceptions --------------------------------------

class Exceptions:
    """Lines `rule | file | name | most | reason` of tests/tidy/exceptions."""

    def __init__(self, tree, rules, out):
        self.path = tree.root / "tests/tidy/exceptions"
        self.most, self.used, self.out = {}, set(), out
        if not self.path.is_file():
            return
        for line in tree.text(self.path).splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            fields = [field.strip() for field in line.split("|")]
            if len(fields) != 5 or not fields[3].isdigit() \
                    or len(fields[4].split()) < 3:
                out.problem("tests/tidy/exceptions", f"cannot read: {line}")
            elif fields[0] in rules:
                self.most[tuple(fields[:3])] = int(fields[3])

    def judge(self, rule, where, name, size, limit, line=None):
        """Report `size` over `limit` unless an exception bears it."""
        if size <= limit:
            return
        key = (rule, where, name)
        if size <= self.most.get(key, 0):
            self.used.add(key)
            return
        place = f"{where}:{line}" if line else where
        self.out.problem(place, f"{rule} {name}: {size}, at most "
                         f"{self.most.get(key, limit)}")

    def close(self):
        self.out.count("exceptions", len(self.most))
        for key in sorted(set(self.most) - self.used):
            self.out.problem("tests/tidy/exceptions",
                             f"not needed: {' | '.join(key)}")


def width(line):
    """Count columns; wide letters (Hangul, Han) take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in line)


def check_sizes(tree):
    out = Findings()
    allowed = Exceptions(
        tree, ("function", "parameters", "file", "header", "columns"), out)
    for path in tree.sources():
        where, text = tree.name(path), tree.text(path)
        lines = text.splitlines()
        out.count("files")
        out.count("lines", len(lines))
        if path.suffix == ".h":
            allowed.judge("header", where, "-", len(lines), HEADER_LINES_MAX)
        else:
            allowed.judge("file", where, "-", len(lines), FILE_LINES_MAX)
        wide = max(enumerate(map(width, lines), 1), default=(0, 0),
                   key=lambda pair: pair[1])
        allowed.judge("columns", where, "-", wide[1], COLUMNS_MAX, wide[0])
        for name, line, size, parameters in functions(code_only(text)):
            out.count("functions", 1 if size else 0)
            allowed.judge("function", where, name, size, FUNCTION_LINES_MAX,
                          line)
            allowed.judge("parameters", where, name, parameters,
                          PARAMETERS_MAX, line)
    allowed.close()
    return out


CALL = re.compile(r"(?<![\w.>])([a-z_]\w*)\s*\(")


def check_banned(tree):
    out = Findings()
    allowed = Exceptions(tree, ("call",), out)
    for path in tree.sources():
        where, text = tree.name(path), tree.text(path)
        names = set(BANNED)
        if where.startswith("daemon/core/"):
            names |= BANNED_IN_CORE
            if where.startswith("daemon/core/base/"):
                names -= {"abort"}
        out.count("files")
        seen = {}
        code = code_only(text)
        for match in CALL.finditer(code):
            out.count("calls")
            if match.group(1) in names:
                seen.setdefault(match.group(1), []).append(
                    code.count("\n", 0, match.start()) + 1)
        for name, places in seen.items():
            allowed.judge("call", where, name, len(places), 0, places[0])
        for number, line in enumerate(text.splitlines(), 1):
            if UNFINISHED.search(line):
                out.problem(f"{where}:{number}", "is unfinished work")
    allowed.close()
    return out


# ---- format ----------------------------------------------------------------

def check_format(tree):
    """The layout is what clang-format 14 makes; others may see it otherwise."""
    out = Findings()
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not tool:
        out.problem("clang-format", "is not installed")
        return out
    files = tree.sources()
    out.count("files", len(files))
    version = subprocess.run([tool, "--version"], capture_output=True,
                             text=True).stdout
    if not files:
        return out
    run = subprocess.run([tool, "--dry-run", "-Werror", *map(str, files)],
                         capture_output=True, text=True, cwd=tree.root)
    if run.returncode and not re.search(r"version 14\.", version):
        out.absent = f"clang-format 14 (here: {version.strip()})"
    elif run.returncode:
        out.problem("clang-format", "wants another layout\n" + run.stderr)
    return out


# ---- quotes of the protocol -------------------------------------------------

def fold(text):
    return re.sub(r"\s+", " ", re.sub(r"\*\*|`", "", text)).strip()


def protocol_read(text):
    """Give {anchor: folded text}, each section with those below it."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    heads = [(len(m.group(1)), m.group(2), m.start(), m.end()) for m in
             re.finditer(r"^(#+) +(.+?) *#*$", text, re.M)]
    sections = {}
    for i, (level, title, _, start) in enumerate(heads):
        end = next((h[2] for h in heads[i + 1:] if h[0] <= level), len(text))
        body = fold(text[start:end])
        named = re.search(r"\{#([\w-]+)\}|<a id=\"([\w-]+)\">", title)
        slug = re.sub(r"[^\w\- ]", "", title.lower()).strip()
        slug = slug.replace(" ", "-")
        anchors = {slug, re.sub(r"^[\d-]+(?=[a-z])", "", slug)}
        if named:
            anchors.add(named.group(1) or named.group(2))
        for anchor in anchors:
            sections[anchor] = sections.get(anchor, "") + " " + body
    return sections


def musts_of(text):
    """Give the sentences of the protocol that hold a MUST."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    blocks = re.split(r"\n\s*\n|\n(?=\s*(?:[-*|#]|\d+\.)\s)", text)
    found = []
    for block in blocks:
        for sentence in re.split(r"(?<=[.;|])\s+(?=[A-Z(\[*`|])",
                                 fold(block)):
            if re.search(r"\bMUST\b", sentence):
                found.append(re.sub(r"^([-*]|\d+\.) ", "", sentence))
    return found


def remarks_of(path, text):
    """Yield (line, words) of every comment of a C or Python file."""
    if path.suffix == ".py":
        pattern = re.compile(r"(?:^[ \t]*#[^\n]*\n?)+", re.M)
    else:
        pattern = TOKENS
    for match in pattern.finditer(text):
        token = match.group()
        if token.lstrip()[0] in "\"'":
            continue
        token = re.sub(r"\s*\*/$", "", token)
        words = re.sub(r"^[ \t]*(?:/\*+|//|\*|#)", " ", token, flags=re.M)
        yield text.count("\n", 0, match.start()) + 1, fold(words)


QUOTE = re.compile(r'PROTOCOL ([\w-]+): "(.+?)"(?= PROTOCOL |$)')


def musts_without_line(tree):
    """Give the numbers of the MUSTs that no single line obeys; the reason
    stands behind each."""
    path = tree.root / "tests/rules/mutations"
    return set(re.findall(r"^(P\d+) no line: \S", tree.text(path), re.M)) \
        if path.is_file() else set()


def check_quotes(tree):
    """Each quote is what the protocol says, and each of its MUSTs is quoted
    above the line that obeys it."""
    out = Findings()
    path = tree.root / "docs/PROTOCOL.md"
    text = tree.text(path) if path.is_file() else ""
    sections, obeyed = protocol_read(text), []
    for source in [*tree.sources(), *tree.files("tests", ".py")]:
        if "tidy" in source.parts:
            continue
        for line, words in remarks_of(source, tree.text(source)):
            if not words.startswith("PROTOCOL "):
                continue
            where = f"{tree.name(source)}:{line}"
            quotes = QUOTE.findall(words)
            if not quotes:
                out.problem(where, "is no quote; write "
                            '/* PROTOCOL section: "sentence" */')
            for section, sentence in quotes:
                out.count("quotes")
                if tree.name(source).startswith("daemon/"):
                    obeyed.append(sentence)
                if section not in sections:
                    out.problem(where, f"PROTOCOL.md has no #{section}")
                elif len(sentence) < 10 or sentence not in sections[section]:
                    out.problem(where, f"#{section} does not say: {sentence}")
    listed = musts_without_line(tree)
    for must in musts_of(text):
        number = re.match(r"P\d+(?= )", must)
        out.count("musts")
        if must.startswith("The key words MUST"):
            continue
        if not number:
            out.problem("docs/PROTOCOL.md", f"a MUST has no number: {must}")
        elif number.group() not in listed and \
                not any(q in must or must in q for q in obeyed):
            out.problem("docs/PROTOCOL.md", "no line of daemon/ quotes, and "
                        f"tests/rules/mutations gives no reason: {must}")
    return out


# ---- manual pages -----------------------------------------------------------

def table_names(code, table):
    """Give the first text of each row of `table`, or of the whole file."""
    match = re.search(rf"\b{table}\s*\[[^]]*\]\s*=\s*\{{", code)
    if match:
        code = code[match.end():closing(code, match.end() - 1)]
    return re.findall(r"\{\s*\"([a-z][\w .-]*)\"", code)


def page_entries(page, section):
    """Give the words of each tagged entry of a section of a manual page."""
    match = re.search(rf"^\.S[Hh] \"?{section}\"?$(.*?)(?=^\.S[Hh] |\Z)",
                      page, re.S | re.M)
    tagged = re.findall(r"^(?:\.T[PQ].*\n(?:\.[BIR]+ )?|\.SS |\.It (?:Cm|Ic) )"
                        r"(.*)$", match.group(1) if match else "", re.M)
    entries = []
    for tag in tagged:
        plain = re.sub(r"\\f[BIRP]|\"", "", tag).replace("\\-", "-")
        if plain[:1].islower():
            entries.append(plain.split())
    return entries


def page_check(tree, out, parts):
    """Hold a table of names against a section of its manual page."""
    source, table, page, section = parts
    if not (tree.root / source).is_file():
        out.absent = source
        return
    names = table_names(without_comments(tree.text(tree.root / source)),
                        table)
    if not names:
        out.problem(source, f"has no table {table}[]")
    if not (tree.root / page).is_file():
        out.problem(page, "is missing")
        return
    entries = page_entries(tree.text(tree.root / page), section)
    out.count(table, len(names))
    for name in names:
        words = name.split()
        if not any(e[:len(words)] == words for e in entries):
            out.problem(page, f"{section} does not name {name}")
    for entry in entries:
        starts = {" ".join(entry[:n]) for n in range(1, len(entry) + 1)}
        if not starts & set(names):
            out.problem(page, f"{section} names {' '.join(entry)}, "
                        f"which {source} does not know")


def check_manual(tree):
    out = Findings()
    for parts in (("daemon/cli/command_table.c", "commands",
                   "docs/man/sealane.1", "COMMANDS"),
                  ("daemon/edge/turn/settings.c", "settings",
                   "docs/man/sealane.yaml.5", "SETTINGS")):
        page_check(tree, out, parts)
    return out


# ---- alarms ----------------------------------------------------------------

def headings_below(text, title):
    """Give the titles right below the section `title`, one level deeper."""
    match = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", text, re.S | re.M)
    return re.findall(r"^### (.+)$", match.group(1) if match else "", re.M)


def check_alarms(tree):
    """Each kind of alarm has its section for operators, and is raised."""
    out = Findings()
    table, manual = "daemon/core/exchange/alarm_kinds.def", \
        "docs/OPERATIONS.md"
    for name in (table, manual):
        if not (tree.root / name).is_file():
            out.problem(name, "is missing")
            return out
    kinds = re.findall(r"^ALARM_KIND\((\w+), \d+, \w+, \"([\w-]+)\",",
                       tree.text(tree.root / table), re.M)
    sections = headings_below(tree.text(tree.root / manual), "Alarms")
    code = "".join(tree.text(p) for p in tree.files("daemon", ".c"))
    for symbol, name in kinds:
        out.count("kinds")
        if name not in sections:
            out.problem(manual, f"Alarms has no section {name}")
        if not re.search(rf"\bALARM_{symbol}\b", code):
            out.problem(table, f"nothing raises {name}")
    names = {name for _, name in kinds}
    for title in sections:
        out.count("sections")
        if title[:1].islower() and title not in names:
            out.problem(manual, f"Alarms has {title}, which is no kind")
    return out


# ---- snapshots -------------------------------------------------------------

def members_of(body):
    """Give the names that a struct's body declares."""
    names = []
    body = re.sub(r"/\*.*?\*/|\[[^\]]*\]", " ", body, flags=re.S)
    for declaration in body.split(";"):
        for part in declaration.split(","):
            words = re.findall(r"\w+", part)
            names += words[-1:]
    return names


def check_folded(tree):
    """Each member of the exchange's state that follows from facts stands in the
    layouts by which snapshots are written."""
    out = Findings()
    name = "daemon/core/exchange/snapshot_layouts.c"
    if not (tree.root / name).is_file():
        out.problem(name, "is missing")
        return out
    listed = set(re.findall(r"\((?:\w+,\s*)?struct (\w+),\s*(\w+)",
                            tree.text(tree.root / name)))
    laid_out = {struct for struct, _ in listed}
    for path in tree.files("daemon/core/exchange", ".h") + \
            tree.files("daemon/core/ports", ".h"):
        for struct, body in re.findall(r"^struct (\w+) \{$(.*?)^\};",
                                       tree.text(path), re.M | re.S):
            folded = re.search(r"/\* folded \*/(.*?)(?:/\* of this|\Z)", body,
                               re.S)
            if not folded and struct not in laid_out:
                continue
            for member in members_of(folded.group(1) if folded else body):
                out.count("members")
                if (struct, member) not in listed:
                    out.problem(tree.name(path), f"{struct}.{member} follows "
                                "from facts and is in no snapshot")
    return out


# ---- security --------------------------------------------------------------

def check_security(tree):
    """Each test that docs/SECURITY.md names as a proof exists, and each line of
    its threats and bounds names one."""
    out = Findings()
    page = "docs/SECURITY.md"
    if not (tree.root / page).is_file():
        out.problem(page, "is missing")
        return out
    text = tree.text(tree.root / page)
    words = set()
    for path in tree.files("tests", ".c", ".py"):
        words.update(re.findall(r"\w+", tree.text(path)))
    for number, line in enumerate(text.splitlines(), 1):
        names = re.findall(r"`([a-z][\w/]*)`", line)
        tests = [n for n in names if n.endswith("_test")]
        for name in tests:
            out.count("tests")
            if not any((tree.root / "tests" / (name + suffix)).is_file()
                       for suffix in (".c", ".py")):
                out.problem(f"{page}:{number}", f"there is no test {name}")
        for name in names:
            if name.count("_") > 2 and not name.endswith("_test"):
                out.count("cases")
                if name not in words:
                    out.problem(f"{page}:{number}", f"no test is {name}")
    for title in ("Threats", "Bounds"):
        for line in table_rows(text, title):
            out.count("lines")
            if not re.search(r"_test`|`tests/|`sealane-", line):
                out.problem(page, f"{title} has a line without a test: "
                            f"{line[:60]}")
    return out


def table_rows(text, title):
    """Give the rows of the tables of a section, without their heads."""
    match = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", text, re.S | re.M)
    rows = re.findall(r"^\|.*\|$", match.group(1) if match else "", re.M)
    return [row for i, row in enumerate(rows)
            if "---|" not in row and "---|" not in (rows + [""])[i + 1]]


# ---- repository -------------------------------------------------------------

def repository_files(tree):
    """Give what is committed or would be, or all files without git."""
    run = subprocess.run(["git", "-C", str(tree.root), "ls-files", "-z",
                          "-co", "--exclude-standard"], capture_output=True)
    if (tree.root / ".git").exists() and run.returncode == 0:
        names = os.fsdecode(run.stdout).split("\0")
        return sorted(p for n in set(names) if n
                      for p in [tree.root / n] if p.is_file())
    found = []
    for folder, below, names in os.walk(tree.root):
        below[:] = [b for b in below if b not in (".git", "__pycache__",
                                                  "demo-state")
                    and not b.startswith("build")]
        found += [Path(folder) / n for n in names]
    return sorted(found)


KEY_BLOCK = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE" rb" KEY-----")
MACHINE_PATH = re.compile(rb"(?<![\w.*-])/(?:work|home|root)/\w"
                          rb"|/tmp/" rb"b-")


def check_repository(tree):
    out = Findings()
    for path in repository_files(tree):
        where, data = tree.name(path), path.read_bytes()
        out.count("files")
        top = where.split("/")[0]
        if top not in TOP_LEVEL and not top.startswith("."):
            out.problem(where, "the top level holds the house alone")
        if KEY_BLOCK.search(data) or path.suffix in (".key", ".p12", ".pfx"):
            out.problem(where, "holds a private key")
        for match in MACHINE_PATH.finditer(data):
            line = data.count(b"\n", 0, match.start()) + 1
            out.problem(f"{where}:{line}", "names a path of one machine")
    for name in ("demo", "check", ".ci/run"):
        out.count("programs")
        if not os.access(tree.root / name, os.X_OK):
            out.problem(name, "is not there or not executable")
    return out


# ---- the program ------------------------------------------------------------

RULES = {
    "floorplan": check_floorplan,
    "purity": check_purity,
    "sizes": check_sizes,
    "banned": check_banned,
    "format": check_format,
    "quotes": check_quotes,
    "manual": check_manual,
    "alarms": check_alarms,
    "folded": check_folded,
    "security": check_security,
    "repository": check_repository,
}
# The count that must not be zero, where it is not the first one.
MAIN_COUNT = {"floorplan": "includes", "purity": "symbols",
              "sizes": "functions", "banned": "calls"}


def report(rule, out):
    """Print what a rule found; give its exit code."""
    main = MAIN_COUNT.get(rule)
    checked = out.counts.get(main, 0) if main else sum(out.counts.values())
    if not checked and not out.absent:
        out.problem(rule, "nothing was checked")
    for line in out.remarks + out.problems:
        print(line)
    counts = ", ".join(f"{n} {what}" for what, n in out.counts.items())
    print(f"tidy {rule}: checked {counts or 'nothing'}; "
          f"{len(out.problems)} problems")
    if out.problems:
        return 1
    if out.absent:
        print(f"tidy {rule}: not complete, there is no {out.absent}")
        return 77
    return 0


def main():
    options = argparse.ArgumentParser(usage=__doc__.split("\n")[2][7:])
    options.add_argument("rules", nargs="+", choices=[*RULES, "all"])
    options.add_argument("--root", default=Path(__file__).parents[2])
    options.add_argument("--build")
    given = options.parse_args()
    tree = Tree(given.root, given.build)
    rules = given.rules if "all" not in given.rules else \
        [r for r in RULES if r != "purity" or given.build]
    codes = [report(rule, RULES[rule](tree)) for rule in rules]
    return 1 if 1 in codes else max(codes)


if __name__ == "__main__":
    sys.exit(main())
