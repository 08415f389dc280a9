"""vectors - this implementation against tests/vectors and the document.

Holds:      every value of both files is looked at; what is not known to
            this file is a failure, so that no vector is passed over.
Spec:       docs/PROTOCOL.md#examples
"""

import json
import re
from pathlib import Path

import lane
import proto

FOLDER = Path(__file__).resolve().parents[1] / "vectors"
FIRST_TIME_MS = 1700000000000


class Comparison:
    """Counts what was compared and tells what differs."""

    def __init__(self):
        self.count = 0
        self.differences = []

    def same(self, what, ours, theirs):
        """Note whether two values are one."""
        self.count += 1
        if ours != theirs:
            self.differences.append(f"{what}: {ours!r} is not {theirs!r}")


def bodies():
    """Return the bodies of lane.json, as docs/PROTOCOL.md lists them."""
    return [b"", b"hello", b"indicator:198.51.100.7", b"x" * 1000,
            b"y" * 65536, b"z"]


def compare_lane(c, v):
    """Compare lane.json."""
    c.same("keys of lane.json", set(v), {
        "origin", "audience", "team_id", "root_spki_hash", "genesis",
        "lane_id", "entries", "proofs", "text", "checkpoint_signed",
        "receipt_signed", "key_id", "key_id_public_key"})
    for team, known in v["team_id"].items():
        c.same(team, lane.team_id(team).hex(), known)
    genesis = lane.genesis(v["origin"], v["audience"],
                           bytes.fromhex(v["root_spki_hash"]))
    c.same("genesis", genesis.hex(), v["genesis"])
    lane_id = lane.lane_id(genesis)
    c.same("lane id", lane_id.hex(), v["lane_id"])
    tree = lane.Tree()
    c.same("bodies", len(bodies()), len(v["entries"]))
    for entry, body in zip(v["entries"], bodies()):
        compare_entry(c, tree, entry, body)
    for one in v["proofs"]:
        proof = [bytes.fromhex(h) for h in one["proof"]]
        c.same("proof", tree.proof(one["index"], one["size"]), proof)
        c.same("proof leads", True, lane.proof_leads(
            one["index"], one["size"], tree.leaves[one["index"]], proof,
            tree.root(one["size"])))
    size = len(tree.leaves)
    text = lane.tree_text(v["origin"], lane_id, size, tree.root())
    c.same("text", text, v["text"])
    c.same("checkpoint", lane.cosigned(text, 1700000001),
           v["checkpoint_signed"])
    c.same("receipt", lane.cosigned(text, 1700000002), v["receipt_signed"])
    public = bytes.fromhex(v["key_id_public_key"])
    for name, known in v["key_id"].items():
        team, _, role = name.split("/")
        c.same(name, lane.key_id(team, role, public).hex(), known)


def compare_entry(c, tree, entry, body):
    """Compare one entry of lane.json and append it to the tree."""
    c.same("keys of an entry", set(entry), {
        "index", "body_len", "body_sha256", "salt", "commit", "leaf_record",
        "leaf", "root"})
    index = entry["index"]
    salt = bytes.fromhex(entry["salt"])
    c.same("place", len(tree.leaves), index)
    c.same("body", (len(body), lane.H(body).hex()),
           (entry["body_len"], entry["body_sha256"]))
    c.same("commitment", lane.commitment(salt, body).hex(), entry["commit"])
    record = bytes.fromhex(entry["leaf_record"])
    parsed = lane.Record(record, index)
    c.same("leaf record", lane.leaf_record(
        index, FIRST_TIME_MS + index, salt, body, parsed.kind, parsed.tlp,
        parsed.flags).hex(), entry["leaf_record"])
    c.same("fits", True, parsed.fits(salt, body))
    tree.append(lane.leaf(record))
    c.same("leaf", tree.leaves[-1].hex(), entry["leaf"])
    c.same("root", tree.root().hex(), entry["root"])
    c.same("root by definition", lane.subtree_root(tree.leaves), tree.root())


def compare_more(c, v):
    """Compare more.json."""
    compare = {"hello": more_hello, "session": more_session,
               "card": more_card, "pairing": more_pairing,
               "key_id": more_key_id, "frame_header": more_frame_header}
    c.same("keys of more.json", set(v), set(compare))
    for part, cases in v.items():
        for case in cases:
            compare[part](c, case)


def more_hello(c, case):
    """Compare a hash over two HELLO frames."""
    c.same("hello", lane.hello_hash(
        bytes.fromhex(case["client_frame"]),
        bytes.fromhex(case["server_frame"])).hex(), case["hello"])


def more_session(c, case):
    """Compare what AUTH signs."""
    c.same("session", lane.session_text(
        bytes.fromhex(case["exporter"]), case["role"],
        (case["team"], case["peer"]), bytes.fromhex(case["hello"])),
        case["text"])


def more_card(c, case):
    """Compare what the keys of a card sign."""
    c.same("card", lane.card_text(case["team"], case["version"],
                                  bytes.fromhex(case["card"])), case["text"])


def more_pairing(c, case):
    """Compare a pairing code, from both sides."""
    sides = [(side["team"], bytes.fromhex(side["root_spki_hash"]))
             for side in case["sides"]]
    for a, b in (sides, sides[::-1]):
        c.same("pairing", lane.pairing_hash(a, b).hex(), case["hash"])
        c.same("pairing code", lane.pairing_code(a, b), case["code"])


def more_key_id(c, case):
    """Compare a key id."""
    public = bytes.fromhex(case["public_key"])
    c.same("key name", f"{case['team']}/sealane/{case['role']}", case["name"])
    c.same("key type", lane.TYPES[case["role"]], case["type"])
    c.same("key id", lane.key_id(case["team"], case["role"], public).hex(),
           case["key_id"])


def more_frame_header(c, case):
    """Compare the header of a frame, and the table of frames."""
    number, at_most = proto.FRAMES[case["name"]]
    c.same("frame", (number, at_most), (case["type"],
                                        case["payload_bytes_max"]))
    c.same("frame header", (lane.u32(case["payload_bytes"]) +
                            bytes([number, 0, 0, 0])).hex(), case["header"])


def compare_document(c, document):
    """Compare the examples at the end of docs/PROTOCOL.md."""
    text = document[document.index("\n## Examples"):]
    first, second = bytes(range(32)), bytes(range(32, 64))

    def shows(what, value):
        """Note whether the examples show a value."""
        flat = re.sub(r"\s", "", text)
        c.same(what, True, re.sub(r"\s", "", value) in flat)
    for team in ("krcert.or.kr", "cert.gov.au"):
        shows("team id", f"team id of {team} {lane.team_id(team).hex()}")
    roots = lane.spki_hash(first), lane.spki_hash(second)
    for one in roots:
        shows("SPKI", one.hex())
    shows("lane id", "lane id " + lane.lane_id(lane.genesis(
        "krcert.or.kr", "cert.gov.au", roots[0])).hex())
    for role in ("session", "checkpoint"):
        shows("key id", f"krcert.or.kr/sealane/{role} " +
              lane.key_id("krcert.or.kr", role, first).hex())
    shows("verifier key", lane.verifier_key("krcert.or.kr", "checkpoint",
                                            first))
    shows("pairing code", lane.pairing_code(("krcert.or.kr", roots[0]),
                                            ("cert.gov.au", roots[1])))
    record = lane.leaf_record(0, FIRST_TIME_MS, bytes(32), b"")
    shows("leaf record", record.hex())
    shows("leaf", "leaf " + lane.leaf(record).hex())
    payload = proto.WIRE.encode("Hello", {
        "version": 1, "team": "krcert.or.kr", "peer": "cert.gov.au",
        "card_version": 3, "card_hash": b"\x11" * 32, "peer_card_version": 2,
        "boot_id": b"\x22" * 16,
        "limits": {"body_bytes": 1 << 20, "batches_in_flight": 16}})
    shows("HELLO", (lane.u32(len(payload)) + b"\1\0\0\0" + payload).hex())
    decoded = proto.WIRE.decode("Hello", payload)
    c.same("HELLO there and back", proto.WIRE.encode("Hello", decoded),
           payload)


def main():
    """Compare everything; return 0 where all is the same."""
    c = Comparison()
    compare_lane(c, json.loads((FOLDER / "lane.json").read_text()))
    compare_more(c, json.loads((FOLDER / "more.json").read_text()))
    compare_document(c, proto.TEXT)
    for line in c.differences:
        print(line)
    print(f"{c.count} values compared, {len(c.differences)} differ")
    return 1 if c.differences else 0
