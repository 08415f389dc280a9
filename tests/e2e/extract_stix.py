"""extract_stix - what indicators a STIX document holds, found without Sealane.

Holds:      written from STIX 2.1 (part 9, patterns; 7.2, markings) and
            docs/PROTOCOL.md (Heads, Roles, Observables); shares nothing with
            the C code, so that both agree only if both are right.
Leaves out: faults: the documents that it reads are good ones.
"""
import ipaddress
import json
import re

import extract

# ---- values ------------------------------------------------------------------

HEX = {"md5": (32,), "sha1": (40,), "sha256": (64,), "sha512": (128,),
       "imphash": (32,), "certificate-hash": (32, 40, 64, 128), "ja3": (32,)}
LABEL = re.compile(r"[\w-]{1,63}")
TEXTS = {"file-name", "mutex", "registry-key", "user-agent", "email-subject",
         "wallet", "ssdeep"}


def host(text):
    """A name in lower case without its dot behind, or None."""
    name = extract.dns_name(text.lower().removesuffix("."))
    labels = name.split(".")
    if not all(map(LABEL.fullmatch, labels)) or labels[-1].isdigit():
        return None
    return name


def address(text):
    """(kind, value) of an address, a block, or None."""
    try:
        if "/" in text:
            ipaddress.ip_interface(text)
            alone, _, bits = text.partition("/")
            return ("cidr", f"{ipaddress.ip_address(alone)}/{bits}")
        found = ipaddress.ip_address(text)
        return (f"ipv{found.version}", str(found))
    except ValueError:
        return None


def url(text):
    scheme, colon, rest = text.partition("://")
    where, path = re.match(r"([^/?#]*)(.*)", rest if colon else text,
                           re.S).groups()
    before, at, place = where.rpartition("@")
    name, port = re.match(r"(\[[^\]]*\]|[^:]*)(:\d+)?$", place).groups() \
        if re.match(r"(\[[^\]]*\]|[^:]*)(:\d+)?$", place) else ("", "")
    found = address(name.strip("[]"))
    good = found[1] if found else host(name)
    if not good or (not colon and not path) or re.search(r"[\x00-\x20\x7f]",
                                                         text):
        return None
    good = f"[{good}]" if ":" in good else good
    return (f"{scheme.lower()}://" if colon else "") + before + at + good + \
        (port or "") + path


def good(kind, text, is_stix=False):
    """(kind, value) in its normal form; None where it is no good one. STIX
    has addresses where domains should be; they are what they are."""
    text = str(text).strip()
    if kind == "address":
        return address(text)
    if kind == "domain" and is_stix and address(text):
        return address(text)
    if kind == "domain":
        name = host(text)
        return (kind, name) if name and "." in name else None
    if kind == "url":
        found = url(text)
        return (kind, found) if found else None
    if kind == "email":
        user, _, place = text.rpartition("@")
        name = host(place)
        return (kind, f"{user}@{name}") \
            if user and name and "." in name else None
    if kind in HEX:
        fits = len(text) in HEX[kind] and re.fullmatch("[0-9a-fA-F]+", text)
        return (kind, text.lower()) if fits else None
    if kind == "tlsh":
        digits = text.upper().removeprefix("T1")
        return (kind, "T1" + digits) \
            if re.fullmatch("[0-9A-F]{70}", digits) else None
    if kind == "mac":
        pairs = re.findall("[0-9a-f]{2}", text.lower())
        return (kind, ":".join(pairs)) if len(pairs) == 6 else None
    if kind == "as":
        number = text.upper().removeprefix("AS").strip()
        return (kind, "AS" + str(int(number))) if number.isdigit() else None
    if kind == "vulnerability":
        fits = re.fullmatch(r"[A-Za-z]+-\d{4}-\d{4,}", text)
        return (kind, text.upper()) if fits else None
    assert kind in TEXTS, kind
    return (kind, text) if text else None


# ---- patterns ----------------------------------------------------------------

HASHES = {"SHA-256": "sha256", "SHA-512": "sha512", "SHA-1": "sha1",
          "MD5": "md5", "SSDEEP": "ssdeep", "TLSH": "tlsh",
          "IMPHASH": "imphash", "SHA256": "sha256", "SHA512": "sha512",
          "SHA1": "sha1", "ssdeep": "ssdeep"}
PATHS = {
    "ipv4-addr:value": "address", "ipv6-addr:value": "address",
    "domain-name:value": "domain", "url:value": "url",
    "email-addr:value": "email", "email-message:subject": "email-subject",
    "email-message:from_ref.value": "email",
    "email-message:sender_ref.value": "email",
    "network-traffic:src_ref.value": "address",
    "network-traffic:dst_ref.value": "address",
    "file:name": "file-name", "mutex:name": "mutex",
    "windows-registry-key:key": "registry-key",
    "autonomous-system:number": "as", "mac-addr:value": "mac",
    "vulnerability:name": "vulnerability",
    "network-traffic:extensions.http-request-ext.request_header.User-Agent":
        "user-agent",
    **{f"file:hashes.{name}": kind for name, kind in HASHES.items()},
    **{f"x509-certificate:hashes.{name}": "certificate-hash"
       for name in ("SHA-256", "SHA-512", "SHA-1", "MD5", "SHA256", "SHA512",
                    "SHA1")}}
ANY_CASE = {path.lower(): kind for path, kind in PATHS.items()}
WORD = re.compile(r"""
    (?P<space> \s+ | /\*.*?\*/ | //[^\n]*)
  | (?P<special> [thb]'(?:[^'\\]|\\.)*')
  | (?P<text> '(?:[^'\\]|\\.)*')
  | (?P<path> [A-Za-z][\w-]* : (?:[\w-]+|'(?:[^'\\]|\\.)*')
      (?: \.(?:[\w-]+|'(?:[^'\\]|\\.)*') | \[(?:\*|-?\d+)\] )*)
  | (?P<number> [+-]?\d*\.?\d+(?:[eE][+-]?\d+)?)
  | (?P<word> [A-Za-z]+)
  | (?P<mark> ==|!=|<>|<=|>=|[=<>()\[\],])""", re.X | re.S)
PURE = {"[", "]", "(", ")", ",", "=", "==", "OR", "IN"}


def words(text):
    at, found = 0, []
    while at < len(text):
        m = WORD.match(text, at)
        assert m, text[at:at + 40]
        if m.lastgroup != "space":
            found.append((m.lastgroup, m.group()))
        at = m.end()
    return found


def unquoted(text):
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.S)


def comparisons(found):
    """Yield (path, operator, negated, constants) of each comparison."""
    for i, (group, text) in enumerate(found):
        if group != "path":
            continue
        rest = found[i + 1:]
        negated = rest[0][1].upper() == "NOT"
        rest = rest[negated:]
        operator, rest = rest[0][1].upper(), rest[1:]
        if operator != "IN":
            yield text, operator, negated, rest[:1]
            continue
        end = rest.index(("mark", ")"))
        yield text, operator, negated, \
            [one for one in rest[1:end] if one != ("mark", ",")]


def constant(group, text):
    if group == "text":
        return unquoted(text)
    return text if group == "number" and text.isdigit() else None


def pattern(text):
    """([meant values], [mentioned values]) of a pattern."""
    found = words(text)
    pure = all(group in ("text", "number", "path") or word.upper() in PURE
               for group, word in found)
    values = []
    for path, operator, negated, constants in comparisons(found):
        name = re.sub(r"\.?'((?:[^'\\]|\\.)*)'",
                      lambda m: ("." if m.group().startswith(".") else "") +
                      m[1], path)
        kind = ANY_CASE.get(name.lower())
        for one in constants:
            plain = constant(*one)
            value = good(kind, plain, True) if kind and plain is not None and \
                operator in ("=", "==", "IN") and not negated else None
            values.append(value)
    pure = pure and all(values)
    there = [value for value in values if value]
    once = list(dict.fromkeys(there))
    return (once, []) if pure else ([], once)


# ---- objects -----------------------------------------------------------------

SINGLE = {"ipv4-addr": ("value", "address"), "ipv6-addr": ("value", "address"),
          "domain-name": ("value", "domain"), "url": ("value", "url"),
          "email-addr": ("value", "email"), "mutex": ("name", "mutex"),
          "email-message": ("subject", "email-subject"),
          "windows-registry-key": ("key", "registry-key"),
          "autonomous-system": ("number", "as"), "mac-addr": ("value", "mac"),
          "vulnerability": ("name", "vulnerability")}


def observed(item):
    """([meant], [mentioned]) of an object that is no indicator; what was
    observed holds objects of its own, of which nobody says more."""
    kind = item["type"]
    if kind in SINGLE:
        key, what = SINGLE[kind]
        value = good(what, item[key], True) if key in item else None
        return ([value] if value else []), []
    if kind == "observed-data":
        found = [value for part in item.get("objects", {}).values()
                 for values in observed(part) for value in values]
        return [], list(dict.fromkeys(found))
    hashes = item.get("hashes", {})
    if kind == "x509-certificate":
        found = [good("certificate-hash", v) for v in hashes.values()]
        return [v for v in found if v], []
    if kind != "file":
        return [], []
    found = [good(HASHES[name], v) for name, v in hashes.items()
             if name in HASHES]
    meant = [v for v in found if v]
    name = good("file-name", item["name"]) if item.get("name") else None
    if name and not meant:
        return [name], []
    return meant, [name] if name else []


LEVELS = ("clear", "green", "amber", "amber+strict", "red")
MARKS = {
    "613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
    "34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
    "94868c89-83c2-464b-929b-a1a8aa3c8487": "clear",
    "bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "green",
    "55d920b0-5e8b-4f79-9ee9-91f868d9b421": "amber",
    "939a9414-2ddd-4d32-a0cd-375ea402b003": "amber+strict",
    "e828b379-4e03-4974-9ac4-e53a884c97c1": "red"}


def strictest(levels, otherwise):
    found = sorted(levels, key=LEVELS.index)
    return found[-1] if found else otherwise


def level_of_tag(tag):
    """The TLP that a label or tag says; None where it says none."""
    name = tag.lower()
    if not name.startswith("tlp:"):
        return None
    level = {"white": "clear"}.get(name[4:], name[4:])
    return level if level in LEVELS else "red"


def level(item, statements, otherwise):
    """The strictest TLP of an object."""
    refs = list(item.get("object_marking_refs", [])) + \
        [g["marking_ref"] for g in item.get("granular_markings", [])
         if "marking_ref" in g]
    found = [MARKS.get(ref.partition("--")[2], "red") for ref in refs
             if ref not in statements]
    found += [level_of_tag(label) for label in item.get("labels", [])]
    return strictest([one for one in found if one], otherwise)


# What each role allows at most, and the types of STIX that are roles.
MOST = {"c2": 4, "distribution": 4, "phishing": 4, "exploit": 4,
        "exfiltration": 4, "malware": 4, "attacker": 4, "scanner": 4,
        "spam": 4, "fraud": 4, "ddos": 3, "proxy": 3, "compromised": 3,
        "victim": 2, "infected": 2, "vulnerable": 2, "sinkhole": 2,
        "benign": 1}
USES = {0: "", 1: "none", 2: "notify", 3: "detect", 4: "block"}


def role_and_use(item):
    roles, uses = [], []
    for word in item.get("indicator_types", []):
        role = "proxy" if word == "anonymization" else word
        if role in MOST:
            roles.append(role)
        if word in ("anomalous-activity", "attribution"):
            uses.append(3)
    role = min(roles, key=MOST.get) if roles else ""
    if role and MOST[role] < 4:
        uses.append(MOST[role])
    return role, USES[min(uses) if uses else 0]


def objects(document):
    if isinstance(document, list):
        return document
    return document.get("objects", []) if document["type"] == "bundle" \
        else [document]


def rows(document, otherwise):
    """Each value with what is said of it, as (id, type, value, meant, TLP,
    role, use, producer)."""
    found = []
    statements = {o["id"] for o in objects(document)
                  if o["type"] == "marking-definition" and "statement" in
                  json.dumps(o.get("definition", {})) and "tlp" not in
                  json.dumps(o.get("definition", {})).lower()}
    for item in objects(document):
        is_stix = item["type"] == "indicator" and \
            item.get("pattern_type", "stix") == "stix"
        meant, mentioned = pattern(item["pattern"]) if is_stix else \
            observed(item)
        role, use = role_and_use(item)
        about = (level(item, statements, otherwise), role, use,
                 item.get("created_by_ref", ""))
        found += [(item["id"], *value, "yes", *about) for value in meant]
        found += [(item["id"], *value, "part", *about) for value in mentioned]
    return found
