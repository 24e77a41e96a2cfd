#!/usr/bin/env python3
"""CPU time of `audit verify` against `openssl speed -evp sha256` in the same run.

    cargo build --release && cargo build --release --example audit_log
    benches/audit.py [--large] [DIR]

Writes logs of 500 MB to DIR (default: a temporary folder) and verifies each with one thread and with two. With --large also
one of 10 GB, where the disk has 12 GB to spare. Skips, and says so, where openssl is missing. A ratio below its bar ends with
status 1; the machine should have nothing else to do.
"""
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILT = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), os.environ.get("PROFILE", "release"))
LINTER = os.path.join(BUILT, "hermes-lint")
WRITER = os.path.join(BUILT, "examples", "audit_log")
JCS = """id = "jcs, hash first"
[fields]
hash = "/hash"
prev = "/prev"
seq = "/seq"
ts = "/ts"
[seq]
start = 0
[genesis]
sha256 = [{ lit = "hermes-lint audit v1\\nbench.example\\n" }]
[hash]
prefix = "sha256:"
preimage = [{ json = "jcs", omit = ["/hash"] }]
"""


def openssl():
    text = subprocess.run(
        ["openssl", "speed", "-evp", "sha256", "-bytes", "16384", "-seconds", "2"], capture_output=True, text=True
    ).stdout
    return float(re.findall(r"([0-9.]+)k", text)[-1]) * 1000


def verify(log, profile, threads):
    best = None
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        command = [LINTER, "audit", "verify", "--quiet", "--profile", profile, "--origin", "bench.example"]
        done = subprocess.Popen(command + ["--threads", str(threads), log], stdout=subprocess.PIPE, text=True)
        text, _ = done.communicate()
        wall = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if done.returncode != 0:
            sys.exit(f"{log}: status {done.returncode}\n{text}")
        if best is None or cpu < best[0]:
            best = (cpu, wall)
    return best


def peak(log):
    """The largest memory of a run, in MiB; of a process of its own, for the system keeps the maximum of all."""
    code = (
        "import resource,subprocess,sys;subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss//1024)"
    )
    command = [LINTER, "audit", "verify", "--origin", "bench.example", log]
    return int(subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True).stdout)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--large"]
    if not shutil.which("openssl"):
        sys.exit(print("skipped: openssl is not installed"))
    folder = arguments[0] if arguments else tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    profile = os.path.join(folder, "jcs.toml")
    with open(profile, "w") as file:
        file.write(JCS)
    failed = False
    jobs = [("v1, 750-byte records", 750, [], "hermes-lint-v1", 0.30)]
    jobs += [("v1, 3.5 kB records", 3500, [], "hermes-lint-v1", 0.55)]
    jobs += [("JCS, 750-byte records", 750, ["jcs"], profile, 0.15)]
    for name, record, form, chosen, bar in jobs:
        log = os.path.join(folder, f"{record}{''.join(form)}.jsonl")
        if not os.path.exists(log):
            subprocess.run([WRITER, log, "500000000", str(record), *form], check=True)
        size = os.path.getsize(log)
        rate = openssl()
        one, two = verify(log, chosen, 1), verify(log, chosen, 2)
        ratio = size / one[0] / rate
        gain = one[1] / two[1]
        failed |= ratio < bar
        print(
            f"{name}: {size / one[0] / 1e9:.3f} GB/s of CPU time, {ratio:.2f} of openssl's {rate / 1e9:.2f} (bar {bar}); "
            f"two threads {gain:.2f} times as fast (bar 1.8); {peak(log)} MiB"
        )
    if "--large" in sys.argv:
        if shutil.disk_usage(folder).free < 12 << 30:
            print("10 GB: skipped, the disk is too small")
        else:
            log = os.path.join(folder, "large.jsonl")
            subprocess.run([WRITER, log, "10000000000", "750"], check=True)
            start = time.monotonic()
            command = [LINTER, "audit", "verify", "--quiet", "--origin", "bench.example", "--threads", "1", log]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            print(f"10 GB on one core: {time.monotonic() - start:.1f} s (bar 20), {peak(log)} MiB (bar 96)")
            os.unlink(log)
    if not arguments:
        shutil.rmtree(folder)
    sys.exit(1 if failed else 0)


main()
