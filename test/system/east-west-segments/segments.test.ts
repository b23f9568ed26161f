import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../../support/decode.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, cloudWorkers, guestOf } from '../support/cloud.js';
import { etherType } from '../support/packets.js';
import type { Wire } from '../support/wire.js';

const VMS = [
  guestOf('a1', 'h1', '0a:01', '10.0.0.11'),
  guestOf('a2', 'h2', '0a:02', '10.0.0.12'),
  guestOf('b1', 'h1', '0b:01', '20.0.0.21'),
  guestOf('b2', 'h2', '0b:02', '20.0.0.22'),
  guestOf('c2', 'h2', '0c:02', '30.0.0.32'),
  guestOf('d2', 'h2', '0d:02', '40.0.0.42'),
];
const [D1, D2] = ['fa:16:3f:09:34:f2', 'fa:16:3f:4e:4f:98'];

/** By which hosts announce the MACs of their ports (dvr.md 5.4). */
const RARP = 0x8035;

/** What was sent since the last call but for those: VLAN id, MACs, destination. */
function sent(wire: Wire): [vlan: number, src: string, dst: string, to: string | undefined][] {
  const traffic = wire.collect().filter(({ frame }) => etherType(frame) !== RARP);
  const frames = traffic.map(({ frame, vlan }) => {
    const { eth, ipv4 } = decode(frame);
    return [vlan, eth!.src, eth!.dst, ipv4?.dst] as [number, string, string, string | undefined];
  });
  wire.clear();
  return frames;
}

/** Keys and inner source MACs of GRE packets. */
function keyed(wire: Wire): [key: number, src: string][] {
  const frames = wire.collect().flatMap(({ frame }): [number, string][] => {
    const outer = decode(frame);
    if (outer.ipv4?.protocol !== 47) return [];
    const payload = Buffer.from(outer.segment);
    assert.deepEqual(
      [payload.readUInt16BE(0), payload.readUInt16BE(2)],
      [0x2000, 0x6558],
      'a key and nothing else, Ethernet behind it',
    );
    return [[payload.readUInt32BE(4), decode(payload.subarray(8)).eth!.src]];
  });
  wire.clear();
  return frames;
}

test('east-west: routed between networks of every kind on two hosts', { skip: netnsSkipReason(), timeout: 90_000 }, async (t) => {
  const cloud = new Cloud(['h1', 'h2'], VMS, true, '', cloudWorkers(2)[0]);
  try {
    await cloud.start(scenarioFile('east-west-segments', 'objects.yaml'));
    const [trunk, back, underlay] = [cloud.wire('h1', true), cloud.wire('h2', true), cloud.wire('h1')];
    const ping = (from: string, to: string) => cloud.on(from, `ping -c 1 -W 2 ${to}`);

    await t.test(
      'F7 VLAN: its tag on the trunk, the host MAC as source, routed and bridged; the switch never learns a router',
      () => {
        assert.match(ping('a1', '20.0.0.22'), /icmp_seq=1 ttl=63/);
        assert.deepEqual(sent(trunk), [[102, D1, 'fa:16:3e:00:0b:02', '20.0.0.22']]);
        assert.match(ping('b1', '20.0.0.22'), /icmp_seq=1 ttl=64/);
        assert.deepEqual(sent(trunk), [[102, 'fa:16:3e:00:0b:01', 'fa:16:3e:00:0b:02', '20.0.0.22']]);
        assert.match(ping('b2', '10.0.0.11'), /ttl=63/, 'and the other way round, from a VLAN into a tunnel');
        const learned = cloud.sandbox.run(cloud.fabric, 'bridge fdb show br br1');
        assert.match(learned, new RegExp(`${D1} dev h1t`));
        assert.ok(!/3c:74:9c|a3:3b:/.test(learned), learned);
      },
    );

    await t.test('F8 flat: no tag, one answer each', () => {
      sent(trunk);
      const said = cloud.on('a1', 'ping -c 3 -i 0.1 -w 5 40.0.0.42');
      assert.match(said, /3 received/);
      assert.doesNotMatch(said, /DUP/);
      assert.deepEqual(new Set(sent(trunk).map(([vlan, src]) => `${vlan} ${src}`)), new Set([`0 ${D1}`]));
      assert.ok(!sent(back).some(([, src]) => src !== D2 && !src.startsWith('fa:16:3e:00:')));
    });

    await t.test('F6 GRE: the id is the key, also above 2^31', () => {
      keyed(underlay);
      assert.match(ping('a1', '30.0.0.32'), /ttl=63/);
      assert.deepEqual(keyed(underlay), [[4_000_000_001, D1]]);
    });

    await t.test('F9 every kind of network reaches every other', () => {
      for (const from of VMS)
        for (const to of VMS) {
          if (from.address.split('.')[0] === to.address.split('.')[0]) continue;
          assert.match(ping(from.name, to.address.split('/')[0]!), /1 received/, `${from.name} to ${to.name}`);
        }
    });
    await cloud.stop();
  } finally {
    cloud.close();
  }
});
