#!/bin/sh
# npm run soak [-- arguments of test/soak/main.ts]: prepares this machine like "npm test" and runs the long evidence literally,
# fifteen minutes of churn, not seconds. With --streams a load of streams, with --full
# all that the gateway can carry (an hour: --full --minutes 60), with --networks --minutes 10 what hosts send to each other, with --reloads 200 so many changes under load, with
# --churn --minutes 10 objects of a cloud that change at random, with --north-south --minutes 10 routers, gateways and floating IPs that come and go, with
# --returns 30 a device deleted and made again so many times, with
# --lookups 1000000 random rules and routes beside the kernel (at the end of the fifteen minutes too). Root.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

check_node
check_linux
is_root || refuse 'the soak builds network namespaces and needs root: run it with sudo.'
begin_preparation
# shellcheck disable=SC2046 # a list of words
need_packages ip:iproute2 iperf3:iperf3 ping:iputils-ping nft:nftables etcd:etcd-server $(build_packages)
need_modules
need_build
make -s -C bench/ref
end_preparation
exec node out/test/soak/main.js "$@"
