#!/usr/bin/env python3
"""Compares the policy module with Hermes's own approval code.

Hermes is read from wheels (installed folders, unpacked wheels or .whl files), named as arguments or in
HERMES_WHEEL (separated like PATH). Nothing is executed but the functions that decide. Without a wheel the
test says so and passes.

    python3 tests/differential/approvals.py [--probe BINARY] [--random N] [WHEEL]...

Compared, for each wheel's release: approvals.deny over every spelling of rules/commands.yaml and a set of deny
lists (and over N random lines), the hardline floor, command_allowlist, the mode words, and the keys of
rules/hermes/approval_patterns.yaml.
"""

import argparse
import functools
import json
import logging
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# This script's folder is first on the path; a file added to it must not stand in for a package.
# What cargo needs of the environment (HOME above all) goes before Hermes gets its own.
ENVIRONMENT = dict(os.environ)
sys.path[:] = [entry for entry in sys.path if pathlib.Path(entry).resolve() != HERE]

# One entry each, then lists in which order decides which entry is named.
SINGLE = [
    "rm *", "rm -rf*", "rm -rf *", "*rm*", "*rm -rf*", "rm", "*rm", "RM *", "  rm *  ", "r?", "r[!a]*",
    "sudo *", "*sudo*", "sudo", "*sudo *", "su", "su *", "dd *", "*dd *of=/dev/*", "mkfs*", "*mkfs*", "chmod *",
    "chmod 777*", "*chmod*777*", "chown *", "*chown*", "shutdown*", "*shutdown*", "reboot", "*reboot*",
    "init [06]", "kill *", "kill -9 -1", "*kill*", "killall*", "pkill *", "curl *", "*curl*|*sh*", "*|*sh",
    "wget *", "*<(*", "*$(*", "find*-delete*", "find *", "xargs *", "bash *", "sh -c*", "python*", "perl *",
    "*>*/dev/*", "*:()*", "*", "", "?", "[", "[!", "*\n*", "*\\*", "env *", "history *", "*'*", '*"*',
    "* -[!-]r*", "useradd *", "*passwd*", "export *", "truncate *", "eval *", "source *", ".*",
]
MIXED = [
    ["ls *", "rm *", "*rm*"],
    ["*rm*", "rm *"],
    ["", "  ", "sudo *", "*"],
    ["rm -rf*", "sudo *", "shutdown*", "mkfs*", "dd *", "chmod 777*", "curl*|*sh"],
]
FLOOR = [
    "rm -rf /", "rm /", "rm -rf /*", "rm -rf //", "rm -rf /./", "rm -rf /../..", "rm -rf '/'", 'rm -rf "$HOME"',
    "rm -rf ~", "rm -rf ~/", "rm -rf ~/*", "rm -rf ~/x", "rm -rf /etc", "rm -rf /etc/x", "rm -rf /home/*",
    "rm -rf build /", "rm -rf -- /", "sudo rm -rf /", "sudo -n rm -rf /", "sudo -u root rm -rf /", "env rm -rf /",
    "env A=1 rm -rf /", "A=1 rm -rf /", "/bin/rm -rf /", "nohup rm -rf / &", "exec rm -rf /", "time rm -rf /",
    "command rm -rf /", "timeout 5 rm -rf /", "bash -c 'rm -rf /'", "sh -c 'cd x && rm -rf /'", "(rm -rf /)",
    "{ rm -rf /; }", "echo $(rm -rf /)", "echo `rm -rf /`", "echo 'rm -rf /'", "git commit -m 'rm -rf /'",
    "if true; then rm -rf /; fi", "true && rm -rf /", "true; reboot", "true | reboot", "true & reboot",
    "echo reboot", "reboot-helper", "rebooted", "shutdown -h now", "systemctl reboot", "systemctl --force reboot",
    "systemctl kexec", "systemctl rebooted", "init 0", "init 3", "telinit 6", "halt -p", "poweroff", "/sbin/reboot",
    "mkfs.ext4 /dev/sda", "/sbin/mkfs.ext4 /dev/sda", "man mkfs", "echo mkfs", "mkfs-helper x", "kill -1",
    "kill -9 -1", "kill -1 42", "kill -15 42", "kill -s KILL -1", "kill -- -1", "xargs kill -9 -1",
    "dd if=x of=/dev/sda", "dd of=/dev/nvme0n1 if=x", "dd of=/dev/null if=x", "/bin/dd of=/dev/sda",
    "echo 'dd of=/dev/sda'", "cat x > /dev/sda", "cat x >/dev/vda1", "cat x >> /dev/sda", "cat x > /dev/null",
    "echo 'x > /dev/sda'", "bash -c 'cat x > /dev/sda'", ":(){ :|:& };:", ":() { : | : & } ; :",
    "echo ':(){ :|:& };:'", "bash -c ':(){ :|:& };:'", "r\\m -rf /", "r''m -rf /", "rm${IFS}-rf${IFS}/",
    "rm -rf \\\n/", "reboot # now", "# reboot",
]
LARGE = ["a" * 4096, "a" * 4097, "a;" * 3000, "a;" * 30000]
ALLOW = [
    "rm *", "rm -rf build", "*", "git *", "bash *", "echo *", "find *", "[r]m *", "RM *", " ls ", "", "r?",
    "curl *", "grep *", "rm -rf '*", "sed -e *",
]
ALLOW_COMMANDS = [
    "rm -rf build", "  rm -rf build  ", "rm -rf 'a;b'", "rm -rf \"a;b\"", "rm -rf a\\;b", "rm -rf a;b", "ls", "LS",
    "echo \"$HOME\"", "echo $HOME", "echo $(ls)", "echo '$(ls)'", "echo \"`ls`\"", "echo 'open", "echo (a)",
    "bash -c 'a; b'", "bash -lc 'a;b'", "grep -e 'a|b' f", "grep -E 'a|b' f", "grep --eval='a|b' f",
    "grep 'a|b' -c f", "sed -e 's|a|b|' f", "echo a > b", "echo 'a > b'", "echo a\nb", "echo 'a\nb'", "rm x & ls", "",
    "echo a --command 'x;y'", "echo x=-c 'a;b'", "echo\t-c 'a;b'",
]
MODES = [True, False, None, 1, 0, "off", "OFF ", "on", "manual", "smart", "auto", "", " ", "yes", "allow", "approve",
         "deny", "true", "Approve"]
ATOMS = [
    "rm", "-rf", "-r", "-f", "x", "/", "sudo", "env", "bash", "-c", "'", '"', "$(", "`", ")", "(", "{", "}", ";", "&&",
    "|", "||", "&", "\n", " ", " ", " ", "\\", "r\\m", "''", "${IFS}", "${a:-rm}", "${a/b/rm}", "echo", "printf", "if",
    "then", "do", "!", "#", "FOO=1", "timeout", "5", "nice", "-n", "/bin/rm", "-u", "root", "command", "-v", "-S",
    "xargs", "find", ".", "-delete", "<", ">", "2>", "<<EOF", "--", "=", "sh", "-lc", "dash", "python", "rg", "--pre",
    "man", "-P", "curl", "\t", "\\\n", "env -S ", "exec -a", "C:\\a", "\u00a0", "\uff52m", "\x1b[31m",
]


def release_of(wheel):
    """The release number, from the metadata beside the packages."""
    if wheel.is_file():
        found = re.search(r"-(\d+\.\d+\.\d+)", wheel.name)
    else:
        names = " ".join(p.name for p in wheel.glob("hermes_agent*.dist-info"))
        found = re.search(r"-(\d+\.\d+\.\d+)", names)
    if not found:
        raise SystemExit(f"{wheel}: no hermes_agent release found")
    return found.group(1)


class Hermes:
    """The functions of one Hermes that decide, with its configuration in our hands."""

    def __init__(self, wheel):
        sys.path.insert(0, str(wheel))
        try:
            import tools.approval_context as context
            import tools.approval_detection as detection
            import tools.approval_floors as floors
        except ModuleNotFoundError:
            import tools.approval as context
            detection = floors = context
        import tools.approval as approval

        self.context, self.detection, self.floors, self.approval = context, detection, floors, approval
        self.config = {}
        context._get_approval_config = lambda: self.config
        # What Hermes makes of a command does not hang on the list: make it once for all lists.
        name = "_deny_command_variants" if hasattr(floors, "_deny_command_variants") else "_command_detection_variants"
        variants = getattr(floors, name)
        cached = functools.lru_cache(maxsize=4)(lambda command: tuple(variants(command)))
        setattr(floors, name, cached)
        logging.disable(logging.WARNING)

    def denied(self, command, entries):
        self.config = {"deny": entries}
        entry = self.floors._match_user_deny_rule(command)
        if entry is None:
            return None
        return [e.strip() for e in entries].index(entry)

    def hardline(self, command):
        return bool(self.detection.detect_hardline_command(command)[0])

    def approved(self, command, entry):
        with self.approval._lock:
            self.approval._permanent_approved.clear()
            self.approval._permanent_approved.add(entry)
        return self.floors._command_matches_permanent_allowlist(command)

    def mode(self, value):
        return self.context._normalize_approval_mode(value)

    def unattended(self, value):
        return "approve" if str(value).lower().strip() in {"approve", "off", "allow", "yes"} else "deny"


def ask(probe, questions):
    lines = "\n".join(json.dumps(q) for q in questions)
    done = subprocess.run(probe, input=lines, capture_output=True, text=True, check=True, cwd=ROOT, env=ENVIRONMENT)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions), "the probe lost a line"
    return answers


def random_lines(count):
    source = random.Random(20)
    return [
        "".join(source.choice(["", "", " "]) + source.choice(ATOMS) for _ in range(source.randint(1, 14)))
        for _ in range(count)
    ]


def check_keys(hermes, release, approvals, differ):
    """The keys of approval_patterns.yaml are those of this release."""
    number = tuple(map(int, release.split(".")))
    known = lambda item: (tuple(map(int, item["since"].split("."))) <= number
                          and ("until" not in item or number < tuple(map(int, item["until"].split(".")))))
    ours = {p["description"] for p in approvals["patterns"] if known(p)}
    theirs = {description for _, description in hermes.detection.DANGEROUS_PATTERNS}
    for missing in theirs - ours:
        differ("key missing from the table", missing, True, False)
    source = "".join(
        pathlib.Path(module.__file__).read_text(encoding="utf-8")
        for module in {hermes.detection, hermes.approval})
    for extra in ours - theirs:
        # Keys the parser gives are literals, or put together from a program and its option.
        if extra not in source and not extra.startswith("arbitrary program execution via "):
            differ("key unknown to Hermes", extra, False, True)
    for word in filter(known, approvals["words"]):
        aliases = hermes.detection._PATTERN_KEY_ALIASES
        approves = {d for d in theirs if word["word"] in aliases.get(d, ())}
        if approves != set(word["approves"]):
            differ("class word", word["word"], sorted(approves), sorted(word["approves"]))


def compare(wheel, release, probe, random_count):
    import yaml

    hermes = Hermes(wheel)
    table = yaml.safe_load((ROOT / "rules/commands.yaml").read_text(encoding="utf-8"))
    approvals = yaml.safe_load((ROOT / "rules/hermes/approval_patterns.yaml").read_text(encoding="utf-8"))
    commands = [c for k in table["classes"] for c in k["usual"] + k.get("exotic", []) + k.get("harmless", [])]
    lists = [[entry] for entry in SINGLE] + MIXED
    for k in table["classes"]:
        lists += [k["native_deny"], k["native_deny"] + k.get("native_deny_early", [])]
    differences = []

    def differ(what, case, theirs, ours):
        differences.append((what, case, theirs, ours))

    counts = {}
    lines = commands + FLOOR + random_lines(random_count)
    replies = ask(probe, [{"op": "deny", "release": release, "command": c, "lists": lists} for c in lines])
    for command, reply in zip(lines, replies):
        for entries, ours in zip(lists, reply["denied"]):
            theirs = hermes.denied(command, entries)
            counts["deny"] = counts.get("deny", 0) + 1
            if theirs != ours:
                differ(f"deny {entries if len(entries) < 4 else entries[:3] + ['...']}", command, theirs, ours)
    floor = commands + FLOOR + LARGE
    replies = ask(probe, [{"op": "hardline", "release": release, "command": c} for c in floor])
    for command, reply in zip(floor, replies):
        counts["hardline"] = counts.get("hardline", 0) + 1
        if hermes.hardline(command) != reply["hardline"]:
            differ("hardline", command, hermes.hardline(command), reply["hardline"])
    allow = commands + ALLOW_COMMANDS
    replies = ask(probe, [{"op": "approve", "release": release, "command": c, "entries": ALLOW} for c in allow])
    for command, reply in zip(allow, replies):
        for entry, ours in zip(ALLOW, reply["approved"]):
            counts["allow"] = counts.get("allow", 0) + 1
            if hermes.approved(command, entry) != ours:
                differ(f"allow {entry!r}", command, not ours, ours)
    for value, reply in zip(MODES, ask(probe, [{"op": "mode", "value": v} for v in MODES])):
        counts["mode"] = counts.get("mode", 0) + 1
        theirs = {"mode": hermes.mode(value), "unattended": hermes.unattended(value)}
        if theirs != reply:
            differ("mode", value, theirs, reply)
    check_keys(hermes, release, approvals, differ)

    for what, case, theirs, ours in differences[:40]:
        print(f"  {what}\n    case   {case!r}\n    hermes {theirs}\n    ours   {ours}")
    told = ", ".join(f"{n} {what}" for what, n in counts.items())
    print(f"{release}: {told}; {len(differences)} differences")
    return len(differences)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheels", nargs="*", type=pathlib.Path, metavar="WHEEL")
    parser.add_argument("--probe", help="binary of examples/policy_probe.rs (default: cargo run)")
    parser.add_argument("--random", type=int, default=300, help="random lines a wheel (default 300)")
    args = parser.parse_args()
    named = [pathlib.Path(p) for p in os.environ.get("HERMES_WHEEL", "").split(os.pathsep) if p]
    wheels = args.wheels or named
    if not wheels:
        print("skipped: no Hermes wheel named (argument or HERMES_WHEEL)")
        return 0
    try:
        import yaml  # noqa: F401
    except ModuleNotFoundError:
        print("skipped: PyYAML is not installed")
        return 0
    probe = [args.probe] if args.probe else ["cargo", "run", "-q", "--release", "--example", "policy_probe"]
    if args.probe:
        probe = [str(pathlib.Path(args.probe).resolve())]
    if len(wheels) == 1:
        wheel = wheels[0].resolve()
        if not wheel.exists():
            print(f"skipped: {wheel} does not exist")
            return 0
        with tempfile.TemporaryDirectory() as home:
            # A home no command of the table names: Hermes folds its own home folder to `~`.
            for name in [n for n in os.environ if n.startswith(("HERMES_", "GATEWAY_", "TERMINAL_"))]:
                del os.environ[name]
            os.environ.update(HOME=home, HERMES_HOME=home + "/.hermes")
            release = release_of(wheel)
            if wheel.is_file():
                # The keys are looked up in the modules' sources, which are no files inside an archive.
                with zipfile.ZipFile(wheel) as archive:
                    wheel = pathlib.Path(home) / "wheel"
                    archive.extractall(wheel)
            return 1 if compare(wheel, release, probe, args.random) else 0
    # One process a wheel: two Hermes cannot be imported into one.
    extra = ["--random", str(args.random)] + (["--probe", args.probe] if args.probe else [])
    return max(subprocess.run([sys.executable, __file__, *extra, str(w)], check=False).returncode for w in wheels)


if __name__ == "__main__":
    sys.exit(main())
