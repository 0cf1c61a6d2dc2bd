# Sourced by the other scripts: where the tree is, and the one way to build a preset.
set -euo pipefail
export LC_ALL=C

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
jobs="${LUMENFLOW_JOBS:-$(nproc)}"

say() { printf '%s\n' "lumenflow: $*" >&2; }
fail() { say "$*"; exit 1; }

# configure PRESET: only when there is no build yet; ninja reconfigures by itself when a CMake file changes.
configure() {
  [[ -f "$root/build/$1/build.ninja" ]] && return
  local log="$root/build/$1/configure.log"
  mkdir -p "$root/build/$1"
  (cd "$root" && cmake --preset "$1") >"$log" 2>&1 || { cat "$log" >&2; fail "configuring preset $1 failed"; }
}

# build PRESET [TARGET...]: silent when there is nothing to do.
build() {
  local preset="$1" targets=()
  shift
  configure "$preset"
  if (($# > 0)); then targets=(--target "$@"); fi
  local log="$root/build/$preset/build.log"
  if ! cmake --build "$root/build/$preset" --parallel "$jobs" "${targets[@]}" >"$log" 2>&1; then
    grep -v '^\[' "$log" | tail -n 200 >&2
    fail "building preset $preset failed; the whole output is in build/$preset/build.log"
  fi
}
