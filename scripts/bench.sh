#!/bin/sh
# npm run bench [-- KIND [options]]: builds what is out of date and runs one kind of bench, or all of them and then the report.
set -eu
cd "$(dirname "$0")/.."

KINDS='tables pipeline system east-west north-south io latency hosts'

usage() {
  cat <<'HELP'
usage: npm run bench [-- KIND [options]]

  system     gateway, I/O limit, kernel nftables and Open vSwitch in turns, on real traffic in namespaces (root)
  east-west  TCP between guests on two hosts over VXLAN: gateway, Open vSwitch, kernel, in namespaces (root)
  north-south  guests and the world outside, by SNAT over VXLAN and by floating IPs: gateway, kernel with nftables, in namespaces (root)
  io         packet I/O by recvmmsg, packet rings and AF_XDP, in C (root)
  latency    round trips, connections, idle and CPU time per Gbit, on real traffic in namespaces (root)
  hosts      a change of one port on its way through an etcd to 10, 30, 100 hosts, and what following costs (root)
  pipeline   the frame pipeline in memory against its C reference
  tables     single tables and caches in memory

  report     rewrites the figures of docs/performance.md from bench/results
  compare    bench/results against bench/baseline.json: what is better, the same, worse

Without a KIND all benches run, one after the other, with their defaults, and then report and compare. Results:
bench/results/<kind>.json and .svg. What the numbers mean and how to get steady ones: bench/README.md. Every KIND has a --help.

examples:
  npm run bench
  npm run bench -- system --help
  npm run bench -- system --full
  npm run bench -- system --only tcp1,udp64 --rounds 9 --no-write
  npm run bench -- io
  npm run bench -- pipeline
  npm run bench -- report
  npm run bench -- compare --strict
  npm run bench -- compare --update
HELP
}

has_bench() {
  [ -f "out/bench/$1/main.js" ]
}

prepare() {
  [ -d node_modules ] || npm ci --no-audit --no-fund
  for tool in cc make; do
    command -v "$tool" >/dev/null || { echo "bench: $tool is missing (Debian: apt-get install gcc make)" >&2; exit 1; }
  done
  sh scripts/build-native.sh
  node_modules/.bin/tsc -p tsconfig.json
  make -s -C bench/ref
}

# Runs one bench and waits. A signal is passed on, and the bench has removed its namespaces when this script ends.
# The shell starts background commands with SIGINT ignored, so the bench gets SIGTERM for Ctrl-C as well.
child=
run_kind() {
  kind=$1
  shift
  node "out/bench/$kind/main.js" "$@" &
  child=$!
  wait "$child"
}

stop() {
  trap '' INT TERM
  [ -z "$child" ] || { kill -TERM "$child" 2>/dev/null || true; wait "$child" || true; }
  exit "$1"
}

case ${1-} in
  -h | --help | help) usage ;;
  system | east-west | north-south | io | latency | hosts | pipeline | tables | report | compare)
    prepare
    kind=$1
    shift
    has_bench "$kind" || { echo "bench: there is no $kind bench in this build" >&2; exit 1; }
    exec node "out/bench/$kind/main.js" "$@"
    ;;
  '')
    prepare
    trap 'stop 130' INT
    trap 'stop 143' TERM
    status=0
    for kind in $KINDS report compare; do
      has_bench "$kind" || continue
      echo "== $kind"
      run_kind "$kind" || status=$?
    done
    exit "$status"
    ;;
  *)
    echo "bench: unknown kind \"$1\"" >&2
    usage >&2
    exit 2
    ;;
esac
