#!/usr/bin/env bash
# What wrapping numpy adds to a debug build of a generator project: the build script alone, with nothing changed, with the
# wrappers to emit again, and with the stubs to read again as well, alternating. Needs the dependencies downloaded and a
# virtual environment with numpy. Usage: benches/numpy.sh <venv> [rounds]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$(cd "${1:?the virtual environment with numpy}" && pwd)
rounds=${2:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/src"
printf '[package]\nname = "numpy-bench"\nversion = "0.1.0"\nedition = "2024"\n[workspace]\n[dependencies]\ntywrap = { path = "%s" }\n[build-dependencies]\ntywrap-build = { path = "%s/tywrap-build" }\n' "$root" "$root" > "$work/Cargo.toml"
cp "$root/Cargo.lock" "$work/Cargo.lock"
printf 'fn main() { tywrap_build::build(); }\n' > "$work/build.rs"
printf '#[tywrap::wrap("numpy")]\nmod numpy {}\nfn main() { println!("{}", numpy::MODULE.name); }\n' > "$work/src/main.rs"
printf '[subprocess]\nvenv = "%s"\n' "$venv" > "$work/tywrap.toml"

log="$work/log"
build() { cargo build --offline --manifest-path "$work/Cargo.toml" "$@" > "$log" 2>&1 || { cat "$log" >&2; exit 1; }; }
# Runs the build script and nothing else of the build: Cargo says how it is called, and the script is a program.
script() {
  local begin
  begin=$(date +%s.%N)
  env -C "$work" "${environment[@]}" "$program" > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
  awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN { printf "%.2f", b - a }'
}
forget() { # what the last run wrote
  rm -rf "$work/target/tywrap" "$out"/*
}
lock() { cargo run --quiet --manifest-path "$root/Cargo.toml" -p cargo-tywrap -- lock --manifest-path "$work/Cargo.toml" 2> "$log" || { cat "$log" >&2; exit 1; }; }
unlock() { rm -rf "$work/tywrap.lock" "$work/.tywrap"; }

build
program=$(echo "$work"/target/debug/build/numpy-bench-*/build-script-build)
out=$(echo "$work"/target/debug/build/numpy-bench-*/out)
environment=(
  OUT_DIR="$out" CARGO_MANIFEST_DIR="$work" CARGO_PKG_NAME=numpy-bench CARGO_PKG_VERSION=0.1.0
  CARGO_CFG_TARGET_OS=linux CARGO_CFG_TARGET_FAMILY=unix CARGO_CFG_UNIX= PROFILE=debug
  TARGET="$(rustc -vV | sed -n 's/host: //p')" HOST="$(rustc -vV | sed -n 's/host: //p')"
)

echo '| nothing changed | emit, locked | read the stubs and emit |'
echo '|---|---|---|'
for _ in $(seq "$rounds"); do
  unlock; forget; stubs=$(script)
  lock; forget; locked=$(script)
  same=$(script)
  echo "| $same s | $locked s | $stubs s |"
done
