#!/usr/bin/env node
/** Prints docs/metrics.md from the registry of the compiled program and the alerts: node scripts/metrics-page.mjs >docs/metrics.md */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { loadConfigFile } from '../out/src/config/load.js';
import { buildSnapshot } from '../out/src/control/buildSnapshot.js';
import { StateIndex } from '../out/src/control/stateIndex.js';
import { metricReference } from '../out/src/metrics/reference.js';
import { metricsRegistry } from '../out/src/metrics/registry.js';
import { allocateState, stateOf } from '../out/src/tables/state.js';
import { table } from './markdown-table.mjs';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

/** The registry of a gateway with small tables, no devices and no workers: its names are those of every gateway. */
function registry() {
  const { config } = loadConfigFile(join(checkout, 'docs/examples/lab.yaml'));
  const sizes = { workers: 1, sessions: 64, neighbors: 16, addresses: config.limits.localAddresses, hosts: 16 };
  const states = [stateOf(allocateState(sizes, { k0: 0, k1: 0 }), 0)];
  const index = new StateIndex(states[0].ports);
  const mtus = config.ifaces.map(() => 1500);
  return metricsRegistry({ built: buildSnapshot(config, mtus, index, 1, 1), states, index });
}

const labels = {
  address:
    'a local address of the configuration, or one that drains; at most 256 have samples; of next hops those of `nexthopProbes`',
  by: 'kernel, software',
  cause: 'full, down, too_long, error; of watches compacted, broken',
  dev: 'interfaces and VLANs of the configuration',
  direction: 'here, away',
  event: 'the events of [events.md](events.md)',
  iface: 'interfaces and VLANs of the configuration',
  kind: 'port, router, service, floating IP',
  lport: 'ports of the objects that are bound to this host; one that is gone has no samples',
  network: 'networks of the objects',
  node: 'one, of the build',
  outcome: 'answered, unreachable, timeout, bad_answer, refused, broken_off',
  output: 'file, ipfix; all for what no output has',
  physnet: '`host.physnets` of the configuration',
  protocol: 'tcp, udp, icmp',
  reason:
    'the reasons of [counters.md](counters.md); of events ring_full, output_failed, output_slow; of connections of metadata connections, nobody, pipelined',
  request: 'range, transact, grant, keepalive, revoke',
  result: 'success, failure; of requests to the store ok, conflict, failed',
  router: 'routers of the objects with a gateway and a replica on this host',
  state:
    'of neighbours as in ip-neighbour(8), of sessions as in `windrose show sessions`, of addresses active and draining, of hosts alive, stopped and silent',
  tunnel: 'vxlan, gre',
  verdict: 'the verdicts of [counters.md](counters.md)',
  version: 'one, of the build',
  worker: 'numbers from 0',
  zone: 'zones of the configuration',
};

const metrics = metricReference(registry());
const used = [...new Set(metrics.flatMap((metric) => metric.labels))].sort();
for (const label of used) if (labels[label] === undefined) throw new Error(`what are the values of the label ${label}?`);
const rules = parse(readFileSync(join(checkout, 'deploy/prometheus/windrose.rules.yml'), 'utf8'));
const alerts = rules.groups.flatMap((group) => group.rules).filter((rule) => rule.alert !== undefined);

process.stdout.write(`# Metrics

The gateway answers HTTP at \`metrics.listen\`, 127.0.0.1:9473 unless the configuration says otherwise. This page is printed from the
code by \`node scripts/metrics-page.mjs\`.

| Path       | Answer                                                                                                    |
| ---------- | --------------------------------------------------------------------------------------------------------- |
| \`/metrics\` | Prometheus text format                                                                                    |
| \`/healthz\` | 200, or 503 when the process should be started anew                                                       |
| \`/readyz\`  | 200 while every worker forwards with the configuration in force; 503 while one starts, adopts or recovers |

\`/healthz\` fails when a worker has stopped or failed for good, has not turned for 5 s while it forwards (it turns at least every
100 ms), or has been starting or recovering for more than 60 s. A worker that is being replaced is no reason. Both answer in one line
per fault which worker it is, and \`ok\` when there is none. Use \`/healthz\` as the liveness probe and \`/readyz\` as the readiness probe.
From the first SIGTERM of \`windrose run --drain\` on, \`/readyz\` answers 503 \`draining\`, while frames are forwarded as before.

A scrape reads memory the workers write anyway: it takes no lock, stops nobody and does not walk over the sessions. It takes a few
milliseconds, however many sessions there are, and 5 to 9 ms of the main thread for every 1,000 zones with 4,000 local addresses, the
answer then being 1 MB, and as much for every 100 ports of a host of networks; workers go on meanwhile. Counters are sums over the workers, survive reloads and replaced workers, and begin at
0 with the process. Sessions by state come from a walk in slices of 2 ms, which a scrape starts at most every 10 s and does not wait for.

No host is ever a label. The hosts with the most ports and those that made the most new sessions are in \`windrose show top\`.

## Labels

${table(
  ['Label', 'Values'],
  used.map((label) => [`\`${label}\``, labels[label]]),
)}

## All metrics

${table(
  ['Metric', 'Type', 'Labels', 'What it says'],
  metrics.map(({ name, type, labels: names, help }) => [
    `\`${name}\``,
    type,
    names.map((label) => `\`${label}\``).join(', '),
    help,
  ]),
)}

## Rules, alerts, dashboard

\`deploy/prometheus/scrape.yml\` is a configuration that scrapes one gateway, \`deploy/prometheus/windrose.rules.yml\` has the recording rules and
these alerts, \`deploy/grafana/windrose.json\` is a dashboard to import.

${table(
  ['Alert', 'Severity', 'When', 'For'],
  alerts.map(({ alert, labels: { severity }, expr, for: span = '' }) => [alert, severity, `\`${expr}\``, span]),
)}
`);
