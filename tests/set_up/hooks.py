#!/usr/bin/env python3
"""The hook in real hands: pre-commit and prek, installed from a clone of this checkout, and git alone after `init`.

    python3 -m venv V && V/bin/pip install pre-commit prek
    V/bin/python tests/set_up/hooks.py [--language system|rust|python]... [--binary BINARY]

Each commits into scratch repositories: a staged key is blocked and not shown, one that only the working tree has goes through, and
what is staged in part stays so. `system` (the default) takes BINARY (target/release/hermes-lint); `rust` and `python` build
what is committed here, as the frameworks do it, which takes minutes and a registry of packages. Needs git; what is missing is
said and passed over.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Put together here, so that no scanner takes this file for a leak.
KEY = "-".join(["7d1c3f90", "52ab", "4c8e", "9f17", "e3b0a6d4c281"])
CONFIG = "model:\n  provider: openai\n{}approvals:\n  mode: manual\n  deny: ['rm -rf *']\n"
LEAK = f"  api_key: {KEY}\n"

failures = []


def check(name, holds, shown=""):
    print(f"{'ok' if holds else 'FAILED'}: {name}")
    if not holds:
        failures.append(name)
        print("  " + "\n  ".join(shown.splitlines()[-30:]))


class Repo:
    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        for key, value in [("user.name", "a"), ("user.email", "a@example.org"), ("commit.gpgsign", "false")]:
            self.git("config", key, value)

    def run(self, *command):
        done = subprocess.run(command, cwd=self.folder, env=self.environment, text=True, capture_output=True)
        return done.returncode, done.stdout + done.stderr

    def git(self, *arguments):
        status, text = self.run("git", *arguments)
        if status:
            raise SystemExit(f"git {' '.join(arguments)}: {text}")
        return text

    def put(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name):
        return (self.folder / name).read_text()


def commits(repo, name, blocked=None):
    """Four commits; `blocked` is what the framework prints of a hook that fails."""
    home = "home/config.yaml"
    repo.put(home, CONFIG.format(""))
    repo.git("add", "-A")
    status, text = repo.run("git", "commit", "-m", "clean")
    check(f"{name}: a clean commit goes through", status == 0, text)

    repo.put(home, CONFIG.format(LEAK))
    repo.git("add", "-A")
    status, text = repo.run("git", "commit", "-m", "key")
    check(f"{name}: a staged key is blocked", status != 0 and "secret/named-literal" in text, text)
    check(f"{name}: and said once", text.count("error[secret/named-literal]") == 1, text)
    check(f"{name}: and not shown", KEY not in text)
    if blocked:
        check(f"{name}: by the hook", blocked in text, text)
    repo.git("reset", "-q", "--hard")

    # Only the working tree has the key: the commit is about another file.
    repo.put("notes.md", "a note\n")
    repo.git("add", "notes.md")
    repo.put(home, CONFIG.format(LEAK))
    status, text = repo.run("git", "commit", "-m", "note")
    check(f"{name}: a key that only the working tree has goes through", status == 0, text)
    check(f"{name}: and stays there", repo.read(home) == CONFIG.format(LEAK))
    repo.git("checkout", "-q", home)

    # The same file, staged in part: without the key, then with it.
    repo.put(home, CONFIG.format("").replace("openai", "anthropic"))
    repo.git("add", home)
    repo.put(home, CONFIG.format(LEAK).replace("openai", "anthropic"))
    status, text = repo.run("git", "commit", "-m", "part")
    check(f"{name}: a clean part of a file goes through", status == 0, text)
    check(f"{name}: alone", KEY not in repo.git("show", f"HEAD:{home}") and KEY in repo.read(home))
    repo.git("add", home)
    rest = CONFIG.format(LEAK).replace("openai", "anthropic") + "# more to come\n"
    repo.put(home, rest)
    status, text = repo.run("git", "commit", "-m", "part with the key")
    check(f"{name}: a part with a key is blocked", status != 0 and KEY not in text, text)
    staged = repo.git("show", f":{home}")
    check(f"{name}: and both parts are as they were", repo.read(home) == rest and staged + "# more to come\n" == rest)
    repo.git("reset", "-q", "--hard")


def framework(tool, language, work, environment, clone, commit):
    name = f"{tool}, language {language}"
    repo = Repo(work / f"{tool}-{language}", environment)
    hook = {"system": "hermes-lint-system", "rust": "hermes-lint", "python": "hermes-lint\n        language: python"}[language]
    repo.put(".pre-commit-config.yaml", f"repos:\n  - repo: {clone}\n    rev: {commit}\n    hooks:\n      - id: {hook}\n")
    repo.git("add", "-A")
    status, text = repo.run(tool, "install", "--install-hooks")
    check(f"{name}: installs", status == 0, text)
    if status == 0:
        commits(repo, name, blocked="Failed")
        status, text = repo.run(tool, "run", "--all-files")
        check(f"{name}: `run --all-files` passes", status == 0, text)


def init(work, environment, binary, tools, clone, commit):
    """`init` alone, then a framework that is installed on top of it."""
    repo = Repo(work / "init", environment)
    status, text = repo.run(binary, "init", "--yes")
    check("init: sets up", status == 0, text)
    repo.git("add", "-A")
    commits(repo, "git alone after init")
    entry = repo.read(".pre-commit-config.yaml")
    here = entry.replace("https://github.com/hermes-lint/hermes-lint", str(clone)).replace("v0.1.0", commit)
    repo.put(".pre-commit-config.yaml", here.replace("id: hermes-lint", "id: hermes-lint-system"))
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "the entry of this clone", "--no-verify")
    for tool in tools:
        status, text = repo.run(tool, "install", "--install-hooks")
        check(f"{tool} after init: installs", status == 0, text)
        repo.put("home/config.yaml", CONFIG.format(LEAK))
        repo.git("add", "-A")
        status, text = repo.run("git", "commit", "-m", "key")
        check(f"{tool} after init: blocks", status != 0 and KEY not in text, text)
        check(f"{tool} after init: and the hook of init steps back", text.count("error[secret/named-literal]") == 1, text)
        repo.git("reset", "-q", "--hard")
        status, text = repo.run(binary, "init", "--yes")
        check(f"{tool} after init: a second init changes nothing", status == 0 and not repo.git("status", "--short"), text)
        repo.run(tool, "uninstall")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--language", action="append", choices=["system", "rust", "python"])
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/hermes-lint")
    options = parser.parse_args()
    here = Path(sys.executable).parent
    path = f"{here}{os.pathsep}{os.environ['PATH']}"
    if not shutil.which("git", path=path):
        print("skipped: there is no git")
        return 0
    tools = [tool for tool in ["pre-commit", "prek"] if shutil.which(tool, path=path)]
    for tool in {"pre-commit", "prek"} - set(tools):
        print(f"skipped: there is no {tool}; `pip install {tool}`")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "bin").mkdir()
        shutil.copy(options.binary, work / "bin/hermes-lint")
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PRE_COMMIT"))},
            "PATH": f"{work / 'bin'}{os.pathsep}{path}",
            "PRE_COMMIT_HOME": str(work / "pre-commit"),
            "PREK_HOME": str(work / "prek"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "NO_COLOR": "1",
        }
        clone = work / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        commit = subprocess.run(["git", "-C", clone, "rev-parse", "HEAD"], check=True, text=True, capture_output=True).stdout.strip()
        for language in options.language or ["system"]:
            for tool in tools:
                framework(tool, language, work, environment, clone, commit)
        init(work, environment, work / "bin/hermes-lint", tools, clone, commit)
    print(f"{len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
