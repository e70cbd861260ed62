#!/usr/bin/env bash
# What `cargo tywrap lock` takes, in a release build: for each of a few modules alone, and for all of `modules.sh` at once. The lock is up to date when it is measured, so that everything is read and nothing written.
# Usage: benches/lock.sh <venv> [rounds]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$(cd "${1:?the virtual environment with the packages}" && pwd)
rounds=${2:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

alone=(json numpy pandas scipy.stats sympy)
source "$root/benches/modules.sh"

cargo build --quiet --release --manifest-path "$root/Cargo.toml" -p cargo-tywrap
command="${CARGO_TARGET_DIR:-$root/target}/release/cargo-tywrap"
log="$work/log"

project() { # a folder that wraps some modules
  local name=$1 module
  shift
  mkdir -p "$work/$name/src"
  printf '[package]\nname = "lock-bench"\nversion = "0.1.0"\nedition = "2024"\n[workspace]\n' > "$work/$name/Cargo.toml"
  for module in "$@"; do printf '#[tywrap::wrap("%s")]\nmod m_%s {}\n' "$module" "${module//./_}"; done > "$work/$name/src/lib.rs"
  printf '[module-whitelist]\nallowed-modules = [%s]\n[subprocess]\nvenv = "%s"\n' "$(printf '"%s", ' "$@")" "$venv" > "$work/$name/tywrap.toml"
}
lock() { (cd "$work/$1" && "$command" tywrap lock > "$log" 2>&1) || { cat "$log" >&2; exit 1; }; }
median() { # of the rounds, in milliseconds
  local begin
  lock "$1"
  for _ in $(seq "$rounds"); do
    begin=$(date +%s%N)
    lock "$1"
    echo $((($(date +%s%N) - begin) / 1000000))
  done | sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'
}

echo '| modules | median |'
echo '|---|---|'
for module in "${alone[@]}"; do
  project "$module" "$module"
  echo "| $module | $(median "$module") ms |"
done
project all "${all[@]}"
echo "| all ${#all[@]} | $(median all) ms |"
