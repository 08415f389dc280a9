"""extract - what is in a list or a STIX bundle, found without Sealane.

Holds:      written from docs/PROTOCOL.md and the files' own formats; shares
            nothing with the C code, so that both agree only if both are right.
Leaves out: names of hosts files: those that the end-to-end tests compare by
            value have none.
"""
import csv
import ipaddress
import json
import re
from collections import Counter

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


# ---- lists -------------------------------------------------------------------

def is_ipv4(text):
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def dns_name(host):
    """A host, with a port or not, in lower case and as it stands in the DNS."""
    host = host.lower()
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host


def host_value(host, tree):
    """Give (observable, value) of what stands alone in a line or a rule."""
    name, colon, port = host.partition(":")
    if colon and port.isdigit():
        return ("ip-port" if is_ipv4(name) else "host-port", dns_name(host))
    if is_ipv4(host):
        return ("ipv4", host)
    return ("domain-tree" if tree else "domain", dns_name(host))


def url_value(url):
    """A host is lower case; path and query stay as they stood."""
    host, slash, rest = url.partition("/")
    return ("url", dns_name(host) + slash + rest)


def line_value(line):
    line = re.split(r"\s[#;]", line.strip())[0].strip().replace("[.]", ".")
    line = re.sub(r"\s+[0-9]+$", "", re.sub("^hxxp", "http", line))
    if not line or line[0] in "!#;":
        return None
    if line.startswith("/"):
        return None  # a path without a host
    if re.match("[a-z]+://", line):
        scheme, _, rest = line.partition("://")
        return ("url", f"{scheme}://{url_value(rest)[1]}")
    if not line.startswith("||"):
        return url_value(line) if "/" in line else host_value(line, False)
    rule = line[2:]
    for ending in ("^$all", "^"):
        if rule.endswith(ending):
            rule = rule[:-len(ending)]
            break
    return url_value(rule) if "/" in rule else host_value(rule, True)


def list_values(text):
    """Count each (observable, value) of a list or a uBlock filter list."""
    found = (line_value(line) for line in text.split("\n"))
    return Counter(value for value in found if value)


# ---- tables ------------------------------------------------------------------

def table_values(text, columns, headers):
    """Count the values in these columns of a table, in lower case and no
    longer defanged; `headers` are no values."""
    found = Counter()
    for row in csv.reader(text.split("\n")):
        for cell in (row[i].strip() for i in columns if i < len(row)):
            value = cell.replace("[.]", ".").casefold()
            if value and value not in headers:
                found[re.sub("^hxxp", "http", value)] += 1
    return found


# ---- running text ------------------------------------------------------------

DOT = "\x01"  # a dot that was written defanged
MARKS = ((r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)", DOT), (r"\[:\]", ":"),
         (r"\[:?//\]", "://"), (r"\[@\]|\(at\)|\[at\]", "@"))
URL = re.compile(r"(\\?)\b(h(?:tt|xx|\*\*|XX)ps?|f(?:tp|xp))://"
                 r"((?:\[[0-9a-f:]+\])?[^\s\"<>|`“”\\\[\]]+)")
KEY = re.compile(r"\b(?:HKEY_[A-Z_]+|HKLM|HKCU|HKCR|HKU)\\[^\s`“”\"|]+")
AS = re.compile(r"\bASN? ?([0-9]{3,10})\b")
CVE = re.compile(r"(?<![\w-])cve-[0-9]{4}-[0-9]{4,}(?![\w-])", re.I)
MAC = re.compile(r"[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}", re.I)
HASHES = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
# Top-level domains that files end in, and those that stay inside.
FILES = set("app cab do md mm mov pm ps pub py rs run sh so tf zip".split())
ENDINGS = set("exe dll php asp js txt".split())
INSIDE = {"local"}


def url_of(escape, scheme, rest, behind, before):
    """The URL that a match gives, or None."""
    scheme = scheme.lower()
    defanged = bool(escape) or scheme[1] not in "t" or DOT in rest
    while rest and (rest[-1] in ".,;:!?'*" or
                    rest.count(")") > rest.count("(")):
        rest = rest[:rest.rindex(")")] if rest[-1] not in ".,;:!?'*" \
            else rest[:-1]
    link = behind.startswith("[") or before.endswith("](")
    rest = rest.replace(DOT, ".")
    host, slash, path = rest.partition("/")
    if "{" in rest or (link and not defanged) or \
            (host.rpartition(".")[2] in INSIDE and not defanged):
        return None
    scheme = "ftp" if scheme.startswith("f") else \
        "https" if scheme.endswith("s") else "http"
    return ("url", f"{scheme}://{dns_name(host)}{slash}{path}")


def is_name(host, tops):
    """Is this a host, defanged or with a top-level domain that exists?"""
    labels = host.replace(DOT, ".").split(".")
    top = labels[-1].lower()
    if len(labels) < 2 or top in ENDINGS or \
            not all(re.fullmatch(r"[\w-]+", label) for label in labels) or \
            not re.fullmatch(r"[a-z]{2,}|xn--\w+", top):
        return False
    return DOT in host or (top in tops and
                           not (len(labels) == 2 and top in FILES))


def address_value(word):
    """(observable, value) of an address, a block or an address with a port"""
    try:
        if "/" in word:
            address, _, bits = word.partition("/")
            ipaddress.ip_interface(word)
            return ("cidr", f"{ipaddress.ip_address(address)}/{bits}")
        found = ipaddress.ip_address(word)
        if found.version == 6 and not re.search("[0-9a-f]{3}", word, re.I):
            return None
        return (f"ipv{found.version}", str(found))
    except ValueError:
        pass
    name, _, port = word.rpartition(":")
    if port.isdigit() and name:
        inner = address_value(name.strip("[]"))
        if inner and inner[0] == "ipv4":
            return ("ip-port", f"{inner[1]}:{port}")
        if inner and inner[0] == "ipv6" and name.startswith("["):
            return ("ip-port", f"[{inner[1]}]:{port}")
    return None


def word_value(word, tops):
    """(observable, value) of a word of running text, or None"""
    word = word.strip(".,;:!?_'")
    plain = word.replace(DOT, ".")
    found = address_value(plain)
    if found:
        return found
    if re.fullmatch("[0-9a-f]+", word, re.I) and len(word) in HASHES:
        return (HASHES[len(word)], word.lower())
    if MAC.fullmatch(word):
        return ("mac", word.lower().replace("-", ":"))
    if re.match(r"[/\\.~%$]", word) or "\\" in word:
        return None
    user, at, host = plain.partition("@")
    if at:
        return ("email", f"{user}@{dns_name(host)}") \
            if is_name(host, tops) else None
    host, slash, path = word.partition("/")
    name, _, port = host.partition(":")
    if not is_name(name, tops) and not is_ipv4(name.replace(DOT, ".")):
        return None
    if slash:
        return ("url", dns_name(host.replace(DOT, ".")) + "/" +
                path.replace(DOT, "."))
    if port.isdigit():
        return ("host-port", dns_name(host.replace(DOT, ".")))
    return ("domain", dns_name(plain))


def text_values(text, tops):
    """The set of (observable, value) of running text."""
    found = set()
    for line in text.split("\n"):
        for mark, plain in MARKS:
            line = re.sub(mark, plain, line)
        for m in URL.finditer(line):
            found.add(url_of(*m.groups(), line[m.end():], line[:m.start()]))
        line = URL.sub(" ", line)
        found.update(("registry-key", key) for key in KEY.findall(line))
        line = KEY.sub(" ", line)
        found.update(("as", "AS" + number) for number in AS.findall(line))
        found.update(("vulnerability", m.group().upper())
                     for m in CVE.finditer(line))
        found.update(word_value(word, tops) for word in
                     re.split(r"[\s|`\"<>(),;“”*]+", line) if word)
    return found - {None}


# ---- STIX --------------------------------------------------------------------

def minified(text):
    return "".join(TOKEN.findall(text))


def bundle_parts(text):
    """Give what stands around a bundle's objects, as data, and each object's
    own text: without spaces between its parts, else as it stood."""
    depth, objects, part, last = 0, [], [], None
    inside = False
    for token in TOKEN.findall(text):
        if inside and depth == 2 and token in ",]":
            if part:
                objects.append("".join(part))
            part = []
            if token == "]":
                inside = False
        elif inside:
            part.append(token)
        if token in "[{":
            depth += 1
            inside = inside or (depth == 2 and token == "["
                                and last == ['"objects"', ":"])
        elif token in "]}":
            depth -= 1
        last = (last or [])[-1:] + [token]
    around = json.loads(text)
    del around["objects"]
    return around, objects


# ---- what a node has ---------------------------------------------------------

def entry_values(entries):
    """Count (observable, value) of entries as `sealane list --json` tells
    them: those that came from a list or were typed in."""
    return Counter((e.get("observable", ""), e.get("value", ""))
                   for e in entries if not e.get("content"))


def entry_contents(entries):
    """Count the contents of entries that came from a document."""
    return Counter(e["content"] for e in entries if e.get("content"))


def difference(expected, found, what):
    """Say what is lost and what is doubled or foreign; empty if nothing."""
    lost, more = expected - found, found - expected
    if not lost and not more:
        return ""
    return (f"{what}: {sum(lost.values())} lost, such as "
            f"{list(lost)[:3]}; {sum(more.values())} too many, such as "
            f"{list(more)[:3]}")
