#!/usr/bin/env python3
"""Holds the formats of reports against readers and schemas that are not ours.

    python3 -m venv venv
    venv/bin/pip install sarif-tools sarif-om junitparser prometheus-client jsonschema
    venv/bin/python tests/formats/validate.py --linter target/quick/hermes-lint [--multitool Sarif.Multitool]
        [--gitlab-schema secret-detection-report-format.json]

Scans the careless example deployment and a folder of hostile names, once, in every format. What the JSON report says is
then looked for in each other format through a reader of somebody else's. What a check needs and does not find is said
and passed over: a Python package, the SARIF schema of the `serde-sarif` crate (a dev-dependency; cargo knows where it
is), Microsoft's multitool (in the npm package `@microsoft/sarif-multitool-linux`, and others), GitLab's schema.
Exit status 1 when anything differs.
"""

import argparse
import importlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree
from html.parser import HTMLParser

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORMATS = ["json", "sarif", "github", "gitlab", "gitlab-secrets", "junit", "markdown", "html", "prometheus"]
# Names that mean something to a URI, to XML, to a shell of the runner or to a terminal.
HOSTILE = ["a b#c%20d?e", "größe 語", "x:y", "semi;amp&lt<gt>", "::error file=z::q", "percent%0Anewline", "quote\"'`", "esc\x1b[31m"]


class Checks:
    """Counts what held, what did not and what could not be looked at."""

    def __init__(self):
        self.held, self.broken, self.skipped = 0, 0, 0

    def same(self, what, left, right):
        if left == right:
            self.held += 1
        else:
            self.broken += 1
            print(f"FAIL {what}: {left!r} is not {right!r}")

    def true(self, what, value):
        self.same(what, bool(value), True)

    def skip(self, what, why):
        self.skipped += 1
        print(f"skipped {what}: {why}")


def package(checks, name):
    try:
        return importlib.import_module(name)
    except ImportError:
        checks.skip(name, "the Python package is not installed")
        return None


def scan(linter, folder):
    """Every format of one scan, as text, and whether a second scan gives the same bytes."""
    shutil.copytree(ROOT / "fixtures/deployments/lax", folder / "lax")
    for name in HOSTILE:
        (folder / name).mkdir()
        (folder / name / "config.yaml").write_text("approvals:\n  mode: off\n")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1795219200", "NO_COLOR": "1"}
    runs = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as out:
            arguments = [f"--format={name}={out}/{name}.out" for name in FORMATS]
            done = subprocess.run(
                [linter, "check", ".", "--min-confidence", "low", "--category", "homes", *arguments],
                cwd=folder, env=environment, capture_output=True, text=True,
            )
            if done.returncode not in (0, 1) or done.stdout:
                sys.exit(f"the linter failed: {done.returncode} {done.stdout}{done.stderr}")
            runs.append({name: pathlib.Path(out, f"{name}.out").read_text() for name in FORMATS})
    return runs[0], runs[0] == runs[1]


def sarif_schema(checks):
    command = ["cargo", "metadata", "--format-version", "1", "--offline", "--locked"]
    try:
        host = re.search(r"host: (.*)", subprocess.run(["rustc", "-vV"], capture_output=True, text=True).stdout)[1]
        done = subprocess.run([*command, "--filter-platform", host], cwd=ROOT, capture_output=True, text=True)
        packages = json.loads(done.stdout)["packages"]
        manifest = next(one["manifest_path"] for one in packages if one["name"] == "serde-sarif")
        return json.loads((pathlib.Path(manifest).parent / "src/schema.json").read_text())
    except (OSError, TypeError, ValueError, StopIteration) as error:
        checks.skip("the SARIF schema", f"cargo does not say where serde-sarif is ({error})")
        return None


def path_of(uri):
    path = urllib.parse.unquote(uri)
    return path.removeprefix("file://")


def check_sarif(checks, text, report, folder, multitool):
    log = json.loads(text)
    schema = sarif_schema(checks)
    validator = package(checks, "jsonschema")
    if schema and validator:
        errors = [error.message for error in validator.Draft7Validator(schema).iter_errors(log)]
        checks.same("SARIF schema", errors, [])
    wanted = sorted(
        (one["rule"], one["path"], one["line"] or 1, one["message"]) for one in report["findings"]
    )
    file = folder / "out.sarif"
    file.write_text(text)
    loader = package(checks, "sarif.loader")
    if loader:
        read = loader.load_sarif_file(str(file))
        records = read.get_records()
        checks.same("results for sarif-tools", read.get_result_count(), len(wanted))
        results = read.get_results()
        seen = sorted(
            # The reader cuts a message at its first line break in a record; the result has all of it.
            (one["ruleId"], path_of(record["Location"]), int(record["Line"]), one["message"]["text"].split("\n\n")[0])
            for one, record in zip(results, records)
        )
        said = [(rule, path, line, re.sub(r"\\([\[\]])", r"\1", message)) for rule, path, line, message in seen]
        checks.same("rule, path, line and message for sarif-tools", said, wanted)
        counted = {"error": 0, "warning": 0, "note": 0}
        for record in records:
            counted[record["Severity"]] += 1
        summary = report["summary"]
        checks.same("severities for sarif-tools", list(counted.values()), [summary["errors"], summary["warnings"], summary["infos"]])
    model = package(checks, "sarif_om")
    if model:
        # A model that takes no unknown property: each object of ours is built as one of its classes.
        run = log["runs"][0]
        snake = lambda name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        built = lambda kind, value: kind(**{snake(key): it for key, it in value.items()})
        try:
            for result in run["results"]:
                built(model.Result, result)
                for place in result["locations"] + result.get("relatedLocations", []):
                    built(model.Location, place)
                    built(model.PhysicalLocation, place["physicalLocation"])
                for fix in result.get("fixes", []):
                    built(model.Fix, fix)
            for rule in run["tool"]["driver"]["rules"]:
                built(model.ReportingDescriptor, rule)
            for invocation in run["invocations"]:
                built(model.Invocation, invocation)
            checks.true("classes of sarif-om", True)
        except TypeError as error:
            checks.same("classes of sarif-om", str(error), "")
    if multitool:
        said = folder / "validated.sarif"
        subprocess.run([multitool, "validate", str(file), "--output", str(said), "--rule-kind", "Sarif;Ghas",
                        "--level", "Error;Warning", "--log", "ForceOverwrite"], capture_output=True)
        results = json.loads(said.read_text(encoding="utf-8-sig"))["runs"][0].get("results", [])
        rules = sorted({f"{one['ruleId']} {one.get('level', 'warning')}" for one in results})
        print(f"the multitool remarks: {', '.join(rules) or 'nothing'}")
        checks.same("errors of the multitool", [rule for rule in rules if rule.endswith(" error")], [])
    else:
        checks.skip("the multitool", "--multitool was not given")


def check_github(checks, text, report):
    back = lambda it: it.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
    kinds = {"error": "error", "warning": "warning", "notice": "info"}
    found = {(one["severity"], one["rule"], one["line"]) for one in report["findings"]}
    shown = {"error": 0, "warning": 0, "info": 0}
    for line in text.splitlines():
        command = re.match(r"::(error|warning|notice) (.*?)::(.*)$", line)
        if not command:
            checks.true(f"a line without a command: {line!r}", re.match(r"(- |hermes-lint |::(end)?group::|\d+ more )", line) and "##[" not in line)
            continue
        kind, properties, _ = command.groups()
        values = {name: back(value) for name, value in (pair.split("=", 1) for pair in properties.split(","))}
        line = int(values["line"]) if "line" in values else None
        checks.true(f"the annotation {properties}", (kinds[kind], values["title"], line) in found)
        shown[kinds[kind]] += 1
    for severity, key in [("error", "errors"), ("warning", "warnings"), ("info", "infos")]:
        checks.same(f"annotations of {severity}", shown[severity], min(10, report["summary"][key]))


def check_gitlab(checks, quality, secrets, report, schema):
    rows = json.loads(quality)
    wanted = [(one["rule"], one["path"], one["line"] or 1, one["message"], one["fingerprint"]) for one in report["findings"]]
    seen = [(one["check_name"], one["location"]["path"], one["location"]["lines"]["begin"], one["description"], one["fingerprint"]) for one in rows]
    checks.same("code quality", seen, wanted)
    checks.true("severities that GitLab knows", all(one["severity"] in ("info", "minor", "major", "critical", "blocker") for one in rows))
    checks.same("fingerprints are unique", len({one["fingerprint"] for one in rows}), len(rows))
    document = json.loads(secrets)
    wanted = [one for one in report["findings"] if one["rule"].startswith("secret/")]
    seen = document["vulnerabilities"]
    checks.same("secrets", [(one["location"]["file"], one["location"].get("start_line")) for one in seen],
                [(one["path"], one["line"]) for one in wanted])
    checks.same("ids are unique", len({one["id"] for one in seen}), len(seen))
    for one in seen:
        checks.true("limits of GitLab", len(one["name"]) <= 255 and len(one.get("solution", "")) <= 7000
                    and one["identifiers"] and one["location"]["commit"]["sha"] and "raw_source_code_extract" not in one)
    for key in ("start_time", "end_time"):
        checks.true(key, re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", document["scan"][key]))
    validator = package(checks, "jsonschema")
    if schema and validator:
        errors = [error.message for error in validator.Draft7Validator(json.loads(pathlib.Path(schema).read_text())).iter_errors(document)]
        checks.same("GitLab's schema", errors, [])
    elif not schema:
        checks.skip("GitLab's schema", "--gitlab-schema was not given")


def check_junit(checks, text, folder, report):
    file = folder / "out.xml"
    file.write_text(text)
    xml.etree.ElementTree.parse(file)
    reader = package(checks, "junitparser")
    if not reader:
        return
    suites = reader.JUnitXml.fromfile(str(file))
    cases = [case for suite in suites for case in suite]
    failed = [case for case in cases if any(isinstance(one, reader.Failure) for one in case.result)]
    skipped = [case for case in cases if any(isinstance(one, reader.Skipped) for one in case.result)]
    summary = report["summary"]
    checks.same("failures", len(failed), summary["errors"] + summary["warnings"])
    checks.same("skips", len(skipped), len(summary["skipped"]) + len(report["suppressed"]))
    checks.same("cases", len(cases), len(report["findings"]) + len(skipped) + 1)
    checks.same("counts in the file", (suites.tests, suites.failures), (len(cases), len(failed)))
    wanted = sorted((one["rule"], one["message"]) for one in report["findings"] if one["severity"] != "info")
    seen = sorted((one.type, one.message) for case in failed for one in case.result)
    checks.same("rules and messages", seen, wanted)


def check_prometheus(checks, text, report):
    parser = package(checks, "prometheus_client.parser")
    if not parser:
        return
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    value = lambda name: families[f"hermes_lint_{name}"].samples[0].value
    by_rule = sum(sample.value for sample in families["hermes_lint_findings"].samples)
    summary = report["summary"]
    checks.same("findings by rule", by_rule, len(report["findings"]))
    severities = {sample.labels["severity"]: sample.value for sample in families["hermes_lint_severity_findings"].samples}
    checks.same("findings by severity", severities, {"error": summary["errors"], "warning": summary["warnings"], "info": summary["infos"]})
    checks.same("files", value("files"), summary["files"])
    checks.same("bytes", value("read_bytes"), summary["bytes"])
    checks.same("skips", value("skipped_files"), len(summary["skipped"]))
    checks.same("time", value("last_run_timestamp_seconds"), 1795219200)
    checks.same("rules", families["hermes_lint_info"].samples[0].labels["rules"], summary["rules"])
    for family in families.values():
        checks.true(f"{family.name} has help and a type", family.documentation and family.type == "gauge")


class Page(HTMLParser):
    """The tags of a page, and whether each is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.unbalanced = [], set(), []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag not in ("meta", "br", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)


def check_pages(checks, markdown, html, report):
    checks.true("a comment holds it", len(markdown) < 65_536)
    page = Page()
    page.feed(html)
    checks.same("tags are closed", (page.unbalanced, page.open), ([], []))
    checks.true("no script, no picture, no frame", not page.tags & {"script", "img", "iframe", "object", "link"})
    checks.same("findings on the page", html.count("<dt>rule</dt>"), len(report["findings"]))


def main():
    options = argparse.ArgumentParser(description="see the top of the file")
    options.add_argument("--linter", required=True, type=lambda path: str(pathlib.Path(path).resolve()))
    options.add_argument("--multitool", type=lambda path: str(pathlib.Path(path).resolve()))
    options.add_argument("--gitlab-schema")
    options = options.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "scanned").mkdir()
        shown, again = scan(options.linter, folder / "scanned")
        checks.true("two runs are the same bytes", again)
        report = json.loads(shown["json"])
        print(f"{len(report['findings'])} findings in {report['summary']['files']} files, {len(report['summary']['skipped'])} skipped")
        check_sarif(checks, shown["sarif"], report, folder, options.multitool)
        check_github(checks, shown["github"], report)
        check_gitlab(checks, shown["gitlab"], shown["gitlab-secrets"], report, options.gitlab_schema)
        check_junit(checks, shown["junit"], folder, report)
        check_prometheus(checks, shown["prometheus"], report)
        check_pages(checks, shown["markdown"], shown["html"], report)
    print(f"{checks.held} checks held, {checks.broken} did not, {checks.skipped} were passed over")
    sys.exit(1 if checks.broken else 0)


if __name__ == "__main__":
    main()
