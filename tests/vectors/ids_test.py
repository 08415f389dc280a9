#!/usr/bin/env python3
"""ids_test - the ids of observables are those that follow from what they say.

Usage: ids_test.py IDS_TOOL SEALANE

Standard library only: UUIDs of Python, RFC 8785 and the table of properties
written here from the standard, nothing of the C code. First these rules are
held against vectors that three other implementations agree on; then thousands
of objects of each kind are made from a seed, and the C code must give their
ids; then values go through `sealane convert`, and the objects that it writes
must have the ids of what stands in them.
"""
import csv
import json
import random
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

SPACE = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
SEED, OF_EACH = 2031, 1500
# STIX 2.1, 6: the properties that the id of a kind follows from.
CONTRIBUTE = {
    "artifact": ("hashes", "payload_bin"),
    "autonomous-system": ("number",),
    "directory": ("path",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "email-message": ("from_ref", "subject", "body"),
    "file": ("hashes", "name", "parent_directory_ref", "extensions"),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "mutex": ("name",),
    "network-traffic": ("start", "end", "src_ref", "dst_ref", "src_port",
                        "dst_port", "protocols", "extensions"),
    "software": ("name", "cpe", "swid", "vendor", "version"),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
    "windows-registry-key": ("key", "values"),
    "x509-certificate": ("hashes", "serial_number"),
}
ONE_HASH = ("MD5", "SHA-1", "SHA-256", "SHA-512")
IP3 = "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"
IP1 = "ipv4-addr--2b3e2c17-3144-5591-9c88-a605220f8c0c"
# What stix2 3.0.2, Python's uuid and npm's json-canonicalize with uuid say.
PUBLISHED = [
    (IP3, {"value": "198.51.100.3"}),
    (IP1, {"value": "198.51.100.1"}),
    ("ipv6-addr--6469e3a9-b053-5e34-a025-9396ae051d26",
     {"value": "2001:db8::1"}),
    ("domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7",
     {"value": "example.com"}),
    ("url--a75aaa3c-cd2e-5783-833a-e9e9aeb98402",
     {"value": "http://example.com/a?b=1"}),
    ("url--f728ca64-0450-5e3b-b3af-c74255a19343",
     {"value": "http://\u4f8b\u3048.jp/\u00e9"}),
    ("email-addr--8f5f7fba-cc24-5e3f-aca4-f7194112e042",
     {"value": "a@example.com"}),
    ("autonomous-system--3aa27478-50b5-5ab8-9da9-cdc12b657fff",
     {"number": 15139}),
    ("mutex--337f5d70-09e2-5204-871b-fb15fc6d9693", {"name": "M"}),
    ("file--390ecd06-48ca-5302-8918-b10861be5bfb",
     {"hashes": {"SHA-256": "00" * 32,
                 "MD5": "b2a5abfeef9e36964281a31e17b57c97"},
      "name": "a.exe"}),
    ("file--115721a2-1425-50eb-aacb-24b93314b2ca",
     {"hashes": {"SHA-256": "7fa3abc229fd3cb9a0a6f07d9da15e35528c630d0ad5902d"
                            "5422b305cae7eaa4"}}),
    ("windows-registry-key--dcb11ac0-432a-5b63-b8fd-69ac4c2f4fe3",
     {"key": "HKLM\\Software\\x"}),
    ("x509-certificate--63ef7521-b2d4-5962-a206-e06c80b174b4",
     {"hashes": {"SHA-1": "46aba99aa7158e4609aaa72b50990842fd22ae86"}}),
    ("network-traffic--7b3ad74e-a9b2-5c64-a15e-d10e617a97f1",
     {"src_ref": IP3, "dst_ref": IP1, "dst_port": 443,
      "protocols": ["tcp"]}),
]


def check(condition, text):
    if not condition:
        raise AssertionError(text)


# ---- the rules ---------------------------------------------------------------

def canonical(value):
    """Write JSON as RFC 8785 does; numbers are whole."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: k.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(k)}:{canonical(value[k])}"
                              for k in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def contributing(kind, o):
    """The properties that count, of several hashes one."""
    found = {name: o[name] for name in CONTRIBUTE[kind] if name in o}
    if "hashes" in found:
        hashes = found["hashes"]
        name = next((n for n in ONE_HASH if n in hashes), next(iter(hashes)))
        found["hashes"] = {name: hashes[name]}
    return found


def id_of(kind, o):
    text = canonical(contributing(kind, o))
    return f"{kind}--{uuid.uuid5(SPACE, text)}"


# ---- objects -----------------------------------------------------------------

def text_of(dice):
    """Letters of all planes, quotes, controls; no tab and no line end."""
    letters = "ab\u00e9\u4f8b\ud55c\U0001f600\"\\/\x01\x1f\x7f\u2028\ufb33 "
    return "".join(dice.choices(letters, k=dice.randint(1, 20)))


def hashes_of(dice):
    names = dice.sample(ONE_HASH + ("SHA3-256", "SSDEEP", "TLSH"),
                        dice.randint(1, 4))
    return {n: f"{dice.getrandbits(128):032x}" for n in names}


def value_of(dice, name):
    if name == "hashes":
        return hashes_of(dice)
    if name in ("number", "src_port", "dst_port"):
        return dice.randrange(1 << (32 if name == "number" else 16))
    if name == "protocols":
        return [text_of(dice) for _ in range(dice.randint(1, 3))]
    if name == "values":
        return [{"name": text_of(dice), "data": text_of(dice),
                 "data_type": "REG_SZ"} for _ in range(dice.randint(1, 3))]
    if name == "extensions":
        return {text_of(dice): {text_of(dice): dice.randrange(1 << 40),
                                "\U0001f600": True, "\ufb33": [False]}}
    return text_of(dice)


def made(dice, kind):
    names = CONTRIBUTE[kind]
    chosen = dice.sample(names, dice.randint(1, len(names)))
    return {name: value_of(dice, name) for name in chosen}


def line_of(kind, o):
    parts = [f"{name}:{value}" if isinstance(value, str) else
             f"{name}={canonical(value)}"
             for name, value in contributing(kind, o).items()]
    return "".join(part + "\t" for part in [kind] + parts)


def check_tool(tool):
    dice = random.Random(SEED)
    objects = [(vector.split("--")[0], o) for vector, o in PUBLISHED]
    for (vector, o), (kind, _) in zip(PUBLISHED, objects):
        check(id_of(kind, o) == vector, f"{vector} is not {id_of(kind, o)}")
    objects += [(kind, made(dice, kind)) for kind in CONTRIBUTE
                for _ in range(OF_EACH)]
    lines = "".join(line_of(kind, o) + "\n" for kind, o in objects)
    run = subprocess.run([tool], input=lines.encode(), capture_output=True,
                         check=True)
    said = run.stdout.decode().splitlines()
    check(len(said) == len(objects), f"{len(said)} ids of {len(objects)}")
    for (kind, o), found in zip(objects, said):
        check(found == id_of(kind, o), f"{found} is not that of {kind} {o}")
    return len(said)


# ---- what is written ---------------------------------------------------------

def values(dice):
    """(type, value) of each kind that is written as an object of its own."""
    def digits(n):
        return f"{dice.getrandbits(4 * n):0{n}x}"

    def name():
        return "".join(dice.choices("abcdefghijklmnopqrstuvwxyz0123456789",
                                    k=dice.randint(1, 20)))
    return [
        ("ipv4", f"198.51.100.{dice.randrange(256)}"),
        ("ipv6", f"2001:db8::{dice.randrange(1, 1 << 16):x}"),
        ("cidr", f"10.{dice.randrange(256)}.0.0/16"),
        ("domain", f"{name()}.example.com"),
        ("url", f"http://example.com/{name()}?q='{name()}'"),
        ("email", f"{name()}@example.com"), ("md5", digits(32)),
        ("sha1", digits(40)), ("sha256", digits(64)), ("sha512", digits(128)),
        ("imphash", digits(32)), ("file-name", f"{name()} \u00e9\"\\.exe"),
        ("mutex", f"Global\\{name()}\u4f8b"),
        ("registry-key", f"HKLM\\Software\\{name()}"),
        ("as", f"AS{dice.randrange(1, 1 << 32)}"),
        ("mac", ":".join(digits(2) for _ in range(6))),
        ("certificate-hash", digits(dice.choice((32, 40, 64, 128)))),
    ]


def check_written(sealane):
    dice = random.Random(SEED)
    rows = [row for _ in range(100) for row in values(dice)]
    with tempfile.TemporaryDirectory(prefix="sealane-ids-") as base:
        table = Path(base) / "values.csv"
        with table.open("w", encoding="utf-8", newline="") as f:
            csv.writer(f).writerows([("type", "value", "role")] +
                                    [(*row, "benign") for row in rows])
        run = subprocess.run([sealane, "convert", table, "--to", "stix"],
                             capture_output=True, check=False)
    check(run.returncode == 0, run.stderr.decode())
    written = [o for o in json.loads(run.stdout)["objects"]
               if o["type"] in CONTRIBUTE]
    check(len(written) == len(rows), f"{len(written)} of {len(rows)} written")
    for o in written:
        check(o["id"] == id_of(o["type"], o), f"{o} has another id than "
              f"{id_of(o['type'], o)}")
    return len(written), len({o["type"] for o in written})


def main():
    tool, sealane = sys.argv[1:]
    count = check_tool(tool)
    print(f"{len(PUBLISHED)} vectors and {count - len(PUBLISHED)} objects of "
          f"{len(CONTRIBUTE)} kinds have the ids that follow from them")
    count, kinds = check_written(sealane)
    print(f"{count} objects of {kinds} kinds that were written have theirs")


if __name__ == "__main__":
    main()
