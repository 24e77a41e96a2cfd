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
[ ${#targets[@]} -gt 0 ] || targets=(engine file rules decode)

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

for target in "${targets[@]}"; do
  case $target in
    file | engine) from=$seeds/named ;;
    rules) from=$seeds/rules ;;
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
