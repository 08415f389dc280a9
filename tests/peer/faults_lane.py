"""faults_lane - misbehaviours of RESUME, VERDICT, batches and receipts.

Leaves out: those before a lane is spoken of (faults.py).
Spec:       docs/PROTOCOL.md#resume, #batches
"""

import lane
from fault import ANY_64, fault
from memory import indicator


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


# PROTOCOL expunge: "A GONE that stands where no body of that index was to come
# MUST end the session with code 41."
@fault("gone-unasked", "open", "credit")
def _(peer):
    peer.send("GONE", lane_id=peer.own_id, index=0)


@fault("gone-of-another-index", "open", "credit")
def _(peer):
    def send_body(index):
        peer.send("GONE", lane_id=peer.own_id, index=index + 1)
    peer.send_body = send_body
    peer.queue(indicator("DOMAIN", f"not-gone-{peer.memory.next}.example"))
    peer.flush()
    peer.until(lambda: False)


@fault("gone-of-another-lane", "open", "unknown-lane")
def _(peer):
    peer.send("GONE", lane_id=peer.held_id, index=0)


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


@fault("receipt-of-another-lane", "open", "unknown-lane")
def _(peer):
    last = peer.memory.held["receipt"]
    peer.send("RECEIPT", **peer.receipt_values(
        last, peer.memory.held["checkpoints"][-1], lane_id=bytes(32)))


@fault("held-never-sent", "open", "ahead")
def _(peer):
    peer.send("HELD", lane_id=peer.held_id, size=peer.announced() + 7)


@fault("held-of-another-lane", "open", "unknown-lane")
def _(peer):
    peer.send("HELD", lane_id=peer.own_id, size=0)


@fault("want-of-another-lane", "open", "unknown-lane")
def _(peer):
    peer.send("WANT", lane_id=bytes(32), first=0, count=1, bitmap=b"\1")


@fault("want-with-a-short-lane", "open", "value")
def _(peer):
    peer.send("WANT", lane_id=bytes(31), first=0, count=1, bitmap=b"\1")


@fault("body-of-another-lane", "open", "unknown-lane")
def _(peer):
    peer.send("BODY", lane_id=peer.held_id, index=0, salt=bytes(32),
              piece=b"")


@fault("body-with-a-short-salt", "open", "value")
def _(peer):
    peer.send("BODY", lane_id=peer.own_id, index=0, salt=bytes(31), piece=b"")


@fault("piece-of-another-lane", "open", "unknown-lane")
def _(peer):
    peer.send("PIECE", lane_id=peer.held_id, index=0, offset=0, bytes=b"x")


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
