"""faults - a peer that misbehaves in one way, and the code that answers it.

Holds:      every misbehaviour leaves the peer's own file fit for a good
            session: what it really signed for its lane stays in it.
Leaves out: good manners (peer.py and what it uses).
Spec:       docs/PROTOCOL.md#errors, and the part that each one breaks
"""

import secrets

import lane
import proto
from link import Closed, frame_bytes
from peer import Peer, indicator

FAULTS = {}
ANY_64 = bytes(range(64))


class Faulty(Peer):
    """A Peer whose steps can be replaced one by one."""

    hold_verdict = False

    def before_verdict(self):
        """Leave out the VERDICT where it is the one to spoil."""
        return self.hold_verdict

    def draft(self, bodies=(b"",), edit=lambda i, record: record, **other):
        """Return a HEADER for entries that our file does not keep.

        `edit` may change leaf record i; `other` replaces fields after the
        checkpoint was signed.
        """
        start = len(self.own_tree.leaves)
        tree = lane.Tree(self.own_tree.leaves)
        records = []
        for i, body in enumerate(bodies):
            record = lane.leaf_record(start + i, 1700000000000,
                                      secrets.token_bytes(32), body)
            records.append(edit(i, record))
            tree.append(lane.leaf(records[-1]))
        signed = self.sign_checkpoint(start + len(bodies), tree.root())
        return {"lane_id": self.own_id, "start": start,
                "records": b"".join(records), "root": signed["root"],
                "time": signed["time"], "key_id": signed["key_id"],
                "signature": signed["signature"], **other}


class Fault:
    """One misbehaviour: how far to come first, what to do, what it costs."""

    def __init__(self, stage, error, act):
        self.stage = stage
        self.error = error
        self.act = act
        # The other side must have announced entries that we did not take.
        self.needs_pending = stage == "pending"

    def run(self, peer, meet):
        """Do it over a new connection; return the code of the CLOSE."""
        meet()
        try:
            self._come_to_stage(peer)
            self.act(peer)
        except OSError:
            pass                                # closed while we were sending
        except Closed as closed:
            return closed.code
        finally:
            peer.__dict__.pop("send_body", None)
            peer.__dict__.pop("on_want", None)
            peer.hold_verdict, peer.taking = False, True
        return peer.expect_close()

    def _come_to_stage(self, peer):
        peer.hold_verdict = self.stage == "resumed"
        peer.taking = self.stage != "pending"
        if self.stage == "connected":
            return
        peer.greet()
        if self.stage == "greeted":
            return
        peer.prove()
        if self.stage == "proven":
            return
        if self.stage == "resumed":
            peer.send("RESUME", lanes=[peer.lane_state()])
            peer.until(lambda: peer.state_name == "OPEN" and peer.verdict)
            return
        peer.resume()
        peer.until(lambda: not peer.flight)
        if self.stage == "pending":
            peer.until(lambda: peer.batches and
                       len(peer.batches[0].records) >= 2)


def fault(name, stage, error):
    """Register a function as a misbehaviour."""
    def register(act):
        FAULTS[name] = Fault(stage, error, act)
        return act
    return register


def listing():
    """Return a line for each misbehaviour."""
    return [f"{name:32}{one.stage:11}{proto.CODES[one.error]:3} {one.error}"
            for name, one in FAULTS.items()]


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


@fault("card-of-the-version-held", "connected", "stale")
def _(peer):
    newer_card(peer, peer.card.version + 1)
    peer.link.send("CARD", peer.card.frame)


@fault("card-that-nobody-signed", "connected", "card")
def _(peer):
    newer_card(peer, peer.card.version + 1)
    values = {**peer.card.values, "version": peer.card.version + 1}
    signed = proto.CARD.decode("CardFrame", peer.card.frame)
    signed["card"] = proto.CARD.encode("Card", values)
    peer.link.send("CARD", proto.CARD.encode("CardFrame", signed))


@fault("card-of-another-team", "connected", "card")
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


@fault("reserved-fetch", "open", "unsupported")
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


# ---- resume ----------------------------------------------------------------

@fault("header-before-resume", "proven", "unexpected")
def _(peer):
    peer.send("HEADER", **peer.draft())


@fault("second-resume", "open", "unexpected")
def _(peer):
    peer.send("RESUME", lanes=[peer.lane_state()])


@fault("verdict-with-another-start", "resumed", "range")
def _(peer):
    size = peer.their_state["size"]
    peer.send("VERDICT", lane_id=peer.own_id, row=4, size=size + 1,
              start=size + 1)


@fault("verdict-of-another-lane", "resumed", "unknown-lane")
def _(peer):
    peer.send("VERDICT", lane_id=bytes(32), row=4, size=0, start=0)


@fault("header-before-verdict", "resumed", "range")
def _(peer):
    peer.send("HEADER", **peer.draft())


@fault("second-verdict", "open", "unexpected")
def _(peer):
    size = len(peer.own_tree.leaves)
    peer.send("VERDICT", lane_id=peer.own_id, row=4, size=size, start=size)


# ---- as origin -------------------------------------------------------------

@fault("header-with-a-gap", "open", "range")
def _(peer):
    values = peer.draft(bodies=(b"one", b"two"))
    peer.send("HEADER", **{**values, "start": values["start"] + 1,
                           "records": values["records"][72:]})


@fault("header-with-a-wrong-root", "open", "root")
def _(peer):
    wrong = peer.sign_checkpoint(len(peer.own_tree.leaves) + 1, bytes(32))
    peer.send("HEADER", **peer.draft(root=wrong["root"],
                                     signature=wrong["signature"]))


@fault("header-with-any-signature", "open", "signature")
def _(peer):
    peer.send("HEADER", **peer.draft(signature=ANY_64))


@fault("header-by-another-key", "open", "key")
def _(peer):
    peer.send("HEADER", **peer.draft(key_id=peer.card.key_id("receipt")))


@fault("header-of-another-lane", "open", "unknown-lane")
def _(peer):
    peer.send("HEADER", **peer.draft(lane_id=bytes(32)))


@fault("header-of-their-own-lane", "open", "unknown-lane")
def _(peer):
    peer.send("HEADER", **peer.draft(lane_id=peer.held_id))


@fault("header-without-records", "open", "value")
def _(peer):
    peer.send("HEADER", **peer.draft(records=b""))


@fault("header-with-a-broken-record", "open", "value")
def _(peer):
    peer.send("HEADER", **peer.draft(records=bytes(71)))


@fault("header-of-1025-records", "open", "limit")
def _(peer):
    peer.send("HEADER", **peer.draft(bodies=(b"",) * 1025))


@fault("leaf-of-another-version", "open", "format")
def _(peer):
    peer.send("HEADER", **peer.draft(
        edit=lambda i, record: record[:8] + b"\2" + record[9:]))


@fault("leaf-without-its-magic", "open", "format")
def _(peer):
    peer.send("HEADER", **peer.draft(
        edit=lambda i, record: b"LANELEEF" + record[8:]))


@fault("leaf-at-another-place", "open", "range")
def _(peer):
    peer.send("HEADER", **peer.draft(
        edit=lambda i, record: record[:16] + lane.u64(1 << 40) + record[24:]))


@fault("leaf-of-too-large-a-body", "open", "limit")
def _(peer):
    peer.send("HEADER", **peer.draft(
        edit=lambda i, record: record[:12] + lane.u32(lane.BODY_MAX + 1) +
        record[16:]))


@fault("more-headers-than-may-fly", "open", "credit")
def _(peer):
    peer.on_want = lambda values: None
    for i in range(peer.flight_max() + 1):
        peer.queue(indicator("DOMAIN", f"many-{i}.example"))
        start = len(peer.own_tree.leaves)
        peer.sequence()
        peer.send("HEADER", **peer.header(
            start, peer.memory.own["checkpoints"][-1]))


def spoil_body(peer, change):
    """Announce one good entry, and send its body changed."""
    def send_body(index):
        entry = peer.memory.own["entries"][index]
        peer.send("BODY", **change({"lane_id": peer.own_id, "index": index,
                                    "salt": entry["salt"],
                                    "piece": entry["body"]}))
    peer.send_body = send_body
    peer.queue(indicator("DOMAIN", f"spoiled-{peer.memory.next}.example"))
    peer.flush()
    peer.until(lambda: False)


@fault("body-changed", "open", "commitment")
def _(peer):
    spoil_body(peer, lambda values: {**values, "piece":
                                     values["piece"][:-1] + b"\0"})


@fault("body-with-another-salt", "open", "commitment")
def _(peer):
    spoil_body(peer, lambda values: {**values, "salt": bytes(32)})


@fault("body-cut", "open", "range")
def _(peer):
    spoil_body(peer, lambda values: {**values,
                                     "piece": values["piece"][:-1]})


@fault("body-of-another-index", "open", "credit")
def _(peer):
    spoil_body(peer, lambda values: {**values, "index": values["index"] + 1})


@fault("body-unasked", "open", "credit")
def _(peer):
    peer.send("BODY", lane_id=peer.own_id, index=0, salt=bytes(32), piece=b"")


@fault("piece-unasked", "open", "credit")
def _(peer):
    peer.send("PIECE", lane_id=peer.own_id, index=0, offset=lane.PIECE,
              bytes=b"words")


# ---- as holder -------------------------------------------------------------

@fault("want-unannounced", "open", "range")
def _(peer):
    peer.send("WANT", lane_id=peer.held_id, first=peer.announced(), count=1,
              bitmap=b"\1")


@fault("want-with-too-many-bits", "pending", "value")
def _(peer):
    peer.send("WANT", lane_id=peer.held_id, first=peer.batches[0].start,
              count=1, bitmap=b"\3")


@fault("want-of-nothing", "pending", "value")
def _(peer):
    peer.send("WANT", lane_id=peer.held_id, first=peer.batches[0].start,
              count=0, bitmap=b"")


@fault("want-with-a-short-bitmap", "pending", "value")
def _(peer):
    peer.send("WANT", lane_id=peer.held_id, first=peer.batches[0].start,
              count=1, bitmap=b"")


@fault("want-twice", "pending", "range")
def _(peer):
    for _ in range(2):
        peer.send("WANT", lane_id=peer.held_id, first=peer.batches[0].start,
                  count=1, bitmap=b"\1")


@fault("receipt-never-sent", "pending", "ahead")
def _(peer):
    send_receipt(peer, peer.announced() + 7, bytes(32))


@fault("receipt-between-checkpoints", "pending", "range")
def _(peer):
    size = peer.batches[0].start + 1
    send_receipt(peer, size, peer.held_tree.root(size))


@fault("receipt-of-another-root", "pending", "forked")
def _(peer):
    send_receipt(peer, peer.batches[0].signed["size"], bytes(32))


@fault("receipt-with-any-signature", "pending", "signature")
def _(peer):
    send_receipt(peer, peer.batches[0].signed["size"],
                 peer.batches[0].signed["root"], signature=ANY_64)


@fault("receipt-by-another-key", "pending", "key")
def _(peer):
    send_receipt(peer, peer.batches[0].signed["size"],
                 peer.batches[0].signed["root"],
                 key_id=peer.card.key_id("checkpoint"))


def send_receipt(peer, size, root, **other):
    """Send a receipt over what the latest batch's checkpoint signs."""
    receipt = {**peer.sign_receipt(size, root), **other}
    peer.send("RECEIPT", **peer.receipt_values(receipt,
                                               peer.batches[0].signed))
