"""What the functions of one Hermes release say of a home. Run inside an unpacked wheel by run.py; never by hand.

    oracle.py WHEEL SCRATCH     questions as JSON lines on stdin, answers as JSON lines on stdout

A question is `{"op": ..., "files": {"config.yaml": ..., ".env": ...}, ...}`. The files are written into a fresh home
and the question is answered in a child process of its own: Hermes reads much once, at import, and keeps it. Packages
that the functions do not need are stood in for by empty ones, so that the wheel, PyYAML, ruamel.yaml and python-dotenv are enough.
"""

import gc
import importlib
import importlib.abc
import importlib.machinery
import json
import logging
import os
import pathlib
import shutil
import sys
import traceback
import types

# Clients of services: nothing of the kind is called.
STANDINS = {"rich", "prompt_toolkit", "fire", "requests", "httpx", "aiohttp", "openai", "psutil", "websockets"}
# Modules that read the home, or the environment, when they are imported.
AT_IMPORT = ["hermes_cli.main", "hermes_cli.cli_config_load", "agent.redact", "gateway.run", "tools.approval",
             "tools.approval_context", "tools.approval_detection", "tools.approval_floors", "tools.approval_yolo"]
# The environment without anything of Hermes: importing it leaves something there.
CLEAN = {}


class Nothing:
    """Whatever is asked of a package that is not there."""

    def __init__(self, *_args, **_named):
        pass

    def __call__(self, *_args, **_named):
        return Nothing()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()


class Package(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Nothing, Exception), {})


class Standins(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Asked last: a package that is installed is used."""

    def find_spec(self, name, _path, _target=None):
        if name.split(".")[0] in STANDINS:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return Package(spec.name)

    def exec_module(self, _module):
        pass


def have(name):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def approval_modules():
    names = ["approval", "approval_context", "approval_detection", "approval_floors"]
    return [module for module in (have(f"tools.{name}") for name in names) if module]


def first(modules, name):
    return next((getattr(module, name) for module in modules if hasattr(module, name)), None)


def load_env():
    from hermes_cli.env_loader import load_hermes_dotenv
    load_hermes_dotenv()


def modes(_question):
    """What approvals.* of the home come to; None where the release has no such mode."""
    load_env()
    modules = approval_modules()
    answer = {"mode": first(modules, "_get_approval_mode")()}
    for name, function in [("cron", "_get_cron_approval_mode"), ("single-query", "_get_single_query_approval_mode"),
                           ("unattended", "_get_unattended_approval_mode")]:
        found = first(modules, function)
        answer[name] = found() if found else None
    answer["yolo"] = bool(first(modules, "_YOLO_MODE_FROZEN"))
    return answer


def decide(question):
    """The guard that stands before the terminal, for a person who says no."""
    load_env()
    modules = approval_modules()
    approval = modules[0]
    asked = []

    def answer(*_args, **_named):
        asked.append(True)
        return "deny"

    # Sessions are the gateway's, which needs far more packages than the functions that decide.
    for module in modules:
        for name, value in [("get_current_session_key", lambda *_, **__: ""), ("_is_gateway_approval_context", lambda: False),
                            ("is_current_session_yolo_enabled", lambda: False)]:
            if hasattr(module, name):
                setattr(module, name, value)
    # The command scanner is another program, and none of the settings' business.
    scanner = have("tools.tirith_security")
    if scanner:
        scanner.check_command_security = lambda *_args, **_named: {"action": "allow", "findings": [], "summary": ""}
    os.environ["HERMES_INTERACTIVE"] = "1"
    approval.load_permanent_allowlist()
    verdicts = []
    for command in question["commands"]:
        asked.clear()
        done = approval.check_all_command_guards(command, "local", approval_callback=answer)
        verdicts.append("ask" if asked else "allow" if done.get("approved") else "deny")
    return {"verdicts": verdicts}


def approvals_test(question):
    """What `hermes approvals test --json` prints, in the releases that have it."""
    load_env()
    own = have("hermes_cli.approvals_test")
    return {"verdicts": own and [own.evaluate_command(command)["verdict"] for command in question["commands"]]}


def backend(question):
    """Whether commands run where nothing is checked: in the gateway after its first message, or at a terminal."""
    load_env()
    if question["session"] == "chat":
        import gateway.run as run
        run._reload_runtime_env_preserving_config_authority()
    else:
        import cli
        cli.load_cli_config()
    import tools.terminal_tool as terminal
    config = terminal._get_env_config()
    skips = first(approval_modules(), "_should_skip_container_guards")
    return {"isolated": skips(config["env_type"], terminal._docker_has_host_access(config))}


def redaction(_question):
    """Whether secrets are taken out, in the command line and in the gateway."""
    def started(module):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            importlib.import_module(module)
            os.write(writing, b"1" if importlib.import_module("agent.redact")._REDACT_ENABLED else b"0")
            os._exit(0)
        os.close(writing)
        answer = os.read(reading, 1)
        os.waitpid(child, 0)
        return answer == b"1"

    return {"cli": started("hermes_cli.main"), "gateway": started("gateway.run")}


def at(tree, path):
    for name in path:
        tree = tree[name]
    return tree


def expand(question):
    """The value at a path, as its reader in Hermes has it."""
    load_env()
    for name, value in question.get("environment", {}).items():
        os.environ[name] = value
    reader, path = question["reader"], question["path"]
    if reader == "config":
        from hermes_cli.config import load_config
        return {"value": at(load_config(), path)}
    if reader == "mcp":
        from hermes_cli.config import load_config
        module = have("tools.mcp_tool_config") or importlib.import_module("tools.mcp_tool")
        return {"value": at(module._interpolate_env_vars(load_config()), path)}
    if is_left_out(question["platform"]):
        return {"known": False}
    block = gateway()[1].platforms[platform_of(question["platform"])]
    if path == ["token"]:
        return {"value": block.token}
    return {"value": at(block.extra, path)}


def platform_of(name):
    from gateway.config import Platform
    try:
        return Platform(name)
    except ValueError:
        return None


def is_left_out(name):
    """True for a plugin that the wheel has the code of, and no manifest: its builder forgot to pack it, and it is never loaded."""
    folder = pathlib.Path(sys.path[0], "plugins", "platforms", name)
    return folder.is_dir() and not (folder / "plugin.yaml").exists()


def gateway():
    """The gateway's module and configuration, read as its start reads them."""
    run = importlib.import_module("gateway.run")
    config = importlib.import_module("gateway.config").load_gateway_config()
    return run, config


def authorise(question):
    """Whether a platform is on, and which of two people may write to it in private."""
    run, config = gateway()
    platform = platform_of(question["platform"])
    if platform is None or is_left_out(question["platform"]):
        return {"known": False}
    block = config.platforms.get(platform)
    from gateway.authz_mixin import GatewayAuthorizationMixin
    from gateway.session import SessionSource

    class Runner(GatewayAuthorizationMixin):
        def __init__(self):
            self.config = config
            adapter = types.SimpleNamespace(config=block, authorization_is_upstream=False, enforces_own_access_policy=False)
            self.adapters = {platform: adapter}
            self._profile_adapters = {}

    runner = Runner()

    def may(user, **about):
        source = SessionSource(platform=platform, chat_id=user, chat_type="dm", user_id=user, **about)
        return bool(runner._is_user_authorized(source))

    return {"known": True, "on": bool(block and block.enabled), "stranger": may(question["stranger"]),
            "listed": may(question["listed"]), "bot": may(question["stranger"], is_bot=True)}


def writes(question):
    """Which paths the file tools may write to."""
    load_env()
    from agent.file_safety import is_write_denied
    return {"writable": [path for path in question["paths"] if not is_write_denied(path)]}


def api_key(_question):
    """Whether the API server starts with the key of the home."""
    run, config = gateway()
    block = config.platforms.get(platform_of("api_server"))
    from hermes_cli.auth import has_usable_secret
    key = block.extra.get("key", "") if block else ""
    # The adapter itself reads the variable when the block has no key.
    return {"usable": has_usable_secret(key or os.getenv("API_SERVER_KEY", ""), min_length=16)}


OPERATIONS = {f.__name__.replace("_", "-"): f for f in [modes, decide, approvals_test, backend, redaction, expand, authorise, writes, api_key]}


def answer(question, home):
    shutil.rmtree(home)
    home.mkdir()
    for name, text in question["files"].items():
        (home / name).write_text(text, encoding="utf-8")
    os.environ.clear()
    os.environ.update(CLEAN, HOME=str(home.parent), HERMES_HOME=str(home))
    os.chdir(home.parent)
    for name in AT_IMPORT:
        sys.modules.pop(name, None)
    return OPERATIONS[question["op"]](question)


def in_child(question, home):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        # What Hermes tells people is not for the driver.
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            text = json.dumps(answer(question, home), default=str)
        except BaseException:
            text = json.dumps({"failed": traceback.format_exc(limit=-1).strip().splitlines()[-1]})
        with os.fdopen(writing, "w", encoding="utf-8") as out:
            out.write(text)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as given:
        text = given.read()
    os.waitpid(child, 0)
    return text or json.dumps({"failed": "the child process died"})


def main():
    wheel, scratch = sys.argv[1], pathlib.Path(sys.argv[2])
    sys.path[0] = wheel
    sys.meta_path.append(Standins())
    logging.disable(logging.CRITICAL)
    out = sys.stdout
    # One path for all homes, filled anew each time: plugins are found once a path.
    home = scratch / "home" / ".hermes"
    home.mkdir(parents=True)
    for name in [name for name in os.environ if name.startswith(("HERMES_", "GATEWAY_", "TERMINAL_"))]:
        del os.environ[name]
    # Else importing the platforms fetches their clients into this interpreter's packages.
    os.environ["HERMES_DISABLE_LAZY_INSTALLS"] = "1"
    CLEAN.update(os.environ)
    os.environ.update(HOME=str(home.parent), HERMES_HOME=str(home))
    # Importing a later release ends processes that it takes for its own: never here.
    scratch_folder = have("hermes_constants_scratch")
    if scratch_folder:
        scratch_folder.reap_processes_rooted_in = lambda *_args, **_named: 0
    # Loaded once for all children; what depends on the home is loaded anew in each.
    for name in ["hermes_cli.config", "hermes_cli.env_loader", "hermes_cli.auth", "gateway.config", "gateway.authz_mixin",
                 "agent.file_safety", "tools.mcp_tool", *AT_IMPORT]:
        have(name)
    (home / "config.yaml").write_text("display: {}\n", encoding="utf-8")
    gateway()  # and the plugins with it, which platforms are
    # A child that collects garbage copies the parent's memory page by page.
    gc.collect()
    gc.freeze()
    gc.disable()
    for line in sys.stdin:
        print(in_child(json.loads(line), home), file=out, flush=True)


if __name__ == "__main__":
    main()
