#!/bin/sh
# npm run build:capture    prepares what "windrose capture" needs: libpcap (installed when root runs it) and the npm package cap.
# "npm start" and "npm test" do the same where libpcap is there already.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh

check_node
check_linux
begin_preparation
# shellcheck disable=SC2046 # a list of words
need_packages /usr/include/pcap.h:libpcap-dev $(compiler_packages)
need_modules
need_optional_addons
end_preparation
echo '"windrose capture" is ready'
