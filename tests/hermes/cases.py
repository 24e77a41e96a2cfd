"""The homes that are compared, aspect by aspect.

A case is a home's files, the question that oracle.py is asked about it, and a label for people. Tables are crossed
rather than written out, so that a new word or a new platform is one more entry.
"""

import importlib.util
import pathlib
from dataclasses import dataclass, field

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Nobody's id, and one that the lists name.
STRANGER, LISTED = "70000999", "70000111"


# A config that says nothing of what is compared.
PLAIN = "model:\n  default: a\nterminal:\n  cwd: /srv/work\n"


@dataclass
class Case:
    label: str
    files: dict
    question: dict
    about: dict = field(default_factory=dict)


# How a word can be written in YAML: bare, quoted, padded, another case, another type.
WORDS = [
    "off", "Off", "OFF", "'off'", '"off"', '" off "', "'OFF '", "false", "False", "'false'", "no", "No", "'no'", "n", "N",
    "'n'", "'0'", "0", "1", "'1'", "0.0", "1.0", "0x1", "true", "'true'", "True", "'True'", "yes", "'yes'", "'YES'", "on", "'on'",
    "y", "Y", "'y'", "null", "~", "''", "' '", "[off]", "[]", "{}", "{mode: off}", "off # a comment", "!!str off", "&a off",
    '"o\\u0066f"', "|\n    off", ">-\n    off", "enabled", "disabled", "none", "2026-01-01", "1:30", "0o0", "1e3", ".inf",
]
MODES = ["manual", "Manual", "'MANUAL '", "smart", "'Smart'", "' smart'", "auto", "ask", "always", "never", "yolo", "deny"]
ANSWERS = ["approve", "Approve", "' APPROVE '", "deny", "allow", "Allow", "always", "ask", "auto", "'yes '", "approve-all"]
SWITCHES = ["1", "true", "TRUE", "True", "yes", "YES", "on", "ON", "y", "t", "enabled", "2", "0", "false", "no", "off", "", '""',
            '" 1 "', '"true "', "'1'", "1 # for now", "tRuE", "none", "null", "00", "01", "1.0"]


def approval_mode():
    for word in WORDS + MODES:
        yield Case(f"approvals.mode: {word}", {"config.yaml": f"approvals:\n  mode: {word}\n"}, {"op": "modes"})
    for label, text in [
        ("no config", None), ("an empty config", ""), ("only a comment", "# nothing\n"), ("approvals: null", "approvals:\n"),
        ("approvals: off", "approvals: off\n"), ("approvals: []", "approvals: []\n"), ("approvals: {}", "approvals: {}\n"),
        ("approvals: text", "approvals: off mode\n"), ("a list at the root", "- approvals\n"),
        ("another case", "Approvals:\n  mode: off\n"), ("mode at the root", "approval_mode: off\nmode: off\n"),
        ("Mode", "approvals:\n  Mode: off\n"), ("dotted", "approvals.mode: off\n"),
        ("the key twice, off last", "approvals:\n  mode: manual\n  mode: off\n"),
        ("the key twice, off first", "approvals:\n  mode: off\n  mode: manual\n"),
        ("the section twice", "approvals:\n  mode: off\napprovals:\n  timeout: 60\n"),
        ("another key twice", "approvals:\n  mode: off\ndisplay: {}\ndisplay: {}\n"),
        ("merged", "base: &b\n  mode: off\napprovals:\n  <<: *b\n"),
        ("merged and overruled", "base: &b\n  mode: off\napprovals:\n  <<: *b\n  mode: manual\n"),
        ("an alias", "x: &x off\napprovals:\n  mode: *x\n"), ("flow", "{approvals: {mode: off}}\n"), ("JSON", '{"approvals": {"mode": "off"}}\n'),
        ("a tab", "approvals:\n\tmode: off\n"), ("broken", "approvals: {mode: off\n"), ("a BOM", "\ufeffapprovals:\n  mode: off\n"),
        ("two documents", "approvals:\n  mode: off\n---\napprovals:\n  mode: manual\n"), ("CRLF", "approvals:\r\n  mode: off\r\n"),
        ("an explicit document", "---\napprovals:\n  mode: off\n...\n"),
    ]:
        yield Case(label, {".env": "X=1\n"} if text is None else {"config.yaml": text}, {"op": "modes"})
    for text, env in [("${MODE}", "MODE=off"), ("${MODE}", "X=1"), ("$MODE", "MODE=off"), ("${env:MODE}", "MODE=off"),
                      ("${MODE:-off}", "X=1"), ("o${F}", "F=ff"), ("${MODE}", "MODE=' Smart '")]:
        yield Case(f"approvals.mode: {text} with {env}",
                   {"config.yaml": f'approvals:\n  mode: "{text}"\n', ".env": env + "\n"}, {"op": "modes"})


def yolo():
    for word in SWITCHES:
        yield Case(f"HERMES_YOLO_MODE={word}",
                   {"config.yaml": "approvals:\n  mode: manual\n", ".env": f"HERMES_YOLO_MODE={word}\n"}, {"op": "modes"})
    for lines in ["HERMES_YOLO_MODE=1\nHERMES_YOLO_MODE=0\n", "HERMES_YOLO_MODE=0\nHERMES_YOLO_MODE=1\n",
                  "export HERMES_YOLO_MODE=1\n", "HERMES_YOLO_MODE = 1\n", "# HERMES_YOLO_MODE=1\n", "hermes_yolo_mode=1\n",
                  "ON=1\nHERMES_YOLO_MODE=${ON}\n", "HERMES_YOLO_MODE=${OFF}\n", "HERMES_YOLO_MODE=${OFF:-1}\n",
                  "HERMES_YOLO_MODE\n", "HERMES_YOLO_MODE=1 HERMES_REDACT_SECRETS=on\n"]:
        yield Case(lines.strip().replace("\n", "; "), {"config.yaml": "approvals:\n  mode: manual\n", ".env": lines}, {"op": "modes"})


def unattended(key):
    def cases():
        for word in WORDS + ANSWERS:
            yield Case(f"approvals.{key}: {word}", {"config.yaml": f"approvals:\n  mode: manual\n  {key}: {word}\n"}, {"op": "modes"})
    return cases


# What stands where a list of texts belongs.
SHAPES = ["*", "'rm *'", "'*'", "'*rm*'", "rm *", "'[\"rm *\"]'", "'[*]'", "\"['rm *', 'ls']\"", "'rm *, ls'", "['rm *']", "['rm *', 7]",
          "[7, true, null]", "[['rm *']]", "{rm *: true}", "{deny: ['rm *']}", "null", "''", "[]", "7", "true", "off", "[off]", "['']",
          "[null]", "[' rm * ']", "['RM *']", "['rm -rf build']", "['recursive delete']", "[ls]", "|\n  rm *", "!!set {'rm *': null}",
          "rm", "[rm]", "['${LIST}']", "'${LIST}'", "[{pattern: 'rm *'}]"]
COMMANDS = ["rm -rf build", "ls", "chmod 777 x", "cd x && rm -rf build", "sudo ls", "git status"]


def allowlist_shape():
    for shape in SHAPES:
        if shape != "*":
            yield Case(f"command_allowlist: {shape}",
                       {"config.yaml": f"approvals:\n  mode: manual\ncommand_allowlist: {shape}\n", ".env": "LIST=rm *\n"},
                       {"op": "decide", "commands": COMMANDS})


def denylist_shape():
    for shape in SHAPES:
        if shape != "*":
            indented = shape.replace("\n", "\n  ")
            yield Case(f"approvals.deny: {shape}",
                       {"config.yaml": f"approvals:\n  mode: manual\n  deny: {indented}\n", ".env": "LIST=rm *\n"},
                       {"op": "decide", "commands": COMMANDS})


def sample():
    """Some hundred commands of the comparison of the policy module, of all its kinds."""
    found = importlib.util.spec_from_file_location("approvals", ROOT / "tests/differential/approvals.py")
    lists = importlib.util.module_from_spec(found)
    found.loader.exec_module(lists)
    commands = lists.FLOOR[::3] + lists.ASKED[::5]
    # One command is one argument of the command line, and `hermes approvals test` puts words together.
    return [command for command in dict.fromkeys(commands) if command.strip()]


def approvals_test():
    for label, text in [
        ("defaults", PLAIN), ("mode off", "approvals:\n  mode: off\n"), ("smart", "approvals:\n  mode: smart\n"),
        ("lists", "approvals:\n  mode: manual\n  deny: ['*mkfs*', 'sudo *', '*rm -rf*', 'git push*']\ncommand_allowlist: ['git *', 'find *', 'echo *']\n"),
    ]:
        yield Case(label, {"config.yaml": text}, {"op": "approvals-test", "commands": sample()})


# What .env says of where commands run, and what config.yaml does.
BACKEND_ENV = ["X=1", "TERMINAL_ENV=docker", "TERMINAL_ENV=local", "TERMINAL_ENV=modal", "TERMINAL_ENV=ssh", "export TERMINAL_ENV='docker'",
               """TERMINAL_ENV=docker\nTERMINAL_DOCKER_VOLUMES='["/srv/a:/a"]'""", """TERMINAL_ENV=docker\nTERMINAL_DOCKER_VOLUMES='["cache:/a"]'""",
               "TERMINAL_ENV=docker\nTERMINAL_DOCKER_VOLUMES=[]", """TERMINAL_DOCKER_VOLUMES='["~/a:/a"]'"""]
BACKEND_CONFIG = ["model: {default: a}\n", "terminal:\n  timeout: 60\n", "terminal:\n", "terminal:\n  backend: docker\n", "terminal:\n  backend: local\n",
                  "terminal:\n  backend: docker\n  docker_volumes: ['/srv/b:/b']\n", "terminal:\n  backend: docker\n  docker_volumes: []\n",
                  "terminal:\n  docker_volumes: ['/srv/b:/b']\n", "TERMINAL_ENV: docker\n"]


def backend():
    for env in BACKEND_ENV:
        for config in BACKEND_CONFIG:
            for session in ("chat", "cli"):
                yield Case(f"{session}: {env!r} and {config!r}", {".env": env + "\n", "config.yaml": config},
                           {"op": "backend", "session": session}, {"session": session})


def redaction():
    for word in WORDS:
        yield Case(f"redact_secrets: {word}", {"config.yaml": f"security:\n  redact_secrets: {word}\n"}, {"op": "redaction"})
    for word in SWITCHES:
        yield Case(f"HERMES_REDACT_SECRETS={word}", {".env": f"HERMES_REDACT_SECRETS={word}\n", "config.yaml": PLAIN}, {"op": "redaction"})
        yield Case(f"HERMES_REDACT_SECRETS={word}, no config", {".env": f"HERMES_REDACT_SECRETS={word}\n"}, {"op": "redaction"})
    for word in ["true", "false", "'on'", "null", "'${SWITCH}'", "y", "n"]:
        for switch in ["on", "off", ""]:
            yield Case(f"redact_secrets: {word}, HERMES_REDACT_SECRETS={switch}, SWITCH=on",
                       {"config.yaml": f"security:\n  redact_secrets: {word}\n", ".env": f"SWITCH=on\nHERMES_REDACT_SECRETS={switch}\n"},
                       {"op": "redaction"})
    for label, text in [
        ("security: off", "security: off\n"), ("security: null", "security:\n"), ("twice, off last", "security:\n  redact_secrets: true\n  redact_secrets: false\n"),
        ("twice, on last", "security:\n  redact_secrets: false\n  redact_secrets: true\n"), ("at the root", "redact_secrets: false\n"),
        ("a root scalar", "HERMES_REDACT_SECRETS: false\n"), ("a root scalar that is on", "HERMES_REDACT_SECRETS: true\n"),
        ("a root scalar, quoted", "HERMES_REDACT_SECRETS: 'off'\n"), ("privacy.redact_pii", "privacy:\n  redact_pii: false\n"),
        ("a reference that is off", "security:\n  redact_secrets: '${SWITCH}'\n"), ("broken", "security: {redact_secrets: false\n"),
        ("a reference that is on", "security:\n  redact_secrets: '${OTHER}'\n"), ("an undefined one", "security:\n  redact_secrets: '${NOWHERE}'\n"),
    ]:
        yield Case(f"redaction, {label}", {"config.yaml": text, ".env": "SWITCH=off\nOTHER=true\n"}, {"op": "redaction"})


FORMS = ["${X_REF}", "${X_GONE}", "${env:X_REF}", "${env:X_GONE}", "${X_REF:-d}", "${X_GONE:-d}", "$X_REF", "a-${X_REF}-z",
         "${X_REF}${Y_REF}", "${X_REF}${X_GONE}", "%X_REF%", "${X_EMPTY}", "plain", "${x_lower}", "${X_REF?no}"]
VALUES = "X_REF=one\nY_REF=two\nX_EMPTY=\nx_lower=low\n"


def expansion():
    """Each form of reference, at places with different readers."""
    places = [
        ("config", ["model", "base_url"], "model:\n  base_url: {}\n"),
        ("config", ["auxiliary", "vision", "api_key"], "auxiliary:\n  vision:\n    api_key: {}\n"),
        ("config", ["terminal", "cwd"], "terminal:\n  cwd: {}\n"),
        ("config", ["custom_providers", 0, "api_key"], "custom_providers:\n- name: a\n  base_url: http://localhost:1/v1\n  api_key: {}\n"),
        ("mcp", ["mcp_servers", "a", "env", "TOKEN"], "mcp_servers:\n  a:\n    command: x\n    env:\n      TOKEN: {}\n"),
        ("mcp", ["mcp_servers", "a", "headers", "X-Key"], "mcp_servers:\n  a:\n    url: https://a.example\n    headers:\n      X-Key: {}\n"),
        ("mcp", ["mcp_servers", "a", "url"], "mcp_servers:\n  a:\n    url: {}\n"),
    ]
    platforms = [
        ("webhook", ["secret"], "platforms:\n  webhook:\n    enabled: true\n    extra:\n      secret: {}\n", "platforms.webhook.extra.secret"),
        ("webhook", ["routes", "r", "secret"], "platforms:\n  webhook:\n    enabled: true\n    extra:\n      routes:\n        r:\n          secret: {}\n",
         "platforms.webhook.extra.routes.r.secret"),
        ("telegram", ["token"], "platforms:\n  telegram:\n    enabled: true\n    token: {}\n", "platforms.telegram.token"),
        ("api_server", ["key"], "platforms:\n  api_server:\n    enabled: true\n    extra:\n      key: {}\n", "platforms.api_server.extra.key"),
        ("teams", ["client_secret"], "platforms:\n  teams:\n    enabled: true\n    extra:\n      client_secret: {}\n", "platforms.teams.extra.client_secret"),
        ("webhook", ["secret"], "gateway:\n  platforms:\n    webhook:\n      enabled: true\n      extra:\n        secret: {}\n",
         "gateway.platforms.webhook.extra.secret"),
    ]
    for form in FORMS:
        quoted = f"'{form}'"
        for reader, path, text in places:
            dotted = ".".join(f"[{part}]" if isinstance(part, int) else part for part in path).replace(".[", "[")
            yield Case(f"{dotted}: {form}", {"config.yaml": text.format(quoted), ".env": VALUES},
                       {"op": "expand", "reader": reader, "path": path}, {"path": dotted, "form": form})
        for platform, path, text, dotted in platforms:
            yield Case(f"{dotted}: {form}", {"config.yaml": text.format(quoted), ".env": VALUES},
                       {"op": "expand", "reader": "platform", "platform": platform, "path": path}, {"path": dotted, "form": form})


def switches(platform):
    """Lines of .env that switch a platform on, with values that nothing takes for placeholders."""
    lines = []
    for number, name in enumerate(platform["enabled_by"][0]):
        if name.endswith("?"):
            lines.append(f"{name[:-1]}=true")
        elif name.endswith("_URL"):
            lines.append(f"{name}=http://127.0.0.1:1{number}")
        elif name.endswith("_PORT"):
            lines.append(f"{name}=1{number}")
        else:
            lines.append(f"{name}=qx7{number}{name.lower().replace('_', '')}")
    return "\n".join(lines) + "\n"


def spellings(platform):
    """Ways to say who may write to a platform: lines of .env, and of config.yaml."""
    name = platform["id"]
    if platform.get("users"):
        users = platform["users"][0]
        for value in [LISTED, f"{LISTED},2", f" 2 , {LISTED} ", "*", f"{LISTED},*", f'["{LISTED}"]', '["*"]', f'"{LISTED}"', "", ","]:
            yield f"{users}={value}", f"{users}={value}\n", ""
        yield f"{users} at the root", "", f"{users}: '{LISTED}'\n"
        yield f"{users} at the root, a number", "", f"{users}: {LISTED}\n"
        yield f"{users} and GATEWAY_ALLOWED_USERS=*", f"{users}={LISTED}\nGATEWAY_ALLOWED_USERS=*\n", ""
    if platform.get("allow_all"):
        switch = platform["allow_all"]
        for value in ["true", "on", "1", "YES", "0", '" true "']:
            yield f"{switch}={value}", f"{switch}={value}\n", ""
        yield f"{switch} at the root", "", f"{switch}: true\n"
        yield f"{switch} at the root, quoted", "", f"{switch}: 'yes'\n"
        yield f"{switch}=true beside a list", f"{switch}=true\n{platform['users'][0]}={LISTED}\n", ""
    for place in ["", "platforms", "gateway.platforms", "gateway"]:
        for block in [f"{name}", f"{name}.extra"]:
            path = [*place.split("."), *block.split(".")] if place else block.split(".")
            text = "".join(f"{'  ' * depth}{part}:\n" for depth, part in enumerate(path))
            yield f"{'.'.join(path)}.allow_all_users", "", f"{text}{'  ' * len(path)}allow_all_users: true\n"
    if platform.get("users"):
        for value in ["'yes'", "'on'", "on", "1", "false", "' true '"]:
            yield f"{name}.allow_all_users: {value}", "", f"{name}:\n  allow_all_users: {value}\n"
        yield f"{name}.allow_all_users beside a list", f"{platform['users'][0]}={LISTED}\n", f"{name}:\n  allow_all_users: true\n"
        yield f"{name}.allow_all_users, the variable says no", f"{platform['allow_all']}=false\n", f"{name}:\n  allow_all_users: true\n"
    for key in ["allow_from", "allowed_users"]:
        yield f"{name}.{key}", "", f"{name}:\n  {key}: ['{LISTED}']\n"
        yield f"{name}.{key}, numbers", "", f"{name}:\n  {key}: [{LISTED}, 2]\n"
        yield f"{name}.{key}, a text", "", f"{name}:\n  {key}: '{LISTED}, 2'\n"
        yield f"{name}.{key}: *", "", f"{name}:\n  {key}: ['*']\n"
        yield f"{name}.{key}: '*'", "", f"{name}:\n  {key}: '*'\n"
        yield f"platforms.{name}.{key}", "", f"platforms:\n  {name}:\n    {key}: ['{LISTED}']\n"
        yield f"platforms.{name}.extra.{key}", "", f"platforms:\n  {name}:\n    extra:\n      {key}: ['{LISTED}']\n"
        yield f"gateway.platforms.{name}.{key}", "", f"gateway:\n  platforms:\n    {name}:\n      {key}: ['{LISTED}']\n"
        yield f"gateway.{name}.{key}", "", f"gateway:\n  {name}:\n    {key}: ['{LISTED}']\n"
        if platform.get("users"):
            yield f"{name}.{key}: * beside a variable", f"{platform['users'][0]}={LISTED}\n", f"{name}:\n  {key}: ['*']\n"
    yield "nothing", "", ""


EVERYWHERE = [
    ("GATEWAY_ALLOW_ALL_USERS=true", "GATEWAY_ALLOW_ALL_USERS=true\n", ""), ("GATEWAY_ALLOW_ALL_USERS=on", "GATEWAY_ALLOW_ALL_USERS=on\n", ""),
    ("GATEWAY_ALLOW_ALL_USERS=1", "GATEWAY_ALLOW_ALL_USERS=1\n", ""), ("GATEWAY_ALLOW_ALL_USERS=Yes", "GATEWAY_ALLOW_ALL_USERS=Yes\n", ""),
    ("GATEWAY_ALLOW_ALL_USERS=false", "GATEWAY_ALLOW_ALL_USERS=false\n", ""),
    ("GATEWAY_ALLOW_ALL_USERS at the root", "", "GATEWAY_ALLOW_ALL_USERS: true\n"),
    ("GATEWAY_ALLOW_ALL_USERS=true beside a list", f"GATEWAY_ALLOW_ALL_USERS=true\nTELEGRAM_ALLOWED_USERS={LISTED}\n", ""),
    ("GATEWAY_ALLOW_ALL_USERS=true beside a list for all", f"GATEWAY_ALLOW_ALL_USERS=true\nGATEWAY_ALLOWED_USERS={LISTED}\n", ""),
    ("GATEWAY_ALLOWED_USERS", f"GATEWAY_ALLOWED_USERS={LISTED}\n", ""), ("GATEWAY_ALLOWED_USERS=*", "GATEWAY_ALLOWED_USERS=*\n", ""),
    ("GATEWAY_ALLOWED_USERS, JSON", f'GATEWAY_ALLOWED_USERS=["{LISTED}"]\n', ""), ("GATEWAY_ALLOWED_USERS, JSON *", 'GATEWAY_ALLOWED_USERS=["*"]\n', ""),
    ("gateway.allowed_users", "", f"gateway:\n  allowed_users: ['{LISTED}']\n"), ("gateway.allowed_users *", "", "gateway:\n  allowed_users: ['*']\n"),
    ("allowed_users at the root", "", f"allowed_users: ['{LISTED}']\n"),
    *[(f"{key}: {value}", "", text.format(value)) for key, text in
      [("allow_all_users", "allow_all_users: {}\n"), ("gateway.allow_all_users", "gateway:\n  allow_all_users: {}\n")]
      for value in ["true", "'true'", "yes", "on", "'on'", "1", "'1'", "'YES'", "false", "'no'", "null", "[true]", "y", "' true '"]],
    ("both keys, the root says no", "", "allow_all_users: false\ngateway:\n  allow_all_users: true\n"),
    ("both keys, the root says null", "", "allow_all_users:\ngateway:\n  allow_all_users: true\n"),
    ("the variable says no", "GATEWAY_ALLOW_ALL_USERS=false\n", "allow_all_users: true\n"),
    ("the variable is empty", "GATEWAY_ALLOW_ALL_USERS=\n", "allow_all_users: true\n"),
    ("twice", "", "allow_all_users: false\nallow_all_users: true\n"),
    ("another key twice", "", "allow_all_users: true\ndisplay: {}\ndisplay: {}\n"),
    ("TELEGRAM_GROUP_ALLOWED_USERS", f"TELEGRAM_GROUP_ALLOWED_USERS={LISTED}\n", ""),
    ("TELEGRAM_GROUP_ALLOWED_USERS=*", "TELEGRAM_GROUP_ALLOWED_USERS=*\n", ""),
    ("TELEGRAM_GROUP_ALLOWED_CHATS=*", "TELEGRAM_GROUP_ALLOWED_CHATS=*\n", ""),
    ("TELEGRAM_ALLOWED_CHATS", f"TELEGRAM_ALLOWED_CHATS={LISTED}\n", ""),
    ("TELEGRAM_ALLOWED_USER_IDS", f"TELEGRAM_ALLOWED_USER_IDS={LISTED}\n", ""),
    ("ALLOW_ALL_USERS", "ALLOW_ALL_USERS=true\n", ""),
]


def platforms():
    return yaml.safe_load((ROOT / "rules/hermes/platforms.yaml").read_text(encoding="utf-8"))["platforms"]


def ask_who(platform, label, env, config):
    files = {".env": switches(platform) + env, "config.yaml": PLAIN + config}
    return Case(f"{platform['id']}: {label}", files,
                {"op": "authorise", "platform": platform["id"], "stranger": STRANGER, "listed": LISTED}, {"platform": platform["id"]})


def authorisation():
    known = [platform for platform in platforms() if platform["gate"] == "users"]
    for platform in known:
        for label, env, config in spellings(platform):
            yield ask_who(platform, label, env, config)
    telegram = next(platform for platform in known if platform["id"] == "telegram")
    for label, env, config in EVERYWHERE:
        yield ask_who(telegram, label, env, config)


def bots():
    """What lets programs past the list of people."""
    for platform in platforms():
        if not platform.get("allow_bots"):
            continue
        name, switch = platform["id"], platform["allow_bots"]
        listed = f"{platform['users'][0]}={LISTED}\n"
        for value in ["all", "mentions", " ALL ", "none", "true", "yes", "", "bots"]:
            yield ask_who(platform, f"{switch}={value}", f"{listed}{switch}={value}\n", "")
            for place in [name, f"platforms.{name}", f"platforms.{name}.extra", f"gateway.platforms.{name}", f"gateway.{name}"]:
                path = place.split(".")
                block = "".join(f"{'  ' * depth}{part}:\n" for depth, part in enumerate(path))
                yield ask_who(platform, f"{place}.allow_bots: {value}", listed, f"{block}{'  ' * len(path)}allow_bots: '{value}'\n")
        yield ask_who(platform, "the variable says no", f"{listed}{switch}=none\n", f"{name}:\n  allow_bots: all\n")
        yield ask_who(platform, "nothing", listed, "")


def platform_switch():
    """Without a list: whether the platform is on at all."""
    for platform in platforms():
        if platform["gate"] != "users":
            continue
        name, on = platform["id"], switches(platform)
        for label, env, config in [
            ("its variables", on, ""), ("enabled: false", on, f"platforms:\n  {name}:\n    enabled: false\n"),
            ("enabled: false at the root", on, f"{name}:\n  enabled: false\n"), ("enabled: 'false'", on, f"platforms:\n  {name}:\n    enabled: 'false'\n"),
            ("enabled: off in gateway.platforms", on, f"gateway:\n  platforms:\n    {name}:\n      enabled: off\n"),
            ("enabled: false in gateway", on, f"gateway:\n  {name}:\n    enabled: false\n"),
            ("enabled: true alone", "X=1\n", f"platforms:\n  {name}:\n    enabled: true\n"),
            ("enabled: true at the root alone", "X=1\n", f"{name}:\n  enabled: true\n"),
            ("enabled: 'yes' alone", "X=1\n", f"platforms:\n  {name}:\n    enabled: 'yes'\n"),
            ("nothing", "X=1\n", ""), ("a block alone", "X=1\n", f"{name}:\n  home_channel: '1'\n"),
        ]:
            yield Case(f"{name}: {label}", {".env": env, "config.yaml": PLAIN + config},
                       {"op": "authorise", "platform": name, "stranger": STRANGER, "listed": LISTED}, {"platform": name})


# Far from one another, and none within the others' folders.
PROBES = ["/opt/far/file", "/var/lib/other/file", "~/elsewhere/file", "/mnt/data/file"]
ROOTS = ["/srv/work", "/srv/work:/srv/more", ":/srv/work", "/srv/work:", "/srv/work/", "/srv/../srv/work", "/", "//", "/.", "/srv/..", ":", "", "''",
         "/srv/work:/", "/:/srv/work", "~", "~/", "~/work", "/srv/work:~", "$HOME", "${HOME}", "/srv/work,/", "/srv/work;/", "/opt", "/var", "/mnt",
         "/srv/work # here", "'/srv/work'", '"/srv/work:/srv/more"', "*", "/*", "/srv/*", "/srv/work/../../..", "~nobody-such", "/home", "/srv/work/.hermes"]


def write_roots():
    for root in ROOTS:
        yield Case(f"HERMES_WRITE_SAFE_ROOT={root}", {".env": f"HERMES_WRITE_SAFE_ROOT={root}\n", "config.yaml": PLAIN},
                   {"op": "writes", "paths": PROBES})
    for label, files in [
        ("nothing", {"config.yaml": PLAIN}), ("a root scalar", {"config.yaml": "HERMES_WRITE_SAFE_ROOT: /srv/work\n"}),
        ("the guides' key", {"config.yaml": "security:\n  filesystem_allowed_paths: [/srv/work]\n"}),
        ("twice", {".env": "HERMES_WRITE_SAFE_ROOT=/srv/work\nHERMES_WRITE_SAFE_ROOT=/\n", "config.yaml": PLAIN}),
        ("a reference", {".env": "WORK=/srv/work\nHERMES_WRITE_SAFE_ROOT=${WORK}\n", "config.yaml": PLAIN}),
        ("an undefined reference", {".env": "HERMES_WRITE_SAFE_ROOT=${WORK}\n", "config.yaml": PLAIN}),
        ("a default", {".env": "HERMES_WRITE_SAFE_ROOT=${WORK:-/srv/work}\n", "config.yaml": PLAIN}),
    ]:
        yield Case(f"write root, {label}", files, {"op": "writes", "paths": PROBES})


def keys():
    words = ["changeme", "changemechangeme", "change-me-please-now", "your_api_key", "your_api_key_here", "your-api-key-goes-here", "your_secret_key_here",
             "placeholder", "placeholder-placeholder", "example", "example-key-example-key", "dummy", "dummy-dummy-dummy-dummy", "none", "null", "secret", "supersecretpassword",
             "test", "test-test-test-test", "testkey123456789", "***", "****************", "xxxxxxxxxxxxxxxx", "xxxx-xxxx-xxxx-xxxx", "sk-xxxxxxxxxxxxxxxxxx",
             "XXXXXXXXXXXXXXXXXXXX", "aaaaaaaaaaaaaaaa", "1234567890123456", "0000000000000000", "<your-api-server-key>", "[REDACTED-REDACTED]", "hermes-local-key",
             "replace-with-a-long-random-key", "todo-todo-todo-todo", "password12345678", "insert-key-here-please", "ghp_xxxxxxxxxxxxxxxxxxxx", "redacted-redacted-redacted"]
    lengths = ["q7" * half for half in range(1, 11)] + ["q7q7q7q7q7q7q7q", "' q7q7q7q7q7q7q7 '", "q7q7q7q7q7q7q7q7\u00e9"]
    return words + lengths


def api_key():
    for word in keys():
        shown = word if word.startswith("'") else f'"{word}"'
        yield Case(f"API_SERVER_KEY={word}", {".env": f"API_SERVER_ENABLED=true\nAPI_SERVER_KEY={shown}\n", "config.yaml": PLAIN}, {"op": "api-key"})
        yield Case(f"platforms.api_server.extra.key: {word}", {"config.yaml": f"platforms:\n  api_server:\n    enabled: true\n    extra:\n      key: {shown}\n"}, {"op": "api-key"})
    for value in ["7", "12345678901234567890", "null", "true", "[a]"]:
        yield Case(f"platforms.api_server.extra.key: {value}", {"config.yaml": f"platforms:\n  api_server:\n    enabled: true\n    extra:\n      key: {value}\n"}, {"op": "api-key"})
    yield Case("platforms.api_server.key", {"config.yaml": "platforms:\n  api_server:\n    enabled: true\n    key: q7q7q7q7q7q7q7q7\n"}, {"op": "api-key"})
    yield Case("api_server.key at the root", {"config.yaml": "api_server:\n  enabled: true\n  key: q7q7q7q7q7q7q7q7\n"}, {"op": "api-key"})
