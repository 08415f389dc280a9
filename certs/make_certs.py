#!/usr/bin/env python3
"""make_certs - makes teams for tests: keys, certificates, cards, and every
broken variant of them, freshly on each run.

Usage: make_certs.py team OUT NAME... [--address HOST:PORT] [--version N]
       make_certs.py broken OUT STATE [VARIANT...] [--address HOST:PORT]
                     [--version N]

`team` writes OUT/NAME, the state directory of a node without its settings.
`broken` reads such a directory and writes OUT/VARIANT: the same root and
keys, and exactly one defect; without a variant all of them (`BROKEN`).

A defect in a TLS certificate is pinned in that variant's card, so that the
pin is right and the defect alone is left to refuse; in `tls-not-pinned` it is
the other way round. Times are written into the certificates: no clock is
moved. openssl makes and uses the keys; DER and protobuf are written here,
because openssl 3.0 refuses to make some of what must be refused.
"""

import argparse
import base64
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DAY = 86400
PKCS8_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")


# ---- keys -------------------------------------------------------------------

def openssl(*arguments, stdin=b""):
    run = subprocess.run(["openssl", *arguments], input=stdin,
                         capture_output=True)
    if run.returncode:
        sys.exit(f"openssl {' '.join(arguments)}: {run.stderr.decode()}")
    return run.stdout


def pem(label, der):
    text = base64.encodebytes(der).decode().replace("\n", "")
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines,
                      f"-----END {label}-----", ""]).encode()


def pem_read(text):
    """Give the bytes of the first block of a PEM file."""
    body = re.search(rb"-----BEGIN [^-]+-----(.*?)-----END", text, re.S)
    return base64.b64decode(body.group(1))


class Key:
    """An Ed25519 key, known by its seed."""

    def __init__(self, seed=None):
        self.seed = seed or os.urandom(32)
        self.pem = pem("PRIVATE" " KEY", PKCS8_ED25519 + self.seed)
        spki = openssl("pkey", "-pubout", "-outform", "DER", stdin=self.pem)
        assert spki.startswith(SPKI_ED25519)
        self.public = spki[-32:]

    def sign(self, text):
        with tempfile.NamedTemporaryFile() as file:
            file.write(text)
            file.flush()
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey",
                           "/dev/stdin", "-in", file.name, stdin=self.pem)


# ---- DER --------------------------------------------------------------------

def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def sequence(*parts):
    return der(0x30, *parts)


def integer(n):
    return der(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = bytearray([40 * first + second])
    for arc in rest:
        digits = [arc & 127]
        while arc := arc >> 7:
            digits.append(128 | arc & 127)
        out += bytes(reversed(digits))
    return der(0x06, bytes(out))


def instant(t):
    """UTCTime up to 2049, as RFC 5280 wants it."""
    form, tag = ("%y%m%d%H%M%SZ", 0x17)
    if time.gmtime(t).tm_year >= 2050:
        form, tag = ("%Y%m%d%H%M%SZ", 0x18)
    return der(tag, time.strftime(form, time.gmtime(t)).encode())


def bits(data, unused=0):
    return der(0x03, bytes([unused]), data)


def common_name(text):
    return sequence(der(0x31, sequence(oid("2.5.4.3"),
                                       der(0x0c, text.encode()))))


def extension(number, value, critical=False):
    return sequence(oid(number), der(0x01, b"\xff") if critical else b"",
                    der(0x04, value))


ED25519 = sequence(oid("1.3.101.112"))
SERVER, CLIENT, CODE = (oid(f"1.3.6.1.5.5.7.3.{n}") for n in (1, 2, 3))


def key_name(key):
    return hashlib.sha256(key.public).digest()[:20]


def names_holder(key):
    return extension("2.5.29.14", der(0x04, key_name(key)))


def names_issuer(key):
    return extension("2.5.29.35", sequence(der(0x80, key_name(key))))


def signed(body, key):
    return sequence(body, ED25519, bits(key.sign(body)))


def certificate(subject, public, issuer, valid, extensions):
    """`issuer` is (name, key), `valid` (from, until)."""
    serial = int.from_bytes(os.urandom(15), "big") | 1 << 119
    body = sequence(
        der(0xa0, integer(2)), integer(serial), ED25519,
        common_name(issuer[0]), sequence(*map(instant, valid)),
        common_name(subject), SPKI_ED25519 + public,
        der(0xa3, sequence(*extensions)))
    return signed(body, issuer[1]), serial


def root_certificate(name, key, now):
    return certificate(name, key.public, (name, key),
                       (now - DAY, now + 3650 * DAY), [
        extension("2.5.29.19", sequence(der(0x01, b"\xff"), integer(0)), True),
        extension("2.5.29.15", bits(b"\x06", 1), True),
        names_holder(key), names_issuer(key)])[0]


def tls_certificate(team, valid=(-1, 397), san=None, use=(SERVER, CLIENT),
                    root=None, filler=0):
    """`valid` counts in days from now. `filler` adds bytes of no meaning."""
    root = root or team.root
    extensions = [
        extension("2.5.29.15", bits(b"\x80", 7), True),
        extension("2.5.29.37", sequence(*use)),
        extension("2.5.29.17", sequence(
            der(0x82, (san or team.name).encode()))),
        names_holder(team.tls), names_issuer(root)]
    if filler:
        extensions.append(extension("1.3.6.1.4.1.32473.1",
                                    der(0x04, bytes(filler))))
    return certificate(team.name + " TLS", team.tls.public, (team.name, root),
                       [team.now + days * DAY for days in valid], extensions)


def revocation_list(team, valid=(-1, 365), revoked=()):
    entries = [sequence(integer(serial), instant(team.now - DAY))
               for serial in revoked]
    body = sequence(
        integer(1), ED25519, common_name(team.name),
        *[instant(team.now + days * DAY) for days in valid],
        sequence(*entries) if entries else b"",
        der(0xa0, sequence(names_issuer(team.root),
                           extension("2.5.29.20", integer(1)))))
    return signed(body, team.root)


# ---- protobuf: the schema stands in proto/card.proto and proto/wire.proto ---

def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def field(number, value):
    """A number or bytes; a text is UTF-8, a list repeats the field."""
    if isinstance(value, (list, tuple)):
        return b"".join(field(number, v) for v in value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


ROLES = {"session": (1, 0x01), "checkpoint": (2, 0x04), "receipt": (3, 0x04)}


def key_id(team, role):
    public = team.keys[role].public
    return hashlib.sha256(f"{team.name}/sealane/{role}\n".encode()
                          + bytes([ROLES[role][1]]) + public).digest()[:4]


def card_bytes(team, pinned, crl, expires):
    contact = b"".join(field(n, text) for n, text in enumerate([
        team.name.upper(), f"duty@{team.name}", "+00 0 000 0000", "UTC",
        "made for a test", f"https://{team.name}/"], 1))
    keys = [field(1, ROLES[role][0]) + field(2, 1) + field(3, key.public)
            for role, key in team.keys.items()]
    first = team.name.split(".")[0]
    return b"".join([
        field(1, team.name),
        field(2, first if first != "cert" else team.name[:32]),
        field(3, team.version), field(4, expires), field(5, contact),
        field(6, keys), field(7, team.addresses),
        field(8, team.root_certificate), field(9, pinned),
        field(10, crl) if crl else b""])


def card_frame(team, card, defect):
    text = (f"sealane/card/v1\nteam {team.name}\nversion {team.version}\n"
            + base64.b64encode(hashlib.sha256(card).digest()).decode()
            + "\n").encode()
    by_root = bytearray(team.root.sign(text))
    if defect == "card-bad-root-signature":
        by_root[17] ^= 1
    by_keys = []
    for role, key in team.keys.items():
        name = bytearray(key_id(team, role))
        if role == "receipt" and defect == "card-missing-key-signature":
            continue
        if role == "checkpoint" and defect == "card-wrong-key-id":
            name[2] ^= 1
        by_keys.append(field(1, bytes(name)) + field(2, key.sign(text)))
    return field(1, card) + field(2, bytes(by_root)) + field(3, by_keys)


# ---- teams ------------------------------------------------------------------

class Team:
    """A team's keys, and how its state directory is written."""

    def __init__(self, name, addresses=(), version=1, seeds=None):
        seeds = seeds or {}
        self.name, self.addresses = name, list(addresses)
        self.version, self.now = version, int(time.time())
        self.root = Key(seeds.get("root"))
        self.tls = Key(seeds.get("tls"))
        self.keys = {role: Key(seeds.get(role)) for role in ROLES}
        self.root_certificate = None
        self.stream_secret = os.urandom(32)

    @classmethod
    def read(cls, state, **options):
        """Take a team out of its state directory, the root included."""
        state = Path(state)
        seeds = {role: (state / f"signer/{role}.key").read_bytes()
                 for role in ROLES}
        for name, file in (("root", "root/root.key"), ("tls", "keys/tls.key")):
            seeds[name] = pem_read((state / file).read_bytes())[-32:]
        crt = state / "root/root.crt"
        subject = openssl("x509", "-in", str(crt), "-noout", "-subject",
                          "-nameopt", "RFC2253").decode().strip()
        team = cls(re.search(r"CN=([^,]+)", subject).group(1), seeds=seeds,
                   **options)
        team.root_certificate = pem_read(crt.read_bytes())
        team.stream_secret = (state / "stream.secret").read_bytes()
        return team

    def write(self, directory, defect=None):
        """Write the state directory, with at most one defect of BROKEN."""
        assert defect is None or defect in BROKEN
        directory = Path(directory)
        if not self.root_certificate:
            self.root_certificate = root_certificate(self.name, self.root,
                                                     self.now)
        leaf, serial = tls_certificate(self, **self.tls_options(defect))
        pinned, chain, crl = [leaf], [leaf], {}
        if defect == "tls-not-pinned":
            pinned = [tls_certificate(self)[0]]
        elif defect == "tls-large-chain":
            chain += [tls_certificate(self, filler=4096)[0]] * 48
        elif defect == "tls-revoked":
            crl = {"revoked": [serial]}
        elif defect == "crl-expired":
            crl = {"valid": (-30, -1)}
        crl = revocation_list(self, **crl) if defect != "crl-missing" else b""
        expires = self.now + (-1 if defect == "card-expired" else 365) * DAY
        card = card_bytes(self, pinned, crl, expires)
        self.write_keys(directory)
        put(directory / "card", card_frame(self, card, defect), 0o644)
        if defect != "tls-none":
            put(directory / "keys/tls.crt",
                b"".join(pem("CERTIFICATE", c) for c in chain), 0o644)

    def tls_options(self, defect):
        if defect == "tls-wrong-authority":
            # The same name on another key: only the signature tells.
            return {"root": Key()}
        return {
            "tls-expired": {"valid": (-30, -1)},
            "tls-not-yet-valid": {"valid": (1, 30)},
            "tls-wrong-name": {"san": "other." + self.name},
            "tls-wildcard": {"san": "*." + self.name.split(".", 1)[1]},
            "tls-wrong-use": {"use": (CODE,)},
        }.get(defect, {})

    def write_keys(self, directory):
        for folder in ("", "keys", "signer", "root"):
            os.makedirs(directory / folder, mode=0o700, exist_ok=True)
            os.chmod(directory / folder, 0o700)
        put(directory / "stream.secret", self.stream_secret)
        put(directory / "keys/tls.key", self.tls.pem)
        put(directory / "root/root.key", self.root.pem)
        put(directory / "root/root.crt",
            pem("CERTIFICATE", self.root_certificate), 0o644)
        for role, key in self.keys.items():
            put(directory / f"signer/{role}.key", key.seed)


def put(path, data, mode=0o600):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(data)


# Each variant with the one reason for which it must be refused.
BROKEN = {
    "tls-expired": "the TLS certificate has expired",
    "tls-not-yet-valid": "the TLS certificate is not yet valid",
    "tls-wrong-authority": "another root of the same name signed it",
    "tls-wrong-name": "it names another team",
    "tls-wildcard": "it names the team by a wildcard alone",
    "tls-wrong-use": "it is for signing code",
    "tls-not-pinned": "good under the root, but not in the card",
    "tls-revoked": "the card's revocation list names it",
    "tls-none": "there is no TLS certificate",
    "tls-large-chain": "the chain has more than 200 KB",
    "crl-missing": "the card holds no revocation list",
    "crl-expired": "the card's revocation list has expired",
    "card-expired": "the card has expired",
    "card-bad-root-signature": "the root's signature is not good",
    "card-missing-key-signature": "the receipt key did not sign",
    "card-wrong-key-id": "a signature goes with the id of no key",
}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("Usage: ")[1]
                                     .split("\n\n")[0])
    parser.add_argument("what", choices=["team", "broken"])
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--address", action="append", default=[])
    parser.add_argument("--version", type=int, default=1)
    given = parser.parse_args()
    options = {"addresses": given.address, "version": given.version}
    if given.what == "team":
        for name in given.names:
            Team(name, **options).write(given.out / name)
        return
    state, *variants = given.names
    unknown = [v for v in variants if v not in BROKEN]
    if unknown:
        parser.error(f"no such variant: {' '.join(unknown)}")
    team = Team.read(state, **options)
    for variant in variants or BROKEN:
        team.write(given.out / variant, variant)


if __name__ == "__main__":
    main()
