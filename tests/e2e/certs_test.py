#!/usr/bin/env python3
"""certs_test - what certs/make_certs.py makes is good, or broken in exactly
the one way that it says.

Usage: certs_test.py TOOL CARD_CHECK

Each state directory is put to every check: the card's form and signatures
(taken apart here and by openssl, and once more by CARD_CHECK, which is the
node's own code), and the TLS certificate under the root that a peer has
pinned. What the checks find wrong, all together, must be what was promised.
"""

import base64
import hashlib
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TEAMS = ["krcert.or.kr", "cert.gov.au"]
SPKI = bytes.fromhex("302a300506032b6570032100")
CHAIN_BYTES_MAX = 16 * 1024

# Of each variant: what these checks find, and what CARD_CHECK says.
EXPECTED = {
    "tls-expired": ("expired", "ok"),
    "tls-not-yet-valid": ("not yet valid", "ok"),
    "tls-wrong-authority": ("wrong authority", "ok"),
    "tls-wrong-name": ("wrong name", "ok"),
    "tls-wildcard": ("wildcard", "ok"),
    "tls-wrong-use": ("wrong use", "ok"),
    "tls-not-pinned": ("not pinned", "ok"),
    "tls-revoked": ("revoked", "ok"),
    "tls-none": ("no certificate", "ok"),
    "tls-large-chain": ("large chain", "ok"),
    "crl-missing": ("no revocation list", "ok"),
    "crl-expired": ("revocation list expired", "ok"),
    "card-expired": ("card expired", "ok"),
    "card-bad-root-signature": ("root signature", "signature"),
    "card-missing-key-signature": ("key did not sign", "missing"),
    "card-wrong-key-id": ("key id", "key"),
}

X509_ERRORS = {
    3: "no revocation list", 9: "not yet valid", 10: "expired",
    12: "revocation list expired", 20: "wrong authority", 23: "revoked",
    26: "wrong use",
}


def fields(data):
    """Take a protobuf message apart: {number: [values]}."""
    found, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = varint()
        value = varint()
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        elif tag & 7 != 0:
            raise ValueError(f"wire type {tag & 7}")
        found.setdefault(tag >> 3, []).append(value)
    return found


def pem_blocks(path):
    return [base64.b64decode(block) for block in re.findall(
        rb"-----BEGIN CERTIFICATE-----(.*?)-----END", path.read_bytes(), re.S)]


class Checker:
    def __init__(self, scratch):
        self.scratch = scratch
        self.calls = 0

    def openssl(self, *arguments):
        self.calls += 1
        return subprocess.run(["openssl", *arguments], capture_output=True,
                              text=True)

    def file(self, name, data):
        path = self.scratch / name
        path.write_bytes(data)
        return str(path)

    def is_signed(self, public, text, signature):
        run = self.openssl(
            "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER",
            "-inkey", self.file("key", SPKI + public),
            "-in", self.file("text", text),
            "-sigfile", self.file("signature", signature))
        return "Signature Verified" in run.stdout

    def card(self, state, name, root):
        """Give the card's fields and what is wrong with it."""
        wrong = set()
        frame = fields((state / "card").read_bytes())
        card = fields(frame[1][0])
        digest = base64.b64encode(hashlib.sha256(frame[1][0]).digest())
        text = b"sealane/card/v1\nteam %s\nversion %d\n%s\n" % (
            name.encode(), card[3][0], digest)
        if card[1][0].decode() != name or card[8][0] != pem_blocks(root)[0]:
            wrong.add("card of another team")
        if not self.is_signed(self.public(root), text, frame[2][0]):
            wrong.add("root signature")
        if card[4][0] <= time.time():
            wrong.add("card expired")
        signatures = [fields(k) for k in frame.get(3, [])]
        keys = [fields(k) for k in card[6]]
        if len({k[3][0] for k in keys}) != 3 or \
                [k[1][0] for k in keys] != [1, 2, 3]:
            wrong.add("keys")
        if len(signatures) != len(keys):
            wrong.add("key did not sign")
        for key, signature in zip(keys, signatures):
            role = ("", "session", "checkpoint", "receipt")[key[1][0]]
            kind = b"\x01" if role == "session" else b"\x04"
            named = f"{name}/sealane/{role}\n".encode() + kind + key[3][0]
            if signature[1][0] != hashlib.sha256(named).digest()[:4]:
                wrong.add("key id")
            if not self.is_signed(key[3][0], text, signature[2][0]):
                wrong.add("key signature")
            seed = (state / f"signer/{role}.key").read_bytes()
            if len(seed) != 32:
                wrong.add("seed")
        return card, wrong

    def public(self, certificate):
        """Give the Ed25519 key that a certificate holds."""
        der = pem_blocks(certificate)[0]
        assert der.count(SPKI) == 1
        return der.split(SPKI)[1][:32]

    def tls(self, state, name, root, card):
        path = state / "keys/tls.crt"
        if not path.exists():
            return {"no certificate"}
        wrong, chain = set(), pem_blocks(path)
        if sum(map(len, chain)) > CHAIN_BYTES_MAX:
            wrong.add("large chain")
        if chain[0] not in card.get(9, []):
            wrong.add("not pinned")
        shown = self.openssl("x509", "-in", str(path), "-noout", "-ext",
                             "subjectAltName").stdout
        names = re.findall(r"DNS:([^\s,]+)", shown)
        if names != [name]:
            wrong.add("wildcard" if names[0].startswith("*.")
                      else "wrong name")
        lists = []
        if 10 in card:
            crl = base64.encodebytes(card[10][0])
            lists = ["-CRLfile", self.file(
                "crl", b"-----BEGIN X509 CRL-----\n" + crl
                + b"-----END X509 CRL-----\n")]
        for purpose in ("sslserver", "sslclient"):
            run = self.openssl("verify", "-x509_strict", "-crl_check",
                               "-no-CApath", "-no-CAstore", "-purpose",
                               purpose, "-CAfile", str(root), *lists,
                               str(path))
            numbers = set(map(int, re.findall(r"error (\d+) at",
                                              run.stdout + run.stderr)))
            assert bool(numbers) == bool(run.returncode), run.stderr
            wrong |= {X509_ERRORS.get(n, f"error {n}") for n in numbers}
        return wrong

    def key_fits(self, state):
        """The private key is that of the certificate."""
        shown = self.openssl("pkey", "-in", str(state / "keys/tls.key"),
                             "-noout", "-text_pub").stdout
        octets = bytes.fromhex("".join(re.findall(r"[0-9a-f]{2}(?=:|$)",
                                                  shown, re.M)))
        return octets == self.public(state / "keys/tls.crt")

    def all(self, state, name, root):
        card, wrong = self.card(state, name, root)
        wrong |= self.tls(state, name, root, card)
        if (state / "keys/tls.crt").exists() and not self.key_fits(state):
            wrong.add("key of another certificate")
        for secret in ("stream.secret", "keys/tls.key", "root/root.key",
                       *(f"signer/{r}.key" for r in
                         ("session", "checkpoint", "receipt"))):
            if (state / secret).stat().st_mode & 0o777 != 0o600:
                wrong.add(f"mode of {secret}")
        return wrong


def make(tool, *arguments):
    subprocess.run([sys.executable, tool, *map(str, arguments)], check=True)


def main():
    tool, card_check = sys.argv[1:]
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        out, scratch = folder / "out", folder / "scratch"
        scratch.mkdir()
        began = time.monotonic()
        make(tool, "team", out, *TEAMS, "--address", "127.0.0.1:4590")
        print(f"two good teams in {time.monotonic() - began:.2f} s")
        make(tool, "broken", out / "broken", out / TEAMS[0])
        checker = Checker(scratch)
        cases = [(name, out / name, name, set(), "ok") for name in TEAMS]
        cases += [(variant, out / "broken" / variant, TEAMS[0], {reason},
                   said) for variant, (reason, said) in EXPECTED.items()]
        for label, state, name, expected, said in cases:
            root = out / name / "root/root.crt"
            found = checker.all(state, name, root)
            run = subprocess.run([card_check, state / "card",
                                  state / "root/root.crt"],
                                 capture_output=True, text=True)
            print(f"{label}: {', '.join(sorted(found)) or 'good'}; "
                  f"the node says of the card: {run.stdout.strip()}")
            if found != expected:
                failures.append(f"{label}: found {sorted(found)}, "
                                f"expected {sorted(expected)}")
            if run.stdout.strip() != said:
                failures.append(f"{label}: the node says {run.stdout!r} "
                                f"{run.stderr!r}, expected {said!r}")
        made = {p.name for p in (out / "broken").iterdir()}
        if made != set(EXPECTED):
            failures.append(f"made and expected differ: "
                            f"{sorted(made ^ set(EXPECTED))}")
    print(f"{len(TEAMS)} good teams, {len(made)} broken variants, "
          f"{checker.calls} calls of openssl, {len(failures)} failures")
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
