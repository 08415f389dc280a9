#!/usr/bin/env python3
"""selftest - shows that every rule of tidy.py finds what it is there for.

Each case is a small tree with one defect; the rule must name it. The same
tree without the defect must pass, so that no rule fails for another reason.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

TIDY = Path(__file__).with_name("tidy.py")

PLAN = """\
# a comment
core/base  | 0 | -                    | stdlib.h            | malloc free
core/model | 1 | -                    | -                   | -
core/hash  | 1 | -                    | openssl/evp.h       | EVP_*
core/wire  | 2 | core/model proto     | *.pb-c.h            | -
edge/net   | 6 | core/wire core/model | *                   | *
"""
ADD = """\
int
model_add(int a, int b)
{
    return a + b;
}
"""
GOOD = {
    "daemon/FLOORPLAN": PLAN,
    "daemon/core/base/mem.h": "#include <stdlib.h>\nvoid *mem_new(int size);\n",
    "daemon/core/base/mem.c": "#include \"core/base/mem.h\"\nvoid *\n"
                              "mem_new(int size)\n{\n"
                              "    return malloc((size_t)size);\n}\n",
    "daemon/core/model/add.h": "#include <stdint.h>\n"
                               "int model_add(int a, int b);\n",
    "daemon/core/model/add.c": "#include \"core/model/add.h\"\n\n"
                               "#include \"core/base/mem.h\"\n\n" + ADD,
    "daemon/core/hash/hash.h": "void hash_do(void);\n",
    "daemon/core/hash/hash.c": "#include \"core/hash/hash.h\"\n"
                               "void EVP_sha256(void);\n\nvoid\nhash_do(void)\n"
                               "{\n    EVP_sha256();\n}\n",
    "daemon/edge/net/net.c": "#include \"core/wire/wire.h\"\n"
                             "#include <event2/event.h>\n",
    "daemon/core/wire/wire.h": "#include \"wire.pb-c.h\"\n",
    "docs/PROTOCOL.md": "# Protocol\n\n## 4. Receipts\n\n**P1** A holder MUST\n"
                        "**never** sign twice. **P2** A frame MUST be short.\n"
                        "\n## Frames\n\nFrames are bytes.\n",
    "tests/unit/a_test.c": "/* PROTOCOL receipts: \"A holder MUST never\n"
                           " * sign twice.\" */\nint\nmain(void)\n{\n"
                           "    return 0;\n}\n",
    "daemon/cli/quotes.c": "/* PROTOCOL receipts: \"A holder MUST never\n"
                           " * sign twice.\" */\n",
    "tests/rules/mutations": "P2 no line: frames are short by their nature\n",
    "daemon/cli/command_table.c":
        "const struct command commands[] = {\n"
        "    {\"submit\", 1},\n    {\"peer add\", 2},\n"
                             "};\n",
    "docs/man/sealane.1": ".TH SEALANE 1\n.SH COMMANDS\n.TP\n"
                          ".BI \"submit \" FILE\nSends.\n.TP\n.B peer add\n"
                          "Adds.\n.SH FILES\n.TP\n.B other\n",
    "daemon/edge/turn/settings.c": "static const struct s settings[] = {\n"
                                   "    {\"listen\", 1},\n};\n",
    "docs/man/sealane.yaml.5": ".SH SETTINGS\n.TP\n.B listen\nWhere.\n",
    "daemon/core/exchange/alarm_kinds.def":
        "ALARM_KIND(DISK_FULL, 1, CRITICAL, \"disk-full\",\n    \"means\")\n",
    "daemon/core/exchange/alarms.c": "enum kind { ALARM_DISK_FULL };\n",
    "daemon/core/exchange/state.h":
        "struct node {\n    /* folded */\n    int *list[9]; /* of it */\n"
        "    unsigned count, most;\n    /* of this process */\n    int up;\n"
        "};\n\nstruct item {\n    int number;\n};\n",
    "daemon/core/exchange/snapshot_layouts.c":
        "#if 0\n    FIELD(BY_HAND, struct node, list),\n"
        "    FIELD(A_NUMBER, struct node, count),\n"
        "    CHOICE(struct node, most, 9),\n"
        "    FIELD(A_NUMBER,\n          struct item, number.ms),\n#endif\n",
    "docs/OPERATIONS.md": "# Node\n\n## Alarms\n\n### disk-full\n\nFree it.\n"
                          "\n### In the log alone\n\n## Links\n\n### other\n",
    "docs/SECURITY.md": "## Threats\n\n| who | what | by |\n|---|---|---|\n"
                        "| a thief | nothing | `unit/a_test`: "
                        "`a_thief_gets_in_nowhere` |\n\n## Bounds\n",
    "tests/unit/b_test.c": "int a_thief_gets_in_nowhere;\n",
    "demo": "#!/bin/sh\n", "check": "#!/bin/sh\n", ".ci/run": "#!/bin/sh\n",
}
PLAN_CLI = PLAN + "cli | 7 | core/model | * | *\nedge/turn | 5 | - | * | *\n" \
    "core/exchange | 4 | - | - | -\n"
GOOD["daemon/FLOORPLAN"] = PLAN_CLI

LONG = "int\nlong_one(int a)\n{\n" + "    a++;\n" * 68 + "}\n"
EXCEPTION = "tests/tidy/exceptions"

# (rule, files that differ, what the rule must say; "" stands for a pass)
CASES = [
    # floor plan
    ("floorplan", {}, ""),
    ("floorplan", {"daemon/core/model/b.c": "#include \"core/hash/hash.h\"\n"},
     "core/model may not use core/hash"),
    ("floorplan", {"daemon/core/model/b.c": "#include <stdio.h>\n"},
     "<stdio.h> is not in the plan of core/model"),
    ("floorplan", {"daemon/core/model/b.c": "#include \"wire.pb-c.h\"\n"},
     "core/model may not use proto"),
    ("floorplan", {"daemon/core/model/b.c": "#include \"add.h\"\n"},
     "is no file below daemon/"),
    ("floorplan", {"daemon/core/model/b.c": "/* #include <stdio.h> */\n"}, ""),
    ("floorplan", {"daemon/core/attic/b.c": "\n"}, "is in no room"),
    ("floorplan", {"daemon/main.c": "#include \"core/model/add.h\"\n"}, ""),
    ("floorplan", {"daemon/FLOORPLAN": PLAN_CLI.replace(
        "core/model | 1 | -  ", "core/model | 1 | core/hash ")},
     "does not stand above it"),
    ("floorplan", {"daemon/FLOORPLAN": PLAN_CLI.replace(
        "core/model | 1", "core/model | 3")}, "of a higher storey"),
    ("floorplan", {"daemon/FLOORPLAN": PLAN_CLI + "x | 7 | core/no | - | -\n"},
     "which is no room"),
    # sizes
    ("sizes", {}, ""),
    ("sizes", {"daemon/cli/a.c": LONG}, "function long_one: 72, at most 70"),
    ("sizes", {"daemon/cli/a.c": LONG, EXCEPTION:
               "function | daemon/cli/a.c | long_one | 72 | it is a table\n"},
     ""),
    ("sizes", {"daemon/cli/a.c": LONG, EXCEPTION:
               "function | daemon/cli/a.c | long_one | 71 | it is a table\n"},
     "long_one: 72, at most 71"),
    ("sizes", {EXCEPTION:
               "function | daemon/cli/a.c | gone | 90 | it was a table\n"},
     "not needed: function | daemon/cli/a.c | gone"),
    ("sizes", {EXCEPTION: "function | daemon/cli/a.c | gone | 90 | so\n"},
     "cannot read"),
    ("sizes", {"daemon/cli/a.c": "\n" * 601}, "file -: 601"),
    ("sizes", {"daemon/cli/a.h": "\n" * 201}, "header -: 201"),
    ("sizes", {"tests/unit/b.c": "/* " + "a" * 78 + "*/\n"}, "columns -: 83"),
    ("sizes", {"tests/unit/b.c": "/* " + "\uc11c" * 39 + "*/\n"},
     "columns -: 83"),
    ("sizes", {"daemon/cli/a.h":
               "int f(int a, int b, int c, int d, void (*e)(int, int), "
               "int g)\n    __attribute__((nonnull(1)));\n"},
     "parameters f: 6"),
    # banned calls
    ("banned", {}, ""),
    ("banned", {"daemon/cli/a.c": ADD.replace("a + b", "atoi(0)")},
     "call atoi: 1"),
    ("banned", {"tests/unit/b.c": ADD.replace("a + b", "sleep (1)")},
     "call sleep: 1"),
    ("banned", {"daemon/core/model/b.c": ADD.replace("a + b", "time(0)")},
     "call time: 1"),
    ("banned", {"daemon/cli/a.c": ADD.replace("a + b", "time(0)")}, ""),
    ("banned", {"daemon/cli/a.c": ADD.replace("a + b", "a->gets(b)")}, ""),
    ("banned", {"daemon/cli/a.c": "/* TO" "DO: later */\n"}, "unfinished"),
    # layout
    ("format", {}, None),
    ("format", {"daemon/cli/a.c": "int   x ;\n"}, "wants another layout"),
    # quotes
    ("quotes", {}, ""),
    ("quotes", {"daemon/cli/a.c": "/* PROTOCOL receipts: \"A holder MUST "
                "sign twice.\" */\n"}, "#receipts does not say"),
    ("quotes", {"daemon/cli/a.c": "/* PROTOCOL frames: \"A holder MUST never "
                "sign twice.\" */\n"}, "#frames does not say"),
    ("quotes", {"daemon/cli/a.c": "/* PROTOCOL gone: \"A holder MUST never "
                "sign twice.\" */\n"}, "has no #gone"),
    ("quotes", {"daemon/cli/a.c": "/* PROTOCOL receipts, A holder */\n"},
     "is no quote"),
    ("quotes", {"tests/e2e/a.py": "# PROTOCOL frames: \"Frames are\n"
                "# letters.\"\n"}, "does not say: Frames are letters."),
    ("quotes", {"docs/PROTOCOL.md": None}, "has no #receipts"),
    ("quotes", {"daemon/cli/quotes.c": None}, "no line of daemon/ quotes, and "
     "tests/rules/mutations gives no reason: P1 A holder"),
    ("quotes", {"tests/rules/mutations": "P2 no line:\n"}, "P2 A frame MUST"),
    ("quotes", {"docs/PROTOCOL.md": GOOD["docs/PROTOCOL.md"].replace(
        "**P2** ", "")}, "a MUST has no number: A frame MUST"),
    # manual pages
    ("manual", {}, ""),
    ("manual", {"docs/man/sealane.1": ".SH COMMANDS\n.TP\n.B submit\n"},
     "COMMANDS does not name peer add"),
    ("manual", {"docs/man/sealane.1": GOOD["docs/man/sealane.1"].replace(
        ".SH FILES", ".TP\n.B forget\nLoses.\n.SH FILES")},
     "COMMANDS names forget"),
    ("manual", {"docs/man/sealane.yaml.5": ".SH SETTINGS\n"},
     "SETTINGS does not name listen"),
    ("manual", {"docs/man/sealane.1": None}, "sealane.1: is missing"),
    # alarms
    ("alarms", {}, ""),
    ("alarms", {"docs/OPERATIONS.md": "## Alarms\n\n## Links\n\n"
                "### disk-full\n"}, "Alarms has no section disk-full"),
    ("alarms", {"docs/OPERATIONS.md": "## Alarms\n\n### disk-full\n\n"
                "### gap\n"}, "Alarms has gap, which is no kind"),
    ("alarms", {"daemon/core/exchange/alarms.c": "int x;\n"},
     "nothing raises disk-full"),
    # security
    ("folded", {}, ""),
    ("folded", {"daemon/core/exchange/state.h":
                "struct item {\n    int number;\n    bool gone;\n};\n"},
     "item.gone follows from facts and is in no snapshot"),
    ("folded", {"daemon/core/exchange/snapshot_layouts.c":
                "    FIELD(A_NUMBER, struct node, count),\n"
                "    CHOICE(struct node, most, 9),\n"},
     "node.list follows from facts"),
    ("security", {}, ""),
    ("security", {"tests/unit/a_test.c": None, "tests/unit/c_test.c":
                  "int a;\n"}, "there is no test unit/a_test"),
    ("security", {"tests/unit/b_test.c": "int b;\n"},
     "no test is a_thief_gets_in_nowhere"),
    ("security", {"docs/SECURITY.md": "## Threats\n\n| who | by |\n|---|---|\n"
                  "| a | `unit/a_test` |\n| b | hope |\n"},
     "Threats has a line without a test: | b | hope |"),
    # repository
    ("repository", {}, ""),
    ("repository", {"certs/a.pem": "-----BEGIN EC PRIVATE" " KEY-----\n"},
     "holds a private key"),
    ("repository", {"certs/root.key": "\n"}, "holds a private key"),
    ("repository", {"docs/a.md": "see /ro" "ot/notes\n"}, "path of one machine"),
    ("repository", {"docs/a.md": "http://a.example/ho" "me/b\n"}, ""),
    ("repository", {"check": None}, "check: is not there or not executable"),
    ("repository", {"notes.txt": "\n"}, "the house alone"),
]

# Purity reads objects: each case compiles the rooms first.
PURITY_CASES = [
    ({}, ""),
    ({"daemon/core/model/b.c": "long time(long *);\nlong model_now(void);\n"
      "long\nmodel_now(void)\n{\n    return time(0);\n}\n"},
     "core/model/b.c: calls time, which is not in the plan"),
    ({"daemon/core/model/b.c": "void hash_do(void);\nvoid model_go(void);\n"
      "void\nmodel_go(void)\n{\n    hash_do();\n}\n"},
     "calls hash_do of core/hash, which it may not use"),
    ({"daemon/core/model/b.c": "void EVP_x(void);\nvoid model_go(void);\n"
      "void\nmodel_go(void)\n{\n    EVP_x();\n}\n"},
     "calls EVP_x, which is not in the plan"),
    ({"daemon/core/model/b.c": "void *mem_new(int);\nvoid *model_go(void);\n"
      "void *\nmodel_go(void)\n{\n    return mem_new(1);\n}\n"}, ""),
]


def plant(root, differing):
    """Write the good tree with some files different or (None) missing."""
    for name, text in {**GOOD, **differing}.items():
        if text is None:
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if text.startswith("#!"):
            path.chmod(0o755)


def compile_rooms(root, skip=()):
    """Make the objects of the core rooms where CMake would put them."""
    build = root / "build"
    build.mkdir()
    (build / "CMakeCache.txt").write_text(
        "CMAKE_BUILD_TYPE:STRING=RelWithDebInfo\nSEALANE_SANITIZE:BOOL=OFF\n")
    for source in (root / "daemon/core").rglob("*.c"):
        inside = source.relative_to(root)
        if str(inside) in skip:
            continue
        target = "room_" + "_".join(inside.parts[1:-1]) + ".dir"
        made = build / "CMakeFiles" / target / f"{inside}.o"
        made.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", "-O2", "-I", str(root / "daemon"), "-c",
                        str(source), "-o", str(made)], check=True)


def tidy(root, *arguments):
    run = subprocess.run([sys.executable, str(TIDY), *arguments, "--root",
                          str(root)], capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def judge(title, code, said, wanted):
    """Tell whether a rule passed (wanted "") or failed with these words."""
    good = code == 0 if wanted == "" else code == 1 and wanted in said
    if wanted == "wants another layout" and code == 77:
        good = True     # another clang-format than 14 does not judge
    if not good:
        print(f"FAILED {title}: wanted {wanted or 'a pass'!r}, "
              f"exit {code}:\n{said}")
    return good


def run_case(rule, differing, wanted, skip=()):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        plant(root, differing)
        arguments = [rule]
        if rule == "purity":
            compile_rooms(root, skip)
            arguments += ["--build", str(root / "build")]
        code, said = tidy(root, *arguments)
    return judge(f"{rule} {sorted(differing)}", code, said, wanted)


def empty_tree_fails(rule):
    """A rule that finds nothing to check must not pass."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        plant(root, {name: None for name in GOOD if name !=
                     "daemon/FLOORPLAN"})
        arguments = [rule]
        if rule == "purity":
            compile_rooms(root)
            arguments += ["--build", str(root / "build")]
        code, said = tidy(root, *arguments)
    good = code == (77 if rule == "manual" else 1)
    if not good:
        print(f"FAILED {rule} of an empty tree: exit {code}:\n{said}")
    return good


def format_case():
    """The layout rule passes on a file that is laid out as it wants."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "daemon/a.c"
        path.parent.mkdir()
        path.write_text("int x;\n")
        code, said = tidy(folder, "format")
    return judge("format", code, said, "")


def main():
    results = []
    for rule, differing, wanted in CASES:
        results.append(format_case() if wanted is None else
                       run_case(rule, differing, wanted))
    for differing, wanted in PURITY_CASES:
        results.append(run_case("purity", differing, wanted))
    results.append(run_case("purity", {}, "has no object in the build",
                            skip=("daemon/core/model/add.c",)))
    for rule in ("floorplan", "purity", "sizes", "banned", "format",
                 "quotes", "manual", "alarms", "folded",
                 "security", "repository"):
        results.append(empty_tree_fails(rule))
    print(f"tidy selftest: {len(results)} cases, "
          f"{results.count(False)} failed")
    return 1 if False in results else 0


if __name__ == "__main__":
    sys.exit(main())
