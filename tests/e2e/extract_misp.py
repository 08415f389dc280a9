"""extract_misp - what is in a MISP document, found without Sealane.

Holds:      written from docs/PROTOCOL.md and MISP's own format; shares nothing
            with the C code, so that both agree only if both are right.
"""
import ipaddress
import json
import re
from collections import Counter

import extract
import extract_stix

HASHES = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128, "imphash": 32}
SIMPLE = {"filename": "file-name", "email-attachment": "file-name",
          "mutex": "mutex", "regkey": "registry-key", "ssdeep": "ssdeep",
          "user-agent": "user-agent", "email-subject": "email-subject"}
EMAILS = ("email", "email-src", "email-dst", "email-reply-to",
          "dns-soa-email", "whois-registrant-email")
HOST = re.compile(r"^(\w([\w-]*\w)?\.)+[\w-]{2,}$")


def address(text):
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (f"ipv{found.version}", str(found))


def host(text):
    name = extract.dns_name(text.lower().rstrip("."))
    return address(text) or (("domain", name) if HOST.match(name) else None)


def url(text):
    parts = re.match(r"^(\w+)://([^/?#]+)(.*)$", text, re.S)
    if not parts:
        return host(text)
    return ("url", f"{parts[1].lower()}://{extract.dns_name(parts[2])}{parts[3]}")


def digest(kind, text):
    good = re.fullmatch("[0-9a-fA-F]{%d}" % HASHES[kind], text)
    return (kind, text.lower()) if good else None


def plain(kind, text):
    """The value of an attribute that is no pair."""
    if kind in ("ip-src", "ip-dst"):
        return address(text)
    if kind in ("domain", "hostname"):
        return host(text)
    if kind in ("url", "link"):
        return url(text)
    if kind == "uri":
        return url(text) if "://" in text else None
    if kind in HASHES:
        return digest(kind, text)
    if kind in EMAILS:
        return ("email", text)
    if kind == "AS":
        return ("as", "AS" + text.upper().removeprefix("AS"))
    if kind == "vulnerability":
        return ("vulnerability", text.upper())
    return (SIMPLE[kind], text) if kind in SIMPLE else None


def pair(kind, text):
    left, _, right = (part.strip() for part in text.partition("|"))
    if kind == "domain|ip":
        return host(left) if address(right) else None
    if kind.endswith("|port"):
        found = host(left)
        if not found:
            return None
        shown = f"[{found[1]}]" if found[0] == "ipv6" else found[1]
        return ("host-port" if found[0] == "domain" else "ip-port",
                f"{shown}:{right}")
    if kind == "regkey|value":
        return ("registry-key", left)
    if kind == "malware-sample":
        kind = "filename|md5"
    second = kind.partition("|")[2]
    return plain(second, text.rpartition("|")[2].strip())


def value(attribute):
    """(observable, value) that an attribute is about, or None."""
    kind, text = attribute["type"], attribute["value"].strip()
    if "|" in kind or kind == "malware-sample":
        return pair(kind, text)
    return plain(kind, text)


def events(document):
    """The events of a document, whatever stands around them."""
    if isinstance(document, list):
        return [e for part in document for e in events(part)]
    for key in ("response", "Event"):
        if key in document:
            return events(document[key])
    return [document]


def listed(found):
    return found if isinstance(found, list) else [found]


def attributes(event):
    objects = listed(event.get("Object") or [])
    return listed(event.get("Attribute") or []) + [
        a for o in objects for a in o.get("Attribute") or []]


def values(document):
    """Count the values of all attributes of a document."""
    found = (value(a) for e in events(document) for a in attributes(e))
    return Counter(v for v in found if v)


def freed(document):
    """Let a document be sent: published, for all communities."""
    if isinstance(document, list):
        return [freed(part) for part in document]
    if not isinstance(document, dict):
        return document
    changed = {key: freed(part) for key, part in document.items()}
    if changed.get("published") is False:
        changed["published"] = True
    if changed.get("distribution") in ("0", "4"):
        changed["distribution"] = "3"
    return changed


# ---- with all that is said of a value ----------------------------------------

KINDS = {"ip-src": "address", "ip-dst": "address",
         "email-subject": "email-subject", "mutex": "mutex",
         "user-agent": "user-agent", "vulnerability": "vulnerability",
         "filename": "file-name", "email-attachment": "file-name",
         "regkey": "registry-key", "AS": "as", "mac-address": "mac",
         "x509-fingerprint-md5": "certificate-hash",
         "x509-fingerprint-sha1": "certificate-hash",
         "x509-fingerprint-sha256": "certificate-hash",
         "ja3-fingerprint-md5": "ja3", "btc": "wallet", "xmr": "wallet",
         "dash": "wallet",
         **{name: name for name in ("md5", "sha1", "sha256", "sha512",
                                    "imphash", "ssdeep", "tlsh")},
         **{name: "email" for name in EMAILS}}
HOSTS = ("domain", "hostname", "onion-address", "url", "uri", "link")


def one(kind, text):
    """(observable, value) of an attribute of this type, or None."""
    if kind in HOSTS:
        found = extract_stix.good("url", text) if "/" in text else None
        if "://" in text or (found and kind in ("url", "uri", "link")):
            return found
        return extract_stix.good("address", text) or \
            extract_stix.good("domain", text)
    return extract_stix.good(KINDS[kind], text) if kind in KINDS else None


def with_port(text):
    left, _, right = text.rpartition("|")
    if not left:
        left, _, right = text.rpartition(":")
    found = one("domain", left.strip())
    if not found or not right.strip().isdigit():
        return None
    shown = f"[{found[1]}]" if found[0] == "ipv6" else found[1]
    return ("host-port" if found[0] == "domain" else "ip-port",
            f"{shown}:{int(right)}")


def meant_and_mentioned(attribute):
    """([meant], [mentioned]) of an attribute."""
    kind, text = attribute["type"], str(attribute["value"]).strip()
    left, bar, right = (part.strip() for part in text.partition("|"))
    if kind == "stix2-pattern":
        return extract_stix.pattern(text)
    if kind == "target-email":
        return [], [extract_stix.good("email", text)]
    if kind == "domain|ip" and bar:
        address = extract_stix.good("address", right)
        return ([one("domain", left)], [address]) if address else ([], [])
    if kind.endswith("|port"):
        return [with_port(text)], []
    if kind == "regkey|value":
        return [one("regkey", left)], []
    if kind == "attachment":
        return [], [one("filename", text)]
    if kind == "malware-sample" or kind.startswith("filename|"):
        name, _, end = text.rpartition("|")
        second = "md5" if kind == "malware-sample" else kind.partition("|")[2]
        found = one(second, end.strip())
        named = one("filename", name)
        if second in KINDS:
            return ([found], [named]) if found else ([], [])
        return [], [named]
    return [one(kind, text)], []


def tags(*holders):
    return [tag["name"] for holder in holders if holder
            for tag in listed(holder.get("Tag") or [])]


def is_true(value):
    return value in (True, 1, "1", "true")


USES = {None: "", True: "detect", False: "notify"}


def event_rows(event, otherwise):
    """Each value of an event with what is said of it: as extract_stix."""
    found = []
    held = [(a, None) for a in listed(event.get("Attribute") or [])]
    held += [(a, o) for o in listed(event.get("Object") or [])
             for a in listed(o.get("Attribute") or [])]
    for attribute, holder in held:
        levels = [extract_stix.level_of_tag(tag)
                  for tag in tags(attribute, holder, event)]
        level = extract_stix.strictest([t for t in levels if t], otherwise)
        said = attribute.get("to_ids")
        about = (level, "", USES[None if said is None else is_true(said)],
                 event.get("Orgc", {}).get("name", ""))
        for values, how in zip(meant_and_mentioned(attribute),
                               ("yes", "part")):
            found += [(attribute.get("uuid", ""), *value, how, *about)
                      for value in values if value]
    return found


def rows(document, otherwise):
    return [row for event in events(document)
            for row in event_rows(event, otherwise)]


# ---- what a node has ---------------------------------------------------------

def put(holder, key, parts):
    if parts:
        holder[key] = parts if holder[key] == [] else parts[0]


def whole(entries, package):
    """Put an event together from its package message and those before it."""
    document = json.loads(package["content"])
    event = events(document)[0]
    held = {}
    objects = {}
    for entry in sorted(entries, key=lambda e: e["package"]["position"]):
        where = entry["package"]
        part = json.loads(entry["content"])
        if entry["content_type"] == "misp-object":
            objects[where["position"]] = part
        else:
            held.setdefault(where.get("holder"), []).append(part)
    for position, part in objects.items():
        put(part, "Attribute", held.pop(position, []))
    put(event, "Attribute", held.pop(None, []))
    put(event, "Object", list(objects.values()))
    assert not held, held
    return document


def join(documents):
    """Events of one list come one behind the other."""
    first = documents[0]
    for more in documents[1:]:
        if isinstance(first, list):
            first += more
        else:
            first["response"] += more["response"]
    return first


def document_of(entries):
    """Put a document together from the messages that came of it."""
    documents, parts = [], []
    for entry in entries:
        if entry["content_type"] == "misp-event":
            documents.append(whole(parts, entry))
            parts = []
        else:
            parts.append(entry)
    assert not parts, parts
    return join(documents)


def entry_values(entries):
    """Count (observable, value) of the attributes that came."""
    return Counter((e["observable"], e["value"]) for e in entries
                   if e["content_type"] == "misp-attribute" and
                   "observable" in e)
