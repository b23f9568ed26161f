#!/bin/sh
# npm run soak [-- arguments of test/soak/main.ts]: prepares this machine like "npm test" and runs the long evidence literally,
# not with scaled timers. With --reloads 200 the configuration changes so many times under load instead. Root.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

check_node
check_linux
is_root || refuse 'the soak builds network namespaces and needs root: run it with sudo.'
begin_preparation
# shellcheck disable=SC2046 # a list of words
need_packages ip:iproute2 iperf3:iperf3 ping:iputils-ping $(build_packages)
need_modules
need_build
end_preparation
exec node out/test/soak/main.js "$@"
