"""memory - what must outlive a session, in one file; and messages.

Holds:      a file that is whole or the one before it, also after a crash.
Leaves out: what may be signed on it (origin.py, holder.py).
Spec:       docs/PROTOCOL.md#messages
"""

import json
import os
import secrets

import lane
import proto


def plain(value):
    """Make a value fit for JSON: bytes become hexadecimal."""
    if isinstance(value, (bytes, bytearray)):
        return {"hex": bytes(value).hex()}
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def from_plain(value):
    """Undo `plain`."""
    if isinstance(value, dict):
        if set(value) == {"hex"}:
            return bytes.fromhex(value["hex"])
        return {key: from_plain(one) for key, one in value.items()}
    return [from_plain(v) for v in value] if isinstance(value, list) else value


class Memory:
    """What must outlive a session, in one file."""

    def __init__(self, path):
        self.path = path
        self.own = {"entries": [], "checkpoints": [], "receipt": None}
        self.held = {"entries": [], "checkpoints": [], "seen": None,
                     "receipt": None}
        self.outbox = []                        # bodies that have no place yet
        self.stream = secrets.token_bytes(16)
        self.next = 0                           # sequence within the stream
        self.card = None                        # a newer one of the other side
        if path.exists():
            self.__dict__.update(from_plain(json.loads(path.read_text())))
            self.path = path

    # PROTOCOL expunge: "Each side MUST then overwrite salt and body wherever
    # its node keeps them, sync that, and note that it was done; what a crash
    # left without that note is done again."
    def expunge(self, of, record):
        """Forget what a record at the end of a lane expunges.

        The file is written anew and the old one dropped: a real peer must
        overwrite it in place.
        """
        index = lane.Record(record, len(of["entries"]) - 1).expunges()
        if index is not None:
            of["entries"][index].update(salt=None, body=None, expunged=True)

    def save(self):
        """Write and sync everything."""
        values = {key: one for key, one in self.__dict__.items()
                  if key != "path"}
        new = self.path.with_suffix(".new")
        with open(new, "w", encoding="utf-8") as file:
            file.write(json.dumps(plain(values)))
            file.flush()
            os.fsync(file.fileno())
        new.rename(self.path)


def leaf_marking(marking):
    """Return (tlp, flags) that a leaf record has for a head's marking."""
    return (marking.get("tlp", 4), bool(marking.get("relay_permitted")) |
            bool(marking.get("exercise")) << 1)


def message_of(body):
    """Return the message in a body of kind 0."""
    if len(body) < 24:
        raise proto.Bad("truncated", "no submission id")
    message = proto.MESSAGE.decode("Message", body[24:])
    if "kind" not in message:
        raise proto.Bad("missing", "kind")
    head = message.get("head", {})
    if head.get("confidence", 0) > 100 or len(head.get("labels", ())) > 1024:
        raise proto.Bad("value", "head")
    return message


def indicator(observable, value, tlp=2, **head):
    """Return the message of an indicator typed in by hand."""
    return {"kind": proto.MESSAGE.enums["Kind"]["INDICATOR"],
            "head": {"rules": 1, "value": value, "marking": {"tlp": tlp},
                     "observable":
                     proto.MESSAGE.enums["Observable"][observable], **head}}
