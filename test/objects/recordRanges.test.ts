import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecord } from '../../src/objects/recordShapes.js';
import { networkRecord } from '../../src/objects/records.js';
import { MAC, sample } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { eth, ipv4, packet, udp } from '../support/layers.js';

const [first] = sample.networks;
const record = (more: object): object => ({ ...networkRecord(first!), ...more });

for (const [type, lowest, highest] of [
  ['local', 0, 0],
  ['flat', 0, 0],
  ['vlan', 1, 4094],
  ['vxlan', 1, 2 ** 24 - 1],
  ['gre', 1, 2 ** 32 - 1],
] as const)
  test(`a record of a ${type} network has an id that a file may give it, so that its frames leave in no other's segment`, () => {
    const physnet = type === 'flat' || type === 'vlan' ? 'physnet1' : null;
    for (const id of [lowest, highest]) assert.equal(readRecord.network(record({ type, physnet, id })).id, id);
    for (const id of [lowest - 1, highest + 1, highest + 1 + 1001, 4096 + 77 + 2 ** 32, 1.5, Number.NaN, null, '1001'])
      assert.throws(() => readRecord.network(record({ type, physnet, id })), /^Error: id: /, `id ${id}`);
  });

test('a record of a network has an MTU that a file may give it', () => {
  // A file may have 576 as underlayMtu, of which a network of type vxlan that writes none gets 526.
  for (const mtu of [526, 576, 1450, 65_535]) assert.equal(readRecord.network(record({ type: 'vxlan', mtu })).mtu, mtu);
  for (const mtu of [-1, 0, 1, 20, 27, 28, 67, 68, 525, 65_536, 100_000, 1450.5])
    assert.throws(() => readRecord.network(record({ type: 'vxlan', mtu })), /^Error: mtu: /, `mtu ${mtu}`);
});

test('a forwarding of a record has ports that a file may give it', () => {
  const forwarding = { protocol: 'tcp', port: 80, lport: 'a1', fixed: '10.0.0.11', toPort: 8080 };
  const floating = (more: object): object => ({
    ...{ name: 'f', address: '192.0.2.9', network: 'ext', router: null, lport: null, fixed: null, mac: MAC.a1 },
    ...{ placement: 'centralized', forwardings: [{ ...forwarding, ...more }] },
  });
  assert.equal(readRecord.floatingIp(floating({})).forwardings[0]!.toPort, 8080);
  for (const port of [0, 65_536, 65_616, -1, 1.5])
    for (const key of ['port', 'toPort'])
      assert.throws(() => readRecord.floatingIp(floating({ [key]: port })), new RegExp(`^Error: forwardings.0.${key}: `));
});

for (const mtu of [0, 1, 20, 24, 27, 28, 67])
  test(`a way with an MTU of ${mtu} octets takes no fragments: counted, and the worker goes on`, () => {
    const w = new FabricWorld({
      ...sample,
      networks: sample.networks.map((one) => (one.name === 'orange' ? { ...one, mtu } : one)),
    });
    const h1 = w.on('h1');
    const flush = h1.cx.flush;
    let flushes = 0;
    h1.cx.flush = () => {
      flushes++;
      assert.ok(flushes < 100, 'one datagram fills the scratch memory again and again');
      flush();
    };
    const frame = packet(
      eth({ src: MAC.a1, dst: MAC.gA }),
      ipv4({ src: '10.0.0.11', dst: '20.0.0.21' }),
      udp({ sport: 1, dport: 2 }),
      new Uint8Array(100),
    );
    w.send('h1', 'a1', frame);
    assert.equal(h1.got('b1').length, 0);
    assert.equal(h1.count('mtu_too_small'), 1);
    w.check();
  });
