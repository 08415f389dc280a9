"""extract - what is in a list or a STIX bundle, found without Sealane.

Holds:      written from docs/PROTOCOL.md and the files' own formats; shares
            nothing with the C code, so that both agree only if both are right.
Leaves out: hosts files, counts behind values, defanged values of lists: those
            that the end-to-end tests compare by value have none.
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


def host_value(host, tree):
    """Give (observable, value) of what stands alone in a line or a rule."""
    name, colon, port = host.partition(":")
    if colon and port.isdigit():
        return ("ip-port" if is_ipv4(name) else "host-port", host.lower())
    if is_ipv4(host):
        return ("ipv4", host)
    return ("domain-tree" if tree else "domain", host.lower())


def url_value(url):
    """A host is lower case; path and query stay as they stood."""
    host, slash, rest = url.partition("/")
    return ("url", host.lower() + slash + rest)


def line_value(line):
    line = line.strip()
    if not line or line[0] in "!#;":
        return None
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
