#!/usr/bin/env python3
"""schemas_test - what is written as STIX breaks no rule of the OASIS schemas
that the input did not break.

Usage: STIX_SCHEMAS=DIR schemas_test.py    SEALANE_BUILD names the build folder

DIR is the folder `schemas` of github.com/oasis-open/cti-stix2-json-schemas, or
the one around it; python3-jsonschema reads them. Without either the test says
so and is skipped (exit 77). The inputs are those of tests/data and of
../shared/data beside the repository (SEALANE_DATA names another): STIX of both
versions, the broken files too, MISP, tables, lists and reports.

Each is converted to STIX under a TLP, so that every object is marked. Each
object that comes out is checked; one that went in is allowed the errors that it
had, at the same place by the same rule, one that was made is allowed none.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import house
from house import check

DATA = Path(os.environ.get("SEALANE_DATA", house.ROOT.parent / "shared/data"))
OWN = house.ROOT / "tests/data"
SKIPPED = 77
SHOWN_MAX = 5
DONE, FAILED, REFUSED = 0, 2, 3
OBSERVABLES = "common/cyber-observable-core.json"
COMMON = "common/core.json"
ROW = "{:<58} {:>7} {:>6} {:>6} {:>6}"


def skip(why):
    print(f"SKIPPED: {why}\nNO STIX THAT IS WRITTEN WAS CHECKED. Clone "
          "https://github.com/oasis-open/cti-stix2-json-schemas, install "
          "python3-jsonschema and set STIX_SCHEMAS to its folder schemas.",
          file=sys.stderr)
    sys.exit(SKIPPED)


# ---- the schemas -------------------------------------------------------------

def joined(name, part):
    """Refer from one schema to another inside of one document."""
    if isinstance(part, list):
        return [joined(name, p) for p in part]
    if not isinstance(part, dict):
        return part
    found = {key: joined(name, value) for key, value in part.items()
             if key not in ("$id", "$schema")}
    if isinstance(part.get("$ref"), str):
        file, _, place = part["$ref"].partition("#")
        file = os.path.normpath(f"{Path(name).parent}/{file}") if file \
            else name
        found["$ref"] = f"#/$defs/{file.replace('/', '~1')}{place}"
    return found


class Schemas:
    """The schema of each type, and what an object breaks of its own."""

    def __init__(self, folder, checker):
        texts = {str(p.relative_to(folder)): json.loads(p.read_text("utf-8"))
                 for p in sorted(folder.rglob("*.json"))}
        whole = {name: joined(name, text) for name, text in texts.items()}
        self.found = {
            name: checker({"$defs": whole,
                           "$ref": f"#/$defs/{name.replace('/', '~1')}"})
            for name in texts}
        self.by_type = {Path(name).stem: checker
                        for name, checker in self.found.items()
                        if not name.startswith("common/") or
                        Path(name).stem in ("marking-definition",
                                            "extension-definition",
                                            "language-content", "bundle")}
        check(len(self.by_type) == 43, f"{sorted(self.by_type)}: STIX 2.1 has "
              "19 domain objects, 2 relationships, 18 observables, 4 others")
        self.seen = {}

    def checker_of(self, o):
        if o.get("type") in self.by_type:
            return self.by_type[o["type"]]
        return self.found[COMMON if "created" in o else OBSERVABLES]

    def errors(self, o):
        """Each as the place in the object and the rule that it breaks."""
        text = json.dumps(o)
        if text not in self.seen:
            self.seen[text] = frozenset(
                ("/".join(map(str, e.absolute_path)),
                 "/".join(map(str, e.absolute_schema_path)))
                for e in self.checker_of(o).iter_errors(o))
        return self.seen[text]


def schemas():
    where = os.environ.get("STIX_SCHEMAS")
    if not where:
        skip("STIX_SCHEMAS names no folder with the OASIS schemas")
    folder = Path(where)
    if (folder / "schemas").is_dir():
        folder /= "schemas"
    if not (folder / COMMON).is_file():
        skip(f"{folder}/{COMMON} is not there")
    try:
        import jsonschema
    except ImportError:
        skip("Python has no module jsonschema")
    return Schemas(folder, jsonschema.Draft202012Validator)


# ---- the inputs --------------------------------------------------------------

def inputs():
    found = sorted(OWN.glob("*.json"))
    if not DATA.is_dir():
        print(f"THERE IS NO {DATA}: only the documents of tests/data are "
              "tried", file=sys.stderr)
        return found
    for folder, endings in (("stix21", (".json", ".stix2")),
                            ("stix20", (".json",)), ("misp", (".json",)),
                            ("broken", (".json", ".csv", ".txt")),
                            ("lists", (".txt", ".tsv", ".csv")),
                            ("text", (".md", ".adoc", ".txt"))):
        found += sorted(p for p in (DATA / folder).rglob("*")
                        if p.suffix in endings)
    return found


def objects_in(text):
    """The STIX objects of a document, and the bundle without them."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return []
    found = document if isinstance(document, list) else [document]
    if isinstance(document, dict) and document.get("type") == "bundle":
        found = document.pop("objects", [])
        found = [document] + (found if isinstance(found, list) else [])
    return [o for o in found if isinstance(o, dict) and "id" in o]


def converted(base, path):
    """The objects that come out."""
    out = base / "out.json"
    out.unlink(missing_ok=True)
    more = ["--format", "text"] if path.parent.name == "text" else []
    done = subprocess.run(
        [house.BUILD / "sealane", "convert", path, "--to", "stix", "--tlp",
         "amber", "-o", out, *more], capture_output=True, check=False)
    check(done.returncode in (DONE, FAILED, REFUSED) and done.stderr,
          f"{path}: {done.returncode} {done.stderr}")
    return objects_in(out.read_text("utf-8")) if out.exists() else []


# ---- the test ----------------------------------------------------------------

def compare(path, before, after, known):
    """Give how many errors the objects have, and say which are new."""
    went_in = collections.defaultdict(list)
    for o in before:
        went_in[str(o["id"])].append(o)
    count = collections.Counter(files=1, objects=len(after))
    for o in after:
        same = went_in[o["id"]]
        # Of several objects with one id each comes out once, in their order.
        allowed = known.errors(same.pop(0)) if same else frozenset()
        found = known.errors(o)
        count.update(went=len(allowed), came=len(found))
        if found <= allowed:
            continue
        count["new"] += len(found - allowed)
        if count["new"] <= SHOWN_MAX:
            print(f"{path.name}: {o['id']} breaks {sorted(found - allowed)}: "
                  f"{json.dumps(o)[:1500]}", file=sys.stderr)
    return count


def written(base):
    known = schemas()
    totals = collections.Counter()
    print(ROW.format("file", "objects", "in", "out", "new"))
    for path in inputs():
        after = converted(base, path)
        if not after:
            continue
        before = objects_in(path.read_text("utf-8-sig", errors="replace"))
        count = compare(path, before, after, known)
        known.seen.clear()
        totals.update(count)
        print(ROW.format(f"{path.parent.name}/{path.name}", len(after),
                         count["went"], count["came"], count["new"]),
              flush=True)
    print(f"{totals['objects']} objects of {totals['files']} files checked: "
          f"{totals['went']} errors went in, {totals['came']} came out, "
          f"{totals['new']} are new")
    check(totals["files"] and totals["objects"], "nothing was checked")
    check(not totals["new"], "what is written breaks what was whole")


def main():
    with tempfile.TemporaryDirectory(prefix="sealane-schemas-") as base:
        written(Path(base))


if __name__ == "__main__":
    main()
