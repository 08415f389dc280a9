"""link - cards, and one TLS connection that carries frames.

Holds:      a connection whose certificate was checked against a card that
            was checked first; the exporter of that TLS session.
Trusts:     the root certificate of the card it is given.
Leaves out: what the frames say (peer.py).
Spec:       docs/PROTOCOL.md#cards, #tls, #frames
"""

import base64
import hashlib
import hmac
import os
import socket
import ssl
import tempfile
import time
from pathlib import Path

import lane
import proto

ROLES = {1: "session", 2: "checkpoint", 3: "receipt"}
EXPORTER_LABEL = b"EXPORTER-Channel-Binding"
READ_SECONDS = 10


class Closed(Exception):
    """The peer sent CLOSE, or ended the connection (`code` None)."""

    def __init__(self, code, text=""):
        super().__init__(f"closed: {proto.CODE_NAMES.get(code, code)} {text}")
        self.code = code


class Wrong(Exception):
    """The peer did what it must not do; `error` as in the error table."""

    def __init__(self, error, text=""):
        super().__init__(f"{error}: {text}")
        self.error = error


def check(condition, error, text=""):
    """Raise Wrong unless the condition holds."""
    if not condition:
        raise Wrong(error, text)


def pem(kind, der):
    """Return a PEM block."""
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n"


def certificate_key(der):
    """Return the Ed25519 key of a certificate."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(der)
        file.flush()
        out = lane.openssl("x509", "-inform", "DER", "-in", file.name,
                           "-pubkey", "-noout")
    check(out, "card", "root certificate")
    lines = out.decode().strip().split("\n")
    spki = base64.b64decode("".join(lines[1:-1]))
    check(spki[:12] == lane.SPKI_PREFIX and len(spki) == 44, "unsupported")
    return spki[12:]


class Card:
    """A card that proved itself."""

    def __init__(self, frame):
        self.frame = frame
        signed = proto.CARD.decode("CardFrame", frame)
        self.bytes = signed["card"]
        card = proto.CARD.decode("Card", self.bytes)
        self.team = card["team"]
        self.version = card["version"]
        self.root_certificate = card["root_certificate"]
        self.tls_certificates = card["tls_certificates"]
        self.revocation_list = card.get("revocation_list")
        self.addresses = card["addresses"]
        self.values = card
        root_key = certificate_key(self.root_certificate)
        self.root_hash = lane.spki_hash(root_key)
        self.keys = {}                          # {role: public key in use}
        text = lane.card_text(self.team, self.version, self.bytes)
        # PROTOCOL cards: "A card MUST be refused unless the root key of its
        # root certificate signed its text, each key that it lists signed the
        # same text in the card's order, each key id is that of the key in its
        # role, and no public key stands twice."
        check(lane.signature_is_good(root_key, text, signed["root_signature"]),
              "card", "root signature")
        check(len(card["keys"]) == len(signed["keys"]), "card", "signatures")
        for key, signature in zip(card["keys"], signed["keys"]):
            self._take_key(key, signature, text)
        publics = [key["public_key"] for key in card["keys"]]
        check(len(set(publics)) == len(publics), "card", "a key stands twice")
        check(card["expires"] > time.time(), "card-expired")

    # PROTOCOL cards: "A card MUST have at most one key in use and at most one
    # that is announced (`next`) for each role."
    def _take_key(self, key, signature, text):
        check(key["algorithm"] == 1, "unsupported", "algorithm")
        check(key["role"] in ROLES, "card", "role")
        role = ROLES[key["role"]]
        slot = role + "+next" if key.get("next") else role
        check(slot not in self.keys, "card", "two keys for a role")
        public = key["public_key"]
        check(signature["key_id"] == lane.key_id(self.team, role, public),
              "card", "key id")
        check(lane.signature_is_good(public, text, signature["signature"]),
              "card", f"signature of the {role} key")
        self.keys[slot] = public

    def key_id(self, role):
        """Return the key id of the key in use for a role."""
        return lane.key_id(self.team, role, self.keys[role])

    # PROTOCOL cards: "A card that renews a pinned one MUST have the same team
    # and the same root key and a higher version; a new root is a new pin,
    # which only a person sets."
    def renews(self, old):
        """Say whether this card may take the place of `old`."""
        return (self.team == old.team and self.root_hash == old.root_hash and
                self.version > old.version)


def hkdf_label(hash_name, secret, label, context, size):
    """HKDF-Expand-Label of RFC 8446 for an output of one hash or less."""
    full = b"tls13 " + label
    info = (size.to_bytes(2, "big") + bytes([len(full)]) + full +
            bytes([len(context)]) + context)
    return hmac.new(secret, info + b"\1", hash_name).digest()[:size]


def exporter(cipher, secret):
    """RFC 8446, section 7.5: 32 bytes for our label, empty context."""
    name = "sha384" if cipher.endswith("SHA384") else "sha256"
    empty = hashlib.new(name, b"").digest()
    derived = hkdf_label(name, secret, EXPORTER_LABEL, empty, len(empty))
    return hkdf_label(name, derived, b"exporter", empty, 32)


def context_for(server, state, card):
    """Return the TLS settings towards the team of `card`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else
                             ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False              # see Link._check_certificate
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # PROTOCOL tls: "The certificate MUST NOT be revoked by the revocation list
    # of that card, and a list that is missing or out of date refuses it."
    context.verify_flags |= (ssl.VERIFY_X509_STRICT |
                             ssl.VERIFY_CRL_CHECK_LEAF)
    context.set_alpn_protocols(["sealane/1"])
    context.load_cert_chain(state / "keys" / "tls.crt",
                            state / "keys" / "tls.key")
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(pem("CERTIFICATE", card.root_certificate))
        if card.revocation_list:
            file.write(pem("X509 CRL", card.revocation_list))
        file.flush()
        context.load_verify_locations(cafile=file.name)
    if server:
        context.num_tickets = 0
    return context


class Link:
    """A TLS connection to the team of `card`, and its frames."""

    def __init__(self, sock, server, state, card):
        self.role = "server" if server else "client"
        self.frames_in = 0
        context = context_for(server, state, card)
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "secrets"
            os.close(os.open(log, os.O_CREAT | os.O_WRONLY, 0o600))
            context.keylog_filename = str(log)
            sock.settimeout(READ_SECONDS)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.tls = context.wrap_socket(sock, server_side=server)
            secrets = [line.split() for line in
                       log.read_text().split("\n")
                       if line.startswith("EXPORTER_SECRET ")]
        assert len(secrets) == 1, "the TLS library logs no exporter secret"
        self.exporter = exporter(self.tls.cipher()[0],
                                 bytes.fromhex(secrets[0][2]))
        self._check_certificate(card)

    def _check_certificate(self, card):
        check(self.tls.selected_alpn_protocol() == "sealane/1", "tls", "ALPN")
        names = self.tls.getpeercert().get("subjectAltName", ())
        check(("DNS", card.team) in names, "tls", "name")
        # PROTOCOL tls: "The certificate MUST be, byte for byte, one of the
        # `tls_certificates` of the card held."
        check(self.tls.getpeercert(True) in card.tls_certificates, "tls",
              "not pinned")

    def send_raw(self, data):
        """Send bytes as they are."""
        self.tls.sendall(data)

    def send(self, name, payload):
        """Send a frame of an encoded payload and return all its bytes."""
        frame = frame_bytes(proto.FRAMES[name][0], payload)
        self.send_raw(frame)
        return frame

    def _read_exactly(self, size):
        data = bytearray()
        while len(data) < size:
            try:
                more = self.tls.recv(size - len(data))
            except (ConnectionError, ssl.SSLError) as problem:
                raise Closed(None, str(problem)) from None
            if not more:
                raise Closed(None, "end of the connection")
            data += more
        return bytes(data)

    # PROTOCOL frames: "A frame with one of the three bytes after its type set,
    # with a payload longer than its type allows, or of a type that is unknown
    # MUST end the session."
    def read(self):
        """Return (name, payload, the whole frame) of the next frame."""
        head = self._read_exactly(8)
        name = proto.FRAME_NAMES.get(head[4])
        check(name, "unknown-frame", str(head[4]))
        check(head[5:] == bytes(3), "format", "reserved bytes")
        size = int.from_bytes(head[:4], "big")
        check(size <= proto.FRAMES[name][1], "limit", name)
        payload = self._read_exactly(size)
        self.frames_in += 1
        return name, payload, head + payload

    def close(self):
        """End the connection; the peer's end of TLS is not waited for."""
        try:
            self.tls.settimeout(0)
            self.tls.unwrap()
        except (OSError, ValueError):
            pass                                # it waits, or is gone already
        self.tls.close()


def frame_bytes(number, payload):
    """Return a frame of type `number`."""
    return lane.u32(len(payload)) + bytes([number, 0, 0, 0]) + payload
