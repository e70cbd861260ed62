#!/usr/bin/env bash
# What tywrap adds to a build: clean debug builds of an empty crate and of a generator project with and without the reader
# of stubs, then rebuilds after an edit, alternating with the empty crate. Needs the dependencies downloaded and an idle
# machine. Usage: benches/build.sh [rounds]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
rounds=${1:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

crate() { # name, lines of the manifest
  mkdir -p "$work/$1/src"
  printf '[package]\nname = "%s"\nversion = "0.1.0"\nedition = "2024"\n[workspace]\n%b' "$1" "$2" > "$work/$1/Cargo.toml"
  cp "$root/Cargo.lock" "$work/$1/Cargo.lock"
}
generator() { # name, options of tywrap-build
  crate "$1" "[dependencies]\ntywrap = { path = \"$root\" }\n[build-dependencies]\ntywrap-build = { path = \"$root/tywrap-build\"$2 }\n"
  printf 'fn main() { tywrap_build::build(); }\n' > "$work/$1/build.rs"
  printf '#[tywrap::wrap("math")]\nmod math {}\nfn main() { println!("{}", math::MODULE.name); }\n' > "$work/$1/src/main.rs"
  touch "$work/$1/tywrap.toml"
}
crate empty ''
printf 'fn main() {}\n' > "$work/empty/src/main.rs"
generator full ''
generator lean ', default-features = false'
# Without the reader of stubs a module must be locked.
cargo run --quiet --manifest-path "$root/Cargo.toml" -p cargo-tywrap -- lock --manifest-path "$work/lean/Cargo.toml" 2> /dev/null

build() { # name: builds, and prints seconds of wall time
  local begin
  begin=$(date +%s.%N)
  cargo build --quiet --offline --manifest-path "$work/$1/Cargo.toml" --target-dir "$work/$1/target" 2> "$work/$1/log" || { cat "$work/$1/log" >&2; exit 1; }
  awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN { printf "%.2f", b - a }'
}

echo '| build | empty crate | with `analyze` | without |'
echo '|---|---|---|---|'
for _ in $(seq "$rounds"); do
  rm -rf "$work"/{empty,full,lean}/target
  echo "| clean | $(build empty) s | $(build full) s | $(build lean) s |"
done
for round in 1 2 3 4 5; do
  for name in empty full lean; do printf '// edit %s\n' "$round" >> "$work/$name/src/main.rs"; done
  echo "| after an edit | $(build empty) s | $(build full) s | $(build lean) s |"
done
