"""proto - the messages of docs/PROTOCOL.md, read out of the document itself.

Holds:      every `proto` block of the document as a schema; what is said in
            the remark behind a field (required, optional, a size) counts.
Trusts:     the document; nothing that is decoded.
Leaves out: frames and their order (peer.py), hashes and texts (lane.py).
Spec:       docs/PROTOCOL.md#frames, #cards, #messages
"""

import re
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "PROTOCOL.md"
DEPTH_MAX = 8
FIELDS_MAX = 65536

TOKEN = re.compile(r"""
    (?P<rule>optional|repeated)\s+(?P<type>\w+)\s+(?P<field>\w+)
        \s*=\s*(?P<number>\d+)\s*;[ ]*(?://[ ]*(?P<remark>[^\n]*))?
  | message\s+(?P<message>\w+)\s*\{
  | enum\s+(?P<enum>\w+)\s*\{
  | package\s+(?P<package>[\w.]+)\s*;
  | (?P<name>\w+)\s*=\s*(?P<value>\d+)\s*;
  | (?P<end>\})
  | //[^\n]*
""", re.VERBOSE)
FIXED_SIZE = re.compile(r"(?:^|[,:] )(\d+) bytes(?:$|[,:;])")


class Bad(Exception):
    """Bytes that are not a message; `error` is a name of the error table."""

    def __init__(self, error, text):
        super().__init__(f"{error}: {text}")
        self.error = error


class Field:
    """One field of a message and what the document asks of it."""

    def __init__(self, match, required_unless_optional):
        self.name = match["field"]
        self.number = int(match["number"])
        self.type = match["type"]
        self.repeated = match["rule"] == "repeated"
        remark = match["remark"] or ""
        self.required = not self.repeated and (
            remark.startswith("required") or
            required_unless_optional and "optional" not in remark)
        size = FIXED_SIZE.search(remark)
        self.size = int(size[1]) if size and self.type == "bytes" else None


class Schema:
    """The messages and enums of one `package` of the document."""

    def __init__(self, block):
        self.messages = {}
        self.enums = {}
        self.package = ""
        self.sizes = {}
        scope = []
        for match in TOKEN.finditer(block):
            self._take(match, scope)

    # PROTOCOL frames: "A size that is said of a field holds for every field of
    # that name."
    def _take(self, match, scope):
        if match["package"]:
            self.package = match["package"]
        elif match["message"]:
            scope.append(self.messages.setdefault(match["message"], {}))
        elif match["enum"]:
            scope.append(self.enums.setdefault(match["enum"], {}))
        elif match["field"]:
            field = Field(match, self.package == "sealane.wire")
            if field.type == "bytes":
                field.size = self.sizes.setdefault(field.name, field.size)
            scope[-1][field.number] = field
        elif match["name"]:
            scope[-1][match["name"]] = int(match["value"])
        elif match["end"]:
            scope.pop()

    # PROTOCOL frames: "Writers SHOULD write fields in ascending order."
    def encode(self, name, values):
        """Encode the dict `values` as message `name`; None is absent."""
        fields = self.messages[name]
        known = {field.name for field in fields.values()}
        assert set(values) <= known, set(values) - known
        out = bytearray()
        for number in sorted(fields):
            field = fields[number]
            value = values.get(field.name)
            if value is None:
                continue
            for one in value if field.repeated else [value]:
                out += self._encode_field(field, one)
        return bytes(out)

    def _encode_field(self, field, value):
        if field.type in self.messages:
            value = self.encode(field.type, value)
        elif field.type == "string":
            value = value.encode()
        if isinstance(value, (bytes, bytearray)):
            return (varint(field.number << 3 | 2) + varint(len(value)) +
                    bytes(value))
        return varint(field.number << 3) + varint(int(value))

    def decode(self, name, data, depth=1):
        """Decode message `name` out of `data` into a dict."""
        if depth > DEPTH_MAX:
            raise Bad("depth", name)
        fields = self.messages[name]
        values = {field.name: [] for field in fields.values()
                  if field.repeated}
        count = 0
        for number, wire_type, value in split(data):
            count += 1
            if count > FIELDS_MAX:
                raise Bad("limit", f"{name}: too many fields")
            # PROTOCOL frames: "A field of a message that the reader does not
            # know MUST be skipped and is no error."
            field = fields.get(number)
            if field is None:
                continue
            value = self._decode_field(field, wire_type, value, depth)
            if field.repeated:
                values[field.name].append(value)
            elif field.type in self.messages and field.name in values:
                raise Bad("repeated", f"{name}.{field.name}")
            else:
                values[field.name] = value
        for field in fields.values():
            if field.required and field.name not in values:
                raise Bad("missing", f"{name}.{field.name}")
        return values

    def _decode_field(self, field, wire_type, value, depth):
        bytes_like = (field.type in self.messages or
                      field.type in ("string", "bytes"))
        if wire_type != (2 if bytes_like else 0):
            raise Bad("format", f"{field.name} has wire type {wire_type}")
        if field.type in self.messages:
            return self.decode(field.type, value, depth + 1)
        if field.type == "string":
            return text(field.name, value)
        if field.type == "bytes":
            if field.size is not None and len(value) != field.size:
                raise Bad("value", f"{field.name} has {len(value)} bytes")
            return value
        if field.type == "bool":
            return bool(value)
        return value if field.type == "uint64" else value & 0xffffffff


def text(name, data):
    """Return `data` as a text without zero bytes."""
    try:
        out = data.decode()
    except UnicodeDecodeError:
        raise Bad("utf8", name) from None
    if "\0" in out:
        raise Bad("utf8", f"{name} holds a zero byte")
    return out


def varint(value):
    """Encode a number below 2^64."""
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def take_varint(data, at):
    """Return the number at `at` of `data` and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Bad("truncated", "number")
        value |= (data[at] & 0x7f) << shift
        at += 1
        if not data[at - 1] & 0x80:
            return value & 0xffffffffffffffff, at
    raise Bad("format", "number of more than 10 bytes")


def split(data):
    """Yield (number, wire type, value) of each field in `data`."""
    at = 0
    while at < len(data):
        key, at = take_varint(data, at)
        number, wire_type = key >> 3, key & 7
        if not 1 <= number < 1 << 29:
            raise Bad("format", f"field number {number}")
        if wire_type == 0:
            value, at = take_varint(data, at)
        else:
            if wire_type == 2:
                size, at = take_varint(data, at)
            elif wire_type in (1, 5):
                size = 8 if wire_type == 1 else 4
            else:
                raise Bad("format", f"wire type {wire_type}")
            if len(data) - at < size:
                raise Bad("truncated", f"field {number}")
            value, at = data[at:at + size], at + size
        yield number, wire_type, value


def table(document, header):
    """Return the rows below the table header that begins with `header`."""
    rows = []
    for line in document[document.index("\n| " + header) + 1:].split("\n")[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip(" `") for cell in line.strip("|").split("|")])
    return rows


def schemas(document):
    """Return the Schema of each package in the text of the document."""
    found = [Schema(block) for block in
             re.findall(r"^```proto\n(.*?)^```", document, re.S | re.M)]
    merged = {}
    for schema in found:
        if schema.package:
            merged[schema.package] = last = schema
        else:
            last.messages.update(schema.messages)
            last.enums.update(schema.enums)
    return merged


def payload_max(words):
    """Return the bytes that a cell such as `16 KiB` of the document names."""
    number, unit = words.split()
    assert unit == "KiB", words
    return int(number) * 1024


TEXT = DOCUMENT.read_text()
SCHEMAS = schemas(TEXT)
WIRE = SCHEMAS["sealane.wire"]
CARD = SCHEMAS["sealane.card"]
MESSAGE = SCHEMAS["sealane"]

# {name: (type, bytes of payload at most)} and {type: name}
FRAMES = {row[1]: (int(row[0]), payload_max(row[3]))
          for row in table(TEXT, "type | frame |")}
FRAME_NAMES = {number: name for name, (number, _) in FRAMES.items()}
# {name: code} and {code: name}
CODES = {row[1]: int(row[0]) for row in table(TEXT, "code | name | text |")}
CODE_NAMES = {code: name for name, code in CODES.items()}
# The message of each frame: "message Hello {   // type 1"
PAYLOADS = {FRAME_NAMES[int(number)]: name for name, number in
            re.findall(r"^message (\w+) \{ +// type (\d+)", TEXT, re.M)}
