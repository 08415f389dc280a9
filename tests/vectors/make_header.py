#!/usr/bin/env python3
"""Turn lane.json and more.json into a C header: make_header.py LANE MORE.

Bytes stay hexadecimal text, so that a test shows what differs.
"""
import json
import sys


def quote(text):
    """JSON in ASCII is C, but for escapes that do not stand here."""
    out = json.dumps(text)
    assert "\\u" not in out
    return out


def value(v):
    if isinstance(v, bool):
        raise TypeError(v)
    return f"{v}u" if isinstance(v, int) else quote(v)


def declare(v):
    return "uint64_t " if isinstance(v, int) else "const char *"


def rows(name, items):
    """An array of structs whose members are the keys of the first item."""
    first = items[0]
    fields = "".join(f"    {declare(v)}{k};\n" for k, v in first.items())
    body = "".join(
        "    {" + ", ".join(value(i[k]) for k in first) + "},\n"
        for i in items)
    return (f"struct vector_{name} {{\n{fields}}};\n"
            f"static const struct vector_{name} vector_{name}[] = {{\n"
            f"{body}}};\n\n")


def text(name, v):
    return f"static const char vector_{name}[] =\n    {quote(v)};\n"


def pairing_rows(items):
    flat = [{"team_a": i["sides"][0]["team"],
             "root_a": i["sides"][0]["root_spki_hash"],
             "team_b": i["sides"][1]["team"],
             "root_b": i["sides"][1]["root_spki_hash"],
             "code": i["code"]} for i in items]
    return rows("pairing", flat)


def main():
    with open(sys.argv[1], encoding="ascii") as f:
        lane = json.load(f)
    with open(sys.argv[2], encoding="ascii") as f:
        more = json.load(f)
    for name in ("origin", "audience", "root_spki_hash", "genesis", "lane_id",
                 "text", "checkpoint_signed", "receipt_signed",
                 "key_id_public_key"):
        print(text(name, lane[name]))
    print(rows("team_id", [{"team": k, "id": v}
                           for k, v in lane["team_id"].items()]))
    print(rows("lane_key_id", [{"name": k, "id": v}
                               for k, v in lane["key_id"].items()]))
    print(rows("entry", lane["entries"]))
    print(rows("proof", [{"index": p["index"], "size": p["size"],
                          "hashes": "".join(p["proof"])}
                         for p in lane["proofs"]]))
    print(rows("hello", more["hello"]))
    print(rows("session", more["session"]))
    print(rows("card", more["card"]))
    print(pairing_rows(more["pairing"]))
    print(rows("key_id", more["key_id"]))
    print(rows("frame", more["frame_header"]))


if __name__ == "__main__":
    main()
