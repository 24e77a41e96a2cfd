#!/usr/bin/env python3
"""Compares the YAML reader with PyYAML's safe_load, on files and on generated documents.

    python3 tests/differential/yaml_tree.py [--documents N] [--seed N] [PATH...]

PATHs are files, or folders searched for *.yaml and *.yml. A fixed list of some thousand traps is
compared always, and 2,000 generated documents unless --documents says otherwise. Exit status: 0 no
difference (or PyYAML is not installed: nothing is compared, and said so), 1 a difference, 2 the reader
could not be built or run.

Each document is compared as one document (`safe_load`), as a stream (`safe_load_all`), and by the
spans of its scalars. Both sides print a tree in the same way, so that the texts can be compared.
"""

import argparse
import datetime
import json
import math
import os
import random
import re
import struct
import subprocess
import sys

# This script's folder is first on the path; a file added to it must not stand in for PyYAML.
sys.path = [path for path in sys.path if os.path.abspath(path) != os.path.dirname(os.path.abspath(__file__))]
try:
    import yaml
except ImportError:
    print("skipped: PyYAML is not installed")
    sys.exit(0)

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# --- how PyYAML's result is printed (see examples/dump_tree.rs) ---------------------------------


def without_surrogates(text):
    return "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)


def show_scalar(value):
    if value is None:
        return '["n"]'
    if isinstance(value, bool):
        return '["b",true]' if value else '["b",false]'
    if isinstance(value, int):
        fits = -(1 << 127) <= value < 1 << 127
        return '["i","%s"]' % (value if fits else hex(value))
    if isinstance(value, float):
        bits = "nan" if math.isnan(value) else struct.pack(">d", value).hex()
        return '["f","%s"]' % bits
    if isinstance(value, str):
        return '["s",%s]' % json.dumps(without_surrogates(value))
    if isinstance(value, bytes):
        return '["y","%s"]' % value.hex()
    if isinstance(value, datetime.date):
        return '["t","%s"]' % value.isoformat()
    raise TypeError(type(value))


def show(value):
    out = []
    numbers = {}
    steps = [(value,)]
    while steps:
        step = steps.pop()
        if isinstance(step, str):
            out.append(step)
            continue
        value = step[0]
        if not isinstance(value, (list, tuple, dict, set)):
            out.append(show_scalar(value))
            continue
        if id(value) in numbers:
            out.append('["r",%d]' % numbers[id(value)])
            continue
        numbers[id(value)] = len(numbers)
        inner = []
        if isinstance(value, set):
            out.append('["e",[%s]]' % ",".join(sorted(show_scalar(member) for member in value)))
            continue
        if isinstance(value, dict):
            out.append('["m",[')
            for key, item in value.items():
                inner += ["[", (key,), ",", (item,), "]", ","]
        else:
            out.append('["l",[')
            for item in value:
                inner += [(item,), ","]
        if inner:
            inner.pop()
        inner.append("]]")
        steps.extend(reversed(inner))
    return "".join(out)


def expected(mode, source):
    """What dump_tree should print, or None for a document that is rejected."""
    try:
        text = source.decode("utf-8")
        if mode == "yaml":
            return '{"ok":%s}' % show(yaml.safe_load(text))
        if mode == "yaml-all":
            return '{"ok":[%s]}' % ",".join(map(show, list(yaml.safe_load_all(text))))
        yaml.safe_load(text)
        return '{"ok":[%s]}' % ",".join("[%d,%d]" % span for span in scalar_spans(text))
    except Exception:  # ValueError, KeyError, RecursionError...: PyYAML lets them through
        return None


def scalar_spans(text):
    offsets = [0]
    for character in text:
        offsets.append(offsets[-1] + len(character.encode("utf-8")))
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.ScalarToken):
            start, end = offsets[token.start_mark.index], offsets[token.end_mark.index]
            yield (start, 0 if token.style in ("|", ">") else end)


# --- generated documents ------------------------------------------------------------------------

PLAIN = """
yes No ON off y n true FALSE null ~ Null none 0 -0 +1 12 -190 0600 0o600 08 0b101 0b 0b_ 0b2 0x1F 0x_ 0x
1_000 _1 1__ 12:30:45 1:5 1:60 0:30 -1:30 1:30:00.5 1:1:1:1 1. .5 -.5 1.5 1e3 1.5e3 1.5e+3 1_0.5e-3 .inf -.INF
+.Inf .nan -.nan .NaN .iNF 2001-01-01 2001-1-1 2001-13-01 2001-02-29 2004-02-29 0000-01-01 2001-01-01T00:00:00Z
2001-01-01T01:00:00+01:00 2001-12-14t21:59:43.10-05:00 2001-1-2T3:04:05.1234567 2001-01-01T25:00:00
2001-01-01T00:00:00+24:00 2001-01-01T00:00:00-0530 123456789012345678901234567890123456789012
0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF -170141183460469231731687303715884105728 1.0 1.00 -0.0 0.0 = == << <
a b key foo foo/bar http://x.y a:b a#b a-b -a ?a :a ..a ... --- -- - ? : & * ! % @ ` | > ' " # , [ ] { }
{{ }} ${VAR} {{x}} é 日本 😀 a'b a"b \\ \\n a\\ @x %x `x *a *b *c &a &b &c !x !!x 1.2.3.4 10.0.0.0/8
""".split() + [
    "a b", "a  b c", "2001-01-01 00:00:00", "2001-12-14 21:59:43.10 -5", "2001-01-01 01:00:00 +01:00",
    "2001-01-01 00:00:00  Z", "12 # not", "a #b", "a# b", "a : b", "a: b", "- x", "? x", "x -", "\ufeff", "a\ufeffb",
    "a\u00a0b", "1\u00a0", "- - x", "* x", "a, b", "[a", "a]", "{a", "a}", "", "", "a\tb", "a \tb", "\ta", "a\t",
]

# Those of them that are a value in every place.
TYPED = [text for text in PLAIN if re.fullmatch(r"[-+.]?[A-Za-z0-9é日~<][-\w.:/+=~<]*(?<!:)", text)]
IMPOSSIBLE = ("0b_", "0x_", "<<", "2001-13-01", "2001-02-29", "0000-01-01", "2001-01-01T25:00:00", "2001-01-01T00:00:00+24:00")
TYPED = [text for text in TYPED if text not in IMPOSSIBLE]

QUOTED = [
    '""', "''", "'a'", '"a"', "'it''s'", '"a\\nb"', '"\\x41\\u00e9\\U0001F600"', '"\\ud800"', '"\\q"', "'\\q'",
    '"\\"', '"\\\\"', '"a\\\n  b"', '"a\n\n  b"', "'a\n  b\n\n c '", '"a b  \n\t c"', '"\\N\\_\\L\\P\\e\\0\\/"',
    '"---"', '"\n--- a"', '"\n... "', "'\n---'", '"a # b"', "'a: b'", '"1"', "'true'", '"\\U00110000"', '"\\x4"',
    '"<<"', "'='", '"a"b', "'a'b", '"é😀"', '" a "', '" 12 "', '"12\\n"', '"~\\n"', '"true\\n"', '"1.5\\n"', '"\\t12"',
    '"\\u0661\\u0662"', '"\\uff11"', '"2001-01-01\\n"', '"2001-01-01\\t00:00:00"', '"0o17"', '"0x0x1f"', '"+-5"',
    '"--5"', '"- 5"', '"infinity"', '"nan"', '"aGVsbG8="', '"aGk"', '"a=b"', '"1:-5"', '"1: 5"', '"\\x1c5"', "'",
    '"', '"a\u2028b"', '"a\u0085  b"', "'a\u2029\n b'", '"\ufeffa"', "'a''", '"0b-1"', '"1e999"', '"_"', '"é"',
]

TAGS = [
    "!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!!timestamp", "!!seq", "!!map", "!!set", "!!omap",
    "!!pairs", "!!merge", "!!value", "!", "!x", "!!python/object:os.system", "!<tag:yaml.org,2002:str>", "!<!>",
    "!<x", "!!s%74r", "!!%zz", "!!%c3", "!e!x", "!!", "!!str,", "!ENV", "!<>", "!a!b", "!e!str", "!!yaml", "!%C3%A9",
]

BLOCKS = ["|", ">", "|-", ">-", "|+", ">+", "|2", ">1-", "|-2", "|0", "|9", "|+1", "| # c", "|x", ">2 ", "|  ", "|1"]
JUNK = list("\t\r\n -?:,[]{}#&*!|>'\"%@`~<=\\.0aé\u0085\u2028\u2029\ufeff\u00a0\x00\x07\x7f\x80\ufffe😀") + [
    "\r\n", "\n\n", "  ", ": ", "- ", "? ", " #", "\n---\n", "\n...\n", "\n--- ", "<<: *a", "&a ", "*a", "!!str ",
    "\n%YAML 1.1\n", "%TAG !e! tag:yaml.org,2002:\n---\n", "\n- ", "\n  ", "{", "}", "[", "]", "'", '"', "|\n", ">\n",
]

TRAPS = [
    "", "\n", "# only a comment", "---", "--- \n...", "...\n", "a\n---\nb\n", "a\n...\nb\n", "--- a: b\n", "--- |\n a\n",
    "--- {a: b}\n", "--- - a\n", "%YAML 1.1\n---\na", "%YAML 2.0\n---\na", "%YAML 1.1\n%YAML 1.1\n---\na", "%FOO x\n---\n",
    "%TAG ! tag:yaml.org,2002:\n---\n!int 12", "%TAG !e! tag:yaml.org,2002:\n---\n!e!int '12'", "%YAML 1.1 # c\n--- 1",
    "%TAG !e! x\n%TAG !e! x\n---\na", "%YAML 1\n---\n", "%\n", "%TAG\n---\n", "a\n%YAML 1.1\n---\nb", "%YAML 1.1\n",
    "a: 1\na: 2\n", "1: a\n1.0: b\ntrue: c\n", "-0.0: a\n0: b\n", ".nan: 1\n.NaN: 2\n", "!!float nan: 1\n!!float nan: 2\n",
    "&n !!float nan : 1\n*n : 2\n", "2001-01-01T00:00:00Z: 1\n2001-01-01T01:00:00+01:00: 2\n", "{a: 1, a: 2, b: 3, a: 4}",
    "? a\n? b\n", "? a\n: b\n? c", "? - a\n: b\n", "? [a]\n: b\n", "{a, b: , c: d}", "[a: b, c]", "[? a : b]", "[? a]",
    "[a, , b]", "[,]", "[a,]", "{,}", "{a: b,}", "{a: b c: d}", "[a b\n c]", "{a:b}", "{'a':b}", '{"a":1}', "[a,b]:c", "[a]: b",
    "{a?b: c}", "[a?b]", "[:a]", "[a:]", "{a: :b}", "{? a: b}", "{: b}", "{a: [b, {c: d}]}", "- a\n-b\n", "-\n- \n-  a",
    "a:\n- b\n- c\nd: e", "a:\n  - b\n - c\n", "a: b\n c: d", "a:\n  b: 1\n c: 2", "a: b: c", "a: 'b': c", "a: - b", "- a: b\n  c: d",
    "a:\tb", "a: b\t", "\ta: b", "a:\n\tb: c", "a: \t b", "- \ta", "a: b #c\n#d\n e", "a:#b", "a: #b", "'a' : b", "'a'b: c",
    "a\nb\nc: d", "a\n b: c", "'a\n b': c", "[a,\nb]: c", "&a a: &b b\nc: *b\n", "*a", "&a a\n", "&a [*a]", "&a {x: *a}",
    "- &a b\n- &a c\n", "&a : b", "a: &a\nb: *a", "*a : b", "- &x a\n- {*x : b}\n", "- &x a\n- {*x: b}\n", "&a *b", "!x *b",
    "- &a {x: 1, y: 2}\n- <<: *a\n  y: 3\n  z: 4\n", "- &a {x: 1}\n- &b {x: 2, y: 3}\n- <<: [*a, *b]\n",
    "- &a {x: 1}\n- {x: 0, <<: *a, x: 2}\n", "<<: {a: 1}\n<<: {a: 2, b: 3}\n", "<<: [1]", "<<: a", "<<: []", "<<: {}", "'<<': {a: 1}",
    "<<: !x {a: 1}", "<<: [[{a: 1}]]", "&a {<<: *a, b: 1}", "&a {<<: [*a, *a], b: 1}", "&a {<<: &b {<<: *a, c: 1}, b: 1}",
    "- <<\n", "a: <<\n", "!!merge x: {a: 1}", "!!set {<<: {a: 1}, b}", "[<<: {a: 1}]", "=: 1", "a: =", "- =", "!!str {=: a}",
    "!!int {=: '12', a: b}", "!!timestamp {=: 2001-01-01}", "!!str {a: b}", "&a !!str {=: *a}", "!!null {=: x}", "!!str {=: {=: a}}",
    "- - - {<<: &x !!str {=: foo}}\n- *x\n", "- *x\n- &x a", "[{&k = : 1}, *k]", "[[[{&k = : 1}]], *k]", "{&k = : 1, b: [*k]}",
    "!!set {a, b, a}", "!!set {a: 1, [b]: 2}", "!!set [a]", "!!omap [a: 1, b: 2, a: 3]", "!!omap [{a: 1, b: 2}]", "!!omap {a: 1}",
    "!!pairs [a: 1, a: 2]", "!!pairs [a]", "!!omap [<<: {a: 1}]", "!!omap [!x {a: 1}]", "- &m {<<: {a: 1}}\n- [[!!omap [*m]]]\n",
    "{!!set {a}: b}", "{!!omap [a: 1]: b}", "!!seq a", "!!map a", "!!seq", "!!map [a]", "!!seq {a: b}", "!!str", "!!int", "!!null",
    "!!bool yEs", "!!bool x", "!!float 1", "!!int 1.5", "!!binary aGVsbG8=", "!!binary |\n aGVs\n bG8=\n", "! 12", "! '12'", "! [a]", "!",
    "a: !\nb: !!str\nc: &x\nd: !!null\n", "a: !!python/tuple [1]", "a: !!python/name:os.system x", "a: !ENV ${X}", "!<tag:yaml.org,2002:int> '7'",
    "a: |\n  b\n  c", "a: |\n  b\n\n\n", "a: |+\n  b\n\n\n", "a: |-\n  b\n\n", "a: >\n  b\n  c\n\n  d\n   e\n  f\n", "a: |2\n    b\n   c\n",
    "a: |\n\nb: c\n", "a: |\n   \n  b\n", "a: |\n     \n  b\n", "a: |", "a: >-", "- |\n a\n- >\n b\n", "|\na\n", ">\n a\n b", "a: |1\n b", "a: |\n\tb",
    "a: |\n b\n\tc", "a: >\n\n\n b\n", "a: |+\n\n\n", "a: >+\n b\n\n\n c\n\n", "a: | b", "a: |\n b\n# c\n c\n", "a: |#c\n b", "x: >\n a\u2028 b\n c\u0085 d\n",
    "a\u0085b: c", "a: b\u2028c: d", "a: 'b\u2029 c'", "a: b\u0085c: d", "# c\u2028a: b", "\ufeffa: b", "\ufeff# c\na: b", "\ufeff\ufeffa: b",
    "a: b\n\ufeffc: d", "a: \ufeff b\n c", "- a\n\ufeff- b", "a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r", "a: |\r\n b\r\n c\r\n", "'a\r\n\r\n b'",
    "a: {b: c\n}\n", "a: [b\n]\n", "a: [\nb]\nc: d", "[\n#c\n]", "[a #c\n, b]", "[a#c]", "'a'#c", "{a: b}#c", "[a]]", "]", "}", "[}", "{]", "[", "{", "a: ]",
    "a" * 1025 + ": b", "a" * 1024 + ": b", "a" * 1023 + " : b", "{" + "a" * 1025 + ": b}", "é" * 1024 + ": b", "é" * 1025 + ": b",
    "a: [%s]" % ("x, " * 600), "[%s]: b" % ("x, " * 600), "[" * 40 + "]" * 40, "- " * 40 + "a", "? " * 20 + "a", "{a: " * 30 + "b" + "}" * 30,
    "a: 'b\nc: d", 'a: "b\nc: d', "a: 'b' c", "'a", '"', "@a", "`a`", "a: @b", "a: %b", "%a: b", " %a: b", "a: *", "a: &", "a: *b", "a: **", "&a.b c", "*a.b",
    "a: !!int \"1\n\"", "{{ x }}", "a: {{ x }}", "a: {{ x }}/b", "a: '{{ x }}'", "{% if x %}\na: b\n{% endif %}", "a: ${X}", "a: ${X:-b}", "a: {$X}",
    "1" * 4300, "1" * 4301, "0x" + "f" * 5000, "-" + "9" * 45, "1:" * 60 + "1", "1" + ":1" * 173 + ".", "1" + ":1" * 174 + ".", "%YAML 1." + "1" * 4301 + "\n--- a",
    "a:\n  - b\n  -\n    c: d\n  - - e\n    - f\n", "a:\n- b:\n  - c\n- d", "-\n  a\n-\n  - b", "- - a\n  - b\n- c", "a:\n\n\n  b\n\n\n  c\n", "a: b\n\n  c\n d\n",
    "? a\n? |\n  b\n: - c\n  - d\n", "? a: b\n: c", "? &a b\n: *a", "?a: b", "?: b", "-: b", ":a: b", ": a", "a: ? b", "- ? a\n  : b\n", "a ? b: c", "a: b ? c",
]

TRAPS += [
    "a: |\t\n b", "- &a b\n- [*a?]", "&a? b", "&a: b", "[&a,b]", "2001-01-01T00:00:60", "2001-01-01T00:00:59", "a\x9fb", "a\x80b",
    "\ufeffa: b\nc: d", "a:\n-\nb: c", "a:\n-\n: c", "a:\n- b\n-\n- c\n", "\ufeffa:\n  - b\n\ufeff  - c", "a:\n\ufeff- b\n- c", "a: '\ufeff'\n\ufeffb: c",
    "!!timestamp {=: '2001-01-01'}", "!!binary {=: aGk=}", "!!float {=: 1}", "!!bool {=: on}", "- &a {=: 1}\n- !!str {=: *a}",
    "? |\n  a\n: b", "a: >1\n\n  b\n", "a: >\n\tb\n c\n", "a: >\n b\n \tc\n d\n", "a: |\n b\n ...\n", "a: |\n b\n...\n", "|\n---\n", "a\n---", "a\n--- ",
    "a ---", "a\n ---\n b", "'a' ---", "[a\n---\n]", "[a\n...\n]", "[a\n%b\n]", "a\n...x", "---x", "--- x", "...x", "---\t", "---\tx", "...\t", "--- # c\na", "--- !x",
    "a: 'b' #c", "a: [b]#c", "a: {b}: c", "a: [b]: c", "- [a]: b", "{[a]: b}", "{{a}: b}", "{? [a] : b}", "{a: b}: c", "[a]:b", "'a':b", "{'a':b, \"c\":d}",
]


def exhaustive():
    """Every scalar in every place, and under every tag; every trap."""
    for text in PLAIN + QUOTED:
        for frame in ("%s", "a: %s", "- %s\n- b", "[%s]", "{a: %s}", "%s: a", "{%s: a, b: c}", "[%s, a: b]", "? %s\n: a", "a: %s #c\n", "- &x %s\n- *x"):
            yield frame % text
    for tag in TAGS:
        for text in QUOTED + TYPED + ["", "[a]", "{a: b}", "{=: 12}", "|\n 12\n", "[a: b]", "{a, b}", "&x 12", "- a", "*x"]:
            yield tag + " " + text
    for header in BLOCKS:
        for body in ("", "\n", " a\n", "  a\n b\n", "  a\n\n\n  b\n\n", "\n\n  a\n   b\n  c", "   \n  a", " \n\n", "  a\n # b\n# c\n", "  a\n\tb\n"):
            yield "a: " + header + "\n" + body
            yield "- " + header + "\n" + body + "- b\n"
            yield header + "\n" + body
    yield from TRAPS


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, items):
        return self.random.choice(items)

    def chance(self, share):
        return self.random.random() < share

    def scalar(self):
        if self.chance(0.03):
            digits = self.pick(["0123456789_", "01234567_", "0123456789abcdefx_", "0123456789:._-+eETZ "])
            return "".join(self.pick(digits) for _ in range(self.random.randint(1, 24)))
        if self.chance(0.85):
            return self.pick(TYPED) if self.chance(0.8) else self.pick(["'a'", '"a\\tb"', '"12"', "'it''s'", '"a\n  b"', '"é😀"'])
        return self.pick(PLAIN) if self.chance(0.72) else self.pick(QUOTED)

    def properties(self):
        text = ""
        if self.chance(0.05):
            text += self.pick(TAGS[:1] + TAGS[14:15] if self.chance(0.5) else TAGS) + self.pick([" ", " ", " ", "", "\n"])
        if self.chance(0.10):
            text += "&" + self.pick("abcdefgh") + self.pick([" ", " ", " ", "", "\n "])
        return text

    def safe_scalar(self):
        return self.pick(["a", "b", "c", "d", "x: y"[:1], "1", "1.0", "true", "k1", "k2", "'q'", '"r"', "~", "é", "2001-01-01", "-0.0"])

    def flow(self, depth):
        if depth <= 0 or self.chance(0.35):
            return self.properties() + (self.scalar() if self.chance(0.4) else self.safe_scalar())
        if self.chance(0.10):
            return "*" + self.pick("abcdefgh") + self.pick([" ", " ", ""])
        items = []
        mapping = self.chance(0.5)
        for _ in range(self.random.randint(0, 4)):
            item = self.flow(depth - 1)
            if mapping or self.chance(0.15):
                if self.chance(0.06):
                    item = "? " + item
                if self.chance(0.08):
                    item = "<<"
                if self.chance(0.9):
                    item += self.pick([": ", ": ", ": ", ":", " : ", ":\n "]) + self.flow(depth - 1)
            items.append(item)
        comma = self.pick([", ", ", ", ",", ",\n  ", " , # c\n "])
        text = comma.join(items) + (self.pick([",", ", ", "\n"]) if self.chance(0.1) else "")
        return self.properties() + ("{%s}" if mapping else "[%s]") % text

    def block_scalar(self, indent):
        lines = []
        for _ in range(self.random.randint(0, 5)):
            text = self.pick(["text", "more text", " indented", "", "   ", "# no comment", "a: b", "é", "\ttab", "- x"])
            lines.append((" " * (indent + self.pick([0, 0, 0, 0, 1, 2, -1])) if text or self.chance(0.5) else "") + text)
        return self.pick(BLOCKS if self.chance(0.5) else BLOCKS[:6]) + "\n" + "\n".join(lines) + self.pick(["\n", "\n", "\n\n", ""])

    def block(self, depth, indent):
        """A node that begins on a line of its own, at column `indent`; ends with a line break."""
        pad = " " * indent
        choice = self.random.random()
        if depth <= 0 or choice < 0.08:
            return pad + self.properties() + self.scalar() + "\n"
        out = ""
        for _ in range(self.random.randint(1, 4)):
            if self.chance(0.05):
                out += pad + self.pick(["# comment\n", "\n", "#\n", "  # more\n"])
            if choice < 0.4:
                head = "- "
            elif self.chance(0.07):
                head = "? " + self.flow(1) + "\n" + pad + ": "
            elif self.chance(0.08):
                head = "<<: "
            else:
                key = self.scalar() if self.chance(0.25) else self.safe_scalar()
                head = self.properties() + key + self.pick([": ", ": ", ": ", ": ", ":  ", " : ", ":"])
            head = pad + head
            kind = self.random.random()
            if kind < 0.35:
                out += head + self.properties() + (self.scalar() if self.chance(0.6) else self.safe_scalar())
                out += self.pick(["\n", "\n", "\n", "  # c\n", " \n", "\n" + pad + "  more\n", ""])
                out += "" if out.endswith("\n") or self.chance(0.02) else "\n"
            elif kind < 0.5:
                out += head + self.flow(2) + "\n"
            elif kind < 0.58:
                out += head + self.properties() + self.block_scalar(indent + self.pick([1, 2, 2, 4]))
                out += "" if out.endswith("\n") else "\n"
            elif kind < 0.66:
                out += head + "*" + self.pick("abcdefgh") + "\n"
            elif kind < 0.72:
                out += head + "[*%s, *%s]\n" % (self.pick("abcdefgh"), self.pick("abcdefgh"))
            elif kind < 0.76:
                out += head.rstrip() + "\n"
            else:
                inner = indent + (0 if choice >= 0.4 and self.chance(0.2) else self.pick([1, 2, 2, 2, 4]))
                if choice < 0.4 and self.chance(0.4):
                    out += head + self.block(depth - 1, indent + 2).lstrip(" ")
                else:
                    out += head + self.properties() + "\n" + self.block(depth - 1, inner)
        return out

    def anchored(self):
        """Anchors first, then uses of them: aliases and merges that mostly resolve."""
        names = "abcdefgh"
        out = ""
        for name in names:
            value = self.pick(["{x: 1, y: 2}", "{x: 3, z: 4, 1: a}", "[1, 2]", "text", "{true: b, 1.0: c}", "{}", "{x: *%s}" % name])
            if self.chance(0.4):
                value = "{<<: *%s, %s: %s}" % (self.pick(names), self.safe_scalar(), self.safe_scalar())
            if self.chance(0.2):
                value = "{<<: [*%s, *%s], %s: 1}" % (self.pick(names), self.pick(names), self.safe_scalar())
            out += "- " + "- " * self.pick([0, 0, 0, 1, 2]) + "&%s %s\n" % (name, value)
        for _ in range(self.random.randint(1, 5)):
            out += "-" + "\n" + self.block(2, 2) if self.chance(0.5) else "- " + self.flow(2) + "\n"
        return out

    def mutate(self, text):
        for _ in range(self.random.randint(1, 4)):
            kind = self.random.randrange(7)
            at = self.random.randint(0, len(text))
            if kind == 0:
                text = text[:at] + self.pick(JUNK) + text[at:]
            elif kind == 1:
                text = text[:at] + text[at + self.random.randint(1, 4):]
            elif kind == 2:
                text = text[:at]
            elif kind == 3:
                text = text[:at] + self.pick(JUNK) + text[at + 1:]
            else:
                lines = text.splitlines(keepends=True) or [""]
                line = self.random.randrange(len(lines))
                if kind == 4:
                    lines[line] = self.pick([" ", "  ", "\t", "- "]) + lines[line]
                elif kind == 5:
                    lines[line] = lines[line].removeprefix(" ").removeprefix(" ")
                else:
                    lines.insert(self.random.randint(0, len(lines)), lines[line])
                text = "".join(lines)
        return text

    def mend_anchors(self, text):
        """Gives every anchor a name of its own and every alias an anchor before it."""
        names = []

        def mend(match):
            if match[1] == "&":
                names.append("n%d" % len(names))
                return "&" + names[-1]
            return "*" + self.pick(names[-4:]) if names else "z"

        return re.sub(r"(?<![\w.])([&*])([a-h])(?![\w.])", mend, text)

    def document(self, seeds):
        kind = self.random.random()
        if kind < 0.12:
            text = self.pick(TRAPS)
        elif kind < 0.24:
            text = self.mutate(self.pick(TRAPS))
        elif kind < 0.30:
            text = "a: " + self.properties() + self.scalar() + "\n"
        elif kind < 0.40:
            text = self.flow(3) + "\n"
        elif kind < 0.52:
            text = self.anchored()
        elif kind < 0.88 or not seeds:
            text = self.block(3, 0)
        else:
            text = self.pick(seeds)
            if len(text) > 3000:
                lines = text.splitlines(keepends=True)
                first = self.random.randrange(len(lines))
                text = "".join(lines[first:first + 40])
        if kind >= 0.24 and self.chance(0.85):
            text = self.mend_anchors(text)
        if self.chance(0.06):
            text = "---\n" + text
        if self.chance(0.04):
            text = text + self.pick(["---\n", "...\n", "...\n---\n", "...\n# end\n"]) + self.pick(["", self.block(1, 0)])
        if self.chance(0.02):
            text = self.pick(["%YAML 1.1\n---\n", "%TAG !e! tag:yaml.org,2002:\n---\n", "%X y\n---\n", "\ufeff"]) + text
        if self.chance(0.25):
            text = self.mutate(text)
        if self.chance(0.04):
            text = text.replace("\n", self.pick(["\r\n", "\r", "\u0085", "\u2028", "\u2029"]))
        source = text.encode("utf-8", "surrogatepass")
        if self.chance(0.01):
            at = self.random.randint(0, len(source))
            source = source[:at] + bytes([self.random.randrange(256)]) + source[at:]
        return source


# --- comparison ---------------------------------------------------------------------------------


def actual(program, mode, documents):
    stream = b"".join(struct.pack("<I", len(document)) + document for document in documents)
    run = subprocess.run([program, mode, "-"], input=stream, stdout=subprocess.PIPE, check=True)
    lines = run.stdout.decode("utf-8").splitlines()
    if len(lines) != len(documents):
        raise RuntimeError("%d answers for %d documents" % (len(lines), len(documents)))
    return lines


def files_below(path):
    if not os.path.isdir(path):
        return [path]
    found = []
    for folder, _, names in os.walk(path):
        found += [os.path.join(folder, name) for name in names if name.endswith((".yaml", ".yml"))]
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", metavar="PATH")
    parser.add_argument("--documents", type=int, default=2000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--repository", default=REPOSITORY, help="where to build dump_tree")
    options = parser.parse_args()

    build = ["cargo", "build", "--quiet", "--release", "--example", "dump_tree"]
    if subprocess.run(build, cwd=options.repository).returncode != 0:
        return 2
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(options.repository, "target"))
    program = os.path.join(target, "release", "examples", "dump_tree")

    documents = []
    for path in options.paths:
        for file in files_below(path):
            with open(file, "rb") as stream:
                documents.append((file, stream.read()))
    seeds = [source.decode("utf-8", "replace") for _, source in documents]
    generator = Generator(options.seed)
    for number, text in enumerate(exhaustive()):
        documents.append(("fixed %d" % number, text.encode("utf-8")))
    for number in range(options.documents):
        documents.append(("generated %d" % number, generator.document(seeds)))

    sources = [source for _, source in documents]
    differences = 0
    for mode in ("yaml", "yaml-all", "yaml-spans"):
        accepted = rejected = 0
        for (name, source), got in zip(documents, actual(program, mode, sources)):
            want = expected(mode, source)
            accepted += want is not None
            rejected += want is None
            if got == want or want is None and got.startswith('{"error"'):
                continue
            differences += 1
            if differences <= 20:
                print("difference in %s (%s): %r" % (name, mode, source[:1500]))
                print("    PyYAML: %s" % (want or "rejected")[:1500])
                print("    ours:   %s" % got[:1500])
        print("%-10s %d documents: %d accepted and %d rejected by PyYAML" % (mode, len(documents), accepted, rejected))
        if not accepted:
            print("PyYAML accepted nothing: this compared too little")
            return 2
    print("%d differences" % differences)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
