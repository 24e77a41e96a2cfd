#!/usr/bin/env python3
"""Compares the tools that `hermes-lint capabilities` names with those that Hermes gives a platform.

    toolsets.py [--binary PATH] [--wheel RELEASE=FOLDER]...

Each folder is a wheel of Hermes Agent unpacked as it is, with what it imports in this Python (PyYAML and a few more).
Hermes's own function chooses the toolsets, in a process of its own with a scratch home; nothing is started. Tools that a
running Hermes leaves out by looking at the machine (a board's task, a token) are not compared. Without a wheel it says
so and ends with status 0; a difference ends it with 1.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Run inside the wheel: prints the tools of each case as JSON.
PROBE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from hermes_cli.tools_config import _get_platform_tools
from model_tools import _LEGACY_TOOLSET_MAP as old
from toolsets import TOOLSETS, resolve_toolset
def tools(config, platform):
    sets = _get_platform_tools(config, platform)
    found = {tool for name in sets for tool in resolve_toolset(name, include_registry=False)}
    for name in (config.get("agent") or {}).get("disabled_toolsets") or []:
        posture = (TOOLSETS.get(name) or {}).get("posture")
        if not name.startswith("hermes-") and not posture:
            found -= set(resolve_toolset(name, include_registry=False) or old.get(name, []))
    return sorted(found)
print(json.dumps([tools(*case) for case in json.load(sys.stdin)]))
"""

# Platform and what config.yaml says.
CASES = [
    ("telegram", {}),
    ("discord", {}),
    ("feishu", {}),
    ("slack", {}),
    ("api_server", {}),
    ("webhook", {}),
    ("wecom_callback", {}),
    ("cli", {}),
    ("telegram", {"platform_toolsets": {"telegram": ["web", "memory"]}}),
    ("telegram", {"platform_toolsets": {"telegram": ["web", "discord_admin"]}}),
    ("telegram", {"platform_toolsets": {"telegram": ["hermes-telegram"]}}),
    ("discord", {"platform_toolsets": {"discord": ["hermes-discord"]}}),
    ("discord", {"platform_toolsets": {"discord": ["web", "discord"]}}),
    ("feishu", {"platform_toolsets": {"feishu": ["web"]}}),
    ("feishu", {"platform_toolsets": {"feishu": []}}),
    ("telegram", {"platform_toolsets": {"telegram": []}}),
    ("telegram", {"platform_toolsets": {"telegram": ["safe"]}}),
    ("telegram", {"platform_toolsets": {"telegram": ["execute_code", "nothing"]}}),
    ("telegram", {"platform_toolsets": {"telegram": "web"}}),
    ("telegram", {"agent": {"disabled_toolsets": ["browser", "code_execution"]}}),
    ("telegram", {"agent": {"disabled_toolsets": ["hermes-telegram", "coding"]}}),
    ("telegram", {"agent": {"disabled_toolsets": ["debugging"]}}),
]
# What hangs on the machine that Hermes runs on.
BY_MACHINE = ("kanban_", "ha_", "read_terminal", "close_terminal")
# The bundle of some releases lists the search once more in this toolset: disabling it there takes the search, too.
TWICE = {"web_search"}


def ours(binary: str, release: str, platform: str, config: dict) -> set[str]:
    with tempfile.TemporaryDirectory() as home:
        on = {} if platform == "cli" else {"platforms": {platform: {"enabled": True}}}
        keys = {"model": "x", "approvals": {"mode": "manual"}, **config, **on}
        lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items())
        Path(home, "config.yaml").write_text(lines, encoding="utf-8")
        command = [binary, "capabilities", home, "--format", "json", "--hermes-version", release]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    channels = json.loads(text)["homes"][0]["channels"]
    channel = next(channel for channel in channels if channel["id"] == platform)
    return {tool["name"] for tool in channel["tools"] if tool["toolset"]}


def theirs(folder: str) -> list[set[str]]:
    with tempfile.TemporaryDirectory() as home:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environment = {**kept, "HOME": home, "HERMES_HOME": home}
        cases = json.dumps([(config, platform) for platform, config in CASES])
        probe = [sys.executable, "-c", PROBE, folder]
        run = subprocess.run(probe, input=cases, check=True, capture_output=True, text=True, env=environment)
    return [set(tools) for tools in json.loads(run.stdout.splitlines()[-1])]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=str(ROOT / "target" / "quick" / "hermes-lint"))
    parser.add_argument("--wheel", action="append", default=[], metavar="RELEASE=FOLDER")
    arguments = parser.parse_args()
    if not arguments.wheel:
        print("skipped: no wheel was named")
        return 0
    different = 0
    for wheel in arguments.wheel:
        release, _, folder = wheel.partition("=")
        for (platform, config), wanted in zip(CASES, theirs(folder), strict=True):
            found = ours(arguments.binary, release, platform, config)
            odd = {tool for tool in found ^ wanted if not tool.startswith(BY_MACHINE)}
            disabled = (config.get("agent") or {}).get("disabled_toolsets") or []
            if "browser" in disabled:
                odd -= TWICE
            if odd:
                different += 1
                print(f"{release} {platform} {config}: only here {sorted(odd & found)}, only there {sorted(odd & wanted)}")
        print(f"{release}: {len(CASES)} cases compared")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
