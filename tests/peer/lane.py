"""lane - what is hashed and what is signed: a second implementation.

Holds:      names, geneses, leaf records, trees, texts and pairing codes.
Trusts:     nothing that it is given beyond its Python type.
Leaves out: messages (proto.py), sessions (peer.py).
Spec:       docs/PROTOCOL.md#names up to #pairing
"""

import base64
import hashlib
import subprocess
import tempfile
from pathlib import Path

NO_REF = (1 << 64) - 1
BODY_MAX = 16777216
PIECE = 65536
TYPES = {"session": 1, "checkpoint": 4, "receipt": 4}
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")
# PrivateKeyInfo of RFC 8410 up to the seed
SEED_PREFIX = bytes.fromhex("302e020100300506032b657004220420")


def H(*parts):
    """SHA-256 over the parts in a row."""
    return hashlib.sha256(b"".join(parts)).digest()


def u32(value):
    """Four bytes, big-endian."""
    return value.to_bytes(4, "big")


def u64(value):
    """Eight bytes, big-endian."""
    return value.to_bytes(8, "big")


def b64(data):
    """Base64 with padding, as a text."""
    return base64.b64encode(data).decode()


def team_id(team):
    """Return the 16 bytes that stand for a team."""
    return H(b"sealane-team-v1\0", team.encode())[:16]


def key_id(team, role, public):
    """Return the 4 bytes that name a key in its role."""
    name = f"{team}/sealane/{role}"
    return H(name.encode(), b"\n", bytes([TYPES[role]]), public)[:4]


def verifier_key(team, role, public):
    """Return the text by which a key is handed to others."""
    return (f"{team}/sealane/{role}+{key_id(team, role, public).hex()}+"
            f"{b64(bytes([TYPES[role]]) + public)}")


def spki_hash(public):
    """Return H of the SubjectPublicKeyInfo of an Ed25519 key."""
    return H(SPKI_PREFIX, public)


def genesis(origin, audience, root_hash):
    """Return the genesis of epoch 0."""
    return (b"\1\1\0\0" + u32(0) + team_id(origin) + team_id(audience) +
            root_hash + u64(0) + u64(0) + bytes(32))


def lane_id(genesis_bytes):
    """Return the id of the lane that a genesis begins."""
    return H(b"lane-genesis-v1\0", u32(len(genesis_bytes)), genesis_bytes)


def commitment(salt, body):
    """Return the hash that a leaf record holds of its body."""
    return H(b"lane-body-v1\0\0\0\0", salt, u64(len(body)), body)


def leaf_record(index, time_ms, salt, body, kind=0, tlp=0, flags=0, *,
                ref=NO_REF):
    """Return the 72 bytes about an entry."""
    return (b"LANELEAF" + bytes([1, kind, tlp, flags]) + u32(len(body)) +
            u64(index) + u64(time_ms) + u64(ref) + commitment(salt, body))


class Record:
    """A leaf record taken apart; ValueError where it is not a good one."""

    def __init__(self, data, index):
        if len(data) != 72 or data[:9] != b"LANELEAF\1":
            raise ValueError("magic or version of a leaf record")
        self.kind, self.tlp, self.flags = data[9:12]
        self.length = int.from_bytes(data[12:16], "big")
        self.index = int.from_bytes(data[16:24], "big")
        self.ref = int.from_bytes(data[32:40], "big")
        self.commitment = data[40:]
        if self.index != index:
            raise ValueError("a leaf record is not at its place")
        if self.length > BODY_MAX:
            raise ValueError("a leaf record tells of too large a body")

    def expunges(self):
        """Return the index that this entry expunges, or None."""
        return self.ref if self.kind == 2 and self.ref < self.index else None

    def fits(self, salt, body):
        """Say whether salt and body are those that the record commits to."""
        return (len(body) == self.length and
                commitment(salt, body) == self.commitment)


def leaf(record):
    """Return the leaf hash of a record."""
    return H(b"\0", record)


def node(left, right):
    """Return the hash of two subtrees."""
    return H(b"\1", left, right)


class Tree:
    """The tree over leaf hashes, with the root at every size up to now."""

    def __init__(self, leaves=()):
        self.leaves = []
        self.peaks = []                         # (entries, hash)
        self.roots = [H()]
        for one in leaves:
            self.append(one)

    def append(self, leaf_hash):
        """Add a leaf."""
        self.leaves.append(leaf_hash)
        count, subtree = 1, leaf_hash
        while self.peaks and self.peaks[-1][0] == count:
            subtree = node(self.peaks.pop()[1], subtree)
            count *= 2
        self.peaks.append((count, subtree))
        root = subtree
        for _, peak in reversed(self.peaks[:-1]):
            root = node(peak, root)
        self.roots.append(root)

    def root(self, size=None):
        """Return the root over the first `size` leaves."""
        return self.roots[len(self.leaves) if size is None else size]

    def proof(self, index, size):
        """Return the inclusion proof, lowest sibling first."""
        path = []
        first, last = 0, size
        while last - first > 1:
            k = 1 << (last - first - 1).bit_length() - 1
            middle = first + k
            if index < middle:
                path.append(subtree_root(self.leaves[middle:last]))
                last = middle
            else:
                path.append(subtree_root(self.leaves[first:middle]))
                first = middle
        return path[::-1]


def subtree_root(leaves):
    """Return the root over `leaves` by the definition of RFC 9162."""
    if not leaves:
        return H()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return node(subtree_root(leaves[:k]), subtree_root(leaves[k:]))


def proof_leads(index, size, leaf_hash, proof, root):
    """Say whether an inclusion proof leads from the leaf to the root."""
    if index >= size or len(proof) > 63:
        return False
    fn, sn, r = index, size - 1, leaf_hash
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(p, r)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def tree_text(origin, lane, size, root):
    """Return the text of a (size, root)."""
    return f"{origin}/sealane/v1/{lane.hex()}\n{size}\n{b64(root)}\n"


def cosigned(text, time):
    """Return what a checkpoint or receipt at `time` signs."""
    return f"cosignature/v1\ntime {time}\n{text}"


def card_text(team, version, card):
    """Return what the keys of a card sign."""
    return f"sealane/card/v1\nteam {team}\nversion {version}\n{b64(H(card))}\n"


def hello_hash(client_frame, server_frame):
    """Return the hash over both HELLO frames as sent."""
    return H(H(client_frame), H(server_frame))


def session_text(exporter, role, teams, hello):
    """Return what AUTH signs; `teams` is (who signs, the other)."""
    return (f"sealane/session/v1\nexporter {b64(exporter)}\nrole {role}\n"
            f"team {teams[0]}\npeer {teams[1]}\nhello {b64(hello)}\n")


def pairing_hash(a, b):
    """Return the hash of a pair; each side is (team, H(SPKI of its root))."""
    parts = sorted(team_id(team) + root for team, root in (a, b))
    return H(b"sealane-pair-v1\0", *parts)


def pairing_code(a, b):
    """Return the code that two people read to each other."""
    digits = f"{int.from_bytes(pairing_hash(a, b), 'big') % 10 ** 48:048}"
    return " ".join(digits[i:i + 4] for i in range(0, 48, 4))


def openssl(*arguments):
    """Run openssl and return what it prints, or None where it fails."""
    done = subprocess.run(["openssl", *arguments], capture_output=True,
                          check=False)
    return done.stdout if done.returncode == 0 else None


class Signer:
    """A 32-byte Ed25519 seed, used through openssl."""

    def __init__(self, seed):
        self.seed = seed
        self.public = self._run("pkey", "-pubout", "-outform", "DER")[-32:]

    def _run(self, verb, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            key = Path(folder) / "key"
            key.touch(0o600)
            key.write_bytes(SEED_PREFIX + self.seed)
            given = ["-in"] if verb == "pkey" else ["-inkey"]
            form = "-inform" if verb == "pkey" else "-keyform"
            out = openssl(verb, *given, str(key), form, "DER", *arguments)
        assert out, f"openssl {verb} failed"
        return out

    def sign(self, text):
        """Return the 64 bytes of the signature over a text."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(text.encode())
            file.flush()
            return self._run("pkeyutl", "-sign", "-rawin", "-in", file.name)


def signature_is_good(public, text, signature):
    """Say whether an Ed25519 signature over a text is good."""
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder) / name) for name in ("key", "text", "sig")]
        for name, data in zip(names, (SPKI_PREFIX + public, text.encode(),
                                      signature)):
            Path(name).write_bytes(data)
        return openssl("pkeyutl", "-verify", "-pubin", "-keyform", "DER",
                       "-inkey", names[0], "-rawin", "-in", names[1],
                       "-sigfile", names[2]) is not None
