#!/bin/sh
# npm test                          prepares this machine and runs every test
# npm test -- sessions zones        only files with one of these words in their path
# npm test -- --kinds config,cli    only these folders of test/
# npm test -- --all                 every combination of devices and workers of each scenario, not one of them
# npm test -- --long                property tests for minutes
# npm test -- --once                no second run, alone, of files in which a test failed
# npm test -- --kinds system --workers 1,2,4   every scenario with each number of workers, on TAPs and packet sockets
# Without root nothing is installed, and tests that need it are skipped with their reason.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

check_node
check_linux
begin_preparation
if is_root; then
  # shellcheck disable=SC2046 # a list of words
  need_packages ip:iproute2 iperf3:iperf3 ping:iputils-ping ethtool:ethtool nft:nftables tcpdump:tcpdump promtool:prometheus \
    turnserver:coturn etcd:etcd-server openssl:openssl keepalived:keepalived dnsmasq:dnsmasq-base dhclient:isc-dhcp-client strace:strace \
    /usr/lib/python3/dist-packages/scapy:python3-scapy /usr/include/pcap.h:libpcap-dev \
    $(compiler_packages)
else
  echo 'not root: tests that need namespaces or devices are skipped'
fi
need_modules
need_build
need_optional_addons
end_preparation
# Some tests count garbage collections.
exec node --expose-gc scripts/run-tests.mjs "$@"
