#!/usr/bin/env bash
# Runs each fuzz target for a while: tests/fuzz.sh [SECONDS] [TARGET]...
#
# Needs a nightly toolchain and cargo-fuzz (`cargo install cargo-fuzz`); without them it says so and ends with status 0.
# A target fails on a panic, on a unit that takes longer than a second (TIMEOUT=10 on a busy machine), and on a
# gigabyte of memory; what failed is kept in fuzz/artifacts. Seeds are made here: none stands in the repository.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(engine file rules decode archive note tokens profile)

skip() { echo "fuzzing is skipped: $*"; exit 0; }
cargo fuzz --version >/dev/null 2>&1 || skip "cargo-fuzz is not installed (cargo install cargo-fuzz)"
cargo +nightly --version >/dev/null 2>&1 || skip "there is no nightly toolchain (rustup toolchain install nightly)"
command -v python3 >/dev/null || skip "python3, which makes the seeds, is not installed"

# The code has no `unsafe`: sanitizers of memory would find nothing and cost a factor of two.
cargo +nightly fuzz build -s none

seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
python3 benches/slow-inputs.py --write "$seeds/all" --size 2000 --endings txt
# The target `file` takes the first byte for the file's name, `engine` for raw text when it is even.
mkdir "$seeds/named"
number=0
for seed in "$seeds"/all/*; do
  { printf '%b' "\\x$(printf '%02x' $((number % 48)))"; cat "$seed"; } >"$seeds/named/$number"
  number=$((number + 1))
done
mkdir "$seeds/rules"
cat >"$seeds/rules/one" <<'TOML'
[extend]
useDefault = true
[[rules]]
id = "a"
regex = '''(?i)key-([a-z0-9]{8,16})\b'''
keywords = ["key-"]
entropy = 3.0
[[rules.allowlists]]
regexes = ['''example''']
paths = ['''^test/''']
TOML

mkdir "$seeds/notes"
printf '%s\n' example.com/behind-the-sofa 20852163 CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I= '' \
  '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=' \
  >"$seeds/notes/checkpoint"
cat "$seeds/notes/checkpoint" <(echo) "$seeds/notes/checkpoint" >"$seeds/notes/two"

mkdir "$seeds/tokens" "$seeds/profiles"
python3 - "$seeds" <<'PY'
import pathlib, sys
seeds = pathlib.Path(sys.argv[1])
records = {
    "kinds": '{"a":[1,-0.5,"\\ud83d\\ude00",null,true,false],"b":{"c":9007199254740993}}',
    "odd": '{"e":1e-7,"n":[1e21,-0,0.0,1E+2],"s":"\\ud800 \\u0000 \\/ \\u00e9","a":1,"a":2}',
    "not": '{"a":[NaN,Infinity,-Infinity]}',
    "deep": "[" * 200 + "]" * 200,
    "time": "2026-11-21T19:40:01.000000+02:00",
    "record": '{"header":{"seq":1,"ts":"2026-11-21T19:40:10Z","prev_hash":"00","payload_hash":"00"},"payload_b64":"e30="}',
}
for name, text in records.items():
    (seeds / "tokens" / name).write_text(text)
for profile in pathlib.Path("rules/audit/profiles").glob("*.toml"):
    log = "\n".join(records.values())
    (seeds / "profiles" / profile.stem).write_text(profile.read_text() + "\0" + log)
PY

mkdir "$seeds/packed"
python3 - "$seeds/packed" <<'PY'
import bz2, gzip, io, lzma, sys, tarfile, zipfile
folder = sys.argv[1] + "/"
files = {"config.yaml": b"model: x\n", "home/.env": b"A=1\n" * 40}
def tar(mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()
def packed(method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr("inner.tar", tar("w:"))
    return out.getvalue()
seeds = {f"tar-{mode or 'plain'}": tar(f"w:{mode}") for mode in ("", "gz", "bz2", "xz")}
seeds |= {f"zip-{method}": packed(method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)}
seeds |= {"gz": gzip.compress(b"A=1\n"), "bz2": bz2.compress(b"A=1\n"), "xz": lzma.compress(b"A=1\n")}
# The smallest frame of Zstandard: one raw block.
seeds["zst"] = bytes.fromhex("28b52ffd2004210000") + b"A=1\n"
for name, data in seeds.items():
    open(folder + name, "wb").write(data)
PY

for target in "${targets[@]}"; do
  case $target in
    file | engine) from=$seeds/named ;;
    rules) from=$seeds/rules ;;
    archive) from=$seeds/packed ;;
    note) from=$seeds/notes ;;
    tokens) from=$seeds/tokens ;;
    profile) from=$seeds/profiles ;;
    *) from=$seeds/all ;;
  esac
  mkdir -p "fuzz/corpus/$target"
  printf '\n== %s, %s seconds\n' "$target" "$seconds"
  cargo +nightly fuzz run -s none "$target" "fuzz/corpus/$target" "$from" -- \
    -max_total_time="$seconds" -timeout="${TIMEOUT:-1}" -rss_limit_mb=1024 -max_len=65536 -close_fd_mask=1 -print_final_stats=1 2>&1 |
    { grep -E '^(INFO: seed|Done|stat::|SUMMARY|artifact_prefix)|panicked|ALARM|ERROR: libFuzzer' || true; } || {
    echo "$target failed: see fuzz/artifacts/$target"
    exit 1
  }
done
