#!/usr/bin/env python3
"""Make more.json: vectors of the texts that are signed or read out, and of
the frames' headers.

Standard library only. It is written from the protocol's text and shares
nothing with the C code. Without an argument it prints the vectors; with
`--check FILE` it fails unless FILE holds exactly these.
"""
import base64
import hashlib
import json
import sys

KIB = 1024
FRAMES = ["HELLO", "CARD", "AUTH", "RESUME", "VERDICT", "GENESIS", "HEADER",
          "WANT", "BODY", "PIECE", "GONE", "ABSENT", "HELD", "RECEIPT",
          "FETCH", "PING", "CLOSE"]
PAYLOAD_MAX = {"HELLO": 4 * KIB, "CARD": 16 * KIB, "AUTH": 16 * KIB}


def sha256(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.b64encode(data).decode("ascii")


def frame(kind, payload):
    head = len(payload).to_bytes(4, "big") + bytes([kind, 0, 0, 0])
    return head + payload


def hello_vectors():
    """The payloads here are opaque: the hash covers bytes as sent."""
    cases = [(frame(1, b"client"), frame(1, b"server")),
             (frame(1, b""), frame(1, b"")),
             (frame(1, bytes(range(256))), frame(1, b"\xff" * 4096))]
    return [{"client_frame": c.hex(), "server_frame": s.hex(),
             "hello": sha256(sha256(c) + sha256(s)).hex()} for c, s in cases]


def session_text(exporter, role, team, peer, hello):
    lines = ["sealane/session/v1", "exporter " + b64(exporter),
             "role " + role, "team " + team, "peer " + peer,
             "hello " + b64(hello)]
    return "".join(line + "\n" for line in lines)


def session_vectors():
    hello = bytes.fromhex(hello_vectors()[0]["hello"])
    cases = [(bytes(32), "client", "krcert.or.kr", "cert.gov.au", bytes(32)),
             (bytes(range(32)), "client", "krcert.or.kr", "cert.gov.au",
              hello),
             (bytes(range(32)), "server", "cert.gov.au", "krcert.or.kr",
              hello),
             (b"\xff" * 32, "server", "a.b", "x" * 63 + ".example",
              b"\xfb" * 32)]
    return [{"exporter": e.hex(), "role": r, "team": t, "peer": p,
             "hello": h.hex(), "text": session_text(e, r, t, p, h)}
            for e, r, t, p, h in cases]


def card_text(team, version, card):
    return (f"sealane/card/v1\nteam {team}\nversion {version}\n"
            f"{b64(sha256(card))}\n")


def card_vectors():
    cases = [("krcert.or.kr", 1, b""), ("cert.gov.au", 10, b"card bytes"),
             ("krcert.or.kr", 2**64 - 1, bytes(range(256)) * 8)]
    return [{"team": t, "version": v, "card": c.hex(),
             "text": card_text(t, v, c)} for t, v, c in cases]


def pairing_hash(sides):
    parts = sorted((sha256(b"sealane-team-v1\0" + team.encode())[:16], spki)
                   for team, spki in sides)
    return sha256(b"sealane-pair-v1\0" +
                  b"".join(team_id + spki for team_id, spki in parts))


def pairing_code(sides):
    digits = "%048d" % (int.from_bytes(pairing_hash(sides), "big") % 10**48)
    return " ".join(digits[i:i + 4] for i in range(0, 48, 4))


def pairing_vectors():
    def sides(n):
        return [("krcert.or.kr", sha256(b"root %d" % n)),
                ("cert.gov.au", sha256(b"another root"))]

    cases = [sides(0), sides(1), list(reversed(sides(1)))]
    # One whose first group and one whose last group begin with zeros.
    wanted = [lambda c: c.startswith("00"), lambda c: c[-4:-2] == "00"]
    for fits in wanted:
        n = next(n for n in range(100000) if fits(pairing_code(sides(n))))
        cases.append(sides(n))
    return [{"sides": [{"team": t, "root_spki_hash": s.hex()}
                       for t, s in case],
             "hash": pairing_hash(case).hex(), "code": pairing_code(case)}
            for case in cases]


def frame_vectors():
    out = []
    for kind, name in enumerate(FRAMES, 1):
        most = PAYLOAD_MAX.get(name, 128 * KIB)
        for size in (0, 1, 258, most):
            head = size.to_bytes(4, "big") + bytes([kind, 0, 0, 0])
            out.append({"type": kind, "name": name, "payload_bytes": size,
                        "payload_bytes_max": most, "header": head.hex()})
    return out


def key_id_vectors():
    out = []
    for team in ("krcert.or.kr", "cert.gov.au"):
        for role, kind in (("session", 1), ("checkpoint", 4), ("receipt", 4)):
            key = sha256(role.encode())
            name = f"{team}/sealane/{role}"
            key_id = sha256(name.encode() + b"\n" + bytes([kind]) + key)[:4]
            out.append({"team": team, "role": role, "name": name,
                        "type": kind, "public_key": key.hex(),
                        "key_id": key_id.hex()})
    return out


def vectors():
    return {"hello": hello_vectors(), "session": session_vectors(),
            "card": card_vectors(), "pairing": pairing_vectors(),
            "key_id": key_id_vectors(), "frame_header": frame_vectors()}


def main():
    text = json.dumps(vectors(), indent=1) + "\n"
    if len(sys.argv) == 1:
        sys.stdout.write(text)
    elif len(sys.argv) == 3 and sys.argv[1] == "--check":
        with open(sys.argv[2], encoding="ascii") as f:
            if f.read() != text:
                sys.exit(f"{sys.argv[2]} differs from what this makes")
    else:
        sys.exit("usage: make_more.py [--check FILE]")


if __name__ == "__main__":
    main()
