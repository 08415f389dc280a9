"""origin - our lane: verdict, batches, bodies, and receipts that come back.

Holds:      a tree that was signed is never signed again in another form.
Trusts:     the session below it: both sides are proven.
Leaves out: the other lane (holder.py), frames and their order (peer.py).
Spec:       docs/PROTOCOL.md#resume, #batches, #checkpoints
"""

import secrets
import time

import lane
import proto
from link import check

IN_FLIGHT = 4
ENTRIES_MAX = 1024
BATCH_BYTES_MAX = 4 << 20


class Origin:
    """What a Peer does in the lane that it writes."""

    def on_resume(self, values):
        """Say as origin what follows from what the holder has."""
        self.state_name = "OPEN"
        mine = [one for one in values["lanes"]
                if one["lane_id"] == self.own_id]
        check(len(mine) == 1 and len(values["lanes"]) == 1, "unknown-lane")
        self.their_state = mine[0]
        self.asked_up_to = mine[0]["size"]
        if self.before_verdict():
            return
        row = self.row(mine[0])
        self.send("VERDICT", lane_id=self.own_id, row=row,
                  size=len(self.memory.own["entries"]),
                  start=mine[0]["size"] if row == 4 else 0)
        self.verdict_sent = True
        check(row == 4, "frozen", f"row {row}")
        if mine[0].get("receipt"):
            self._take_receipt(mine[0]["receipt"])
        self._send_signed_from(mine[0]["size"])

    def before_verdict(self):
        """Tell whether a misbehaviour stands in place of the VERDICT."""
        return False

    def checkpoint_is_good(self, signed):
        """Say whether our checkpoint key made a checkpoint."""
        text = lane.cosigned(lane.tree_text(
            self.team, self.own_id, signed["size"], signed["root"]),
            signed["time"])
        return (signed["key_id"] == self.card.key_id("checkpoint") and
                lane.signature_is_good(self.card.keys["checkpoint"], text,
                                       signed["signature"]))

    def row(self, state):
        """Return the row of the table in docs/PROTOCOL.md#resume.

        What we signed and what we have are one file here, so that the rows
        that tell them apart (11, 12) cannot come up.
        """
        n, root, m = state["size"], state["root"], len(self.own_tree.leaves)
        epoch = int.from_bytes(state["genesis"][72:80], "big")
        if epoch or state["genesis"] != self.genesis["own"]:
            return 2 if epoch else 3
        signed = {one["size"]: one for one in self.memory.own["checkpoints"]}
        c, s = state.get("checkpoint"), state.get("seen")
        good_c = n == 0 or (c is not None and
                            (c["size"], c["root"]) == (n, root) and
                            self.checkpoint_is_good(c))
        beyond = s is not None and s["size"] > m
        if n > m and not good_c or (n <= m and beyond and
                                    not self.checkpoint_is_good(s)):
            return 9
        if n > m or beyond:
            at = (n, root) if n > m else (s["size"], s["root"])
            if at[0] not in signed or signed[at[0]]["root"] != at[1]:
                return 8
            return 7 if n > m else 10
        if self.own_tree.root(n) != root or n and n not in signed:
            return 5 if good_c else 6
        return 4

    def queue(self, message, **leaf):
        """Put a message (dict) into the outbox, saved with what comes next.

        `leaf` may give another kind, tlp or flags than the message has.
        """
        head = message.get("head", {})
        marking = head.get("marking", {})
        body = (self.memory.stream + lane.u64(self.memory.next) +
                proto.MESSAGE.encode("Message", message))
        flags = (bool(marking.get("relay_permitted")) |
                 bool(marking.get("exercise")) << 1)
        entry = {"body": body, "kind": 0, "flags": flags,
                 "tlp": marking.get("tlp", 4 if head else 0), **leaf}
        self.memory.next += 1
        self.memory.outbox.append(entry)

    def queue_body(self, body, **leaf):
        """Put bytes into the outbox that need not be a message."""
        self.memory.outbox.append({"body": body, "kind": 0, "tlp": 0,
                                   "flags": 0, **leaf})

    # PROTOCOL expunge: "An expunge MUST be written by the origin alone: its
    # ref is the index of an earlier entry of kind 0 of the same lane, its body
    # empty; where that entry lies in an earlier epoch, ref is 2^64 - 1 and the
    # body a submission id and a message of kind 5 whose expunge note cites it,
    # with count 1."
    def queue_expunge(self, index):
        """Have an entry of ours expunged, ahead of what waits."""
        self.memory.outbox.insert(0, {"body": b"", "kind": 2, "tlp": 0,
                                      "flags": 0, "ref": index})

    # PROTOCOL batches: "A batch MUST have at most 1,024 entries and at most 4
    # MiB (4,194,304 bytes) of bodies, but for one larger body that goes
    # alone."
    def sequence(self):
        """Give the outbox its places, sign, save; return the new size."""
        own, bytes_sum = self.memory.own, 0
        start = len(own["entries"])
        for entry in list(self.memory.outbox):
            bytes_sum += len(entry["body"])
            count = len(own["entries"]) - start
            if count and (count == ENTRIES_MAX or bytes_sum > BATCH_BYTES_MAX):
                break
            salt = secrets.token_bytes(32)
            record = lane.leaf_record(
                len(own["entries"]), time.time_ns() // 1000000, salt,
                entry["body"], entry["kind"], entry["tlp"], entry["flags"],
                ref=entry.get("ref", lane.NO_REF))
            own["entries"].append({"record": record, "salt": salt,
                                   "body": entry["body"]})
            self.memory.outbox.pop(0)
            self.own_tree.append(lane.leaf(record))
            self.memory.expunge(own, record)
        own["checkpoints"].append(self.sign_checkpoint(
            len(own["entries"]), self.own_tree.root()))
        self.memory.save()
        return len(own["entries"])

    def sign_checkpoint(self, size, root):
        """Return a checkpoint of our lane."""
        last = self.memory.own["checkpoints"][-1:]
        when = max([int(time.time())] + [one["time"] for one in last])
        text = lane.cosigned(lane.tree_text(self.team, self.own_id, size,
                                            root), when)
        return {"size": size, "root": root, "time": when,
                "key_id": self.card.key_id("checkpoint"),
                "signature": self.signers["checkpoint"].sign(text)}

    def header(self, start, signed, **other):
        """Return the values of a HEADER up to a checkpoint of ours."""
        entries = self.memory.own["entries"][start:signed["size"]]
        return {"lane_id": self.own_id, "start": start,
                "records": b"".join(one["record"] for one in entries),
                "root": signed["root"], "time": signed["time"],
                "key_id": signed["key_id"], "signature": signed["signature"],
                **other}

    def flight_max(self):
        """Return how many batches may be under way in our lane."""
        return min(IN_FLIGHT,
                   self.their_hello["limits"]["batches_in_flight"])

    def _send_signed_from(self, start):
        for signed in self.memory.own["checkpoints"]:
            if signed["size"] > start:
                self._announce(start, signed)
                start = signed["size"]

    def _announce(self, start, signed):
        self.until(lambda: len(self.flight) < self.flight_max())
        self.send("HEADER", **self.header(start, signed))
        self.flight.append(signed["size"])

    def flush(self):
        """Send what is in the outbox, batch by batch."""
        while self.memory.outbox:
            self.until(lambda: len(self.flight) < self.flight_max())
            start = len(self.memory.own["entries"])
            self.sequence()
            self._announce(start, self.memory.own["checkpoints"][-1])

    def deliver(self):
        """Send what is in the outbox and wait until all is receipted."""
        self.flush()
        self.until(lambda: not self.flight)

    # PROTOCOL batches: "An origin MUST NOT send a body that was not asked
    # for."
    def on_want(self, values):
        """Send the bodies asked for."""
        check(values["lane_id"] == self.own_id, "unknown-lane")
        first, count, bitmap = (values["first"], values["count"],
                                values["bitmap"])
        check(1 <= count <= ENTRIES_MAX and len(bitmap) == (count + 7) // 8,
              "value")
        bits = int.from_bytes(bitmap, "little")
        # PROTOCOL frames: "Bits of a bitmap at or above its count MUST be
        # zero."
        check(bits >> count == 0, "value", "bits above the count")
        check(self.flight and first + count <= self.flight[-1] and
              first >= self.asked_up_to, "range")
        self.asked_up_to = first + count
        for index in range(first, first + count):
            if bits >> index - first & 1:
                self.send_body(index)

    # PROTOCOL batches: "Every PIECE but the last of a body MUST have 65,536
    # bytes, its offset the number of bytes of that body before it."
    def send_body(self, index):
        """Send BODY and the PIECEs of an entry of ours, or GONE."""
        entry = self.memory.own["entries"][index]
        body = entry["body"]
        if body is None:
            self.send("GONE", lane_id=self.own_id, index=index)
            return
        self.send("BODY", lane_id=self.own_id, index=index,
                  salt=entry["salt"], piece=body[:lane.PIECE])
        for offset in range(lane.PIECE, len(body), lane.PIECE):
            self.send("PIECE", lane_id=self.own_id, index=index,
                      offset=offset, bytes=body[offset:offset + lane.PIECE])

    # PROTOCOL receipts: "A RECEIPT frame MUST repeat time, key id and
    # signature of the origin's checkpoint of that size and root."
    def on_receipt(self, values):
        """Verify and keep a receipt."""
        check(values["lane_id"] == self.own_id, "unknown-lane")
        receipt = values["receipt"]
        signed = self._take_receipt(receipt)
        check((values["origin_time"], values["origin_key_id"],
               values["origin_signature"]) ==
              (signed["time"], signed["key_id"], signed["signature"]),
              "value", "the checkpoint that the receipt answers")
        self.flight = [end for end in self.flight if end > receipt["size"]]

    # PROTOCOL receipts: "An origin MUST check of a receipt that its key id is
    # that of the holder's receipt key, that size and root are those of a
    # checkpoint of its own, and that the holder's signature is good."
    def _take_receipt(self, receipt):
        size = receipt["size"]
        check(size <= len(self.own_tree.leaves), "ahead")
        signed = [one for one in self.memory.own["checkpoints"]
                  if one["size"] == size]
        check(signed, "range")
        check(signed[0]["root"] == receipt["root"], "forked")
        check(receipt["key_id"] == self.theirs.key_id("receipt"), "key")
        text = lane.cosigned(lane.tree_text(self.team, self.own_id, size,
                                            receipt["root"]), receipt["time"])
        check(lane.signature_is_good(self.theirs.keys["receipt"], text,
                                     receipt["signature"]), "signature")
        latest = self.memory.own["receipt"]
        if latest is None or latest["size"] < size:
            self.memory.own["receipt"] = receipt
            self.memory.save()
        return signed[0]

    def on_held(self, values):
        """Go on without a receipt."""
        check(values["lane_id"] == self.own_id, "unknown-lane")
        self.flight = [end for end in self.flight if end > values["size"]]
