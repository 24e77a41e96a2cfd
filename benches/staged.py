#!/usr/bin/env python3
"""A commit of ten files: how much longer the hook takes than `git diff --cached`, in repositories of several sizes.

    benches/staged.py BINARY [--peer NAME=COMMAND]...

COMMAND is run in the repository as it is written, such as `gitleaks git --staged --no-banner .`. Medians of 21 runs, all in one
go. Needs git; without it, it says so and ends with 0.
"""

import argparse
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def git(folder, *arguments):
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *name, *arguments], check=True, capture_output=True)


def make(folder, files, hermes):
    git(".", "init", "-q", str(folder))
    for number in range(files):
        path = folder / f"src/m{number % 97}/f{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"def f{number}_{line}(x):\n    return x + {line}\n" for line in range(60)))
    home = folder / "home"
    home.mkdir()
    (home / "config.yaml").write_text("_config_version: 32\napprovals:\n  mode: manual\n")
    (home / "SOUL.md").write_text("# Soul\n")
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-qm", "one")
    changed = sorted(folder.glob("src/**/*.py"))[: 8 if hermes else 10]
    changed += [home / "config.yaml", home / "SOUL.md"] if hermes else []
    for path in changed:
        path.write_text(path.read_text() + "# changed\n")
    git(folder, "add", "-A")


def median(command, folder):
    times = []
    for _ in range(21):
        start = time.perf_counter()
        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--peer", action="append", default=[])
    options = parser.parse_args()
    if not shutil.which("git"):
        print("skipped: there is no git")
        return 0
    binary = str(Path(options.binary).resolve())
    missed = 0
    for files, hermes in [(100, False), (100, True), (10_000, False), (10_000, True)]:
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            make(folder, files, hermes)
            base = median(["git", "diff", "--cached"], folder)
            own = median([binary, "check", "--staged", "-q"], folder)
            what = "two of a Hermes home" if hermes else "none of Hermes's"
            print(f"{files} files, ten staged, {what}: git diff {base:.1f} ms, hermes-lint {own:.1f} ms, {own - base:+.1f}")
            missed += own - base > 20
            for peer in options.peer:
                name, command = peer.split("=", 1)
                print(f"  {name}: {median(shlex.split(command), folder):.0f} ms")
    print("bar of 20 ms over git diff:", "met" if not missed else f"missed {missed} times")
    return 0


if __name__ == "__main__":
    sys.exit(main())
