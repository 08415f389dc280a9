"""fault - a peer that misbehaves in one way, and the code that answers it.

Holds:      every misbehaviour leaves the peer's own file fit for a good
            session: what it really signed for its lane stays in it.
Leaves out: the misbehaviours (faults.py, faults_lane.py); good manners
            (peer.py and what it uses).
Spec:       docs/PROTOCOL.md#errors, and the part that each one breaks
"""

import secrets

import lane
import proto
from link import Closed
from peer import Peer

FAULTS = {}
ANY_64 = bytes(range(64))
STILL_THERE = 1 << 40                           # of the PING after a fault


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
            if self.stage in ("open", "pending"):
                peer.send("PING", number=STILL_THERE, answer=False)
        except TimeoutError:
            peer.drop()
            return None
        except OSError:
            pass                                # closed while we were sending
        except Closed as closed:
            return closed.code
        finally:
            peer.__dict__.pop("send_body", None)
            peer.__dict__.pop("on_want", None)
            peer.hold_verdict, peer.taking = False, True
        try:
            return peer.expect_close()
        except TimeoutError:
            return None

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
