import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Config } from '../../src/config/config.js';
import { docOf, type KeyShape } from '../../src/config/keys.js';
import { loadConfig } from '../../src/config/load.js';
import { rootShape } from '../../src/config/schema.js';
import { changesBetween } from '../../src/control/reload/changes.js';
import { restartOnly } from '../../src/control/reload/restartOnly.js';
import { sample } from '../config/sample.js';

/** Sections that are lists; their differences have tests of their own. */
const LISTS = ['ifaces', 'routes', 'rules', 'nexthopProbes', 'neighbors', 'zones', 'staticMappings'];

/** Only a permission: by itself it changes nothing. */
const PERMISSIONS = ['defaultRules.force'];

function writtenTables(): string {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-tables-'));
  after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'rt_tables');
  writeFileSync(file, '# names\n0 unspec\n254 main\n7\tgreen # seven\n');
  return file;
}

/** Every key outside of lists with a value that is not its default. A key that is missing here fails the first test. */
const OTHER: Readonly<Record<string, string | number | boolean | object>> = {
  name: 'other',
  profile: 'dsnat',
  workers: 2,
  cpus: [0],
  steering: 'off',
  'defaultRules.local': false,
  'defaultRules.main': false,
  'defaultRules.default': false,
  tables: { blue: 100 },
  tableNames: writtenTables(),
  'routing.multipathHash': 'ports',
  'routing.ignoreLinkdown': false,
  reject: 'silent',
  'timers.profile': 'dense',
  'timers.udp': 301,
  'timers.udpUnanswered': 121,
  'timers.udpShort': 30,
  'timers.tcpEstablished': 9000,
  'timers.tcpHalfOpen': 241,
  'timers.tcpHalfClosed': 8000,
  'timers.tcpClosing': 241,
  'timers.tcpReset': 241,
  'timers.unsolicitedSyn': 7,
  'timers.icmp': 61,
  'timers.other': 601,
  'timers.fragment': 16,
  'timers.portHold': 'off',
  'timers.allowShort': true,
  'timers.scale': 0.5,
  'tcp.midstream': 'adopt',
  'tcp.mss': 1400,
  'tcp.resetOnExpiry': true,
  'tcp.answerUnsolicited': true,
  'icmp.answerEchoToLocalAddresses': true,
  drainTimeout: 60,
  'neighborTimers.reachable': 31,
  'neighborTimers.retry': 2,
  'neighborTimers.probes': 4,
  'neighborTimers.failed': 6,
  'neighborTimers.stale': 61,
  'limits.sessions': 64,
  'limits.neighbors': 64,
  'limits.localAddresses': 64,
  'limits.routes': 64,
  'limits.hosts': 64,
  'limits.heldPorts': 64,
  'limits.fragments.datagrams': 64,
  'limits.fragments.memory': '1MiB',
  'limits.fragments.perDatagram': 65,
  'limits.icmpErrorsPerSource': '11/s burst 20',
  'limits.icmpErrorsGlobal': '11/s burst 20',
  'metrics.listen': '127.0.0.1:1',
  'control.socket': '/run/other.sock',
  'host.name': 'h2',
  'host.vtep.address': '192.0.2.2',
  'host.vtep.netns': 'other',
  'host.mode': 'legacy',
  'host.physnets': [{ name: 'p', packet: 'eth2' }],
  'host.macRefresh': '1m',
  'host.metadata.endpoint': 'unix:/other',
  'host.metadata.secretFile': '/other',
  'host.metadata.caFile': '/other',
  'host.metadata.connections': 17,
  'host.metadata.newPerSecond': 17,
  'host.metadata.range': '100.101.0.0/16',
  'host.metadata.netns': 'other',
  objects: '/o.yaml',
  'store.directory': '/s',
  'store.etcd.endpoints': ['https://other'],
  'store.etcd.prefix': '/other/',
  'store.etcd.tls.ca': '/other',
  'store.etcd.tls.certificate': '/other',
  'store.etcd.tls.key': '/other',
  'store.etcd.user': 'other',
  'store.etcd.passwordFile': '/other',
  'log.level': 'debug',
  'idle.spin': 0,
  'events.file': '/var/log/e',
  'events.ipfix.collector': '192.0.2.9:1',
  'events.ipfix.domain': 2,
  'events.sessions': true,
  'events.destinations': true,
};

/** A host whose store is an etcd. */
const ETCD = {
  host: { name: 'h1' },
  store: {
    etcd: {
      endpoints: ['https://e'],
      tls: { ca: '/c', certificate: '/c', key: '/k' },
      user: 'u',
      passwordFile: '/p',
    },
  },
};

/** What else a key needs to be in the file. */
const WITH: Readonly<Record<string, object>> = {
  'defaultRules.local': { defaultRules: { force: true } },
  'timers.scale': { timers: { allowShort: true } },
  'host.vtep.address': { host: { name: 'h1' } },
  'host.vtep.netns': { host: { name: 'h1', vtep: { address: '192.0.2.1' } } },
  'host.mode': { host: { name: 'h1' } },
  'host.physnets': { host: { name: 'h1' } },
  'host.macRefresh': { host: { name: 'h1' } },
  ...Object.fromEntries(
    ['endpoint', 'secretFile', 'caFile', 'connections', 'newPerSecond', 'range', 'netns'].map((key) => [
      `host.metadata.${key}`,
      { host: { name: 'h1', metadata: { endpoint: 'https://e' } } },
    ]),
  ),
  objects: { host: { name: 'h1' } },
  'store.directory': { host: { name: 'h1' } },
  ...Object.fromEntries(
    ['endpoints', 'prefix', 'tls.ca', 'tls.certificate', 'tls.key', 'user', 'passwordFile'].map((key) => [
      `store.etcd.${key}`,
      ETCD,
    ]),
  ),
  'events.ipfix.domain': { events: { ipfix: { collector: '192.0.2.9:1' } } },
  'events.sessions': { events: { file: '/e' } },
  'events.destinations': { events: { file: '/e', sessions: true } },
};

/** Documented keys that hold a value, as "section.key". */
function keys(shape: KeyShape, path: string): string[] {
  return Object.entries(shape).flatMap(([key, schema]) => {
    const { children, form } = docOf(schema);
    return children === undefined || form.startsWith('list') ? [`${path}${key}`] : keys(children, `${path}${key}.`);
  });
}

const documented = keys(Object.fromEntries(Object.entries(rootShape).filter(([key]) => !LISTS.includes(key))), '');

function reloads(path: string): boolean {
  let shape: KeyShape = rootShape;
  const steps = path.split('.');
  for (const step of steps.slice(0, -1)) shape = docOf(shape[step]!).children!;
  return docOf(shape[steps.at(-1)!]!).reload;
}

/** The sample with more sections, JSON being YAML. */
function load(more: object): Config {
  const sections = Object.fromEntries(Object.entries(more).map(([key, value]) => [key, `${key}: ${JSON.stringify(value)}`]));
  const { config, issues } = loadConfig(sample(sections), 'gateway.yaml');
  assert.ok(config, JSON.stringify(issues));
  return config;
}

/** { a: { b: 1 } } and "a.c" set to 2: { a: { b: 1, c: 2 } } */
function withKey(base: object, path: string, value: unknown): object {
  const [step, ...rest] = path.split('.') as [string, ...string[]];
  const below = (base as Record<string, unknown>)[step];
  return { ...base, [step]: rest.length === 0 ? value : withKey((below as object) ?? {}, rest.join('.'), value) };
}

test('every key outside of lists has a value to change to', () => {
  assert.deepEqual([...Object.keys(OTHER), ...PERMISSIONS].sort(), [...documented].sort());
});

for (const [path, value] of Object.entries(OTHER)) {
  test(`${path}: a change is seen, and ${reloads(path) ? 'taken over' : 'refused until a restart'} as documented`, () => {
    const base = WITH[path] ?? {};
    const [before, changed] = [load(base), load(withKey(base, path, value))];
    assert.notEqual(changesBetween(before, changed).length, 0);
    assert.equal(restartOnly(before, changed).length === 0, reloads(path));
  });
}

test('host.metadata as a whole comes and goes with a reload', () => {
  const host = { name: 'h1' };
  const [without, given] = [load({ host }), load({ host: { ...host, metadata: { endpoint: 'http://e', netns: 'x' } } })];
  assert.notEqual(changesBetween(without, given).length, 0);
  assert.deepEqual([restartOnly(without, given), restartOnly(given, without)], [[], []]);
});
