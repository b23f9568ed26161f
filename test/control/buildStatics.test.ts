import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { TABLE_LOCAL } from '../../src/config/routingConfig.js';
import { buildStatics, staticEntries } from '../../src/control/buildStatics.js';
import { showRoutes } from '../../src/control/show/routes.js';
import { AddressKind, AddressRow } from '../../src/tables/addresses.js';
import { swapPort } from '../../src/tables/portBlocks.js';
import { Static, staticOfExternal, staticOfInside } from '../../src/tables/statics.js';
import { parseIpv4 } from '../../src/types/ipv4.js';
import { isFault } from '../../src/types/parsed.js';
import { sample } from '../config/sample.js';
import { build } from './buildSample.js';

const HOST = '{ external: 1.2.100.9, inside: 1.1.1.9 }';
const WEB = '{ name: web, protocol: tcp, external: 1.2.100.2:8080, inside: 1.1.1.80:80 }';
const DNS = '{ protocol: udp, external: 1.2.100.10:53, inside: 1.1.1.80:53 }';

function load(...mappings: string[]) {
  const { config, issues } = loadConfig(sample({ staticMappings: `staticMappings: [${mappings.join(', ')}]` }), 'gateway.yaml');
  assert.deepEqual(issues, []);
  return config!;
}

function address(text: string): number {
  const parsed = parseIpv4(text);
  assert.ok(!isFault(parsed));
  return parsed.value;
}

test('a mapping is found from both sides, by port before by host', () => {
  const statics = buildStatics(staticEntries(load(HOST, WEB, DNS)));
  const inside = (ip: string, protocol: number, port: number) =>
    staticOfInside(statics, address(ip), protocol, swapPort(port)) / Static.Words;
  const external = (ip: string, protocol: number, port: number) =>
    staticOfExternal(statics, address(ip), protocol, swapPort(port)) / Static.Words;
  assert.deepEqual([inside('1.1.1.9', 6, 1), inside('1.1.1.9', 47, 0)], [0, 0]);
  assert.deepEqual([inside('1.1.1.80', 6, 80), inside('1.1.1.80', 17, 53)], [1, 2]);
  assert.ok(inside('1.1.1.80', 17, 80) < 0 && inside('1.1.1.80', 6, 81) < 0);
  assert.deepEqual([external('1.2.100.9', 17, 7), external('1.2.100.2', 6, 8080), external('1.2.100.10', 17, 53)], [0, 1, 2]);
  assert.ok(external('1.2.100.2', 17, 8080) < 0 && external('1.2.100.2', 6, 80) < 0);
});

test('the port of a mapping on a local address of a zone is reserved in its pool, that of another address in none', () => {
  const { snapshot, index } = build(load(HOST, WEB, DNS));
  const pool = index.addresses().get(address('1.2.100.2'))!;
  assert.deepEqual([...snapshot.reservedPorts], [pool, 6, 8080]);
  assert.deepEqual([...build(load(HOST, DNS)).snapshot.reservedPorts], []);
});

test('external addresses have one route each, are announced on their segment, and have a pool only in a zone', () => {
  const { index, ...built } = build(load(HOST, WEB, DNS));
  const { snapshot, addresses } = built;
  const zoneRoutes = addresses.filter(({ kind }) => kind === AddressKind.Zone).map((one) => one.address);
  assert.deepEqual(zoneRoutes, ['1.2.100.1', '1.2.100.2', '1.2.100.9', '1.2.100.10'].map(address));
  const announced = [...snapshot.announce].filter((_, i) => i % 2 === 1);
  for (const one of zoneRoutes) assert.equal(announced.filter((other) => other === one).length, 1);
  const { rows } = snapshot.addresses;
  const gateways = new Map<number, number>();
  const sorted = [...addresses].sort((a, b) => a.length - b.length);
  sorted.forEach(({ kind, address: ip }, i) => {
    if (kind === AddressKind.Zone) gateways.set(ip, rows[i * AddressRow.Words + AddressRow.Pool]!);
  });
  assert.deepEqual(
    zoneRoutes.map((ip) => gateways.get(ip)),
    [1, 2, 0, 0],
  );
  assert.equal(index.addresses().size, 2);
  const shown = showRoutes({ built }, TABLE_LOCAL).filter(({ type, proto }) => type === 'local' && proto !== 'kernel');
  assert.deepEqual(
    shown.map(({ to, proto }) => `${to} ${proto}`),
    ['1.2.100.1 zone', '1.2.100.2 zone', '1.2.100.9 mapping', '1.2.100.10 mapping'],
  );
});
