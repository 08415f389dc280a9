#!/usr/bin/env python3
"""verify - check a file of evidence without Sealane.

Written from docs/PROTOCOL.md alone (section Evidence and what it refers to);
shares nothing with the program that writes such files. Needs Python's standard
library and the command `openssl`, which checks the Ed25519 signatures.

Exit: 0 all of it is proven, and a line says what; 1 not, and a line says why;
2 usage.
"""
import argparse
import base64
import hashlib
import os
import re
import subprocess
import sys
import tempfile

FIRST_LINE = "c2sp.org/tlog-proof@v1"
CONFLICT_LINE = "sealane/conflict/v1"
GENESIS_BYTES = 120
DASH = "\u2014 "
RECORD_BYTES = 72
SALT_BYTES = 32
BODY_MAX = 16 * 1024 * 1024
FILE_MAX = 24 * 1024 * 1024
PROOF_MAX = 63
SIGNATURE_LINE_BYTES = 4 + 8 + 64
COSIGNATURE = 0x04
SPKI_BEFORE_KEY = bytes.fromhex("302a300506032b6570032100")


class Refused(Exception):
    """The file, or a key, is not good; the text says why."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def unbase64(text, size, what):
    """Give the bytes of canonical base64; of any size where `size` is None."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(f"{what}: no base64") from None
    if base64.b64encode(data).decode() != text:
        raise Refused(f"{what}: base64 that is not canonical")
    if size is not None and len(data) != size:
        raise Refused(f"{what}: {len(data)} bytes in place of {size}")
    return data


def decimal(text, what):
    if not re.fullmatch(r"0|[1-9][0-9]{0,19}", text):
        raise Refused(f"{what}: no decimal number")
    number = int(text)
    if number >= 2**64:
        raise Refused(f"{what}: a number beyond 64 bits")
    return number


def is_team_name(name):
    labels = name.split(".")
    return len(name) <= 253 and len(labels) >= 2 and all(
        re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label)
        for label in labels)


class Key:
    """A verifier key of a team in a role."""

    def __init__(self, line, role):
        vkey, *span = line.split(" ")
        self.span = self.read_span(span, role) if span else None
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise Refused(f"the {role} key is no verifier key")
        self.name, key_id, rest = parts
        data = unbase64(rest, 33, f"the {role} key")
        self.team, slash, ending = self.name.partition("/")
        if slash + ending != f"/sealane/{role}" or \
                not is_team_name(self.team):
            raise Refused(f"{self.name} is not named TEAM/sealane/{role}")
        if data[0] != COSIGNATURE:
            raise Refused(f"{self.name} has type {data[0]:#04x}, not 0x04")
        self.public = data[1:]
        self.id = sha256(self.name.encode(), b"\n", data)[:4]
        if key_id != self.id.hex():
            raise Refused(f"{self.name}: its key id is not that of the key")

    @staticmethod
    def read_span(span, role):
        """The sizes of a lane that a key signs: LANE FROM TO."""
        if len(span) != 3 or not re.fullmatch(r"[0-9a-f]{64}", span[0]):
            raise Refused(f"the {role} key: its positions are not LANE FROM TO")
        upto = 2**64 if span[2] == "-" else decimal(span[2], "TO")
        return span[0], decimal(span[1], "FROM"), upto

    def check(self, text, signature):
        """Ask openssl whether this key signed `text`."""
        with tempfile.TemporaryDirectory() as folder:
            for name, data in (("key", SPKI_BEFORE_KEY + self.public),
                               ("text", text), ("signature", signature)):
                with open(os.path.join(folder, name), "wb") as out:
                    out.write(data)
            run = subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER",
                 "-inkey", "key", "-rawin", "-in", "text", "-sigfile",
                 "signature"], cwd=folder, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return run.returncode == 0 and b"Verified Successfully" in run.stdout


class SignatureLine:
    def __init__(self, line, what):
        if not line.startswith(DASH):
            raise Refused(f"{what}: no signature line")
        self.name, space, text = line[len(DASH):].partition(" ")
        if not space:
            raise Refused(f"{what}: no signature")
        data = unbase64(text, SIGNATURE_LINE_BYTES, what)
        self.key_id = data[:4]
        self.time = int.from_bytes(data[4:12], "big")
        self.signature = data[12:]


class Evidence:
    """A file, taken apart; nothing of it is believed yet."""

    def __init__(self, data):
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("the file is not text") from None
        self.lines = text.split("\n")
        if self.lines.pop() != "":
            raise Refused("the last line does not end")
        if self.take("first line") != FIRST_LINE:
            raise Refused(f"the first line is not {FIRST_LINE}")
        self.take_extra()
        self.index = decimal(self.take_named("index "), "index")
        self.take_proof()
        self.take_text()
        self.by_origin = SignatureLine(self.take("signature"), "signature")
        self.by_holder = None
        if self.lines:
            self.by_holder = SignatureLine(self.take("receipt"), "receipt")
        if self.lines:
            raise Refused("lines stand behind the signatures")

    def take(self, what):
        if not self.lines:
            raise Refused(f"the file ends before its {what}")
        return self.lines.pop(0)

    def take_named(self, name):
        line = self.take(name.strip())
        if not line.startswith(name):
            raise Refused(f"no line {name.strip()!r} where it must stand")
        return line[len(name):]

    def take_extra(self):
        data = unbase64(self.take_named("extra "), None, "extra")
        self.record = data[:RECORD_BYTES]
        self.salt = self.body = None
        if len(data) == RECORD_BYTES:
            return
        if len(data) < RECORD_BYTES + SALT_BYTES:
            raise Refused("extra: neither a leaf record nor one with its body")
        self.salt = data[RECORD_BYTES:RECORD_BYTES + SALT_BYTES]
        self.body = data[RECORD_BYTES + SALT_BYTES:]

    def take_proof(self):
        self.proof = []
        while (line := self.take("proof")) != "":
            if len(self.proof) == PROOF_MAX:
                raise Refused("the proof has more than 63 hashes")
            self.proof.append(unbase64(line, 32, "a hash of the proof"))

    def take_text(self):
        text = [self.take("text") for _ in range(3)]
        match = re.fullmatch(r"([a-z0-9.-]+)/sealane/v1/([0-9a-f]{64})",
                             text[0])
        if not match or not is_team_name(match.group(1)):
            raise Refused("the text names no lane")
        self.origin, self.lane = match.groups()
        self.size = decimal(text[1], "size")
        self.root = unbase64(text[2], 32, "root")
        if self.take("empty line") != "":
            raise Refused("no empty line behind the text")
        # PROTOCOL bytes: "A text that is signed MUST be rebuilt from the values
        # and compared or verified, never parsed out of what was received."
        self.text = (f"{self.origin}/sealane/v1/{self.lane}\n{self.size}\n"
                     f"{base64.b64encode(self.root).decode()}\n").encode()


def check_entry(e):
    if e.record[:8] != b"LANELEAF" or e.record[8] != 1:
        raise Refused("the leaf record is none of version 1")
    if int.from_bytes(e.record[16:24], "big") != e.index:
        raise Refused("the leaf record says another index than the file")
    size = int.from_bytes(e.record[12:16], "big")
    if size > BODY_MAX:
        raise Refused("the leaf record says a body above 16 MiB")
    if e.body is None:
        return
    if len(e.body) != size:
        raise Refused("the body has another length than the leaf record says")
    if sha256(b"lane-body-v1\0\0\0\0", e.salt, size.to_bytes(8, "big"),
              e.body) != e.record[40:72]:
        raise Refused("the body does not match its commitment")


def check_proof(e):
    bad = Refused("the proof does not lead to the signed root")
    if e.index >= e.size or e.size > 2**63:
        raise bad
    at, last, r = e.index, e.size - 1, sha256(b"\0", e.record)
    for p in e.proof:
        if last == 0:
            raise bad
        if at & 1 or at == last:
            r = sha256(b"\1", p, r)
            while at and not at & 1:
                at >>= 1
                last >>= 1
        else:
            r = sha256(b"\1", r, p)
        at >>= 1
        last >>= 1
    if last or r != e.root:
        raise bad


def key_for(e, line, keys, who):
    """Choose the key that made a signature, which must be its position's."""
    if line.name not in (k.name for k in keys):
        raise Refused(f"the {who}'s signature line names {line.name!r}, "
                      f"not {keys[0].name}")
    found = [k for k in keys if k.name == line.name and k.id == line.key_id]
    if not found:
        raise Refused(f"the {who}'s signature was made with another key")
    spans = [k.span for k in found if k.span and k.span[0] == e.lane]
    if spans and not any(low < e.size <= high for _, low, high in spans):
        raise Refused(f"the {who}'s key does not sign size {e.size} of this "
                      "lane")
    return found[0]


def check_signature(e, line, keys, who):
    key = key_for(e, line, keys, who)
    signed = b"cosignature/v1\ntime %d\n" % line.time + e.text
    if not key.check(signed, line.signature):
        raise Refused(f"the {who}'s signature is not good")


def verify(data, origin, holder, receipt_needed=True):
    """Check everything in the document's order; give it, or raise Refused.

    `origin` and `holder` may be lists: a team may have had several keys.
    """
    origin, holder = ([k] if isinstance(k, Key) else k
                      for k in (origin, holder))
    e = Evidence(data)
    check_entry(e)
    check_proof(e)
    if e.origin not in (k.team for k in origin):
        raise Refused(f"the lane is of {e.origin}, the key of "
                      f"{origin[0].team}")
    check_signature(e, e.by_origin, origin, "origin")
    if e.by_holder is None and receipt_needed:
        raise Refused("there is no receipt")
    if e.by_holder is not None and holder:
        check_signature(e, e.by_holder, holder, "holder")
    return e


class Statement:
    """One side of a conflict, taken apart; nothing of it is believed yet."""

    def __init__(self, lines):
        if not lines or lines.pop(0) != "":
            raise Refused("no empty line before a statement")
        if not lines or not lines[0].startswith("genesis "):
            raise Refused("no genesis where one must stand")
        self.genesis = unbase64(lines.pop(0)[8:], GENESIS_BYTES, "genesis")
        self.signature = None
        if not lines or lines[0] == "":
            return
        if len(lines) < 5:
            raise Refused("the file ends within a statement")
        text, empty, signed = lines[:3], lines[3], lines[4]
        del lines[:5]
        match = re.fullmatch(r"([a-z0-9.-]+)/sealane/v1/([0-9a-f]{64})",
                             text[0])
        if not match or not is_team_name(match.group(1)) or empty:
            raise Refused("the text names no lane")
        self.origin, self.lane = match.groups()
        self.size = decimal(text[1], "size")
        self.root = unbase64(text[2], 32, "root")
        self.text = (f"{self.origin}/sealane/v1/{self.lane}\n{self.size}\n"
                     f"{base64.b64encode(self.root).decode()}\n").encode()
        self.signature = SignatureLine(signed, "signature")

    def check(self, origin):
        if self.genesis[:8] != b"\1\1" + bytes(6):
            raise Refused("the genesis is none of version 1")
        if sha256(b"lane-genesis-v1\0", (120).to_bytes(4, "big"),
                  self.genesis).hex() != self.lane:
            raise Refused("the lane is not that of its genesis")
        if sha256(b"sealane-team-v1\0", self.origin.encode())[:16] != \
                self.genesis[8:24]:
            raise Refused("the genesis is not of this origin")
        if self.origin not in (k.team for k in origin):
            raise Refused(f"the lane is of {self.origin}, the key of "
                          f"{origin[0].team}")
        check_signature(self, self.signature, origin, "origin")


def verify_conflict(data, origin):
    """Check both statements; give them, and whether they are a fork."""
    origin = [origin] if isinstance(origin, Key) else origin
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Refused("the file is not text") from None
    if lines.pop() != "" or lines.pop(0) != CONFLICT_LINE or \
            not lines or not lines[0].startswith("row "):
        raise Refused("the file is no conflict")
    decimal(lines.pop(0)[4:], "row")
    a, b = Statement(lines), Statement(lines)
    if lines:
        raise Refused("lines stand behind the statements")
    for side in (a, b):
        if side.signature:
            side.check(origin)
    # PROTOCOL evidence: "A verifier MUST call two statements a fork only if
    # the origin signed both, over the lane that their genesis makes, and they
    # are of one lane and size with two roots, or of two lanes whose geneses
    # have the same origin, audience, root key and epoch."
    if not a.signature or not b.signature:
        return a, b, False
    if a.lane == b.lane:
        return a, b, a.size == b.size and a.root != b.root
    return a, b, a.genesis[8:80] == b.genesis[8:80]


def sentence(e, holder):
    words = (f"proven: entry {e.index} of {e.size} in lane {e.lane[:16]}..., "
             f"signed by {e.origin} at {e.by_origin.time}")
    if e.body is not None:
        words += f", with its body of {len(e.body)} bytes"
    if e.by_holder is None:
        return words + "; no receipt"
    if holder is None:
        return words + "; its receipt was not checked"
    return words + f"; receipted by {holder[0].team} at {e.by_holder.time}"


def arguments():
    p = argparse.ArgumentParser(description="Check a file of evidence.")
    add = p.add_argument
    add("file")
    add("--origin", required=True, metavar="VKEY", action="append",
        help="its checkpoint key; may repeat; with ' LANE FROM TO' behind it "
        "for sizes above FROM up to TO of that lane alone")
    add("--holder", metavar="VKEY", action="append",
        help="its receipt key; may repeat")
    add("--no-receipt", action="store_true", help="the origin is enough")
    add("--body-out", metavar="FILE", help="write the body, once proven")
    options = p.parse_args()
    if not options.holder and not options.no_receipt:
        p.error("--holder is needed, or --no-receipt")
    return options


def main():
    options = arguments()
    try:
        origin = [Key(k, "checkpoint") for k in options.origin]
        holder = [Key(k, "receipt") for k in options.holder or []] or None
        with open(options.file, "rb") as file:
            data = file.read(FILE_MAX + 1)
        if len(data) > FILE_MAX:
            raise Refused("the file is larger than any evidence")
        if data.startswith(CONFLICT_LINE.encode()):
            fork = verify_conflict(data, origin)[2]
            print("proven: a fork" if fork else
                  "no fork: both statements can be true")
            return 0 if fork else 1
        e = verify(data, origin, holder, not options.no_receipt)
        if options.body_out:
            if e.body is None:
                raise Refused("the file carries no body to write")
            with open(options.body_out, "wb") as out:
                out.write(e.body)
    except (Refused, OSError) as fault:
        print(f"refused: {fault}")
        return 1
    print(sentence(e, holder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
