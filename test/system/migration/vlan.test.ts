import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getJson } from '../../../src/cli/controlClient.js';
import type { LportRow } from '../../../src/types/showObjects.js';
import { EtcdProcess, etcdSkipReason } from '../../store/etcdProcess.js';
import { decode } from '../../support/decode.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, guestOf } from '../support/cloud.js';
import { interruptionOf, interruptionServers } from '../support/interruption.js';
import { MobileGuest } from '../support/mobileGuest.js';
import { EtherType } from '../support/packets.js';
import { eventually, pause } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

const MAC = 'fa:16:3e:00:0a:01';
const LIMIT_MS = 1000;

test('F60 on a VLAN, the new host tells the switch where the guest is, and the old one is silent at once', {
  skip: netnsSkipReason() || etcdSkipReason(),
  timeout: 120_000,
}, async (t) => {
  const cloud = new Cloud(['h1', 'h2', 'h3'], [guestOf('b3', 'h3', '0b:03', '20.0.0.23')], true, 'macRefresh: 1s');
  const guest = new MobileGuest(cloud, 'g', MAC, '10.0.0.11/24', '10.0.0.1', ['g1', 'g2']);
  let etcd: EtcdProcess | undefined;
  try {
    etcd = await EtcdProcess.start();
    cloud.sharedStore = `{ etcd: { endpoints: ["${etcd.endpoint}"] } }`;
    const objects = scenarioFile('migration', 'vlan.yaml');
    const port = async (host: string, name = 'g') =>
      ((await getJson(cloud.socket(host), '/v1/show/lports')) as LportRow[]).find((row) => row.name === name);
    const prepared = (host: string, name = 'g') =>
      eventually(
        () => port(host, name),
        (row) => row !== undefined && ['UP', 'DOWN'].includes(row.state),
      );
    const apply = async (text: string): Promise<void> => {
      const { code, stdout, stderr } = await cloud.apply('h1', text);
      assert.equal(code, 0, stdout + stderr);
    };
    /** Announcements of the guest's MAC since the wire was cleared. */
    const announced = (wire: Wire): number =>
      wire.collect().filter(({ frame }) => frame.readUInt16BE(12) === EtherType.Rarp && decode(frame).eth!.src === MAC).length;
    const known = (): string | undefined =>
      new RegExp(`${MAC} dev (\\S+)`).exec(cloud.sandbox.run(cloud.fabric, 'bridge fdb show br br1'))?.[1];

    await cloud.start(objects, ['b3']);
    await apply(objects);
    await prepared('h1');
    guest.join('g1');
    guest.plug('g1');
    await prepared('h3', 'b3');
    cloud.address('b3');
    await eventually(known, (device) => device === 'h1t');
    const [old, fresh] = [cloud.wire('h1', true), cloud.wire('h2', true)];

    await apply(objects.replace('netns: "@g1"', 'netns: "@g1", migratingTo: h2, migratingNetns: "@g2"'));
    await prepared('h2');
    guest.join('g2');
    fresh.clear();
    old.clear();
    await pause(2500);
    assert.equal(announced(fresh), 0, 'who is about to have it says nothing');
    assert.ok(announced(old) >= 1, 'who has it does');
    await interruptionServers(cloud, 'g');
    const lost = await interruptionOf(cloud, 'b3', '10.0.0.11', async () => {
      guest.plug('g2');
      guest.announce();
      await eventually(
        () => port('h1'),
        (row) => row!.host === 'h2',
      );
      await pause(50);
      old.clear();
      await eventually(known, (device) => device === 'h2t');
    });
    t.diagnostic(`without an answer: ping ${lost.ping} ms, TCP ${lost.tcp} ms, UDP ${Math.round(lost.udp)} ms`);
    for (const what of ['ping', 'tcp', 'udp'] as const) assert.ok(lost[what] < LIMIT_MS, `${what}: ${lost[what]} ms`);
    assert.ok(announced(fresh) >= 3, 'at once, after a second, after two more');
    assert.equal(announced(old), 0);
    assert.equal(known(), 'h2t');
    await cloud.stop();
  } finally {
    etcd?.close();
    cloud.close();
  }
});
