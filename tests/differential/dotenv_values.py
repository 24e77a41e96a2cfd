#!/usr/bin/env python3
"""Compares hermes-lint's reading of `.env` files with python-dotenv's.

    dotenv_values.py [--dump COMMAND] [--count N] [--seed N] [FILE-or-FOLDER]...

Reads the files named (in folders: all whose name holds `env`), mutations of them, and N generated
documents with both, and compares keys, values, exports, skipped statements, where statements stand, and the
values after interpolation. Exit status: 0 no difference, 1 differences (printed), 77 python-dotenv or
the dump example is absent.
"""

import argparse
import importlib.metadata
import io
import json
import logging
import os
import random
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# This script's folder is first on the path; a file added to it must not stand in for python-dotenv.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent]
DEFAULT_DUMP = "cargo run --quiet --example dump_tree --"
SKIPPED = 77
BATCH = 400

NAMES = ["A", "B", "C", "LONG_NAME", "lower", "KEY.WITH-SIGNS", "clé", "EMPTY", "TRAP", "export", "'q k'"]
BLANKS = ["", "", "", " ", "  ", "\t", "\x0b", "\x0c", "\x1c", "\x85", "\xa0", "\u2003", "\u2028", "\u200b"]
BREAKS = ["\n", "\n", "\n", "\n", "\r\n", "\r", "\n\n", ""]
ATOMS = [
    "x", "value", "two words", "=", "#", " #", " # note", "\t# note", "\xa0# note", "'", '"', "\\", "\\\\", "\\'",
    '\\"', "\\n", "\\t", "\\a\\b\\f\\v\\r", "\\x41", "\\u0041", "\\101", "$", "$A", "${A}", "${B}", "${TRAP}",
    "${EMPTY}", "${NO}", "${NO:-d}", "${A:-d}", "${NO:-}", "${NO-d}", "${", "}", "${}", "${:-d}", "${A:B}", ":-",
    "${NO:-${A}}", "é", "日本", "🔑", "\ufeff", "\x00", "\n", "\r\n", "\r", "\u2028", "https://u:p@h/?a=b#c",
]
JUNK = ["=", "==x", "'", "''", "'=x", "\"k\"=v", "#", "# A=1", "export", "export ", "export=x", "export export A=1",
        "A", "A B", "A B=C", "A =", "A = # note", "A=# note", "A='x'y", "A='x' # note", "A='x'# note", "\ufeffA=1"]
WHOLE = ["", "\ufeff", "\n\n", "# only", "'", '"', "\\", "A", "A=", "="]


def value(rng):
    body = "".join(rng.choice(ATOMS) for _ in range(rng.randrange(5)))
    quote = rng.choice(["", "", "'", '"'])
    close = quote if rng.random() < 0.9 else rng.choice(["", "'", '"'])
    return quote + body + close


def line(rng):
    if rng.random() < 0.2:
        return rng.choice(JUNK)
    blank = lambda: rng.choice(BLANKS)
    export = rng.choice(["", "", "", "export ", "export\t", "export\xa0"])
    tail = rng.choice(["", "", "", "# note", " # note", "#", " junk"])
    return blank() + export + rng.choice(NAMES) + blank() + "=" + blank() + value(rng) + blank() + tail


def soup(rng):
    return "".join(rng.choice(ATOMS + NAMES + BREAKS + BLANKS + ["=", "export "]) for _ in range(rng.randrange(1, 25)))


def mutated(rng, text):
    chars = list(text[: rng.randrange(1, 4000)])
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(chars) + 1)
        chars[at:at + rng.randrange(3)] = list(rng.choice(ATOMS + BREAKS))
    return "".join(chars)


def document(rng, corpus):
    kind = rng.random()
    if kind < 0.02:
        text = rng.choice(WHOLE)
    elif kind < 0.2:
        text = soup(rng)
    elif kind < 0.35 and corpus:
        text = mutated(rng, rng.choice(corpus))
    else:
        text = "".join(line(rng) + rng.choice(BREAKS) for _ in range(rng.randrange(1, 8)))
        text = rng.choice(["", "", "", "\ufeff"]) + text
    encoding = rng.choices(["utf-8", "latin-1", "cp1252", "utf-16"], [85, 6, 5, 4])[0]
    raw = text.encode(encoding, errors="replace")
    if rng.random() < 0.03:
        at = rng.randrange(len(raw) + 1)
        raw = raw[:at] + bytes([rng.randrange(256)]) + raw[at:]
    return raw


def decoded(raw):
    """The codec and the text that Hermes' loader ends up with."""
    utf32 = raw.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff"))
    codecs = ["utf-8", "latin-1"]
    if not utf32 and raw.startswith(b"\xff\xfe"):
        codecs.insert(0, "utf-16-le")
    elif not utf32 and raw.startswith(b"\xfe\xff"):
        codecs.insert(0, "utf-16-be")
    for codec in codecs:
        content = raw[2:] if codec.startswith("utf-16") else raw
        try:
            return codec, normal(content.decode(codec))
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 decodes everything")


def normal(text):
    return io.IncrementalNewlineDecoder(None, True).decode(text, True).replace("\x00", "")


def oracle(raw):
    from dotenv.main import resolve_variables
    from dotenv.parser import parse_stream

    codec, text = decoded(raw)
    bindings = list(parse_stream(io.StringIO(text, newline="\n")))
    entries = [b for b in bindings if b.key is not None]
    values = [(b.key, b.value) for b in entries]
    pairs = lambda override: [list(pair) for pair in resolve_variables(values, override=override).items()]
    return codec, {
        "entries": [[b.key, b.value] for b in entries],
        "entry_text": [b.original.string.strip() for b in entries],
        "error_text": [b.original.string.strip() for b in bindings if b.error],
        "override": pairs(True),
        "keep": pairs(False),
    }


def by_path(path, raw):
    """What the public entry point says of the file itself, for files it can read unprepared."""
    from dotenv import dotenv_values

    codec, _ = decoded(raw)
    if codec.startswith("utf-16") or b"\0" in raw:
        return None
    return [list(pair) for pair in dotenv_values(path, encoding=codec).items()]


def ours(dump, codec, raw):
    text = lambda span: normal(raw[span[0]:span[1]].decode(codec, errors="replace")).strip()
    bom = lambda shown: shown.removeprefix("\ufeff")
    return {
        "entries": [entry[:2] for entry in dump["entries"]],
        "entry_text": [bom(text(span)) for span in dump["lines"]],
        "error_text": [bom(text(span)) for span in dump["errors"]],
        "override": dump["override"],
        "keep": dump["keep"],
    }


def compare(documents, command, release, environment):
    differences = 0
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, len(documents), BATCH):
            batch = documents[start:start + BATCH]
            paths = []
            for index, raw in enumerate(batch):
                path = Path(folder, f"{start + index}.env")
                path.write_bytes(raw)
                paths.append(str(path))
            run = subprocess.run([*command, f"dotenv-{release}", *paths], capture_output=True, env=environment, check=False)
            lines = [shown for shown in run.stdout.decode().split("\n") if shown]
            if run.returncode != 0 or len(lines) != len(batch):
                print(f"the dump failed with {run.returncode} after {len(lines)} of {len(batch)} files:",
                      run.stderr.decode(errors="replace")[-2000:])
                return differences + 1
            for path, raw, shown in zip(paths, batch, lines):
                codec, expected = oracle(raw)
                expected["entry_text"] = [text.removeprefix("\ufeff") for text in expected["entry_text"]]
                expected["error_text"] = [text.removeprefix("\ufeff") for text in expected["error_text"]]
                found = ours(json.loads(shown)["ok"], codec, raw)
                whole = by_path(path, raw)
                if whole is not None and whole != expected["override"]:
                    raise AssertionError(f"this script prepares {raw!r} unlike python-dotenv")
                for part, wanted in expected.items():
                    if found[part] != wanted:
                        differences += 1
                        print(f"{part} of {raw!r}\n  python-dotenv {wanted!r}\n  hermes-lint   {found[part]!r}")
                Path(path).unlink()
    return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dump", default=DEFAULT_DUMP, help="command that prints our reading (default: %(default)s)")
    parser.add_argument("--count", type=int, default=2000, help="generated documents (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("paths", nargs="*", type=Path)
    arguments = parser.parse_args()
    try:
        version = importlib.metadata.version("python-dotenv")
        import dotenv  # noqa: F401
    except ImportError:
        print("skipped: python-dotenv is not installed")
        return SKIPPED
    logging.getLogger("dotenv").setLevel(logging.CRITICAL)
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    release = "1.2.2" if numbers <= (1, 2, 2) else "1.2.3" if numbers == (1, 2, 3) else "1.2.4"

    os.environ.update(TRAP="from outside ${A}", EMPTY="", B="outer b")
    command = shlex.split(arguments.dump)
    try:
        subprocess.run([*command, f"dotenv-{release}"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"skipped: {arguments.dump} does not run: {error}")
        return SKIPPED

    files = []
    for path in arguments.paths:
        files += sorted(p for p in path.rglob("*env*") if p.is_file()) if path.is_dir() else [path]
    real = [path.read_bytes() for path in files]
    rng = random.Random(arguments.seed)
    corpus = [raw.decode("utf-8", errors="replace") for raw in real if raw]
    generated = [document(rng, corpus) for _ in range(arguments.count)]
    os.chdir(ROOT)
    differences = compare(real + generated, command, release, dict(os.environ))
    print(f"python-dotenv {version}, rules of {release}: {len(real)} files, {len(generated)} generated documents "
          f"(seed {arguments.seed}), {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
