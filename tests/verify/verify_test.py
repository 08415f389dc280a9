#!/usr/bin/env python3
"""Does verify.py take good evidence, and refuse all that is not?

Makes lanes, keys and files of its own, from docs/PROTOCOL.md; the keys are new
at each run and end with it. Exit: 0 all holds, 1 not.
"""
import base64
import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import verify  # noqa: E402

ORIGIN, HOLDER = "krcert.or.kr", "cert.gov.au"
NO_REF = 2**64 - 1
BODY = b"s" * 24 + b"\x08\x01"


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data):
    return base64.b64encode(data).decode()


def openssl(*words, stdin=None):
    return subprocess.run(["openssl", *words], input=stdin, check=True,
                          stdout=subprocess.PIPE).stdout


class Signer:
    def __init__(self, folder, team, role):
        self.path = os.path.join(folder, f"{team}-{role}")
        openssl("genpkey", "-algorithm", "ed25519", "-outform", "DER",
                "-out", self.path)
        spki = openssl("pkey", "-in", self.path, "-inform", "DER", "-pubout",
                       "-outform", "DER")
        self.name = f"{team}/sealane/{role}"
        data = b"\x04" + spki[12:]
        self.id = sha256(self.name.encode(), b"\n", data)[:4]
        self.vkey = f"{self.name}+{self.id.hex()}+{b64(data)}"

    def line(self, time, text):
        signed = b"cosignature/v1\ntime %d\n" % time + text
        with tempfile.NamedTemporaryFile() as file:
            file.write(signed)
            file.flush()
            signature = openssl("pkeyutl", "-sign", "-keyform", "DER",
                                "-inkey", self.path, "-rawin", "-in",
                                file.name)
        return f"\u2014 {self.name} " + b64(
            self.id + time.to_bytes(8, "big") + signature) + "\n"


def record_of(index, salt, body):
    commitment = sha256(b"lane-body-v1\0\0\0\0", salt,
                        len(body).to_bytes(8, "big"), body)
    return (b"LANELEAF\x01\0\x02\0" + len(body).to_bytes(4, "big") +
            index.to_bytes(8, "big") + (1700000000000).to_bytes(8, "big") +
            NO_REF.to_bytes(8, "big") + commitment)


def split(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def root_of(leaves):
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\1", root_of(leaves[:k]), root_of(leaves[k:]))


def proof_of(leaves, i):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if i < k:
        return proof_of(leaves[:k], i) + [root_of(leaves[k:])]
    return proof_of(leaves[k:], i - k) + [root_of(leaves[:k])]


class Lane:
    """A lane of `size` entries, all with one body and salts of their own."""

    def __init__(self, size, body=BODY):
        self.body = body
        self.salts = [sha256(b"salt", bytes([i])) for i in range(size)]
        self.records = [record_of(i, s, body)
                        for i, s in enumerate(self.salts)]
        self.leaves = [sha256(b"\0", r) for r in self.records]
        self.text = (f"{ORIGIN}/sealane/v1/{sha256(b'lane').hex()}\n{size}\n"
                     f"{b64(root_of(self.leaves))}\n").encode()

    def evidence(self, index, lines, with_body=True):
        extra = self.records[index]
        if with_body:
            extra += self.salts[index] + self.body
        proof = "".join(b64(h) + "\n" for h in proof_of(self.leaves, index))
        return (f"c2sp.org/tlog-proof@v1\nextra {b64(extra)}\nindex {index}\n"
                f"{proof}\n").encode() + self.text + \
            ("\n" + "".join(lines)).encode()


class Tests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.origin = Signer(folder.name, ORIGIN, "checkpoint")
        cls.holder = Signer(folder.name, HOLDER, "receipt")
        cls.other = Signer(folder.name, ORIGIN, "checkpoint2")
        cls.keys = (verify.Key(cls.origin.vkey, "checkpoint"),
                    verify.Key(cls.holder.vkey, "receipt"))

    def lines(self, lane):
        return [self.origin.line(1700000001, lane.text),
                self.holder.line(1700000002, lane.text)]

    def refused(self, data, *keys, **more):
        with self.assertRaises(verify.Refused):
            verify.verify(data, *(keys or self.keys), **more)

    def test_every_entry_of_small_lanes_is_proven(self):
        for size in range(1, 10):
            lane = Lane(size)
            lines = self.lines(lane)
            for index in range(size):
                e = verify.verify(lane.evidence(index, lines), *self.keys)
                self.assertEqual((e.index, e.body), (index, BODY))

    def test_empty_body_and_no_body_are_proven(self):
        lane = Lane(2, b"")
        e = verify.verify(lane.evidence(1, self.lines(lane)), *self.keys)
        self.assertEqual(e.body, b"")
        e = verify.verify(lane.evidence(1, self.lines(lane), False),
                          *self.keys)
        self.assertIsNone(e.body)

    def test_a_wrong_size_is_refused_although_its_proof_may_fit(self):
        lane = Lane(5)
        good = lane.evidence(1, self.lines(lane))
        self.refused(good.replace(b"\n5\n", b"\n6\n", 1))

    # PROTOCOL evidence: "A verifier MUST demand both signatures unless it was
    # told that no receipt is needed."
    def test_a_missing_receipt_is_refused_unless_it_is_not_needed(self):
        lane = Lane(3)
        data = lane.evidence(1, self.lines(lane)[:1])
        self.refused(data)
        e = verify.verify(data, self.keys[0], None, receipt_needed=False)
        self.assertIsNone(e.by_holder)

    def test_swapped_signatures_and_keys_are_refused(self):
        lane = Lane(3)
        lines = self.lines(lane)
        self.refused(lane.evidence(1, lines[::-1]))
        self.refused(lane.evidence(1, lines + lines[1:]))
        with self.assertRaises(verify.Refused):
            verify.Key(self.holder.vkey, "checkpoint")
        with self.assertRaises(verify.Refused):
            verify.Key(self.other.vkey, "checkpoint")

    # PROTOCOL evidence: "Where positions are given for a key in the lane, a
    # verifier MUST refuse its signature of any other size."
    def test_a_key_proves_nothing_out_of_its_positions(self):
        lane = Lane(5)
        data = lane.evidence(1, self.lines(lane))
        here, there = sha256(b"lane").hex(), sha256(b"another").hex()

        def proven(*spans):
            keys = [verify.Key(f"{self.origin.vkey} {s}".strip(), "checkpoint")
                    for s in spans]
            try:
                verify.verify(data, keys, self.keys[1])
            except verify.Refused:
                return False
            return True

        for spans in ([""], [f"{here} 0 -"], [f"{here} 4 5"],
                      [f"{here} 0 2", f"{here} 2 9"], [f"{there} 0 2"],
                      ["", f"{here} 4 -"]):
            self.assertTrue(proven(*spans), spans)
        for spans in ([f"{here} 0 4"], [f"{here} 5 -"],
                      ["", f"{here} 0 4"]):
            self.assertFalse(proven(*spans), spans)
        for bad in (f"{here} 0", f"{here} 01 5", f"{here.upper()} 0 -",
                    f"{here} 0 5 6", f"{here}  0 5"):
            with self.assertRaises(verify.Refused):
                verify.Key(f"{self.origin.vkey} {bad}", "checkpoint")

    # PROTOCOL evidence: "A verifier MUST take a file only if it is exactly of
    # this form, with canonical base64 and decimals, and lower-case
    # hexadecimal."
    def test_another_text_for_the_same_values_is_refused(self):
        lane = Lane(3)
        good = lane.evidence(1, self.lines(lane))
        for change in ((b"index 1", b"index 01"), (b"\n3\n", b"\n03\n"),
                       (b"extra ", b"extra  "), (b"index", b"\nindex"),
                       (b"\n", b"\r\n"), (b"krcert", b"KRCERT")):
            self.refused(good.replace(*change))
        self.refused(good + b"\n")
        self.refused(good[:-1])

    def test_any_bit_changed_is_refused(self):
        lane = Lane(3)
        good = lane.evidence(1, self.lines(lane))
        verify.verify(good, *self.keys)
        for at in range(8 * len(good)):
            data = bytearray(good)
            data[at // 8] ^= 1 << at % 8
            try:
                verify.verify(bytes(data), *self.keys)
            except verify.Refused:
                continue
            self.fail(f"bit {at % 8} of byte {at // 8} does not count")
        print(f"{8 * len(good)} bits changed, each refused", file=sys.stderr)

    def test_the_command_says_what_is_proven_and_what_is_not(self):
        lane = Lane(3)
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            path = os.path.join(folder, "evidence")
            body = os.path.join(folder, "body")
            with open(path, "wb") as out:
                out.write(lane.evidence(2, self.lines(lane)))
            command = [sys.executable, verify.__file__, path, "--origin",
                       self.origin.vkey, "--holder", self.holder.vkey]
            run = subprocess.run(command + ["--body-out", body], check=False,
                                 stdout=subprocess.PIPE, text=True)
            self.assertEqual(run.returncode, 0, run.stdout)
            self.assertIn(f"entry 2 of 3", run.stdout)
            with open(body, "rb") as file:
                self.assertEqual(file.read(), BODY)
            with open(path, "ab") as out:
                out.write(b"x")
            run = subprocess.run(command, check=False, text=True,
                                 stdout=subprocess.PIPE)
            self.assertEqual(run.returncode, 1)
            self.assertTrue(run.stdout.startswith("refused: "))


if __name__ == "__main__":
    unittest.main()
