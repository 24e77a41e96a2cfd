#!/usr/bin/env python3
"""Holds `hermes-lint check --fix` against PyYAML.

    fixes.py [--binary FILE] [--count N] [--seed N] [--keep DIR]

Takes the configs of fixtures/rules and shapes written by hand, mutates each (comments, CRLF, flow style, quotes, byte
order mark, odd indentation, anchors, lines doubled and dropped), runs `check --fix --unsafe-fixes` in a folder of its
own, and asks PyYAML what changed:

* each difference between the two trees has to be one that a rule named in `fixed:` is there to make, with the value it
  is there to write (worked out here from the old tree and the tables in rules/), and each such rule has made one;
* every line that holds no changed setting is there as it was, byte for byte and in order, and of a changed scalar's
  line all but the scalar;
* what PyYAML rejects, or repeats a key, is not touched; a moved credential is in .env and nowhere else;
* a second run changes nothing, and `undo` gives every byte back.

The binary is --binary, else $HERMES_LINT, else the newest of target/{quick,release,debug}/hermes-lint. Exit status:
0 no difference, 1 differences (printed), 77 PyYAML or the binary is absent.
"""

import argparse
import collections
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77

SHAPES = [
    # comments everywhere
    "# top\n\nmodel: # the model\n  default: x # one\n# between\napprovals: # asks\n  # inner\n  mode: off # nobody\n  # after\n# end\n",
    "security:\n    redact_secrets: false   # why\n    # note\n    website_blocklist: {enabled: true, domains: []}\nskills:\n    inline_shell: true\n",
    # flow and JSON
    "{approvals: {mode: 'off', deny: [\"rm -rf*\"]}, security: {redact_secrets: false}, skills: {inline_shell: true}}\n",
    "approvals: {mode: manual, deny: []}\nmemory: {write_mode: ask}\ntelegram: {allow_from: [\"1\"]}\n",
    # lists in both indentations, in quotes of both kinds
    "approvals:\n  mode: manual\n  deny:\n  - \"sudo *\"\n  - 'rm -rf*'   # all of it\nterminal:\n  backend: local\n",
    "approvals:\n   mode: smart\n   deny:\n        - rm -rf*\n        - mkfs*\n",
    # dead and misplaced keys
    "security:\n  command_denylist:\n    - rm -rf\n    - mkfs\n  approval_mode: approve\n  tool_allowlist: [web]\napprovals:\n  cron_mode: deny\n",
    "skills:\n  write_mode: ask\nmemory:\n  write_mode: ask  # both\nlogging:\n  format: json\n  level: INFO\n  webhook_url: https://logs.example/x\n",
    "redact_secrets: true # moved\napprovals:\n  denylist:\n    - 'rm -rf*'\nagent:\n  max_turns: 20\n",
    "security:\n  deny:\n  - 'rm -rf*'\n  - sudo *\nmodel:\n  provider: openrouter\n  default: x\n",
    # doors
    "platforms:\n  telegram:\n    enabled: true\n    allow_all_users: true\ngateway:\n  allow_all_users: yes\nGATEWAY_ALLOW_ALL_USERS: true\n",
    "platforms:\n  webhook:\n    enabled: true\n    extra:\n      port: 8644\n      host: 0.0.0.0 # open\n      secret: ${WEBHOOK_SECRET}\n",
    "platforms: {webhook: {enabled: true, extra: {secret: 'a-long-enough-secret-of-random-letters'}}}\n",
    # credentials
    "model:\n  provider: openrouter\n  default: x\n  api_key: \"%KEY%\"   # mine\nterminal:\n  backend: local\n",
    "custom_providers:\n  - name: mine\n    base_url: https://llm.example/v1\n    api_key: %KEY%\nmcp_servers:\n  db:\n    url: https://mcp.example/\n    headers: {Authorization: 'Bearer %KEY%'}\n",
    "model: {provider: openrouter, api_key: %KEY%}\n",
    # types
    "approvals:\n  deny: rm -rf*\ncommand_allowlist: git status\n",
    "approvals:\n  deny:\n    - git push: x\n    - 12\n    - sudo *\n",
    # shared nodes
    "x-base: &base {mode: off}\napprovals: *base\nsecurity: {redact_secrets: false}\n",
    "defaults: &d\n  mode: off\napprovals:\n  <<: *d\n  cron_mode: approve\n",
    # several documents, repeated keys, tabs, templates
    "approvals:\n  mode: off\n---\nmodel: x\n",
    "approvals:\n  mode: off\napprovals:\n  mode: off\n",
    "approvals:\n  mode:\toff\n\tx: 1\n",
    "approvals:\n  mode: {{ mode }}\nsecurity:\n  redact_secrets: false\n",
]


def binary(named):
    candidates = [ROOT / "target" / kind / "hermes-lint" for kind in ("quick", "release", "debug")]
    built = sorted((path for path in candidates if path.is_file()), key=lambda path: -path.stat().st_mtime)
    for path in [named, os.environ.get("HERMES_LINT"), *built]:
        if path and Path(path).is_file():
            return str(Path(path).resolve())
    return None


def sources():
    texts = list(SHAPES) * 3
    for path in sorted((ROOT / "fixtures/rules").glob("*/*/bad*/**/config.yaml")):
        texts.append(re.sub(r"%\{.*?\}%", "%KEY%", path.read_text(encoding="utf-8"), flags=re.S))
    return texts


# --- mutations -------------------------------------------------------------------------------------------------------

def lines_of(text):
    return text.splitlines(keepends=True)


def trailing_comment(rng, text):
    lines = lines_of(text)
    at = rng.randrange(len(lines))
    body = lines[at].rstrip("\r\n")
    lines[at] = body + rng.choice(["  # c", " #", "\t# tab", "   # it's \"c\""]) + lines[at][len(body):]
    return "".join(lines)


def comment_line(rng, text):
    lines = lines_of(text)
    comment = rng.choice(["", "  ", "      "]) + rng.choice(["# note: x\n", "#\n", "\n", "# mode: off\n"])
    lines.insert(rng.randrange(len(lines) + 1), comment)
    return "".join(lines)


def deeper(_, text):
    return "".join(re.sub(r"^ +", lambda m: m[0] * 2, line) for line in lines_of(text))


def quoted(rng, text):
    return re.sub(r"(?m)(: )([A-Za-z][\w.-]*)$", lambda m: m[1] + (f'"{m[2]}"' if rng.random() < 0.5 else f"'{m[2]}'"), text)


def in_flow(rng, text):
    import yaml
    tree = yaml.safe_load(text)
    if not isinstance(tree, dict) or not tree:
        return text
    name = rng.choice(sorted(str(key) for key in tree))
    value = yaml.dump(tree.get(name), default_flow_style=True, width=10**6).replace("\n...", "").strip()
    found = re.search(rf"(?m)^{re.escape(name)}:.*\n?((?:[ \t#-].*\n?|\n)*)", text)
    return text if not found else text[:found.start()] + f"{name}: {value}\n" + text[found.end():]


def anchored(rng, text):
    return re.sub(r"(?m)^(\w+:)$", lambda m: f"{m[1]} &a{rng.randrange(10**6)}" if rng.random() < 0.4 else m[0], text)


STYLES = [
    trailing_comment, trailing_comment, comment_line, comment_line, deeper, quoted, in_flow, anchored,
    lambda _, text: "---\n" + text,
    lambda _, text: text.rstrip("\n"),
    lambda _, text: "\n\n" + text + "\n\n",
    lambda _, text: text.replace("\n", "\r\n") if "\r" not in text else text,
    lambda _, text: "\ufeff" + text if not text.startswith("\ufeff") else text,
]


def swapped(rng, text):
    word = rng.choice(["true", "false", "off", "on", "null", "''", "[]", "{}", "approve", "0.0.0.0", "12"])
    spots = list(re.finditer(r"(?m): [^\s#{\[|>&*!].*$", text))
    if not spots:
        return text
    spot = rng.choice(spots)
    return text[:spot.start()] + f": {word}" + text[spot.end():]


def one_line(rng, text):
    lines = lines_of(text)
    at = rng.randrange(len(lines))
    lines[at:at + 1] = rng.choice([[], [lines[at], lines[at]]])
    return "".join(lines)


def mutate(rng, text):
    import yaml

    def load(text):
        try:
            return yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError):
            return ...

    if rng.random() < 0.4:
        text = rng.choice([swapped, one_line])(rng, text) or text
    for _ in range(rng.randrange(1, 6)):
        if not text.strip():
            break
        try:
            changed = rng.choice(STYLES)(rng, text)
        except yaml.YAMLError:
            continue
        # A change of style that changes the meaning is none, but one in ten is kept for its own sake.
        if load(changed) == load(text) or rng.random() < 0.1:
            text = changed
    return text


# --- what may change -------------------------------------------------------------------------------------------------

GONE = object()


def differences(old, new, path=()):
    """Yields path, old and new value of what differs; lists are values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key, GONE), new.get(key, GONE), path + (key,))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and any(
        isinstance(item, (dict, list)) for item in old
    ):
        for at, (one, other) in enumerate(zip(old, new)):
            yield from differences(one, other, path + (at,))
    elif type(old) is not type(new) or old != new:
        # A block that is made is told by what is in it, one that goes by what was.
        if isinstance(new, dict) and old in (GONE, None, {}) and new:
            for key, value in new.items():
                yield from differences(GONE, value, path + (key,))
        elif isinstance(old, dict) and new in (GONE, None) and old:
            for key, value in old.items():
                yield from differences(value, GONE, path + (key,))
        else:
            yield path, old, new


class Tables:
    def __init__(self):
        import yaml
        load = lambda name: yaml.safe_load((ROOT / "rules/hermes" / name).read_text(encoding="utf-8"))
        self.inert = {row["key"]: row for row in load("inert.yaml")["inert"] if "key" in row}
        misplaced = load("misplaced.yaml")
        self.misplaced = {row["key"]: row["to"] for row in misplaced["misplaced"]}
        settings = load("settings.yaml")["settings"]
        self.writes = collections.defaultdict(set)
        for row in settings:
            if "write" in row:
                self.writes[row["key"].rsplit(".", 1)[-1]].add(str(yaml.safe_load(row["write"])))
        self.implied = set()
        for row in self.inert.values():
            for path, value in row.get("write", {}).items():
                self.implied.add((path, yaml.safe_load(value)))


def dotted(path):
    return ".".join(str(part) for part in path)


def justified(tables, rule, path, old, new, trees, rules):
    """True when `rule` is there to make this difference."""
    name, last = dotted(path), str(path[-1])
    whole_old, whole_new = trees
    texts = lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value)
    known = old if isinstance(old, list) else []
    grown = name == "approvals.deny" and isinstance(new, list) and texts(new[len(known):]) and (
        old in (GONE, None) or (isinstance(old, list) and new[:len(known)] == known)
    )
    if rule == "config/redaction-off":
        return new is True and last == "redact_secrets"
    if rule == "config/inline-shell":
        return name == "skills.inline_shell" and new is False
    if rule == "config/instruction-files-unprotected":
        return new is True
    if rule == "config/approvals-off":
        return name == "approvals.mode" and new == "manual"
    if rule == "config/unattended-approve":
        return new in ("deny", False, "manual") and old not in (GONE,)
    if rule in ("config/denylist-missing", "config/denylist-incomplete"):
        typed = "config/denylist-type" in rules and name == "approvals.deny" and texts(new)
        return grown or typed
    if rule == "config/denylist-type":
        was = old if isinstance(old, list) else [old]
        same = lambda one, other: one == other if isinstance(one, str) else isinstance(other, str)
        longer = {"config/denylist-missing", "config/denylist-incomplete"} & set(rules)
        return name in ("approvals.deny", "security.command_denylist") and texts(new) and (
            len(new) >= len(was) if longer else len(new) == len(was)
        ) and all(map(same, was, new))
    if rule == "config/inert-key":
        removed = new is GONE and any(
            name == key or name.startswith(key + ".") for key in tables.inert
        )
        return removed or grown or (old in (GONE, None) and (name, new) in tables.implied)
    if rule == "config/misplaced-key":
        if new is GONE:
            return any(name == key or name.startswith(key + ".") for key in tables.misplaced) or last in trees_keys(whole_new)
        # What has moved to a variable may move on.
        moved = any(one.startswith("secret/") for one in rules) and "${" in str(new)
        there = any(str(at[-1]) == last and one == new for at, one in leaves(whole_old))
        return old in (GONE, None) and (moved or there)
    if rule == "gateway/allow-all":
        return new is GONE and "allow_all" in name.lower()
    if rule in ("gateway/webhook-exposed", "gateway/api-server-exposed"):
        return last == "host" and new == "127.0.0.1"
    if rule == "config/lax-setting":
        return str(new) in tables.writes.get(last, set()) or str(new) in {w for ws in tables.writes.values() for w in ws}
    if rule in ("config/unknown-key", "mcp/disabled-key"):
        return (old is GONE) != (new is GONE) or last == "enabled"
    if rule == "config/unknown-toolset":
        return True
    if rule.startswith("secret/"):
        return (isinstance(old, str) or old in (GONE, None)) and re.search(r"\$\{[A-Z0-9_]+\}", str(new)) is not None
    return False


def leaves(tree, path=()):
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield path + (key,), value
            yield from leaves(value, path + (key,))
    elif isinstance(tree, list):
        for at, value in enumerate(tree):
            yield from leaves(value, path + (at,))


def trees_keys(tree):
    return {str(path[-1]) for path, _ in leaves(tree)}


# --- bytes -----------------------------------------------------------------------------------------------------------

def spans(text):
    """Path to (key node, value node) of every pair, by PyYAML's own marks."""
    import yaml
    found = {}

    def visit(node, path, seen):
        if id(node) in seen:
            return
        seen = seen | {id(node)}
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = key.value
                if isinstance(key, yaml.ScalarNode) and not key.tag.endswith(":merge"):
                    name = yaml.safe_load(text[key.start_mark.index:key.end_mark.index])
                found[path + (name,)] = (key, value)
                visit(value, path + (name,), seen)
        elif isinstance(node, yaml.SequenceNode):
            for at, value in enumerate(node.value):
                found[path + (at,)] = (value, value)
                visit(value, path + (at,), seen)

    root = yaml.compose(text)
    if root is not None:
        visit(root, (), frozenset())
    return found


def rest(text, other, paths, scalars):
    """The lines without a changed setting, in order; changed scalars are blanked where they stand. What `other` has no
    block for goes with its block."""
    marks, there = spans(text), spans(other)
    # A carriage return alone ends a line as well.
    pieces = re.split("(\r\n|\n|\r)", text)
    numbers = pieces[::2]
    lines = set()
    blanks = []
    for path in paths:
        if path not in marks:
            above = path
            while above and above not in marks:
                above = above[:-1]
            # In braces what goes or comes shares its lines with the rest.
            if above and getattr(marks[above][1], "flow_style", False):
                key, value = marks[above]
                lines.update(range(key.start_mark.line, value.end_mark.line + 1))
            elif not above and numbers and text.lstrip().startswith("{"):
                lines.update(range(len(numbers)))
            continue
        while len(path) > 1 and path[:-1] not in there:
            path = path[:-1]
        key, value = marks[path]
        if path in scalars:
            blanks.append((value.start_mark.index, value.end_mark.index))
        else:
            end = value.end_mark
            tail = numbers[end.line][:end.column] if end.line < len(numbers) else ""
            last = end.line if tail.strip() else end.line - 1
            # PyYAML ends a block where the next thing begins, behind comments that belong to neither.
            last = min(last, len(numbers) - 1)
            while last > key.start_mark.line and re.match(r"\s*(#|$)", numbers[last]):
                last -= 1
            lines.update(range(key.start_mark.line, max(last, key.start_mark.line) + 1))
    starts = [0]
    for line, ending in zip(numbers, [*pieces[1::2], "\n"]):
        starts.append(starts[-1] + len(line) + len(ending))
    out = []
    for number, line in enumerate(numbers):
        if number in lines:
            continue
        for start, end in sorted(blanks, reverse=True):
            if starts[number] <= start < starts[number + 1]:
                line = line[:start - starts[number]] + "\0" + line[end - starts[number]:]
        out.append(line)
    # The last line may have got its line break; which kind it is of is looked at apart.
    while out and not out[-1].strip():
        out.pop()
    return [line.rstrip("\r") for line in out]


# --- one case --------------------------------------------------------------------------------------------------------

class Problem(Exception):
    pass


def run(program, folder, *more):
    environment = {**os.environ, "NO_COLOR": "1", "SOURCE_DATE_EPOCH": "1795219200"}
    environment.pop("HERMES_HOME", None)
    return subprocess.run([program, *more], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def check(program, tables, folder, text, secrets, totals):
    import yaml
    home = folder / "home"
    home.mkdir()
    # A few lines that say whose home it is: the folder's name alone does not.
    config = home / "config.yaml"
    config.write_bytes(text.encode("utf-8"))
    os.chmod(config, 0o600)
    undo = folder / "undo"
    fix = lambda: run(program, folder, "check", "home", "--fix", "--unsafe-fixes", "--min-confidence", "low",
                      "--fail-on", "never", "--format", "concise", "--undo-dir", str(undo))
    before = config.read_bytes()
    done = fix()
    if done.returncode != 0:
        raise Problem(f"status {done.returncode}: {done.stderr}")
    for secret in secrets:
        if secret in done.stdout + done.stderr:
            raise Problem("a credential was shown")
    after = config.read_bytes()
    fixed = [line.split(": ") for line in done.stderr.splitlines() if line.startswith("fixed: ")]
    rules = [parts[2] for parts in fixed if parts[1].startswith("home/config.yaml")]
    totals["refused"] += sum(line.startswith("not fixed: ") for line in done.stderr.splitlines())
    totals["fixed"] += len(rules)
    for rule in rules:
        totals["by rule"][rule] += 1
    try:
        old = yaml.safe_load(before.decode("utf-8"))
        repeated = has_repeated(before.decode("utf-8"))
    except (yaml.YAMLError, ValueError):
        old, repeated = None, True
    if repeated:
        totals["unreadable"] += 1
        if after != before:
            raise Problem("a file that is not read without doubt was changed")
        return
    if after == before:
        if rules:
            raise Problem(f"nothing changed, but {rules} were said to be fixed")
        return
    totals["changed"] += 1
    new = yaml.safe_load(after.decode("utf-8"))
    changes = list(differences({} if old is None else old, {} if new is None else new))
    for path, one, other in changes:
        if not any(justified(tables, rule, path, one, other, (old, new), rules) for rule in rules):
            shown = "gone" if other is GONE else repr(other)
            raise Problem(f"{dotted(path)}: {'nothing' if one is GONE else repr(one)} became {shown}, by none of {rules}")
    for rule in set(rules):
        if not any(justified(tables, rule, *change, (old, new), rules) for change in changes):
            raise Problem(f"{rule} was said to be fixed, and nothing of it changed")
    names = set(re.findall(r"\$\{([A-Z0-9_]+)\}", after.decode("utf-8"))) - set(re.findall(r"\$\{([A-Z0-9_]+)\}", before.decode("utf-8")))
    if names:
        totals["moved"] += len(names)
        env = (home / ".env").read_text(encoding="utf-8")
        if os.stat(home / ".env").st_mode & 0o777 != 0o600:
            raise Problem(".env is open to others")
        for name in names:
            value = re.search(rf"(?m)^{name}=(.*)$", env)
            value = value and value[1].strip("'\"")
            filled = lambda text: isinstance(text, str) and text.replace("${%s}" % name, value or "")
            texts = {one for _, one in leaves(old) if isinstance(one, str)}
            there = [filled(one) for _, one in leaves(new) if "${%s}" % name in str(one)]
            if not value or not any(one in texts for one in there):
                raise Problem(f"{name} does not hold what was moved")
    is_scalar = lambda value: value is not GONE and not isinstance(value, (dict, list))
    scalars = {path for path, one, other in changes if is_scalar(one) and is_scalar(other)}
    paths = [path for path, _, _ in changes]
    old_text, new_text = before.decode("utf-8-sig"), after.decode("utf-8-sig")
    if before.startswith(b"\xef\xbb\xbf") != after.startswith(b"\xef\xbb\xbf"):
        raise Problem("the byte order mark is not what it was")
    kept, there = rest(old_text, new_text, paths, scalars), rest(new_text, old_text, paths, scalars)
    if kept != there:
        lost = [line for line in kept if line not in there] or kept
        raise Problem(f"lines changed that hold no changed setting: {lost[:3]!r} / {[line for line in there if line not in kept][:3]!r}")
    if (b"\r\n" in before) and re.search(rb"(?<!\r)\n", after) and not re.search(rb"(?<!\r)\n", before):
        raise Problem("line breaks of another kind came in")
    env_state = (home / ".env").read_bytes() if (home / ".env").exists() else None
    again = fix()
    if config.read_bytes() != after or ((home / ".env").read_bytes() if (home / ".env").exists() else None) != env_state:
        raise Problem(f"a second run changed something: {again.stderr}")
    for journal in undo.glob("*.json"):
        if any(secret in journal.read_text() for secret in secrets):
            raise Problem("the journal holds a credential")
    back = run(program, folder, "undo", "--undo-dir", str(undo))
    if back.returncode != 0 or config.read_bytes() != before or (home / ".env").exists():
        raise Problem(f"undoing did not give everything back: {back.stderr}")


def has_repeated(text):
    """True when a mapping has a key twice, which makes its meaning a matter of the reader."""
    import yaml

    def visit(node, seen):
        if id(node) in seen:
            return False
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            return len(keys) != len(set(keys)) or any(visit(value, seen) for _, value in node.value)
        return isinstance(node, yaml.SequenceNode) and any(visit(item, seen) for item in node.value)

    root = yaml.compose(text)
    return root is not None and visit(root, set())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="write configs with a problem to this folder")
    options = parser.parse_args()
    try:
        import yaml
    except ImportError:
        print("skipped: PyYAML is not installed (pip install pyyaml)")
        return SKIPPED
    program = binary(options.binary)
    if program is None:
        print("skipped: there is no hermes-lint binary (cargo build --profile quick)")
        return SKIPPED
    rng = random.Random(options.seed)
    tables, texts = Tables(), sources()
    totals = collections.Counter()
    totals["by rule"] = collections.Counter()
    problems = 0
    for number in range(options.count):
        secrets = []

        def key(_):
            # Not of the alphabet alone: a random key as a vendor makes it, new for each case.
            secrets.append("sk-or-" + "v1-" + "".join(rng.choice("0123456789abcdef") for _ in range(64)))
            return secrets[-1]

        text = re.sub("%KEY%", key, rng.choice(texts))
        text = mutate(rng, text)
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(program, tables, Path(folder), text, secrets, totals)
            except Problem as problem:
                problems += 1
                print(f"case {number}: {problem}")
                if options.keep:
                    Path(options.keep).mkdir(parents=True, exist_ok=True)
                    (Path(options.keep) / f"{number}.yaml").write_bytes(text.encode("utf-8"))
    by_rule = totals.pop("by rule")
    print(f"{options.count} configs, {totals['changed']} changed, {totals['fixed']} fixes, {totals['refused']} refused, "
          f"{totals['moved']} credentials moved, {totals['unreadable']} left as not read without doubt; PyYAML {yaml.__version__}")
    print("fixes by rule: " + json.dumps(dict(by_rule.most_common())))
    print(f"{problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
