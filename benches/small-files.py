#!/usr/bin/env python3
"""Makes a tree of 10,000 small files of everyday kinds: `benches/small-files.py DIR`. Seeded: the same tree each time."""

import pathlib
import random
import sys

WORDS = """the quick brown token key value config import def return class self data user file path name error
result list model server request response index handler""".split()
ENDINGS = ["py", "js", "md", "yaml", "json", "txt", "rs"]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: benches/small-files.py DIR")
    random.seed(1)
    root = pathlib.Path(sys.argv[1])
    for folder in range(100):
        below = root / f"d{folder}"
        below.mkdir(parents=True, exist_ok=True)
        for number in range(100):
            lines = (" ".join(random.choices(WORDS, k=8)) for _ in range(random.randint(5, 60)))
            (below / f"f{number}.{random.choice(ENDINGS)}").write_text("\n".join(lines))


main()
