"""epochs - a peer that goes on in new epochs, and gets back what it lost.

Holds:      a tail that was lost is taken only up to what we signed.
Leaves out: keeping epochs over runs: the files know the latest alone.
Spec:       docs/PROTOCOL.md#resume
"""

import lane
from fault import Faulty
from link import check

EMPTY = {"entries": [], "checkpoints": [], "receipt": None}


class Rolling(Faulty):
    """A Peer that knows FETCH and GENESIS, in both directions."""

    offered = fetched = None

    # ---- our lane -------------------------------------------------------

    def on_resume(self, values):
        """Answer for the lane that we are in; the node lists older ones."""
        mine = [one for one in values["lanes"]
                if one["lane_id"] == self.own_id]
        if mine and mine[0]["size"] > len(self.own_tree.leaves):
            self.fetch(mine[0])
            return
        super().on_resume({**values, "lanes": mine})

    def roll(self):
        """Begin a new epoch where both sides are; all is receipted."""
        self.offered = lane.genesis_after(
            self.genesis["own"], len(self.own_tree.leaves),
            self.own_tree.root())
        self.send("GENESIS", lane_id=lane.lane_id(self.offered),
                  genesis=self.offered)
        self.until(lambda: self.offered is None)

    def on_held(self, values):
        """Hear that the node entered the epoch that we offered."""
        if self.fetched is not None or not self.offered:
            super().on_held(values)
            return
        check(values["lane_id"] == lane.lane_id(self.offered) and
              values["size"] == 0, "unexpected")
        self.genesis["own"], self.offered = self.offered, None
        self.own_id = lane.lane_id(self.genesis["own"])
        self.own_tree = lane.Tree(())
        self.memory.own = {key: list(one) if one == [] else one
                           for key, one in EMPTY.items()}
        self.asked_up_to, self.flight = 0, []
        self.send("VERDICT", lane_id=self.own_id, row=4, size=0, start=0)

    # ---- what we lost ---------------------------------------------------

    def lose(self, size):
        """Forget our entries from `size` on; our signatures stay known."""
        del self.memory.own["entries"][size:]
        self.own_tree = lane.Tree(lane.leaf(one["record"])
                                  for one in self.memory.own["entries"])

    def fetch(self, state):
        """Say row 7 and ask for the tail."""
        self.state_name = "OPEN"
        check(self.row(state) == 7, "frozen", "not what we signed")
        size = len(self.own_tree.leaves)
        self.send("VERDICT", lane_id=self.own_id, row=7, size=size, start=0)
        self.send("FETCH", **{"lane_id": self.own_id, "from": size,
                              "to": state["size"]})
        self.fetched, self.ends, self.tail = state, [], []

    def on_header(self, values):
        """Take a batch of our own tail, or of the node's lane."""
        if self.fetched is None or values["lane_id"] != self.own_id:
            super().on_header(values)
            return
        size = len(self.own_tree.leaves)
        check(values["start"] == size, "range")
        records = [values["records"][at:at + 72]
                   for at in range(0, len(values["records"]), 72)]
        tree = lane.Tree(self.own_tree.leaves)
        for record in records:
            tree.append(lane.leaf(record))
        # PROTOCOL resume: "An origin MUST check each batch of a fetched tail
        # against its own checkpoint key, and take it only if its exact (size,
        # root) stands in its signing journal, or a person vouched for it with
        # the root key."
        signed = [one for one in self.memory.own["checkpoints"]
                  if one["size"] == size + len(records)]
        check(signed and signed[0]["root"] == tree.root() == values["root"] and
              signed[0]["signature"] == values["signature"], "root")
        self.own_tree = tree
        self.tail += records
        self.ends.append(size + len(records))
        self.send("WANT", lane_id=self.own_id, first=size, count=len(records),
                  bitmap=((1 << len(records)) - 1).to_bytes(
                      (len(records) + 7) // 8, "little"))

    def on_body(self, values):
        """Take salt and the first piece."""
        if self.fetched is None or values["lane_id"] != self.own_id:
            super().on_body(values)
            return
        self.salt, self.piece = values["salt"], bytearray()
        self._gather(values["piece"])

    def on_piece(self, values):
        """Take a further piece."""
        if self.fetched is None or values["lane_id"] != self.own_id:
            super().on_piece(values)
            return
        self._gather(values["bytes"])

    def on_absent(self, values):
        """Hear that the node declined this body."""
        check(self.fetched is not None and
              values["lane_id"] == self.own_id, "unexpected")
        self._keep_own(None, None)

    def on_gone(self, values):
        """Hear that a body was expunged."""
        if self.fetched is None or values["lane_id"] != self.own_id:
            super().on_gone(values)
            return
        self._keep_own(None, None)

    def _gather(self, piece):
        self.piece += piece
        record = lane.Record(self.tail[0], len(self.memory.own["entries"]))
        if len(self.piece) < record.length:
            return
        check(record.fits(self.salt, bytes(self.piece)), "commitment")
        self._keep_own(self.salt, bytes(self.piece))

    def _keep_own(self, salt, body):
        own = self.memory.own["entries"]
        own.append({"record": self.tail.pop(0), "salt": salt, "body": body})
        if len(own) not in self.ends:
            return
        self.memory.save()
        self.send("HELD", lane_id=self.own_id, size=len(own))
        if len(own) == self.fetched["size"]:
            state, self.fetched = self.fetched, None
            super().on_resume({"lanes": [state]})

    # ---- the node's lane ------------------------------------------------

    # PROTOCOL resume: "A holder MUST enter a later epoch only if its prev_size
    # and prev_root are exactly its own size and root, and after it gave every
    # receipt of the epoch before that it can give."
    def on_genesis(self, values):
        """Enter a new epoch of the node's lane."""
        genesis = values["genesis"]
        check(genesis[:72] == self.genesis["held"][:72] and
              values["lane_id"] == lane.lane_id(genesis), "genesis")
        check(not self.batches, "unexpected")
        check(genesis == lane.genesis_after(
            self.genesis["held"], len(self.memory.held["entries"]),
            self.held_tree.root()), "frozen", "it does not follow")
        self.genesis["held"] = genesis
        self.held_id = lane.lane_id(genesis)
        self.held_tree = lane.Tree(())
        self.memory.held = {"entries": [], "checkpoints": [], "seen": None,
                            "receipt": None}
        self.verdict = None
        self.send("HELD", lane_id=self.held_id, size=0)
