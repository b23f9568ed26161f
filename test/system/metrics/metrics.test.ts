import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getJson } from '../../../src/cli/controlClient.js';
import type { IfaceRow, TopRow, ZoneRow } from '../../../src/types/show.js';
import { type Bed, CLIENT, SERVER } from '../support/bed.js';
import { iperf, iperfServer } from '../support/iperf.js';
import { eventually, pause, scenario } from '../support/scenario.js';
import { Prometheus, prometheusSkipReason } from './prometheus.js';

const SECONDS = 9;
const PER_SECOND = 100;
/** Two scrapes a second: the ends of a window of 5 s are known to half a second, twice. */
const WINDOW = 5;
const TOLERANCE = 0.2;

const ask = async <T>(bed: Bed, path: string): Promise<T> => (await getJson(bed.socket, path)) as T;

/** The gateway's own counts and when they were read, in seconds since the epoch. */
async function own(bed: Bed): Promise<{ time: number; received: number; octets: number; sessions: number }> {
  const ifaces = await ask<IfaceRow[]>(bed, '/v1/show/ifaces');
  const lan = ifaces.find(({ name }) => name === 'lan')!;
  const zones = await ask<ZoneRow[]>(bed, '/v1/show/zones');
  const sessions = zones.reduce((sum, zone) => sum + zone.sessions, 0);
  return { time: Date.now() / 1000, received: lan.rxFrames, octets: lan.rxOctets, sessions };
}

function near(measured: number, expected: number, what: string): void {
  const off = Math.abs(measured - expected) / expected;
  assert.ok(off <= TOLERANCE, `${what}: Prometheus says ${measured.toFixed(1)}, the gateway ${expected.toFixed(1)}`);
}

const missing = prometheusSkipReason();

if (missing !== false) test('MET-1 a real Prometheus computes the rates', { skip: missing });
else
  scenario(
    'MET-1 MET-3 a real Prometheus computes the rates the gateway counts, and no alert fires',
    { folder: 'metrics', on: ['tap'], timeoutMs: 90_000 },
    async (bed) => {
      const metrics = new URL(String(bed.process.readyLine()?.metrics));
      const prometheus = await Prometheus.start(bed, metrics.host);
      await iperfServer(bed, 'server');
      const [client, server] = [await bed.peer('client'), await bed.peer('server')];
      await server.ask('serveTcp', { port: 8080 });
      const traffic = Promise.all([
        iperf(bed, 'client', `-c ${SERVER} -u -b 4M -l 200 -t ${SECONDS}`),
        client.ask('connectRate', { to: SERVER, ports: [8080], payload: 64, perSecond: PER_SECOND, seconds: SECONDS }),
      ]);
      await pause(2000);
      const before = await own(bed);
      await pause(WINDOW * 1000);
      const after = await own(bed);
      // What is to be scraped up to `after` has been: the next scrape is half a second later at most.
      await pause(700);
      const rate = (name: string, labels: string) => prometheus.value(`rate(${name}{${labels}}[${WINDOW}s])`, after.time);
      const perSecond = (key: 'received' | 'octets') => (after[key] - before[key]) / (after.time - before.time);
      near(await rate('windrose_iface_receive_frames_total', 'iface="lan"'), perSecond('received'), 'frames');
      near(await rate('windrose_iface_receive_bytes_total', 'iface="lan"'), perSecond('octets'), 'octets');
      near(await rate('windrose_sessions_created_total', 'zone="all"'), PER_SECOND, 'sessions made a second');
      const [, connected] = await traffic;
      assert.deepEqual(connected.errors, {});
      assert.ok(connected.ok >= PER_SECOND * SECONDS * 0.8, `${connected.ok} connections`);

      // At rest both have the same numbers.
      await eventually(
        async () => {
          const { received, sessions } = await own(bed);
          return [
            received - (await prometheus.value('windrose_iface_receive_frames_total{iface="lan"}')),
            sessions - (await prometheus.value('sum(windrose_sessions)')),
          ];
        },
        (differences) => differences.every((difference) => difference === 0),
        15_000,
      );
      const used = await prometheus.value('sum by (job) (windrose_address_ports_used)');
      assert.equal(used, await prometheus.value('sum by (job) (windrose_zone_ports_used)'));
      const ratio = await prometheus.value('instance_zone_protocol:windrose_zone_ports:ratio{zone="all",protocol="tcp"}');
      assert.ok(ratio > 0.1 && ratio < 0.8, String(ratio));
      assert.equal((await prometheus.query('instance_reason:windrose_frames_dropped:rate1m')).length > 30, true);
      assert.deepEqual(await prometheus.query('ALERTS{alertstate="firing"}'), []);
      assert.equal(await prometheus.value('min_over_time(up[10s])'), 1);

      // A census is up to 10 s old: the first one that saw all connections.
      const top = await eventually(
        () => ask<TopRow[]>(bed, '/v1/show/top'),
        (rows) => rows.some(({ by, ports }) => by === 'ports' && ports >= connected.ok),
        15_000,
      );
      assert.deepEqual([top[0]!.by, top[0]!.rank, top[0]!.host], ['ports', 1, CLIENT]);
    },
  );
