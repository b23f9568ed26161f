#!/bin/sh
# Runs test/native against an addon built with AddressSanitizer and UndefinedBehaviorSanitizer, in build/asan.
# Needs g++ with libasan and what the tests need (root, for namespaces). Leaks of Node itself are not our business, so leak
# detection is off; every access outside an allocation ends the run with a report. The frame arena is one allocation.
set -eu
cd "$(dirname "$0")/.."
out=build/asan
mkdir -p "$out"

# The headers of the Node that runs, or those node-gyp has fetched for it.
prefix=$(node -p 'require("path").dirname(require("path").dirname(process.execPath))')
headers="$prefix/include/node"
if [ ! -f "$headers/node_api.h" ]; then
  node node_modules/node-gyp/bin/node-gyp.js install >"$out/headers.log" 2>&1 || { cat "$out/headers.log" >&2; exit 1; }
  headers="$HOME/.cache/node-gyp/$(node -p process.versions.node)/include/node"
fi

printf 'native addon: building with AddressSanitizer ... '
g++ -std=c++17 -O1 -g -fno-omit-frame-pointer -fPIC -shared -pthread -Wall -Wextra -Werror \
  -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined \
  -DNAPI_VERSION=8 -DNODE_ADDON_API_CPP_EXCEPTIONS= -DBUILDING_NODE_EXTENSION -DNODE_GYP_MODULE_NAME=windrose \
  -I"$headers" -I"$(node -p "require('node-addon-api').include_dir")" \
  native/*.cc -o "$out/windrose.node"
echo 'done'

node node_modules/typescript/bin/tsc -p tsconfig.json
runtime=$(g++ -print-file-name=libasan.so)
# Each file by itself: the test runner would start them as children, which loses the report's exit code.
for file in out/test/native/*.test.js; do
  echo "== $file"
  WINDROSE_ADDON="$PWD/$out/windrose.node" LD_PRELOAD="$runtime" \
    ASAN_OPTIONS=detect_leaks=0:abort_on_error=0:exitcode=99:handle_segv=0 UBSAN_OPTIONS=print_stacktrace=1 \
    node --expose-gc "$file"
done
