# Sourced by prepare.sh and build-native.sh. POSIX sh.

# Prints the folder with the headers of the Node that runs: its prefix (Debian, nodejs.org), or the package that the npm package
# "node" took its binary from. Nothing when it brings none; then node-gyp fetches them.
node_headers() {
  prefix=$(node -p 'require("path").dirname(require("path").dirname(process.execPath))')
  for place in "$prefix" "$prefix"/node_modules/node-linux-* "$prefix"/../node-linux-*; do
    [ -f "$place/include/node/node_api.h" ] && echo "$place" && return
  done
  true
}
