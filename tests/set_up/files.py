#!/usr/bin/env python3
"""What hermes-lint sets up, judged by programs that are not ours, and run as the forges run it.

    python3 -m venv V && V/bin/pip install zizmor check-jsonschema pre-commit
    V/bin/python tests/set_up/files.py [--binary BINARY]

* action.yml, the workflows and the GitLab job against the published schemas (check-jsonschema's own copies), and zizmor;
* the scripts, by shellcheck; the units, by systemd-analyze; the man pages, by groff; the completions, in bash;
* what action.yml, the GitLab job and the Forgejo workflow run, with the variables that a forge sets, in scratch repositories: a pull
  request is told what it adds, the main branch all there is.

What is missing is said and passed over.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BAD = "approvals:\n  mode: off\n"

failures = []
passed_over = []


def check(name, holds, shown=""):
    print(f"{'ok' if holds else 'FAILED'}: {name}")
    if not holds:
        failures.append(name)
        print("  " + "\n  ".join(shown.splitlines()[-30:]))


def run(command, **options):
    done = subprocess.run(command, text=True, capture_output=True, **options)
    return done.returncode, done.stdout + done.stderr


def judged(path):
    """By the tools of the field."""

    def by(tool, name, command, expected=0):
        if not shutil.which(tool, path=path):
            passed_over.append(tool)
            return
        status, text = run(command, cwd=ROOT, env={**os.environ, "PATH": path})
        check(f"{tool}: {name}", status == expected, text)

    schema = ["check-jsonschema", "--builtin-schema"]
    by("check-jsonschema", "action.yml", [*schema, "vendor.github-actions", "action.yml"])
    by("check-jsonschema", "workflows", [*schema, "vendor.github-workflows", "setup/github/workflow.yml", "setup/forgejo.yml"])
    by("check-jsonschema", "GitLab job", [*schema, "vendor.gitlab-ci", "setup/gitlab.yml"])
    settings = ["check-jsonschema", "--schemafile", "docs/schemas/settings.schema.json", ".hermes-lint.toml", "setup/hermes-lint.toml"]
    by("check-jsonschema", "settings", settings)
    by("pre-commit", "hooks", ["pre-commit", "validate-manifest", ".pre-commit-hooks.yaml"])
    by("pre-commit", "entry", ["pre-commit", "validate-config", "setup/pre-commit.yaml"])
    by("zizmor", "action.yml", ["zizmor", "--quiet", "--offline", "--persona", "pedantic", "action.yml"])
    # That a tag can be moved, the workflow says itself: the commit of a release is not known before it is made.
    if shutil.which("zizmor", path=path):
        command = ["zizmor", "--quiet", "--offline", "--persona", "pedantic", "--format", "json", "setup/github/workflow.yml"]
        _, text = run(command, cwd=ROOT, env={**os.environ, "PATH": path})
        idents = sorted(set(re.findall(r'"ident": "([^"]+)"', text)))
        check("zizmor: workflow, but for the tag", idents == ["unpinned-uses"], text)
    by("shellcheck", "scripts", ["shellcheck", "setup/github/check.sh", "setup/github/place.sh", "setup/git-hook.sh"])


def units(binary, work):
    if not shutil.which("systemd-analyze"):
        passed_over.append("systemd-analyze")
        return
    run([binary, "init", "--yes", f"--systemd={work}"])
    for name in ["hermes-lint.service", "hermes-lint.timer"]:
        status, text = run(["systemd-analyze", "verify", str(work / name)])
        check(f"systemd-analyze: {name}", status == 0 and not text.strip(), text)


def manual(binary, work):
    if not shutil.which("groff"):
        passed_over.append("groff")
        return
    run([binary, "man", "--dir", str(work)])
    pages = sorted(work.glob("*.1"))
    for page in pages:
        status, text = run(["groff", "-k", "-man", "-Tutf8", "-ww", "-z", str(page)])
        check(f"groff: {page.name}", status == 0 and not text.strip(), text)
    check("groff: a page a command", len(pages) >= 20, str(pages))


def completions(binary, work):
    script = work / "completions.bash"
    script.write_text(run([binary, "completions", "bash"])[1])
    for words, expected in [
        ("explain config/denylist-m", "config/denylist-missing"),
        ("check --format git", "github gitlab gitlab-secrets"),
        ("audit ver", "verify"),
        ("check --histo", "--history"),
    ]:
        *before, last = words.split()
        line = " ".join(["hermes-lint", *before])
        command = f'source "$1"; function=$(complete -p hermes-lint | sed "s/.*-F \\([^ ]*\\).*/\\1/"); COMP_WORDS=({line} {last}); '
        command += f'COMP_CWORD={len(before) + 1}; $function hermes-lint "{last}" "{(["hermes-lint"] + before)[-1]}"; echo "${{COMPREPLY[@]}}"'
        status, text = run(["bash", "-c", command, "bash", str(script)])
        check(f"bash completes `{words}`", text.split() == expected.split(), text)


class Forge:
    """A repository with a branch that adds a second finding to the one that main has, as a forge checks it out."""

    def __init__(self, work):
        self.server = work / "a" / "b"
        self.work = work
        self.git(None, "init", "-q", "-b", "main", str(self.server))
        for name in ["one", "two"]:
            if name == "two":
                self.git(self.server, "checkout", "-q", "-b", "change")
            home = self.server / name
            home.mkdir()
            (home / "config.yaml").write_text(BAD)
            self.git(self.server, "add", "-A")
            self.git(self.server, "commit", "-q", "-m", name)
        self.git(self.server, "checkout", "-q", "main")

    def git(self, folder, *arguments):
        name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        place = ["-C", str(folder)] if folder else []
        status, text = run(["git", *place, *name, *arguments])
        if status:
            raise SystemExit(f"git {' '.join(arguments)}: {text}")
        return text.strip()

    def clone(self, name, branch, *options):
        folder = self.work / name
        self.git(None, "clone", "-q", "-b", branch, *options, f"file://{self.server}", str(folder))
        return folder


def told(text):
    """The homes that a report blames for the switch that is off."""
    places = re.findall(r"(?:^|file=)(one|two)/config.yaml[:,].*approvals-off", text, re.M)
    return sorted(set(places))


def action(forge, work, environment):
    """action.yml's script, as a composite step runs it."""

    def step(name, branch, base, *options, **inputs):
        folder = forge.clone(name, branch, *options)
        output, summary = work / f"{name}.output", work / f"{name}.summary"
        output.touch()
        variables = {
            "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_BASE_REF": base, "HERMES_LINT_ROOT": str(work / "none"), "INPUT_PATHS": "", "INPUT_CHANGES": "true",
            "INPUT_FAIL_ON": "", "INPUT_ARGUMENTS": "", "INPUT_SARIF": "hermes-lint.sarif", **inputs,
        }
        command = ["bash", str(ROOT / "setup/github/check.sh")]
        status, text = run(command, cwd=folder, env={**environment, **variables})
        return folder, status, text, output.read_text(), summary

    folder, status, text, output, summary = step("pull", "change", "main")
    check("action: a pull request is told what it adds", (status, told(text)) == (1, ["two"]), text)
    check("action: its output names the SARIF file", output == "sarif=hermes-lint.sarif\n" and (folder / "hermes-lint.sarif").is_file())
    check("action: there is a summary", "approvals-off" in summary.read_text())
    _, status, text, _, _ = step("push", "main", "")
    check("action: a push is told all there is", (status, told(text)) == (1, ["one"]), text)
    _, status, text, _, _ = step("shallow", "change", "main", "--depth", "1")
    check("action: a shallow clone says so, and tells all", told(text) == ["one", "two"] and "fetch-depth: 0" in text, text)
    folder, status, text, output, _ = step(
        "inputs", "change", "main", INPUT_CHANGES="false", INPUT_FAIL_ON="never", INPUT_SARIF="", INPUT_PATHS="one\n\n", INPUT_ARGUMENTS="  --ignore\nsecret\n"
    )
    check("action: inputs are options", (status, told(text), output) == (0, ["one"], ""), text)
    _, status, text, _, _ = step("words", "main", "", INPUT_PATHS="$(touch pwned); one\n", INPUT_FAIL_ON="never")
    check("action: no shell reads an input", not (work / "words/pwned").exists() and status == 2, text)

    output = work / "place.output"
    place = {"GITHUB_ACTION_PATH": str(ROOT), "GITHUB_OUTPUT": str(output), "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "RUNNER_TOOL_CACHE": "/t"}
    status, text = run(["bash", str(ROOT / "setup/github/place.sh")], env={**environment, **place})
    lines = output.read_text() if output.exists() else ""
    right = r"installed=true\nfolder=/t/hermes-lint/[0-9a-f]{40}\nkey=hermes-lint-Linux-X64-[0-9a-f]{40}\n"
    check("action: the cache is told apart by sources", status == 0 and re.fullmatch(right, lines), text + lines)


def steps_of(path):
    """The `script` lines of the GitLab job, or the `run` texts of a workflow."""
    import ruamel.yaml  # with check-jsonschema

    document = ruamel.yaml.YAML(typ="safe").load(path.read_text())
    job = document["hermes-lint"] if "hermes-lint" in document else document["jobs"]["hermes-lint"]
    return job.get("script") or [step["run"] for step in job["steps"]]


def gitlab(forge, work, environment, binary):
    script = "set -e\n" + "\n".join(steps_of(ROOT / "setup/gitlab.yml"))

    def job(name, branch, **variables):
        folder = forge.clone(name, branch)
        (folder / ".hermes-lint/bin").mkdir(parents=True)
        (folder / ".hermes-lint/.gitignore").write_text("*\n")
        shutil.copy(binary, folder / ".hermes-lint/bin/hermes-lint")
        variables = {"CI_DEFAULT_BRANCH": "main", **variables}
        status, text = run(["bash", "-c", script], cwd=folder, env={**environment, **variables})
        return folder, status, text

    base = forge.git(forge.server, "rev-parse", "main")
    folder, status, text = job("merge", "change", CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    check("GitLab: a merge request is told what it adds", (status, told(text)) == (1, ["two"]), text)
    reports = [folder / f"hermes-lint-{name}" for name in ["quality.json", "secrets.json", "junit.xml"]]
    check("GitLab: the reports are there", all(report.is_file() for report in reports))
    _, status, text = job("branch", "change", CI_COMMIT_BRANCH="change")
    check("GitLab: a branch is told what it adds", (status, told(text)) == (1, ["two"]), text)
    _, status, text = job("default", "main", CI_COMMIT_BRANCH="main")
    check("GitLab: the default branch is told all there is", (status, told(text)) == (1, ["one"]), text)


def forgejo(forge, work, environment):
    fetch, _, judge = steps_of(ROOT / "setup/forgejo.yml")
    for name, reference, base, expected in [("f-pull", "refs/heads/change", "main", ["two"]), ("f-push", "refs/heads/main", "", ["one"])]:
        folder = work / name
        folder.mkdir()
        variables = {
            "TOKEN": "x", "GITHUB_SERVER_URL": f"file://{work}", "GITHUB_REPOSITORY": "a/b", "GITHUB_REF": reference,
            **({"GITHUB_BASE_REF": base} if base else {}),
        }
        status, text = run(["bash", "-e", "-c", f"{fetch}\n{judge}"], cwd=folder, env={**environment, **variables})
        check(f"Forgejo: {reference}", (status, told(text)) == (1, expected), text)
        config = (folder / ".git/config").read_text()
        check(f"Forgejo: {reference}: no token stays", "Authorization" not in config, config)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/hermes-lint")
    options = parser.parse_args()
    binary = options.binary.resolve()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    judged(path)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ["units", "man", "bin", "forge"]:
            (work / name).mkdir()
        units(binary, work / "units")
        manual(binary, work / "man")
        completions(binary, work)
        if shutil.which("git"):
            shutil.copy(binary, work / "bin/hermes-lint")
            kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT", "CI", "INPUT"))}
            environment = {**kept, "PATH": f"{work / 'bin'}{os.pathsep}{path}", "NO_COLOR": "1", "GIT_CONFIG_GLOBAL": os.devnull}
            forge = Forge(work / "forge")
            action(forge, work / "forge", environment)
            try:
                gitlab(forge, work / "forge", environment, binary)
                forgejo(forge, work / "forge", environment)
            except ImportError:
                passed_over.append("ruamel.yaml, which reads the jobs")
        else:
            passed_over.append("git")
    for tool in sorted(set(passed_over)):
        print(f"skipped: there is no {tool}")
    print(f"{len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
