#!/usr/bin/env python3
"""Compares rules/hermes/*.yaml with an unpacked wheel of Hermes Agent.

    facts.py [--wheel RELEASE=FOLDER]...

Each folder is a wheel unpacked as it is (`pip download --no-deps`, `unzip`). Nothing of it is run but the import of its
tables (default settings, toolsets), in a process of its own with a scratch home. Needs PyYAML. Without a wheel it says
so and ends with status 0; a difference ends it with 1.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# This script's folder is first on the path; a file added to it must not stand in for PyYAML.
sys.path[:] = [folder for folder in sys.path if Path(folder or ".").resolve() != Path(__file__).resolve().parent]

try:
    import yaml
except ImportError:
    print("skipped: PyYAML is not installed")
    sys.exit(0)

RULES = Path(__file__).resolve().parents[2] / "rules" / "hermes"

# Run inside the wheel: prints its tables as JSON.
PROBE = """
import json, sys
sys.path.insert(0, sys.argv[1])
try:
    from hermes_cli.config_defaults import DEFAULT_CONFIG
except ImportError:
    from hermes_cli.config import DEFAULT_CONFIG
import toolsets
sets = {name: entry.get("tools", []) for name, entry in toolsets.TOOLSETS.items()}
print(json.dumps([DEFAULT_CONFIG, sets], default=str))
"""

# Tables that the user fills, and tables whose names hold dots: only their root is listed.
FREE = {("model_catalog",), ("moa", "presets"), ("personalities",), ("onboarding", "seen"),
        ("monitoring", "gateway_health_export", "resource_attributes")}


def release(text):
    return tuple(int(part) for part in text.split("."))


def covers(spec, at):
    since, until = spec.get("since"), spec.get("until")
    return (not since or release(since) <= at) and (not until or at < release(until))


def default_in(spec, at):
    """Mirror of KeySpec::default_in; (False, None) when none is listed."""
    earlier = [(release(until), value) for until, value in spec.get("was", {}).items() if at < release(until)]
    if earlier:
        return True, min(earlier, key=lambda pair: pair[0])[1]
    return "d" in spec, spec.get("d")


def flat(tree, path=()):
    for key, value in tree.items():
        here = (*path, key)
        yield here, value
        if isinstance(value, dict) and here not in FREE:
            yield from flat(value, here)


def same(listed, real):
    return listed == real and isinstance(listed, bool) == isinstance(real, bool)


def scalar(value):
    return not isinstance(value, (dict, list)) or value == []


def is_listed(path, keys, platforms):
    dotted = ".".join(path)
    if dotted in keys or f"{dotted}.**" in keys:
        return True
    if path[0] in platforms and len(path) == 1:
        return True
    # A section is listed through its keys, an entry through the free name above it.
    if any(key.startswith(f"{dotted}.") for key in keys):
        return True
    return any(f"{'.'.join(path[:length])}.**" in keys for length in range(1, len(path)))


def probe(folder):
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ.get("PATH", ""), "HERMES_HOME": home, "HOME": home, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([sys.executable, "-c", PROBE, str(folder)], env=env, cwd=home, capture_output=True, text=True,
                              check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "import failed")
    return json.loads(done.stdout.splitlines()[-1])


def literals(folder, skip=("config_migrations.py",)):
    """All quoted words of the wheel's code."""
    words = set()
    for file in folder.rglob("*.py"):
        if file.name not in skip:
            words.update(re.findall(r"[\"']([a-zA-Z_][\w-]*)[\"']", file.read_text(encoding="utf-8", errors="replace")))
    return words


def compare_bundles(text, at, tools, sets):
    """What a bundle can do at worst must be told right: its tools of tier 2 and 3."""
    def grave(names):
        return {name for name in names if covers(tools["tools"].get(name, {}), at)
                and tools["tools"].get(name, {}).get("tier", 0) >= 2}

    for name, bundle in tools["bundles"].items():
        if name not in sets or not sets[name]:
            continue
        parts = bundle.get("only") or [part for part in tools["bundle_base"] + bundle.get("extra", [])
                                       if part not in bundle.get("without", [])]
        listed = grave(tool for part in parts for tool in tools["toolsets"][part]["tools"]
                       if covers(tools["toolsets"][part], at))
        real = grave(sets[name])
        for tool in sorted(listed ^ real):
            yield f"{tool} is {'not ' if tool in listed else ''}in bundle {name} of {text}"


def compare(text, folder, tables):
    at = release(text)
    defaults, sets = probe(folder)
    keys, platforms = tables["keys"]["keys"], set(tables["keys"]["platforms"])
    problems, compared = [], 0

    for path, value in flat(defaults):
        dotted = ".".join(path)
        if not is_listed(path, keys, platforms):
            problems.append(f"{dotted} is a default of {text} and not listed")
            continue
        spec = keys.get(dotted)
        if spec is None:
            continue
        if not covers(spec, at):
            problems.append(f"{dotted} is a default of {text}, the table says {spec}")
        known, listed = default_in(spec, at)
        if known and scalar(value):
            compared += 1
            if not same(listed, value):
                problems.append(f"{dotted}: default {value!r}, the table says {listed!r}")

    rung = next((rung for rung in tables["versions"]["ladder"] if rung["version"] == text), None)
    if rung is None:
        problems.append(f"{text} is not on the ladder")
    elif rung["config"] != defaults["_config_version"]:
        problems.append(f"_config_version {defaults['_config_version']}, the table says {rung['config']}")

    # Keys that are no defaults must at least be spelled somewhere in the code.
    words = literals(folder)
    for dotted, spec in keys.items():
        leaf = re.sub(r"\[\]", "", dotted.removesuffix(".**")).split(".")[-1]
        if leaf not in ("*", "") and covers(spec, at) and (spec.get("since") or spec.get("until")) and leaf not in words:
            problems.append(f"{dotted} is listed for {text}, and its name is nowhere in the code")

    # What is said to be read by nothing must not be spelled as a key of its own.
    for entry in tables["inert"]["inert"]:
        if covers(entry, at):
            name = (entry.get("key") or entry["env"]).split(".")[-1]
            if name in words and name.startswith(("command_denylist", "tool_allowlist", "filesystem_allowed_paths",
                                                  "dangerous_command_policy", "credential_pools", "HERMES_WEBHOOK_SECRET")):
                problems.append(f"{name} is called dead in {text}, and the code spells it")

    tools = tables["tools"]
    listed_sets = {name: spec for table in ("toolsets", "bundles") for name, spec in tools[table].items()
                   if covers(spec, at)}
    problems += [f"toolset {name} is not listed" for name in sets if name not in listed_sets]
    # A note marks what is no toolset of its own in every release.
    problems += [f"toolset {name} does not exist in {text}" for name, spec in listed_sets.items()
                 if name not in sets and not spec.get("note")]
    problems += compare_bundles(text, at, tools, sets)
    for name, members in sets.items():
        for tool in members:
            spec = tools["tools"].get(tool)
            if spec is None or not covers(spec, at):
                problems.append(f"tool {tool} of {name} is not listed for {text}")
        spec = tools["toolsets"].get(name)
        if spec and not spec.get("includes"):
            living = {tool for tool in spec["tools"] if covers(tools["tools"][tool], at)}
            # Desktop tools moved between toolsets; only what is missing matters.
            problems += [f"{tool} is missing in toolset {name}" for tool in set(members) - living - {"web_search"}]
    return compared, len(sets), problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", action="append", default=[], metavar="RELEASE=FOLDER")
    wheels = parser.parse_args().wheel
    if not wheels:
        print("skipped: no unpacked wheel was named (--wheel 0.19.0=FOLDER)")
        return 0
    tables = {name: yaml.safe_load((RULES / f"{name}.yaml").read_text(encoding="utf-8"))
              for name in ("keys", "versions", "inert", "tools")}
    failed = False
    for wheel in wheels:
        text, _, folder = wheel.partition("=")
        folder = Path(folder)
        if not (folder / "hermes_cli").is_dir():
            print(f"{text}: skipped: no unpacked wheel in {folder}")
            continue
        try:
            compared, sets, problems = compare(text, folder.resolve(), tables)
        except RuntimeError as error:
            print(f"{text}: skipped: the wheel cannot be imported ({error})")
            continue
        print(f"{text}: {compared} defaults and {sets} toolsets compared, {len(problems)} differences")
        for problem in problems:
            print(f"  {problem}")
        failed = failed or bool(problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
