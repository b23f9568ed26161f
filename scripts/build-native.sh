#!/bin/sh
# Builds native/ into build/Release/windrose.node for the running Node. Does nothing when that is up to date.
# Safe to run twice at once: the second waits for the first and then finds everything built.
set -eu
cd "$(dirname "$0")/.."
. scripts/node-headers.sh
mkdir -p build
log=build/native.log

# What a build depends on: sources, settings, the package with the C++ wrapper, and the binary interface of this Node.
fingerprint() {
  {
    node -p 'JSON.stringify([process.arch, process.versions.modules, process.versions.napi, process.execPath])'
    cat native/*.cc native/*.h binding.gyp node_modules/node-addon-api/package.json
  } | cksum
}

# So that nothing is downloaded.
nodedir() {
  place=$(node_headers)
  [ -z "$place" ] || echo "--nodedir=$place"
}

is_current() {
  [ -f build/Release/windrose.node ] && [ "$(cat build/native.stamp 2>/dev/null)" = "$want" ]
}

[ -d node_modules/node-addon-api ] || { echo 'native addon: node_modules is missing, run "npm ci" first' >&2; exit 1; }
want=$(fingerprint)
is_current && exit 0

exec 9>build/native.lock
flock 9
is_current && exit 0
rm -f build/native.stamp
printf 'native addon: building for Node %s ... ' "$(node -p process.versions.node)"
started=$(date +%s)
# shellcheck disable=SC2046 # one word or none
if ! node node_modules/node-gyp/bin/node-gyp.js configure build --release --jobs 2 $(nodedir) >"$log" 2>&1 9>&-; then
  echo 'failed'
  cat "$log" >&2
  command -v g++ >/dev/null || echo 'native addon: no C++ compiler (Debian: apt-get install g++ make python3)' >&2
  exit 1
fi
echo "$want" >build/native.stamp
echo "done in $(($(date +%s) - started)) s"
