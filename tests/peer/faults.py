"""faults - misbehaviours of frames, messages, HELLO, CARD and AUTH.

Holds:      all misbehaviours there are, in FAULTS, by name.
Leaves out: those within a lane (faults_lane.py), how one is run (fault.py).
Spec:       docs/PROTOCOL.md#frames, #cards, #sessions
"""

import lane
import proto
from fault import ANY_64, FAULTS, Faulty, fault, listing
from link import ROLES, frame_bytes

import faults_lane

__all__ = ["FAULTS", "Faulty", "faults_lane", "listing", "renewed_card"]


# ---- frames and messages ---------------------------------------------------

@fault("unknown-frame-first", "connected", "unknown-frame")
def _(peer):
    peer.link.send_raw(frame_bytes(18, b""))


@fault("oversized-hello", "connected", "limit")
def _(peer):
    peer.link.send_raw(lane.u32(4097) + b"\1\0\0\0")


@fault("reserved-bytes", "connected", "format")
def _(peer):
    peer.link.send_raw(lane.u32(0) + b"\1\0\1\0")


@fault("hello-cut", "connected", "truncated")
def _(peer):
    good = proto.WIRE.encode("Hello", peer.hello())
    peer.link.send("HELLO", good[:-1])


@fault("hello-without-boot-id", "connected", "missing")
def _(peer):
    peer.send("HELLO", **peer.hello(boot_id=None))


@fault("hello-with-short-boot-id", "connected", "value")
def _(peer):
    peer.send("HELLO", **peer.hello(boot_id=bytes(15)))


@fault("hello-not-utf8", "connected", "utf8")
def _(peer):
    good = proto.WIRE.encode("Hello", peer.hello())
    peer.link.send("HELLO", good.replace(peer.team.encode(),
                                         b"\xff" * len(peer.team)))


@fault("hello-with-two-limits", "connected", "repeated")
def _(peer):
    good = proto.WIRE.encode("Hello", peer.hello())
    peer.link.send("HELLO", good + proto.WIRE.encode(
        "Hello", {"limits": peer.hello()["limits"]}))


@fault("hello-with-a-zero-byte", "connected", "utf8")
def _(peer):
    peer.send("HELLO", **peer.hello(team=peer.team + "\0"))


@fault("hello-of-another-wire-type", "connected", "format")
def _(peer):
    good = proto.WIRE.encode("Hello", peer.hello())
    peer.link.send("HELLO", b"\x09" + bytes(8) + good)


@fault("hello-with-a-group", "connected", "format")
def _(peer):
    good = proto.WIRE.encode("Hello", peer.hello())
    peer.link.send("HELLO", good + proto.varint(100 << 3 | 3) +
                   proto.varint(100 << 3 | 4))


@fault("hello-without-flight", "connected", "value")
def _(peer):
    peer.send("HELLO", **peer.hello(limits={"body_bytes": 1 << 20,
                                            "batches_in_flight": 0}))


@fault("auth-with-a-long-signature", "greeted", "limit")
def _(peer):
    peer.take_auth()
    peer.send("AUTH", key_id=peer.card.key_id("session"),
              signature=bytes(8193))


@fault("auth-with-a-short-signature", "greeted", "value")
def _(peer):
    peer.take_auth()
    peer.send("AUTH", key_id=peer.card.key_id("session"),
              signature=ANY_64[:63])


@fault("resume-of-many-lanes", "proven", "limit")
def _(peer):
    peer.send("RESUME", lanes=[peer.lane_state()] * 17)


@fault("card-unannounced", "greeted", "unexpected")
def _(peer):
    peer.link.send("CARD", peer.card.frame)


def renewed_card(peer, version):
    """Return the CARD payload of another version, under the same keys."""
    values = {**peer.card.values, "version": version,
              "contact": {"display_name": "renewed"}}
    data = proto.CARD.encode("Card", values)
    text = lane.card_text(peer.team, version, data)
    root = lane.openssl("pkey", "-in",
                        str(peer.state / "root" / "root.key"),
                        "-outform", "DER")[-32:]
    keys = []
    for key in values["keys"]:
        role = ROLES[key["role"]]
        signer = peer.signers[role]
        keys.append({"key_id": lane.key_id(peer.team, role, signer.public),
                     "signature": signer.sign(text)})
    return proto.CARD.encode("CardFrame", {
        "card": data, "root_signature": lane.Signer(root).sign(text),
        "keys": keys})


@fault("card-of-the-version-held", "connected", "stale")
def _(peer):
    newer_card(peer, peer.card.version + 1)
    peer.link.send("CARD", renewed_card(peer, peer.card.version))


@fault("card-held-already", "connected", "card")
def _(peer):
    newer_card(peer, peer.card.version + 1)
    peer.link.send("CARD", peer.card.frame)
    peer.take_auth()
    peer.send_auth()


@fault("card-that-nobody-signed", "connected", "signature")
def _(peer):
    newer_card(peer, peer.card.version + 1)
    values = {**peer.card.values, "version": peer.card.version + 1}
    signed = proto.CARD.decode("CardFrame", peer.card.frame)
    signed["card"] = proto.CARD.encode("Card", values)
    peer.link.send("CARD", proto.CARD.encode("CardFrame", signed))


@fault("card-of-another-team", "connected", "key")
def _(peer):
    newer_card(peer, peer.theirs.version + 1)
    peer.link.send("CARD", peer.theirs.frame)


@fault("auth-before-the-card", "connected", "card")
def _(peer):
    newer_card(peer, peer.card.version + 1)
    peer.take_auth()
    peer.send_auth()


def newer_card(peer, version):
    """Greet with a card version that the other side does not have."""
    peer.hellos["client"] = peer.send("HELLO", **peer.hello(
        card_version=version))
    name, peer.their_hello, peer.hellos["server"] = peer.read()
    assert name == "HELLO", name


@fault("unknown-frame", "open", "unknown-frame")
def _(peer):
    peer.link.send_raw(frame_bytes(200, b"words"))


@fault("oversized-header", "open", "limit")
def _(peer):
    peer.link.send_raw(lane.u32(128 * 1024 + 1) + b"\7\0\0\0")


@fault("fetch-of-a-lane-that-is-theirs", "open", "unknown-lane")
def _(peer):
    peer.send("FETCH", **{"lane_id": peer.held_id, "from": 0, "to": 1})


# ---- greeting and proof ----------------------------------------------------

@fault("frame-before-hello", "connected", "unexpected")
def _(peer):
    peer.send("PING", number=1, answer=False)


@fault("hello-of-another-version", "connected", "version")
def _(peer):
    peer.send("HELLO", **peer.hello(version=2))


@fault("hello-of-another-team", "connected", "wrong-team")
def _(peer):
    peer.send("HELLO", **peer.hello(team="other.example"))


@fault("hello-to-another-team", "connected", "wrong-peer")
def _(peer):
    peer.send("HELLO", **peer.hello(peer="other.example"))


@fault("hello-with-another-card", "connected", "card")
def _(peer):
    peer.send("HELLO", **peer.hello(card_hash=bytes(32)))


@fault("second-hello", "greeted", "unexpected")
def _(peer):
    peer.send("HELLO", **peer.hello())


@fault("resume-before-auth", "greeted", "unexpected")
def _(peer):
    peer.send("RESUME", lanes=[peer.lane_state()])


@fault("header-before-auth", "greeted", "unexpected")
def _(peer):
    peer.send("HEADER", **peer.draft())


@fault("auth-with-any-signature", "greeted", "auth")
def _(peer):
    peer.take_auth()
    peer.send("AUTH", key_id=peer.card.key_id("session"), signature=ANY_64)


@fault("auth-for-another-exporter", "greeted", "auth")
def _(peer):
    peer.take_auth()
    text = peer.claim("client", (peer.team, peer.theirs.team), bytes(32))
    peer.send("AUTH", key_id=peer.card.key_id("session"),
              signature=peer.signers["session"].sign(text))


@fault("auth-in-the-other-role", "greeted", "auth")
def _(peer):
    peer.take_auth()
    text = peer.claim("server", (peer.team, peer.theirs.team))
    peer.send("AUTH", key_id=peer.card.key_id("session"),
              signature=peer.signers["session"].sign(text))


@fault("auth-by-another-key", "greeted", "key")
def _(peer):
    peer.take_auth()
    text = peer.claim("client", (peer.team, peer.theirs.team))
    peer.send("AUTH", key_id=peer.card.key_id("checkpoint"),
              signature=peer.signers["checkpoint"].sign(text))
