import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Registry } from 'prom-client';
import { pulledCounter, pulledGauge } from '../../src/metrics/pulled.js';
import { metricsRegistry } from '../../src/metrics/registry.js';
import { MetricsServer } from '../../src/metrics/server.js';
import { SessionState } from '../../src/pipeline/tcpState.js';
import { ControlWord, WorkerState } from '../../src/shared/control.js';
import { CounterEvent, CounterRoom, IfaceCounter, ZoneCounter } from '../../src/shared/counters.js';
import { FIRST_DROP, Verdict, verdictSpec } from '../../src/shared/verdict.js';
import { NeighborState } from '../../src/tables/neighbors.js';
import { SessionsHead } from '../../src/tables/sessions.js';
import { formatIpv4 } from '../../src/types/ipv4.js';
import { addNeighbor, addSession, count, ip, makeGateway, NOW } from '../control/made.js';
import { ofDevices } from './ofDevices.js';

/** Sample lines without comments: name and labels -> value. */
function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

describe('metrics', () => {
  const made = makeGateway({ workers: 2 });
  let server: MetricsServer;
  before(async () => {
    server = await MetricsServer.listen({ host: '127.0.0.1', port: 0 }, made.shown);
  });
  after(() => server.stop());
  const get = async (path: string): Promise<{ status: number; type: string; body: string }> => {
    const response = await fetch(`${server.address}${path}`);
    return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.text() };
  };
  const scrape = async (): Promise<Map<string, number>> => samples((await get('/metrics')).body);

  test('the first scrape shows every reason and every verdict at 0', async () => {
    const { type, body } = await get('/metrics');
    assert.match(type, /^text\/plain; version=0\.0\.4/);
    const shown = samples(body);
    for (let v: Verdict = Verdict.Translated; v < Verdict.Count; v++) {
      const { reason } = verdictSpec(v);
      const name: string =
        v < FIRST_DROP ? `windrose_frames_total{verdict="${reason}"}` : `windrose_frames_dropped_total{reason="${reason}"}`;
      assert.equal(shown.get(name), 0, name);
    }
    assert.equal(shown.get('windrose_iface_transmit_failed_total{iface="wan",cause="down"}'), 0);
    assert.equal(shown.get('windrose_sessions_created_total{zone="none"}'), 0);
  });

  test('sums over workers, twice the same when nothing happens, and never backwards', async () => {
    for (const { counters } of made.states) {
      counters.verdicts[Verdict.DropNoZone] = 4;
      counters.zones[made.index.zone('rest') * ZoneCounter.Count + ZoneCounter.Refused] = 2;
    }
    const lan = made.built.rifs[0]!;
    const { rifs } = made.states[1]!.counters;
    rifs[lan.index * IfaceCounter.Count + IfaceCounter.RxOctets] = 100;
    rifs[(CounterRoom.FirstDevice + lan.iface) * IfaceCounter.Count + IfaceCounter.RxOctets] = 11;
    count(made, CounterEvent.BusyMicros, 1_500_000, 1);
    addSession(made, {
      protocol: 17,
      inside: '10.0.9.1',
      insidePort: 1,
      remote: '192.0.2.1',
      remotePort: 53,
      zone: 'rest',
      external: '100.10.2.2',
    });
    addNeighbor(made, 'wan', '100.10.9.9', NeighborState.Stale, 0);
    for (let round = 0; round < 2; round++) {
      const shown = await scrape();
      assert.equal(shown.get('windrose_frames_dropped_total{reason="no_zone"}'), 8);
      assert.equal(shown.get('windrose_sessions_refused_total{zone="rest"}'), 4);
      assert.equal(shown.get('windrose_iface_receive_bytes_total{iface="lan"}'), 111);
      assert.equal(shown.get('windrose_worker_busy_seconds_total{worker="1"}'), 1.5);
      assert.equal(shown.get('windrose_sessions{zone="rest",protocol="udp"}'), 1);
      assert.equal(shown.get('windrose_zone_ports_capacity{zone="rest",protocol="tcp"}'), 256);
      assert.equal(shown.get('windrose_neighbors{state="stale"}'), 1);
      assert.equal(shown.get('windrose_sessions_limit'), 64, 'of all workers together');
      for (const [about, value] of ofDevices) assert.equal(shown.get(`windrose_iface_${about}`), value);
      assert.equal(shown.has('windrose_iface_kernel_dropped_total{iface="lan"}'), false);
      assert.ok(shown.get('process_open_fds')! > 3);
    }
    for (const { counters } of made.states) counters.verdicts[Verdict.DropNoZone] = 0;
    assert.equal((await scrape()).get('windrose_frames_dropped_total{reason="no_zone"}'), 8);
  });

  test('MET-2 no label is an address, but for the local addresses of the configuration', async () => {
    const local = new Set(made.built.config.zones.flatMap((zone) => zone.localAddresses.map(formatIpv4)));
    for (const name of (await scrape()).keys()) {
      const without = name.replace(/^windrose_build_info.*/, '').replace(/\{address="([\d.]+)"/, (label, address: string) => {
        assert.ok(local.has(address), name);
        return label.slice(0, 1);
      });
      assert.doesNotMatch(without, /"\d+\.\d+\.\d+/);
    }
  });

  test('MET-1 ports by local address, sessions by state, expiry lag, reloads', async () => {
    const fresh = makeGateway({ workers: 2 });
    addSession(fresh, {
      protocol: 6,
      inside: '10.0.9.1',
      insidePort: 1,
      remote: '192.0.2.1',
      remotePort: 80,
      zone: 'rest',
      external: '100.10.2.3',
      worker: 1,
      state: SessionState.Established,
    });
    addSession(fresh, {
      protocol: 6,
      inside: '10.0.1.1',
      insidePort: 1,
      remote: '192.0.2.1',
      remotePort: 80,
      zone: 'one',
      external: '100.10.2.1',
      state: SessionState.HalfOpen,
    });
    for (const { sessions } of fresh.states) sessions.head[SessionsHead.WheelTick] = NOW;
    fresh.states[1]!.sessions.head[SessionsHead.WheelTick] = NOW - 25;
    count(fresh, CounterEvent.SessionsExpired, 4);
    count(fresh, CounterEvent.SessionsPurged, 3, 1);
    await fresh.census.current();
    const reloads = { lastAtMs: 2_000_500, lastSuccess: false, lastSuccessAtMs: 1_000_000, count: 5, failures: 2 };
    const leaving = { address: ip('100.10.2.1'), zone: 'gone', state: 'draining' as const, sinceMs: 0 };
    const built = { ...fresh.built, draining: [leaving] };
    const shown = samples(await metricsRegistry({ ...fresh.shown, built, reloads }).metrics());
    const expected = {
      'windrose_address_ports_used{address="100.10.2.3",protocol="tcp"}': 1,
      'windrose_address_ports_used{address="100.10.2.3",protocol="udp"}': 0,
      'windrose_address_ports_capacity{address="100.10.2.3",protocol="tcp"}': 128,
      'windrose_address_port_blocks_held{address="100.10.2.3",protocol="tcp"}': 1,
      'windrose_zone_addresses{zone="rest",state="active"}': 2,
      'windrose_zone_addresses{zone="gone",state="draining"}': 1,
      'windrose_sessions{zone="gone",protocol="tcp"}': 1,
      'windrose_zone_ports_used{zone="rest",protocol="tcp"}': 1,
      'windrose_sessions_by_state{protocol="tcp",state="established"}': 1,
      'windrose_sessions_by_state{protocol="udp",state="unreplied"}': 0,
      windrose_sessions_expired_total: 4,
      windrose_sessions_purged_total: 3,
      'windrose_worker_expiry_lag_seconds{worker="0"}': 0,
      'windrose_worker_expiry_lag_seconds{worker="1"}': 2.5,
      'windrose_worker_busy_ratio{worker="0"}': 0.123456,
      windrose_config_generation: 1,
      windrose_config_last_reload_successful: 0,
      windrose_config_last_reload_timestamp_seconds: 2000.5,
      windrose_config_last_reload_success_timestamp_seconds: 1000,
      'windrose_config_reloads_total{result="success"}': 3,
      'windrose_config_reloads_total{result="failure"}': 2,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(shown.get(name), value, name);
  });

  test('MET-3 counters go on when a zone leaves the configuration and comes back', async () => {
    const fresh = makeGateway();
    let built = fresh.built;
    const registry = metricsRegistry({
      ...fresh.shown,
      get built() {
        return built;
      },
    });
    const created = async (): Promise<number | undefined> =>
      samples(await registry.metrics()).get('windrose_sessions_created_total{zone="one"}');
    const { zones } = fresh.states[0]!.counters;
    const slot = fresh.index.zone('one') * ZoneCounter.Count + ZoneCounter.Created;
    zones[slot] = 7;
    assert.equal(await created(), 7);
    built = { ...built, config: { ...built.config, zones: built.config.zones.slice(1) } };
    assert.equal(await created(), 7);
    built = fresh.built;
    zones[slot] = 9;
    assert.equal(await created(), 9);
  });

  const promtool = spawnSync('promtool', ['--version']).error === undefined;
  test('promtool finds nothing', { skip: promtool ? false : 'promtool is not installed' }, async () => {
    const { body } = await get('/metrics');
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: body,
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
  });

  test('healthz: a worker that hangs or ended is a reason, one that starts is not', async () => {
    const { control } = made.states[1]!;
    assert.deepEqual(await get('/healthz').then(({ status, body }) => [status, body]), [200, 'ok\n']);
    made.pulse.heartbeatAgeMs = () => 6000;
    assert.match((await get('/healthz')).body, /^worker 0 \(running\) has not turned for 6 s\nworker 1 /);
    made.states.forEach((state) => {
      state.control[ControlWord.State] = WorkerState.Recovering;
    });
    assert.equal((await get('/healthz')).status, 200);
    control[ControlWord.State] = WorkerState.Failed;
    assert.deepEqual(await get('/healthz').then(({ status, body }) => [status, body]), [503, 'worker 1 is failed\n']);
  });
  test('readyz: every worker runs with the configuration in force', async () => {
    for (const { control } of made.states) control[ControlWord.State] = WorkerState.Running;
    assert.equal((await get('/readyz')).status, 200);
    made.states[0]!.control[ControlWord.Acknowledged] = 0;
    assert.equal((await get('/readyz')).status, 503);
    made.states[0]!.control[ControlWord.Acknowledged] = 1;
    made.states[1]!.control[ControlWord.State] = WorkerState.WarmingUp;
    assert.deepEqual(await get('/readyz').then(({ status, body }) => [status, body]), [503, 'worker 1 is warming-up\n']);
  });
  test('elsewhere is 404, and nothing is posted here', async () => {
    assert.equal((await get('/')).status, 404);
    assert.equal((await fetch(`${server.address}/metrics`, { method: 'POST' })).status, 405);
  });
  test('a port in use and an address of somebody else are said', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await assert.rejects(MetricsServer.listen({ host: '127.0.0.1', port }, made.shown), { code: 'METRICS_IN_USE' });
    other.close();
    await assert.rejects(MetricsServer.listen({ host: '203.0.113.7', port: 0 }, made.shown), { code: 'METRICS_ADDRESS' });
  });
});

describe('pulled metrics', () => {
  test('a counter whose source steps back stands still, then goes on', async () => {
    const registry = new Registry();
    let now = 5;
    pulledCounter(registry, { name: 'x_total', help: 'X.', labels: ['a'], samples: () => [[{ a: 'b' }, now]] });
    const value = async (): Promise<number | undefined> => samples(await registry.metrics()).get('x_total{a="b"}');
    assert.equal(await value(), 5);
    now = 2;
    assert.equal(await value(), 5);
    now = 4;
    assert.equal(await value(), 7);
  });
  test('a gauge forgets labels that are gone', async () => {
    const registry = new Registry();
    let labels = ['a', 'b'];
    pulledGauge(registry, { name: 'x', help: 'X.', labels: ['l'], samples: () => labels.map((l) => [{ l }, 1] as const) });
    assert.equal(samples(await registry.metrics()).size, 2);
    labels = ['b'];
    assert.deepEqual([...samples(await registry.metrics()).keys()], ['x{l="b"}']);
  });
});
