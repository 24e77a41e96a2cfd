#!/usr/bin/env python3
"""Verifies a folder of tampered logs that other packages wrote, and compares with what is expected of each:

    python3 tests/audit/samples.py BINARY SAMPLES [--own]

SAMPLES holds expected.json (by path: ok, codes, first_bad_line, first_bad_offset, cause, profile) and profiles/; with
--own the shipped profiles are used instead of those. Skipped when the folder is not there.
"""

import json
import pathlib
import subprocess
import sys

# The words of the expectations, and what they are here.
CODES = {
    "link-mismatch": {"chain/link", "chain/reordered", "chain/head-truncated"},
    "hash-mismatch": {"chain/hash"},
    "duplicate-record": {"chain/duplicate-record"},
    "seq-gap": {"chain/seq-gap"},
    "seq-duplicate": {"chain/seq-duplicate"},
    "seq-regress": {"chain/seq-regress"},
    "head-truncated": {"chain/head-truncated"},
    "torn-tail": {"file/torn-tail"},
    "duplicate-key": {"json/duplicate-key"},
    "invalid-utf8": {"json/invalid-utf8"},
    "too-deep": {"json/too-deep"},
    "not-json": {"json/nul", "json/syntax"},
    "unhashable": {"json/unsafe-number"},
    "mac-invalid": {"crypto/bad-signature"},
    "head-hash-mismatch": {"chain/rewritten", "chain/tail-truncated"},
    "head-seq-mismatch": {"chain/tail-truncated"},
}
NOTES = {
    "ts-regress": "time/regress",
    "blank-line": "file/blank-line",
    "bom": "file/bom",
    "crlf": "file/crlf",
    "no-final-newline": "file/no-final-newline",
}
CAUSES = {
    "deleted-or-rewritten": {"deleted", "deleted-or-rewritten"},
    "unreadable-line": {"unreadable-line", "invalid-utf8"},
}


def verify(binary, samples, path, row, own):
    command = [binary, "audit", "verify", "--strict", "--format", "json", str(samples / path)]
    if not own:
        command += ["--profile", str(samples / "profiles" / row["profile"])]
    package = path.split("/")[0]
    key = {"ms-agt": "hmac-key.txt", "psy-core": "seal-key"}.get(package)
    if key:
        command += ["--key-file", str(samples / package / key)]
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        return done.returncode, {"logs": [], "error": done.stderr}


def compare(path, row, status, report):
    findings = [one for log in report["logs"] for one in log["findings"]]
    errors = [one for one in findings if one["severity"] == "error"]
    found = {one["rule"] for one in findings}
    wrong = []
    if (status == 0) != row["ok"] or status not in (0, 1):
        wrong.append(f"status {status}, expected {'0' if row['ok'] else '1'} {report.get('error', '')}")
    for code in row["codes"]:
        if not CODES[code] & found:
            wrong.append(f"no {code}")
    for note in row["notes"]:
        if NOTES[note] not in found:
            wrong.append(f"no {note}")
    placed = [one for one in errors if one["line"] is not None]
    if row["first_bad_line"] is not None:
        first = min(placed, key=lambda one: one["line"], default=None)
        got = (first["line"], first["offset"]) if first else None
        expected = (row["first_bad_line"], row["first_bad_offset"])
        if got != expected:
            wrong.append(f"first at {got}, expected {expected}")
    causes = {(one["cause"]["kind"], one["line"]) for one in findings if one.get("cause")}
    # Where a line can't be read, what follows it is not called deleted as well.
    for cause, line in (row["cause"] or [])[:1]:
        word = cause.split()[0]
        wanted = CAUSES.get(word, {word})
        if not any(kind in wanted and at == line for kind, at in causes):
            wrong.append(f"no cause {cause} on line {line}, but {sorted(causes)}")
    known = set().union(*(CODES[code] for code in row["codes"])) if row["codes"] else set()
    return wrong, sorted({one["rule"] for one in errors} - known)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--own"]
    if len(arguments) != 2:
        sys.exit(__doc__)
    binary, samples = arguments[0], pathlib.Path(arguments[1])
    if not (samples / "expected.json").is_file():
        print(f"skipped: there is no expected.json in {samples}")
        return
    rows = json.loads((samples / "expected.json").read_text())
    bad = more = 0
    for path, row in sorted(rows.items()):
        wrong, extra = compare(path, row, *verify(binary, samples, path, row, "--own" in sys.argv))
        if wrong:
            bad += 1
            print(f"{path}: {'; '.join(wrong)}")
        if extra:
            more += 1
            print(f"  {path}: beside what is expected {', '.join(extra)}")
    print(f"{len(rows)} logs, {bad} otherwise than expected, {more} with more codes")
    sys.exit(bad > 0)


main()
