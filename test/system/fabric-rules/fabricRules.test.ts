import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getJson } from '../../../src/cli/controlClient.js';
import type { FdbRow } from '../../../src/types/showObjects.js';
import { decode } from '../../support/decode.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud } from '../support/cloud.js';
import { arp, EtherType, ethernet, etherType, ipv4, Protocol, udp } from '../support/packets.js';
import { eventually, pause } from '../support/scenario.js';
import { tunnelled } from '../support/tunnelled.js';
import { GUESTS, RIF_MACS } from './guests.js';

const ALL = 'ff:ff:ff:ff:ff:ff';
const NOBODY = '00:00:00:00:00:00';
const RARP = 0x8035;
const [A1, A2, C1, G1] = ['fa:16:3e:00:0a:01', 'fa:16:3e:00:0a:02', 'fa:16:3e:00:0c:01', 'fa:16:3e:00:0e:01'];
const [D1, D2] = ['fa:16:3f:09:34:f2', 'fa:16:3f:4e:4f:98'];

/** A datagram with a mark nobody else sends. */
function marked(mark: string, source: string, destination: string, from: string, to: string): Buffer {
  const ends = { source: from, destination: to };
  const packet = udp(ends, { source: 7777, destination: 7777 }, Buffer.from(mark));
  return ethernet(destination, source, EtherType.Ipv4, ipv4({ ...ends, protocol: Protocol.Udp }, packet));
}

test('what crosses between three hosts', { skip: netnsSkipReason(), timeout: 120_000 }, async (t) => {
  const cloud = new Cloud(['h1', 'h2', 'h3'], GUESTS, true);
  try {
    const objects = scenarioFile('fabric-rules', 'objects.yaml');
    await cloud.start(objects);
    const wires = new Map(GUESTS.map(({ name }) => [name, cloud.guestWire(name)]));
    const [tunnels, trunks] = [false, true].map((trunk) => ['h1', 'h2', 'h3'].map((host) => cloud.wire(host, trunk)));
    /** Frames in tunnels and on trunks since the last call, but for the announcements of MACs. */
    const crossed = (): Buffer[] => {
      const inner = tunnels!.flatMap((wire) => tunnelled(wire.collect()).map(({ frame }) => Buffer.from(frame)));
      const tagged = trunks!.flatMap((wire) => wire.collect().map(({ frame }) => frame));
      for (const wire of [...tunnels!, ...trunks!]) wire.clear();
      return [...inner, ...tagged.filter((frame) => etherType(frame) !== RARP)];
    };
    const clear = (): void => {
      for (const wire of wires.values()) wire.clear();
      crossed();
    };
    /** How many copies of a marked frame each guest and the fabric got. */
    const copies = async (mark: string): Promise<Record<string, number>> => {
      await pause(150);
      const count = (frames: readonly Buffer[]) => frames.filter((frame) => frame.includes(mark)).length;
      const of = [...wires].map(([name, wire]) => [name, count(wire.collect().map(({ frame }) => frame))] as const);
      return Object.fromEntries([...of, ['fabric', count(crossed())] as const].filter(([, n]) => n > 0));
    };
    const answers = async (guest: string, frame: Buffer): Promise<string[]> => {
      clear();
      wires.get(guest)!.send(frame);
      await pause(200);
      const arps = wires
        .get(guest)!
        .collect()
        .map(({ frame: one }) => decode(one).arp);
      return arps.flatMap((one) => (one?.op === 2 ? [`${one.senderIp} ${one.senderMac}`] : []));
    };
    const asks = (mac: string, from: string, target: string) =>
      ethernet(ALL, mac, EtherType.Arp, arp(1, mac, from, NOBODY, target));

    await t.test('F20 a port of another host is answered for here: its guest hears no question', async () => {
      assert.deepEqual(await answers('a1', asks(A1, '10.0.0.11', '10.0.0.12')), [`10.0.0.12 ${A2}`]);
      assert.ok(
        !wires
          .get('a2')!
          .collect()
          .some(({ frame }) => decode(frame).arp !== undefined),
      );
      assert.deepEqual(crossed(), []);
    });

    await t.test('F21 a gateway answers once, at its own host only, over tunnels and on the VLAN', async () => {
      assert.deepEqual(await answers('a1', asks(A1, '10.0.0.11', '10.0.0.1')), [`10.0.0.1 ${RIF_MACS[0]}`]);
      assert.deepEqual(await answers('c1', asks(C1, '30.0.0.31', '30.0.0.1')), [`30.0.0.1 ${RIF_MACS[2]}`]);
      assert.deepEqual(crossed(), []);
    });

    await t.test('F22 who asks whether its own address is taken is not answered', async () => {
      assert.deepEqual(await answers('a1', asks(A1, '0.0.0.0', '10.0.0.11')), []);
      assert.deepEqual(await answers('a1', asks(A1, '10.0.0.11', '10.0.0.11')), []);
    });

    await t.test('F30 a broadcast: one copy for each other port of the network, one for each host that has one', async () => {
      clear();
      wires.get('a1')!.send(marked('broadcast-blue', A1, ALL, '10.0.0.11', '10.0.0.255'));
      assert.deepEqual(await copies('broadcast-blue'), { a3: 1, a2: 1, fabric: 1 });
      wires.get('c1')!.send(marked('broadcast-green', C1, ALL, '30.0.0.31', '30.0.0.255'));
      assert.deepEqual(await copies('broadcast-green'), { c2: 1, fabric: 1 });
      wires.get('a1')!.send(marked('multicast-blue', A1, '01:00:5e:00:00:fb', '10.0.0.11', '224.0.0.251'));
      assert.deepEqual(await copies('multicast-blue'), { a3: 1, a2: 1, fabric: 1 });
    });

    await t.test('F31 to a MAC that nobody has: dropped, or to everybody where the network says so', async () => {
      clear();
      const before = (await cloud.drops('h1')).unknown_unicast ?? 0;
      wires.get('a1')!.send(marked('unknown-blue', A1, '02:00:00:00:00:77', '10.0.0.11', '10.0.0.77'));
      assert.deepEqual(await copies('unknown-blue'), {});
      assert.equal((await cloud.drops('h1')).unknown_unicast, before + 1);
      const L1 = 'fa:16:3e:00:0d:01';
      wires.get('l1')!.send(marked('unknown-loose', L1, '02:00:00:00:00:77', '50.0.0.11', '50.0.0.77'));
      assert.deepEqual(await copies('unknown-loose'), { l2: 1, l3: 1, fabric: 1 });
    });

    await t.test(
      'F55 two routers one behind the other decide on the host of the sender: TTL less two, its host MAC',
      async () => {
        clear();
        assert.match(cloud.on('a1', 'ping -c 1 -W 2 40.0.0.42'), /icmp_seq=1 ttl=62/);
        assert.deepEqual(
          crossed().map((frame) => decode(frame).eth!.src),
          [D1, D2],
        );
      },
    );

    await t.test('F57 of two routers on a network, guests see the one that has the sender', async () => {
      clear();
      wires.get('a1')!.send(marked('by-r', A1, RIF_MACS[0], '10.0.0.11', '20.0.0.22'));
      wires.get('g1')!.send(marked('by-s', G1, RIF_MACS[4], '40.0.0.41', '20.0.0.22'));
      await pause(150);
      const seen = wires
        .get('b2')!
        .collect()
        .flatMap(({ frame }) => {
          const by = /by-[rs]/.exec(frame.toString('latin1'))?.[0];
          return by === undefined ? [] : [`${by} ${decode(frame).eth!.src}`];
        });
      assert.deepEqual(seen, [`by-r ${RIF_MACS[1]}`, `by-s ${RIF_MACS[3]}`]);
    });

    await t.test('F54 the port of a DHCP server brings the routers of its subnet, and their going with it', async () => {
      const routers = async () => {
        const rows = (await getJson(cloud.socket('h3'), '/v1/show/fdb')) as FdbRow[];
        return rows
          .filter(({ kind }) => kind === 'router')
          .map(({ to }) => to)
          .sort();
      };
      assert.deepEqual(await routers(), ['qr-blue', 'qr-green', 'qr-orange', 's-grey', 's-orange']);
      assert.match(cloud.on('dh', 'ping -c 1 -W 2 10.0.0.12'), /icmp_seq=1 ttl=63/);
      cloud.change(objects.replace(/host: h3, tap: tap-dh, netns: "@dh",|host: h3,\s+tap: tap-dh,\s+netns: "@dh",/, ''));
      // They stay for 30 s (dvr.md 5.2).
      await eventually(routers, (names) => names.length === 0, 45_000);
    });

    await t.test('F23 an interface that is new is announced to nobody on the fabric', async () => {
      clear();
      const more = '      - { name: qr-loose, subnet: loose4, address: 50.0.0.1, mac: "fa:16:3e:aa:bb:cc" }\n';
      cloud.change(objects.replace(/( +)(- \{ name: qr-green[^\n]*\n)/, `$1$2${more}`));
      await eventually(
        () => cloud.on('l1', ['sh', '-c', 'ping -c 1 -W 1 10.0.0.12 || true']),
        (said) => said.includes('ttl=63'),
      );
      const frames = crossed();
      assert.ok(frames.length > 0);
      for (const frame of frames) {
        assert.notEqual(decode(frame).arp?.senderIp, '50.0.0.1');
        for (const mac of [...RIF_MACS, 'fa:16:3e:aa:bb:cc'])
          assert.ok(!frame.includes(Buffer.from(mac.replaceAll(':', ''), 'hex')));
      }
    });

    await t.test('F12 a host MAC that was drawn stays over a restart', async () => {
      const macOf = async () => {
        const rows = (await getJson(cloud.socket('h3'), '/v1/show/hostmacs')) as { host: string; mac_address: string }[];
        return rows.find(({ host }) => host === 'h3')!.mac_address;
      };
      const drawn = await macOf();
      assert.match(drawn, /^fa:16:3f:/);
      await cloud.restart('h3');
      assert.equal(await macOf(), drawn);
    });
    await cloud.stop();
  } finally {
    cloud.close();
  }
});
