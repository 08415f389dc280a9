"""release_code - the code by which another user releases a file, written from
docs/decisions/0029 alone: no test need be root for it.

Shares nothing with the C code. The node's secret is read from its state
directory, which a second user could not.
"""
import base64
import hashlib
import hmac
import struct
import time

CHUNK = 256 << 10
MAC_BYTES = 16


def content_hash(path, form):
    """The hash of a file as one format: a chain over that word and pieces."""
    def chain(before, piece):
        return hashlib.sha256(before + hashlib.sha256(piece).digest()).digest()
    data = path.read_bytes()
    state = chain(bytes(32), form.encode())
    for at in range(0, len(data), CHUNK):
        state = chain(state, data[at:at + CHUNK])
    return state


def code_of(team, path, form, to, uid, why):
    """The code of user `uid` for a file to one peer."""
    secret = (team.state / "stream.secret").read_bytes()

    def mac(use, data):
        return hmac.digest(secret, b"sealane release " + use + data,
                           "sha256")[:MAC_BYTES]
    sealed = mac(b"file ", content_hash(path, form)) + \
        mac(b"to ", to.name.encode() + b"\0") + \
        struct.pack(">IQ", uid, int(time.time() * 1000)) + why.encode()
    return base64.b64encode(mac(b"code ", sealed) + sealed).decode()
