#!/usr/bin/env python3
"""Histories with planted credentials: what `check --history` finds, how fast, and beside its peers.

    tests/git/history.py BINARY [--commits N] [--source DIR]... [--peer NAME=COMMAND]... [--keep DIR]

Makes a repository for each source, a folder of text files (by default the crates that this project is built from),
with git's fast-import: edits, new files, renames, deletions, branches and merges, and credentials that are made up at
run time and planted at known commits, some of them removed again. Then runs BINARY over each and compares every
planted credential with what is reported: once, brought by and removed by the right commits, in HEAD or not. After that
times it beside `git cat-file --batch-all-objects --batch` and the peers that are named: COMMAND is run with the repository's path
in place of `{}`, such as `gitleaks git {}`.
Needs git; without it, it says so and ends with 0.
"""

import argparse
import json
import os
import random
import shlex
import shutil
import string
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

ALNUM = string.ascii_letters + string.digits
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def github(draw):
    """A classic token: the last six characters are a checksum of the others."""
    body = "".join(draw.choices(ALNUM, k=30))
    number, check = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        check = BASE62[digit] + check
    return "gh" + "p_" + body + check.rjust(6, "0")


def slack(draw):
    digits = lambda n: "".join(draw.choices(string.digits, k=n))
    return "xo" + f"xb-{digits(12)}-{digits(13)}-" + "".join(draw.choices(ALNUM, k=24))


def stripe(draw):
    return "sk_" + "live_" + "".join(draw.choices(ALNUM, k=99))


def gitlab(draw):
    return "glp" + "at-" + "".join(draw.choices(ALNUM, k=20))


MAKERS = [github, slack, stripe, gitlab]
LINES = ['token = "{}"', "  api_token: {}", 'const TOKEN: &str = "{}";', "export TOKEN={}", '# curl -H "Authorization: Bearer {}"']


class Repo:
    """Writes a repository commit by commit, and keeps what each commit's tree holds."""

    def __init__(self, path):
        self.path, self.mark, self.blobs = path, 0, {}
        subprocess.run(["git", "init", "-q", "--initial-branch=main", path], check=True)
        self.feed = subprocess.Popen(
            ["git", "-C", path, "fast-import", "--quiet", f"--export-marks={path}/.git/marks"],
            stdin=subprocess.PIPE)
        self.trees, self.order = {}, []

    def say(self, data):
        self.feed.stdin.write(data if isinstance(data, bytes) else data.encode())

    def blob(self, content):
        known = self.blobs.get(content)
        if known is None:
            self.mark += 1
            known = self.blobs[content] = self.mark
            self.say(f"blob\nmark :{known}\ndata {len(content)}\n")
            self.say(content)
            self.say("\n")
        return known

    def commit(self, branch, tree, parents, when):
        """`tree` maps paths to contents."""
        before = self.trees.get(parents[0], {}) if parents else {}
        marks = {path: self.blob(content) for path, content in tree.items() if before.get(path) != content}
        self.mark += 1
        name = self.mark
        self.say(f"commit refs/heads/{branch}\nmark :{name}\n")
        self.say(f"author Ann Author <ann@example.org> {when} +0100\ncommitter Cy <cy@example.org> {when} +0000\n")
        self.say("data 4\nwork\n")
        if parents:
            self.say(f"from :{parents[0]}\n")
            for other in parents[1:]:
                self.say(f"merge :{other}\n")
        for path in before:
            if path not in tree:
                self.say(f"D {path}\n")
        for path, mark in marks.items():
            self.say(f"M 100644 :{mark} {path}\n")
        self.say("\n")
        self.trees[name] = dict(tree)
        self.order.append((name, list(parents)))
        return name

    def done(self):
        self.feed.stdin.close()
        assert self.feed.wait() == 0
        marks = Path(self.path, ".git/marks").read_text().split()
        ids = dict(zip((int(mark[1:]) for mark in marks[::2]), marks[1::2]))
        subprocess.run(["git", "-C", self.path, "gc", "-q"], check=True)
        subprocess.run(["git", "-C", self.path, "reset", "-q", "--hard", "main"], check=True)
        return ids


def texts(folder, most=400):
    found = []
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and path.suffix in (".rs", ".py", ".md", ".toml", ".json", ".txt", ".yaml") and path.stat().st_size < 200_000:
            data = path.read_bytes()
            if b"\0" not in data:
                found.append((str(path.relative_to(folder)).replace(" ", "_").replace('"', "_"), data))
    return found[:most]


def generate(path, source, commits, seed):
    """Returns the planted credentials, each with the marks of the commits that brought and removed it."""
    draw = random.Random(seed)
    repo = Repo(path)
    pool = texts(source)
    when = 1_600_000_000
    tree = dict(pool[: len(pool) // 2])
    spare = pool[len(pool) // 2:]
    tip = repo.commit("main", tree, [], when)
    planted = {}
    where = {}
    side = None
    number = 0

    def edit(tree):
        path = draw.choice(list(tree))
        lines = tree[path].split(b"\n")
        at = draw.randrange(len(lines))
        # A credential's own line stays as it is: whoever touches it would remove it by accident.
        if any(token.encode() in lines[at] for token in planted):
            return
        lines[at:at + draw.choice([0, 1])] = [f"line {number} {draw.random()}".encode()]
        tree[path] = b"\n".join(lines)

    def plant(tree):
        token = draw.choice(MAKERS)(draw)
        planted[token] = None
        path = draw.choice(list(tree))
        lines = tree[path].split(b"\n")
        lines.insert(draw.randrange(len(lines) + 1), draw.choice(LINES).format(token).encode())
        tree[path] = b"\n".join(lines)
        return token

    def drop(tree, token):
        for path in [path for path, data in tree.items() if token.encode() in data]:
            if draw.random() < 0.3:
                del tree[path]
                continue
            tree[path] = b"\n".join(line for line in tree[path].split(b"\n") if token.encode() not in line)

    while number < commits:
        number += 1
        when += draw.randrange(60, 90_000)
        tree = dict(repo.trees[tip])
        chance = draw.random()
        for _ in range(draw.randrange(1, 4)):
            edit(tree)
        if chance < 0.03:
            plant(tree)
        elif chance < 0.05:
            held = [token for token in planted if any(token.encode() in data for data in tree.values())]
            if held:
                drop(tree, draw.choice(held))
        elif chance < 0.09:
            path = draw.choice(list(tree))
            tree[f"moved/{number}/{Path(path).name}"] = tree.pop(path)
        elif chance < 0.11 and spare:
            path, data = spare.pop()
            tree[path] = data
        elif chance < 0.13 and side is None:
            other = dict(tree)
            edit(other)
            if draw.random() < 0.5:
                plant(other)
            side = repo.commit(f"side-{number}", other, [tip], when)
            for _ in range(draw.randrange(0, 3)):
                when += 60
                other = dict(other)
                edit(other)
                side = repo.commit(f"side-{number}", other, [side], when)
        elif chance < 0.15 and side is not None:
            # Both sides' files; where both changed one, the side's own.
            merged = {**tree, **{p: d for p, d in repo.trees[side].items() if p in tree}}
            tip = repo.commit("main", merged, [tip, side], when)
            side = None
            continue
        tip = repo.commit("main", tree, [tip], when)
    ids = repo.done()
    # What is right is worked out from the trees, not from what was meant: a merge may take one side's file.
    expected = {}
    for token in planted:
        needle = token.encode()
        blobs = {data for data in repo.blobs if needle in data}
        has = {name: any(data in blobs for data in held.values()) for name, held in repo.trees.items()}
        brought = {name for name, parents in repo.order if has[name] and not any(has[p] for p in parents)}
        removed = {name for name, parents in repo.order if parents and not has[name] and all(has[p] for p in parents)}
        expected[token] = {
            "brought": {ids[name] for name in brought},
            "removed": {ids[name] for name in removed},
            "in_head": has[tip],
        }
    return expected


def check(binary, path, expected):
    run = subprocess.run([binary, "check", "--history", "--format", "json", "--min-confidence", "low", path],
                         capture_output=True)
    assert run.returncode in (0, 1), run.stderr.decode()
    found = json.loads(run.stdout)["findings"]
    out = run.stdout.decode()
    wrong = 0
    for token, right in expected.items():
        assert token not in out, "a credential is shown"
        first = {commit for commit in right["brought"]}
        hits = []
        for one in found:
            history = one["history"]
            brought = {commit["id"] for commit in history["brought"]}
            if not brought & first:
                continue
            # Which credential it is, only the file tells: the line at that commit.
            commit = history["brought"][0]["id"]
            text = subprocess.run(["git", "-C", path, "show", f"{commit}:{one['path']}"], capture_output=True).stdout
            lines = text.split(b"\n")
            if one["line"] <= len(lines) and token.encode() in lines[one["line"] - 1]:
                hits.append(one)
        if len(hits) != 1:
            wrong += 1
            print(f"  a {token[:4]}… is found {len(hits)} times")
            continue
        history = hits[0]["history"]
        got = {
            "brought": {commit["id"] for commit in history["brought"]},
            "removed": {commit["id"] for commit in history["removed"]},
            "in_head": history["in_head"],
        }
        dropped = not right["removed"] and not right["in_head"]
        if got["brought"] != right["brought"] or got["in_head"] != right["in_head"] or (
            not dropped and got["removed"] != right["removed"]
        ):
            wrong += 1
            print(f"  a {token[:4]}…: {got} instead of {right}")
    return wrong, len(found)


def timed(command, memory=False):
    start = time.perf_counter()
    if memory:
        run = subprocess.run(["/usr/bin/time", "-f", "%M", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        took = time.perf_counter() - start
        return took, int(run.stderr.split()[-1]) / 1024
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start, None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--commits", type=int, default=2500)
    parser.add_argument("--source", action="append")
    parser.add_argument("--peer", action="append", default=[])
    parser.add_argument("--keep")
    options = parser.parse_args()
    if not shutil.which("git"):
        print("skipped: there is no git")
        return 0
    sources = options.source
    if not sources:
        registry = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"), "registry/src")
        names = ["gix-0", "regex-automata-0", "clap_builder-4"]
        sources = [next((str(p) for p in sorted(registry.glob(f"*/{name}*"))), None) for name in names]
        sources = [source for source in sources if source]
        if not sources:
            print("skipped: name folders with text files, `--source DIR`")
            return 0
    wrong = 0
    for seed, source in enumerate(sources):
        folder = Path(options.keep or tempfile.mkdtemp(), f"repo-{seed}")
        shutil.rmtree(folder, ignore_errors=True)
        expected = generate(str(folder), source, options.commits, seed)
        failed, total = check(options.binary, str(folder), expected)
        wrong += failed
        size = sum(p.stat().st_size for p in folder.glob(".git/objects/pack/*.pack"))
        commits = subprocess.run(["git", "-C", folder, "rev-list", "--all", "--count"], capture_output=True, text=True).stdout
        print(f"{Path(source).name}: {commits.strip()} commits, {size / 1e6:.1f} MB packed, "
              f"{len(expected)} planted, {failed} wrong, {total} findings")
        speeds = {}
        ours = [options.binary, "check", "--history", "-q", "--fail-on", "never", str(folder)]
        runs = {
            "git cat-file": ["git", "-C", str(folder), "cat-file", "--batch-all-objects", "--batch"],
            "hermes-lint": ours,
            "hermes-lint, one thread": [*ours, "--threads", "1"],
        }
        for peer in options.peer:
            name, path = peer.split("=", 1)
            runs[name] = [word.replace("{}", str(folder)) for word in shlex.split(path)]
        for name, command in runs.items():
            rounds = 3 if name == "git cat-file" or name.startswith("hermes-lint") else 1
            speeds[name] = min(timed(command)[0] for _ in range(rounds))
            print(f"  {name}: {speeds[name]:.2f} s")
        print(f"  hermes-lint: {timed(ours, memory=True)[1]:.0f} MiB")
        bar = 1.5 * speeds["git cat-file"] + 1
        print(f"  bar {bar:.2f} s: {'met' if speeds['hermes-lint'] <= bar else 'MISSED'}")
        if not options.keep:
            shutil.rmtree(folder.parent)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
