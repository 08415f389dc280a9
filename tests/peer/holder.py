"""holder - the other lane: what is announced is checked, kept and receipted.

Holds:      nothing is used before its root and signature are verified, and
            no receipt leaves before what it claims is saved.
Trusts:     the session below it: both sides are proven.
Leaves out: our own lane (origin.py), frames and their order (peer.py).
Spec:       docs/PROTOCOL.md#resume, #batches, #receipts
"""

import time

import lane
import proto
from link import Wrong, check
from memory import leaf_marking, message_of
from origin import ENTRIES_MAX


class Batch:
    """A batch that was announced to us and is not yet held."""

    def __init__(self, start, records, signed):
        self.start = start
        self.records = records                  # [72 bytes]
        self.signed = signed                    # its checkpoint
        self.bodies = {}                        # {index: (salt, body)}
        self.wanted = []                        # indexes still to come
        self.gone = set()                       # indexes that never come
        self.asked = False


class Holder:
    """What a Peer does in the lane that it keeps."""

    def lane_state(self):
        """Return what we say of the lane that we hold."""
        held = self.memory.held
        size = len(held["entries"])
        state = {"lane_id": self.held_id, "genesis": self.genesis["held"],
                 "size": size, "root": self.held_tree.root()}
        if size:
            state["checkpoint"] = held["checkpoints"][-1]
            assert state["checkpoint"]["size"] == size
        if held["seen"]:
            state["seen"] = held["seen"]
        last = held["receipt"]
        answers = [one for one in held["checkpoints"]
                   if last and one["size"] == last["size"]]
        if answers:
            state.update(receipt=last, receipt_answers=answers[0])
        return state

    def on_verdict(self, values):
        """Hear as holder how it goes on."""
        check(self.verdict is None, "unexpected", "second VERDICT")
        check(values["lane_id"] == self.held_id, "unknown-lane")
        check(values["row"] == 4, "frozen", f"row {values['row']}")
        check(values["start"] == len(self.memory.held["entries"]), "range")
        self.verdict = values

    def announced(self):
        """Return the end of what the origin announced to us."""
        return len(self.held_tree.leaves)

    def on_header(self, values):
        """Check a batch whole, keep its checkpoint, ask for its bodies."""
        check(self.verdict, "unexpected", "HEADER before VERDICT")
        check(values["lane_id"] == self.held_id, "unknown-lane")
        check(values["start"] == self.announced(), "range")
        data = values["records"]
        count = len(data) // 72
        check(len(data) % 72 == 0 and 1 <= count <= ENTRIES_MAX, "value")
        check(len(self.batches) < self.flight_max(), "credit")
        records = [data[i * 72:i * 72 + 72] for i in range(count)]
        tree = lane.Tree(self.held_tree.leaves)
        parsed = []
        for i, record in enumerate(records):
            try:
                parsed.append(lane.Record(record, values["start"] + i))
            except ValueError as problem:
                raise Wrong("format", str(problem)) from None
            tree.append(lane.leaf(record))
        signed = {"size": values["start"] + count, "root": values["root"],
                  "time": values["time"], "key_id": values["key_id"],
                  "signature": values["signature"]}
        # PROTOCOL batches: "A HEADER MUST NOT be used for anything before its
        # root and its signature are verified."
        check(tree.root() == signed["root"], "root")
        check(signed["key_id"] == self.theirs.key_id("checkpoint"), "key")
        text = lane.cosigned(lane.tree_text(
            self.theirs.team, self.held_id, signed["size"], signed["root"]),
            signed["time"])
        check(lane.signature_is_good(self.theirs.keys["checkpoint"], text,
                                     signed["signature"]), "signature")
        self.held_tree = tree
        batch = Batch(values["start"], records, signed)
        batch.gone = {one.expunges() for one in parsed}
        batch.wanted = [one.index for one in parsed
                        if one.kind in (0, 2) and one.tlp <= 4 and
                        one.flags <= 3 and one.index not in batch.gone]
        self.batches.append(batch)
        seen = self.memory.held["seen"]
        if seen is None or seen["size"] < signed["size"]:
            self.memory.held["seen"] = signed
        self.memory.save()
        if self.taking:
            self.want(batch)
            self.keep_what_is_whole()

    def want(self, batch):
        """Ask for the bodies of a batch."""
        batch.asked = True
        bits = sum(1 << index - batch.start for index in batch.wanted)
        count = len(batch.records)
        self.send("WANT", lane_id=self.held_id, first=batch.start, count=count,
                  bitmap=bits.to_bytes((count + 7) // 8, "little"))

    def on_body(self, values):
        """Take salt and the first piece of a body that was asked for."""
        check(values["lane_id"] == self.held_id, "unknown-lane")
        batch = self._collecting()
        check(values["index"] == batch.wanted[0], "credit")
        self.collecting = {"salt": values["salt"], "body": bytearray()}
        self.half_come = True
        self._add_piece(batch, values["piece"])

    def on_piece(self, values):
        """Take a further piece."""
        check(values["lane_id"] == self.held_id, "unknown-lane")
        batch = self._collecting()
        check(values["index"] == batch.wanted[0] and
              values["offset"] == len(self.collecting["body"]), "credit")
        self._add_piece(batch, values["bytes"])

    # PROTOCOL expunge: "A holder MUST take GONE in place of a body that it
    # asked for where it gave a receipt that covers the entry."
    def on_gone(self, values):
        """Take it that a body does not come any more."""
        check(values["lane_id"] == self.held_id, "unknown-lane")
        batch = self._collecting()
        check(values["index"] == batch.wanted[0] and not self.half_come,
              "credit")
        batch.gone.add(batch.wanted.pop(0))
        self.keep_what_is_whole()

    def _collecting(self):
        for batch in self.batches:
            if batch.asked and batch.wanted:
                return batch
        raise Wrong("credit", "a body that was not asked for")

    # PROTOCOL batches: "A holder MUST check each body alone against its length
    # and commitment, and end the session where it does not match."
    def _add_piece(self, batch, piece):
        index = batch.wanted[0]
        record = lane.Record(batch.records[index - batch.start], index)
        body = self.collecting["body"]
        left = record.length - len(body)
        check(len(piece) == min(left, lane.PIECE), "range", "size of a piece")
        body += piece
        if len(body) < record.length:
            return
        salt = self.collecting["salt"]
        check(record.fits(salt, bytes(body)), "commitment")
        batch.bodies[index] = (salt, bytes(body))
        self.half_come = False
        batch.wanted.pop(0)
        self.keep_what_is_whole()

    def keep_what_is_whole(self):
        """Keep batches whose bodies all came, and give one receipt."""
        held, size = self.memory.held, len(self.memory.held["entries"])
        while (self.batches and self.batches[0].asked and
               not self.batches[0].wanted):
            self._keep(self.batches.pop(0))
        if len(held["entries"]) > size:
            self.memory.save()
            self.send_receipt()

    def _keep(self, batch):
        held = self.memory.held
        for i, record in enumerate(batch.records):
            index = batch.start + i
            salt, body = batch.bodies.get(index, (None, None))
            if index in batch.gone:
                held["entries"].append({"record": record, "salt": None,
                                        "body": None, "gone": True})
                continue
            code, text = self.judge(record, index, body)
            if code:
                self._decline(index, record, code, text)
                salt = body = None
            held["entries"].append({"record": record, "salt": salt,
                                    "body": body})
            self.memory.expunge(held, record)
        held["checkpoints"].append(batch.signed)

    def judge(self, record, index, body):
        """Return (code, reason), 0 where we take the body."""
        leaf = lane.Record(record, index)
        if body is None:
            return proto.CODES["value"], "unknown kind, TLP or flag"
        # PROTOCOL expunge: "A holder MUST NOT decline an expunge."
        if leaf.kind == 2:
            return 0, ""
        try:
            message = message_of(body)
        except proto.Bad as bad:
            return proto.CODES[bad.error], str(bad)
        if message["kind"] == proto.MESSAGE.enums["Kind"]["DECLINE"]:
            return 0, ""
        head = message.get("head")
        if head is None:
            marking = {"tlp": leaf.tlp}
        else:
            marking = head.get("marking", {})
            if (leaf.tlp, leaf.flags) != leaf_marking(marking):
                return proto.CODES["value"], "another marking than the head's"
        tlp = marking.get("tlp", 4)
        if tlp > self.ceiling:
            return proto.CODES["policy"], "ceiling"
        return 0, ""

    def _decline(self, index, record, code, text):
        self.queue({"kind": proto.MESSAGE.enums["Kind"]["DECLINE"],
                    "decline": {"entry": {
                        "lane_id": self.held_id, "first": index, "count": 1,
                        "leaf": lane.leaf(record)},
                        "code": code, "text": text}})

    def sign_receipt(self, size, root):
        """Return a receipt of the lane that we hold."""
        last = self.memory.held["receipt"]
        when = max(int(time.time()), last["time"] if last else 0)
        text = lane.cosigned(lane.tree_text(
            self.theirs.team, self.held_id, size, root), when)
        return {"size": size, "root": root, "time": when,
                "key_id": self.card.key_id("receipt"),
                "signature": self.signers["receipt"].sign(text)}

    # PROTOCOL receipts: "A holder MUST have leaf records, bodies and the
    # checkpoint synced to disk before a receipt that covers them leaves it."
    def send_receipt(self):
        """Sign, save and send a receipt of all that is held.

        Where this side was set back below its last receipt, it sends HELD
        until it has passed that size again.
        """
        held = self.memory.held
        answers, last = held["checkpoints"][-1], held["receipt"]
        # PROTOCOL expunge: "Above it the holder MUST take GONE too, and MUST
        # NOT sign a receipt of a size s > i before an expunge of i stands
        # below s."
        covered = last["size"] if last else 0
        missing = any("gone" in one and "expunged" not in one
                      for one in held["entries"][covered:])
        if missing or last and answers["size"] < last["size"]:
            self.send("HELD", lane_id=self.held_id, size=answers["size"])
            self.helds.append(answers["size"])
            return
        if not last or answers["size"] > last["size"]:
            held["receipt"] = self.sign_receipt(answers["size"],
                                                answers["root"])
            self.memory.save()
        # PROTOCOL gate: "A (size, root) that stands in the signing journal MAY
        # be given out again, and then MUST be given with the time and
        # signature of the first time."
        assert held["receipt"]["root"] == answers["root"]
        self.send("RECEIPT", **self.receipt_values(held["receipt"], answers))

    def receipt_values(self, receipt, answers, **other):
        """Return the values of a RECEIPT."""
        return {"lane_id": self.held_id, "receipt": receipt,
                "origin_time": answers["time"],
                "origin_key_id": answers["key_id"],
                "origin_signature": answers["signature"], **other}

    def take(self, size):
        """Take batches until we hold so many entries."""
        self.until(lambda: len(self.memory.held["entries"]) >= size)
