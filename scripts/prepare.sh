# Sourced by start.sh, test.sh and .ci/run: brings a fresh Debian or Ubuntu machine to where the program runs. POSIX sh.
#
# What it changes on the machine: missing Debian packages are installed; node_modules/, build/ and out/ are made in the
# checkout. Each step that has something to do prints one line; a machine that has everything prints nothing. Nothing asks a
# question. The output of each step goes to build/prepare.log, its end to stderr when the step fails.
# Expects `set -eu` and the checkout as the current directory.

. scripts/node-headers.sh

OLDEST_NODE=20.17
log=build/prepare.log
child=
child_is=

# One sentence on stderr, exit code 1.
refuse() {
  echo "windrose: $*" >&2
  exit 1
}

check_node() {
  command -v node >/dev/null || refuse "there is no \"node\" in PATH; Node $OLDEST_NODE or newer is needed (https://nodejs.org)."
  node -e 'const [a, b] = process.versions.node.split("."); const [x, y] = process.argv[1].split(".");
    process.exit(+a > +x || (+a === +x && +b >= +y) ? 0 : 1)' "$OLDEST_NODE" ||
    refuse "Node $(node -p process.versions.node) is too old; Node $OLDEST_NODE or newer is needed (https://nodejs.org)."
}

check_linux() {
  [ "$(uname -s)" = Linux ] || refuse "this is $(uname -s); TAP devices and packet sockets need Linux."
}

is_root() {
  [ "$(id -u)" -eq 0 ]
}

# Runs a step with one progress line. The command runs in a process group of its own, so that an interruption reaches all of it.
step() {
  what=$1
  shift
  mkdir -p build
  printf '%s ... ' "$what"
  started=$(date +%s)
  child_is=$what
  if ! in_group "$@" >"$log" 2>&1; then
    echo 'failed'
    return 1
  fi
  echo "done in $(($(date +%s) - started)) s"
}

# Runs a command to its end and gives its status. A shell that waits for a foreground command would hear a signal only after it.
in_group() {
  setsid "$@" 9>&- </dev/null &
  child=$!
  status=0
  wait "$child" || status=$?
  child=
  return "$status"
}

# A half-installed package would hurt the machine: apt is allowed to finish. Everything else ends at once.
interrupted() {
  trap '' INT TERM HUP
  if [ -n "$child" ]; then
    case $child_is in
      Debian*) echo; echo 'interrupted; waiting until the package installation is complete' ;;
      *) echo; echo 'interrupted'; kill -s TERM -- "-$child" 2>/dev/null || true ;;
    esac
    # The shell would add a word of its own about the signal.
    while kill -0 "$child" 2>/dev/null; do wait "$child" 2>/dev/null || true; done
  fi
  exit "$1"
}

# Only one preparation of a checkout at a time; the second finds everything done.
begin_preparation() {
  trap 'interrupted 130' INT
  trap 'interrupted 143' TERM
  trap 'interrupted 129' HUP
  mkdir -p build 2>/dev/null && [ -w build ] ||
    refuse "$(id -un) may not write to $PWD/build: run it as the owner of this checkout, or in a clone of your own."
  exec 9>build/prepare.lock
  flock -n 9 || { echo 'waiting for another preparation of this checkout'; flock 9; }
}

end_preparation() {
  exec 9>&-
  trap - INT TERM HUP
}

# Why a step that fetches something failed, as one sentence; the end of its output goes before it.
fetch_failed() {
  if grep -qiE 'could not resolve|temporary failure|unable to connect|cannot initiate the connection|network is unreachable|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH' "$log"; then
    refuse "cannot fetch $1: there is no way to $2 from here; check the network, DNS and proxy settings (details: $log)."
  fi
  tail -n 15 "$log" >&2
  refuse "cannot fetch $1; the reason stands above (details: $log)."
}

# need_packages command:package ... - installs the packages whose command (or absolute path) is missing.
need_packages() {
  missing=
  for pair in "$@"; do
    probe=${pair%%:*}
    case $probe in
      /*) [ -e "$probe" ] && continue ;;
      *) PATH=$PATH:/usr/sbin:/sbin command -v "$probe" >/dev/null && continue ;;
    esac
    missing="$missing ${pair#*:}"
  done
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || refuse "needs what Debian calls$missing; install it with this system's package manager."
  is_root || refuse "the Debian packages$missing are missing and only root may install them: run it with sudo."
  # shellcheck disable=SC2086 # a list of words
  step "Debian packages: installing$missing" sh scripts/install-packages.sh $missing ||
    fetch_failed "the Debian packages$missing" "the Debian archive"
}

# What compiles an addon.
compiler_packages() {
  echo 'g++:g++ make:make python3:python3'
}

# Packages a build of the addon needs; none when it is built already.
build_packages() {
  addon=build/Release/windrose.node
  if [ ! -f "$addon" ] || [ -n "$(find native binding.gyp -newer build/native.stamp 2>/dev/null)" ]; then
    compiler_packages
  fi
}

# TypeScript and Biome bring their programs as optional packages, so neither development nor optional ones may be left out.
need_modules() {
  installed=node_modules/.package-lock.json
  # npm leaves optional packages out whose build fails, as it does where it runs their scripts before libpcap is there.
  [ -f "$installed" ] && [ -z "$(find package-lock.json -newer "$installed")" ] &&
    [ -d node_modules/raw-socket ] && [ -d node_modules/cap ] && return 0
  step 'npm packages: installing' npm ci --ignore-scripts --include=dev --include=optional --no-audit --no-fund \
    --fetch-retries=2 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 ||
    fetch_failed 'the npm packages' 'the npm registry'
  touch "$installed"
}

need_build() {
  child_is='native addon'
  in_group sh scripts/build-native.sh || refuse 'the native addon does not build; the reason stands above.'
  sources='src test bench tsconfig.json package-lock.json'
  # shellcheck disable=SC2086 # a list of words
  if [ ! -f out/complete.stamp ] || [ -n "$(find $sources -newer out/complete.stamp)" ]; then
    rm -f out/complete.stamp
    mkdir -p out
    touch build/typescript.started
    step 'TypeScript: compiling' node node_modules/typescript/bin/tsc -p tsconfig.json || {
      tail -n 30 "$log" >&2
      refuse 'the TypeScript sources do not compile; the reasons stand above.'
    }
    # As old as the beginning: what was edited meanwhile is compiled next time.
    touch -r build/typescript.started out/complete.stamp
  fi
}

# raw-socket and cap (captures) are compiled here: package.json names them in allowScripts, and nothing else may run a script. The
# stamp names the Node they were built for. Fails without a word where that Node has them already or libpcap is missing.
optional_addons_wanted() {
  stamp=node_modules/.windrose-optional-addons
  want=$(node -p '[process.execPath, process.versions.modules]')
  [ "$(cat "$stamp" 2>/dev/null)" != "$want" ] && [ -f /usr/include/pcap.h ]
}

build_optional_addons() {
  # Else the headers of another Node, which npm may be told of, would be taken.
  headers=$(node_headers)
  [ -z "$headers" ] || export npm_config_nodedir="$headers"
  step 'raw-socket and cap: building' npm rebuild raw-socket cap || {
    tail -n 15 "$log" >&2
    return 1
  }
  node -e 'require("raw-socket"); require("cap")' && echo "$want" >"$stamp"
}

need_optional_addons() {
  ! optional_addons_wanted || build_optional_addons || refuse "raw-socket and cap do not build; the reason stands above (details: $log)."
}

# Captures are the only thing that needs them: without them one line says how to get them, and the rest goes on.
offer_optional_addons() {
  if [ ! -f /usr/include/pcap.h ]; then
    echo 'no libpcap: everything but "windrose capture" works; "npm run build:capture" installs and builds what that needs'
  elif optional_addons_wanted; then
    build_optional_addons || echo '"windrose capture" will not work; the reason stands above, everything else works'
  fi
}
