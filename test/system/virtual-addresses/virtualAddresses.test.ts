import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getJson } from '../../../src/cli/controlClient.js';
import type { NeighborRow } from '../../../src/types/show.js';
import type { FdbRow } from '../../../src/types/showObjects.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, cloudWorkers, type Vm } from '../support/cloud.js';
import { arp, EtherType, ethernet } from '../support/packets.js';
import { eventually } from '../support/scenario.js';
import { tunnelled } from '../support/tunnelled.js';
import { Wire } from '../support/wire.js';

const blue = (name: string, host: string, last: number): Vm => ({
  ...{ name, host, mac: `fa:16:3e:00:0a:0${last - 10}`, address: `10.0.0.${last}/24`, gateway: '10.0.0.1' },
});
const b1: Vm = { name: 'b1', host: 'h1', mac: 'fa:16:3e:00:0b:01', address: '20.0.0.21/24', gateway: '20.0.0.1' };
const VIP = '10.0.0.50';
const VRRP = '00:00:5e:00:01:07';

test('virtual addresses: claimed, moved, lost, and found when nobody has claimed them', {
  skip: netnsSkipReason(),
  timeout: 60_000,
}, async (t) => {
  const guests = [blue('a1', 'h1', 11), blue('a3', 'h1', 13), b1, blue('a2', 'h2', 12)];
  const cloud = new Cloud(['h1', 'h2'], guests, false, '', cloudWorkers(2)[0]);
  const wires = new Map<string, Wire>();
  try {
    const objects = scenarioFile('virtual-addresses', 'objects.yaml');
    await cloud.start(objects);
    const announce = (guest: string, mac: string, address: string): void => {
      const wire = wires.get(guest) ?? new Wire(cloud.netns(guest), `tap-${guest}`);
      wires.set(guest, wire);
      const everybody = 'ff:ff:ff:ff:ff:ff';
      wire.send(ethernet(everybody, mac, EtherType.Arp, arp(1, mac, address, '00:00:00:00:00:00', address)));
    };
    const neighbor = async (host: string, address = VIP): Promise<string> => {
      const rows = (await getJson(cloud.socket(host), '/v1/show/neighbors')) as NeighborRow[];
      const row = rows.find((one) => one.address === address);
      return row === undefined ? 'none' : `${row.mac} ${row.state}`;
    };
    const ping = (to: string) => cloud.on('b1', ['sh', '-c', `ping -c 1 -W 2 ${to} || true`]);

    await t.test('an announced address is a permanent neighbour, and moves with the next announcement', async () => {
      assert.equal(await neighbor('h1'), 'none');
      cloud.on('a1', `ip addr add ${VIP}/32 dev tap-a1`);
      announce('a1', 'fa:16:3e:00:0a:01', VIP);
      await eventually(
        () => neighbor('h1'),
        (row) => row === 'fa:16:3e:00:0a:01 PERMANENT',
      );
      assert.match(ping(VIP), /1 received/);
      cloud.on('a1', `ip addr del ${VIP}/32 dev tap-a1`);
      cloud.on('a3', `ip addr add ${VIP}/32 dev tap-a3`);
      announce('a3', 'fa:16:3e:00:0a:03', VIP);
      await eventually(
        () => neighbor('h1'),
        (row) => row === 'fa:16:3e:00:0a:03 PERMANENT',
      );
      assert.match(ping(VIP), /1 received/);
    });

    await t.test('with a MAC of its own, as VRRP has it: frames to that MAC go to the port that claimed it', async () => {
      announce('a3', VRRP, VIP);
      await eventually(
        () => neighbor('h1'),
        (row) => row === `${VRRP} PERMANENT`,
      );
      const fdb = (await getJson(cloud.socket('h1'), '/v1/show/fdb')) as FdbRow[];
      assert.deepEqual(
        fdb.filter(({ mac }) => mac === VRRP).map(({ kind, to }) => [kind, to]),
        [['port', 'a3']],
      );
    });

    await t.test('it is nobody any more when its port is unbound', async () => {
      cloud.change(objects.replace(/host: h1,\s+tap: tap-a3,\s+netns: "@a3",/, ''));
      await eventually(
        () => neighbor('h1'),
        (row) => !row.includes('PERMANENT'),
      );
    });

    await t.test('on another host: its announcement is heard here as well, and here again when it comes back', async () => {
      cloud.on('a2', `ip addr add ${VIP}/32 dev tap-a2`);
      announce('a2', 'fa:16:3e:00:0a:02', VIP);
      for (const host of ['h1', 'h2'])
        await eventually(
          () => neighbor(host),
          (row) => row === 'fa:16:3e:00:0a:02 PERMANENT',
        );
      assert.match(ping(VIP), /1 received/);
      cloud.on('a2', `ip addr del ${VIP}/32 dev tap-a2`);
      cloud.on('a1', `ip addr add ${VIP}/32 dev tap-a1`);
      announce('a1', 'fa:16:3e:00:0a:01', VIP);
      for (const host of ['h1', 'h2'])
        await eventually(
          () => neighbor(host),
          (row) => row === 'fa:16:3e:00:0a:01 PERMANENT',
        );
      assert.match(ping(VIP), /1 received/);
    });

    await t.test('F59 nobody has claimed it: the host asks in its own name, the holder answers the gateway', async () => {
      cloud.on('a2', 'ip addr add 10.0.0.61/32 dev tap-a2');
      const [one, other] = [cloud.wire('h1'), cloud.wire('h2')];
      assert.match(ping('10.0.0.61'), /1 received/);
      const asked = tunnelled(one.collect()).filter(({ arp: is }) => is);
      assert.deepEqual([...new Set(asked.map(({ vni, src }) => `${vni} ${src}`))], ['1001 fa:16:3f:09:34:f2']);
      const answered = tunnelled(other.collect()).filter(({ arp: is }) => is);
      assert.deepEqual(
        [...new Set(answered.map(({ src, dst }) => `${src} > ${dst}`))],
        ['fa:16:3e:00:0a:02 > fa:16:3f:09:34:f2'],
      );
      for (const { frame } of tunnelled([...one.frames, ...other.frames]))
        assert.ok(!Buffer.from(frame).includes(Buffer.from('fa163e3c749c', 'hex')), 'no MAC of a router interface crosses');
      assert.match(cloud.on('a2', 'ip neigh show 10.0.0.1'), /fa:16:3e:3c:74:9c/);
      assert.match(await neighbor('h1', '10.0.0.61'), /^fa:16:3e:00:0a:02 (REACHABLE|STALE|DELAY)$/);
      await eventually(
        () => neighbor('h2', '10.0.0.61'),
        (row) => row === 'fa:16:3e:00:0a:02 PERMANENT',
      );
    });
    await cloud.stop();
  } finally {
    for (const wire of wires.values()) wire.close();
    cloud.close();
  }
});
