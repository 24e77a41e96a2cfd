#!/usr/bin/env python3
"""Damaged repositories: whatever bytes of a repository change, hermes-lint says so and does not crash or hang.

    tests/git/hostile.py BINARY [--cases N] [--seed N]

Makes a small repository with loose objects, a pack, an index and linked references, changes, cuts or swaps bytes in its
files, and runs `check --staged`, `--since`, `--range` and `--history` over each copy. The status has to be 0 to 3, within ten
seconds. Needs git; without it, it says so and ends with 0.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def git(folder, *arguments):
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *name, *arguments], check=True, capture_output=True)


def make(folder):
    git(".", "init", "-q", "--initial-branch=main", str(folder))
    draw = random.Random(1)
    for number in range(12):
        for name in ("home/config.yaml", "home/.env", "src/a/b/c.py", "README.md"):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = path.read_text().splitlines() if path.exists() else ["x: 1"] * 40
            lines[draw.randrange(len(lines))] = f"line_{number}: {draw.random()}"
            path.write_text("\n".join(lines) + "\n")
        git(folder, "add", "-A", "-f")
        git(folder, "commit", "-qm", f"{number}")
        if number == 4:
            git(folder, "branch", "side")
            git(folder, "tag", "-am", "x", "v1")
        if number == 8:
            git(folder, "gc", "-q")
    (folder / "README.md").write_text("changed\n")
    git(folder, "add", "-A")


def damage(path, draw):
    data = bytearray(path.read_bytes())
    kind = draw.randrange(4)
    if not data or kind == 0:
        data = data[: draw.randrange(len(data) + 1)]
    elif kind == 1:
        for _ in range(draw.randrange(1, 8)):
            data[draw.randrange(len(data))] = draw.randrange(256)
    elif kind == 2:
        at = draw.randrange(len(data))
        data[at:at + draw.randrange(1, 64)] = draw.randbytes(draw.randrange(64))
    else:
        at = draw.randrange(len(data))
        data[at:at + 8] = b"\xff" * 8
    path.chmod(0o644)
    path.write_bytes(data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not shutil.which("git"):
        print("skipped: there is no git")
        return 0
    draw = random.Random(options.seed)
    binary = str(Path(options.binary).resolve())
    bad, seen = 0, {}
    with tempfile.TemporaryDirectory() as scratch:
        origin = Path(scratch, "origin")
        make(origin)
        modes = [["--staged"], ["--since", "side"], ["--range", "v1..main"], ["--history"]]
        for number in range(options.cases):
            copy = Path(scratch, "copy")
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(origin, copy)
            files = [p for p in copy.glob(".git/**/*") if p.is_file() and "hooks" not in p.parts]
            # Packs and the index hold the most, and are two files of many.
            heavy = [p for p in files if p.suffix in (".idx", ".pack", ".rev", ".graph") or p.name in ("index", "packed-refs")]
            names = [draw.choice(heavy if draw.random() < 0.7 else files) for _ in range(draw.randrange(1, 3))]
            for path in names:
                damage(path, draw)
            for mode in modes:
                try:
                    run = subprocess.run([binary, "check", *mode, "-q"], cwd=copy, capture_output=True, timeout=10)
                    status = run.returncode
                except subprocess.TimeoutExpired:
                    status, run = "timeout", None
                seen[status] = seen.get(status, 0) + 1
                if status not in (0, 1, 2, 3):
                    bad += 1
                    what = [str(path.relative_to(copy)) for path in names]
                    print(f"case {number} {mode} {what}: {status}", (run.stderr[-600:].decode(errors="replace") if run else ""))
    print(f"{options.cases} repositories, by status {dict(sorted(seen.items(), key=str))}, {bad} crashed or hung")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
