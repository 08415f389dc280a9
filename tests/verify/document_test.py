#!/usr/bin/env python3
"""Does docs/PROTOCOL.md still say what proto/ and err.def say?

Whoever writes a peer has the document alone: the messages and the codes that it
quotes must be those of the tree. Exit: 0 they are, 1 not.
"""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs/PROTOCOL.md").read_text()


def definitions(text):
    """Give {name: definition without comments and spaces} of the outermost
    messages and enums."""
    text = re.sub(r"//[^\n]*", "", text)
    found = {}
    for match in re.finditer(r"^(?:message|enum) (\w+) \{", text, re.M):
        depth, end = 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        found[match.group(1)] = re.sub(r"\s+", "", text[match.start():end])
    return found


class Tests(unittest.TestCase):
    def test_every_message_is_quoted_as_it_is(self):
        blocks = re.findall(r"^```proto\n(.*?)^```", DOCUMENT, re.S | re.M)
        quoted = [definitions(block) for block in blocks]
        count = 0
        for name in ("wire", "card", "message"):
            schema = (ROOT / f"proto/{name}.proto").read_text()
            for message, body in definitions(schema).items():
                with self.subTest(schema=name, message=message):
                    self.assertTrue(any(q.get(message) == body
                                        for q in quoted))
                count += 1
        self.assertGreater(count, 40)

    def test_every_code_is_listed_as_it_is(self):
        table = (ROOT / "daemon/core/base/err.def").read_text()
        rows = re.findall(
            r'^ERROR\(\w+,\s*(\d+),\s*"([^"]+)",\s*"([^"]+)"\)', table, re.M)
        listed = re.findall(r"^\| (\d+) \| `([\w-]+)` \| (.+) \|$", DOCUMENT,
                            re.M)
        listed = [row for row in listed if row in rows or
                  row[1] in {r[1] for r in rows}]
        self.assertEqual(listed, rows)
        self.assertGreater(len(rows), 40)

    def test_numbers_of_sentences_stand_once(self):
        numbers = re.findall(r"^- \*\*P(\d+)\*\*", DOCUMENT, re.M)
        self.assertEqual(len(numbers), len(set(numbers)))
        self.assertGreaterEqual(len(numbers), 100)

    def test_every_link_within_the_document_leads_somewhere(self):
        heads = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-")
                 for h in re.findall(r"^#+ (.+)$", DOCUMENT, re.M)}
        links = set(re.findall(r"\]\(#([\w-]+)\)", DOCUMENT))
        for path in [*ROOT.glob("daemon/**/*.[ch]")]:
            links |= set(re.findall(r"PROTOCOL\.md#([\w-]+)",
                                    path.read_text()))
        self.assertEqual(links - heads, set())
        self.assertGreater(len(links), 20)


if __name__ == "__main__":
    unittest.main()
