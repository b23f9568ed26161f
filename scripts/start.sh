#!/bin/sh
# npm start                 prepares this machine (Debian packages, npm packages, build) and shows the gateway at work
# npm start -- VERB ...     runs the program: "npm start -- run --config FILE" is the gateway. Installs and builds nothing.
set -eu
caller=${INIT_CWD:-$PWD}
cd "$(dirname "$0")/.."
program=$PWD/out/src/main.js
. scripts/prepare.sh

check_node
if [ $# -gt 0 ]; then
  if [ ! -f "$program" ]; then
    case $1 in
      -h | --help | help)
        echo 'windrose is not built yet: "npm start" does it, as root, and shows it at work; "npm run build" only builds.'
        cat src/cli/help/main.txt
        exit 0
        ;;
    esac
  fi
  [ -f "$program" ] || refuse 'not built: run "npm start" or "npm run build" first.'
  # Paths on the command line are meant from where the operator stands; npm has changed to the checkout.
  cd "$caller"
  exec node "$program" "$@"
fi

check_linux
is_root || refuse 'the demo builds network namespaces and needs root: run "sudo npm start".'
[ -c /dev/net/tun ] || modprobe tun 2>/dev/null || true
[ -c /dev/net/tun ] || refuse 'there is no /dev/net/tun: load it with "modprobe tun"; in docker: --device /dev/net/tun.'

begin_preparation
# shellcheck disable=SC2046 # a list of words
need_packages ip:iproute2 iperf3:iperf3 ping:iputils-ping $(build_packages)
need_modules
need_build
offer_optional_addons
end_preparation
exec node "$program" demo dsnat
