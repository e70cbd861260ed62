#!/usr/bin/env bash
# What the build script of a generator project takes, alone: for numpy without optimisation, as a user's debug build runs it, and
# for all modules of `modules.sh` optimised. With nothing changed, with everything to emit, and with the stubs to read as well (or, of
# all modules, with the files of one gone), alternating. Needs the dependencies downloaded.
# Usage: benches/emit.sh <venv with the packages> [rounds]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$(cd "${1:?the virtual environment with the packages}" && pwd)
rounds=${2:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source "$root/benches/modules.sh"
log="$work/log"

cargo build --quiet --release --manifest-path "$root/Cargo.toml" -p cargo-tywrap
command="${CARGO_TARGET_DIR:-$root/target}/release/cargo-tywrap"

project() { # a generator project that wraps some modules; what comes after `--` is its profile
  local name=$1 module modules=()
  shift
  while [ "$1" != -- ]; do modules+=("$1"); shift; done
  mkdir -p "$work/$name/src"
  printf '[package]\nname = "%s-bench"\nversion = "0.1.0"\nedition = "2024"\n[workspace]\n[dependencies]\ntywrap = { path = "%s" }\n[build-dependencies]\ntywrap-build = { path = "%s/tywrap-build" }\n%s' \
    "$name" "$root" "$root" "${2:-}" > "$work/$name/Cargo.toml"
  cp "$root/Cargo.lock" "$work/$name/Cargo.lock"
  printf 'fn main() { tywrap_build::build(); }\n' > "$work/$name/build.rs"
  for module in "${modules[@]}"; do printf '#[tywrap::wrap("%s")]\npub mod m_%s {}\n' "$module" "${module//./_}"; done > "$work/$name/src/lib.rs"
  printf '[module-whitelist]\nallowed-modules = [%s]\n[subprocess]\nvenv = "%s"\n' "$(printf '"%s", ' "${modules[@]}")" "$venv" > "$work/$name/tywrap.toml"
  (cd "$work/$name" && "$command" tywrap lock > "$log" 2>&1 && cargo build --offline > "$log" 2>&1) || { cat "$log" >&2; exit 1; }
}
# Runs the build script and nothing else of the build: Cargo says how it is called, and the script is a program.
script() {
  local name=$1 out program host begin
  program=$(echo "$work/$name"/target/debug/build/"$name"-bench-*/build-script-build)
  out=$(echo "$work/$name"/target/debug/build/"$name"-bench-*/out)
  host=$(rustc -vV | sed -n 's/host: //p')
  begin=$(date +%s.%N)
  env -C "$work/$name" OUT_DIR="$out" CARGO_MANIFEST_DIR="$work/$name" CARGO_PKG_NAME="$name-bench" CARGO_PKG_VERSION=0.1.0 \
    CARGO_CFG_TARGET_OS=linux CARGO_CFG_TARGET_FAMILY=unix CARGO_CFG_UNIX= PROFILE=debug TARGET="$host" HOST="$host" \
    "$program" > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
  awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN { printf "%.2f", b - a }'
}
forget() { rm -rf "$work/$1"/target/tywrap "$work/$1"/target/debug/build/"$1"-bench-*/out/*; } # what the last run wrote
lock() { (cd "$work/$1" && "$command" tywrap lock > "$log" 2>&1) || { cat "$log" >&2; exit 1; }; }

echo '| numpy, not optimised: nothing changed | emit, locked | read the stubs and emit |'
echo '|---|---|---|'
project numpy numpy --
for _ in $(seq "$rounds"); do
  rm -rf "$work"/numpy/tywrap.lock "$work"/numpy/.tywrap; forget numpy; stubs=$(script numpy)
  lock numpy; forget numpy; locked=$(script numpy)
  echo "| $(script numpy) s | $locked s | $stubs s |"
done

echo
echo "| all ${#all[@]} modules, optimised: nothing changed | emit, locked | the files of one module are gone |"
echo '|---|---|---|'
project all "${all[@]}" -- $'[profile.dev.build-override]\nopt-level = 3\n'
for _ in $(seq "$rounds"); do
  forget all; locked=$(script all); same=$(script all)
  rm "$work"/all/target/tywrap/*/statistics.*; one=$(script all)
  echo "| $same s | $locked s | $one s |"
done
