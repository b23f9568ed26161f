import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { test } from 'node:test';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, cloudWorkers } from '../support/cloud.js';
import { arp, EtherType, ethernet, ipv4, Protocol, udp } from '../support/packets.js';
import { eventually, pause } from '../support/scenario.js';
import { Wire } from '../support/wire.js';
import { GUESTS, RIF_MACS } from './guests.js';

const ALL = 'ff:ff:ff:ff:ff:ff';
const [A1, A2] = ['fa:16:3e:00:0a:01', 'fa:16:3e:00:0a:02'];
const [D1, D2] = ['fa:16:3f:09:34:f2', 'fa:16:3f:4e:4f:98'];
const NEVER = 'never to be seen';

function data(source: string, destination: string, mark = NEVER): Buffer {
  const ends = { source: '10.0.0.12', destination: '10.0.0.11' };
  const packet = udp(ends, { source: 1, destination: 2 }, Buffer.from(mark));
  return ethernet(destination, source, EtherType.Ipv4, ipv4({ ...ends, protocol: Protocol.Udp }, packet));
}

/** Seconds of mixed load; the soak sets more (D22). */
const SECONDS = Number(process.env.WINDROSE_SOAK_SECONDS ?? '4');

test('what no host would send, and what no host sends', {
  skip: netnsSkipReason(),
  timeout: (60 + 2 * SECONDS) * 1000,
}, async (t) => {
  const cloud = new Cloud(['h1', 'h2', 'h3'], GUESTS, true, '', cloudWorkers(2)[0]);
  let forger: Wire | undefined;
  try {
    await cloud.start(scenarioFile('fabric-rules', 'objects.yaml'));
    const macOf = (host: string) => /link\/ether (\S+)/.exec(cloud.sandbox.run(cloud.netns(host), 'ip link show fab'))![1]!;
    const target = macOf('h1');
    forger = new Wire(cloud.netns('h2'), 'fab');
    /** A frame in a tunnel to h1, as if the host with this endpoint had sent it. */
    const forge = (inner: Buffer, vni = 1001, from = '192.0.2.2'): void => {
      const header = Buffer.alloc(8);
      header[0] = 8;
      header.writeUInt32BE(vni << 8, 4);
      const ends = { source: from, destination: '192.0.2.1' };
      const outer = udp(ends, { source: 50_000, destination: 4789 }, Buffer.concat([header, inner]));
      forger!.send(ethernet(target, forger!.mac, EtherType.Ipv4, ipv4({ ...ends, protocol: Protocol.Udp }, outer)));
    };
    const near = GUESTS.filter(({ host }) => host === 'h1').map(({ name }) => cloud.guestWire(name));
    const wire = cloud.wire('h1');
    let before = await cloud.drops('h1');
    /** `others`: of that reason, which come meanwhile at most. */
    const expectDrop = async (reason: string, send: () => void, times = 1, others = 0): Promise<void> => {
      for (let n = 0; n < times; n++) send();
      const since = (drops: Record<string, number>): number => (drops[reason] ?? 0) - (before[reason] ?? 0);
      await eventually(
        () => cloud.drops('h1'),
        (drops) => since(drops) >= times,
      );
      await pause(150);
      const after = await cloud.drops('h1');
      const more = since(after);
      assert.ok(more >= times && more <= times + others, `${reason}: ${more} more, ${JSON.stringify(after)}`);
      before = after;
      for (const one of [...near, wire])
        for (const { frame } of one.collect()) assert.ok(!frame.includes(NEVER), `${reason}: seen all the same`);
    };

    await t.test('what a peer may send arrives', async () => {
      forge(data(A2, A1, 'to be seen'));
      await pause(150);
      assert.equal(near[0]!.collect().filter(({ frame }) => frame.includes('to be seen')).length, 1);
    });

    await t.test('F15 to or from the MAC of a router interface', async () => {
      await expectDrop('rif_dst_from_fabric', () => forge(data(A2, RIF_MACS[0])));
      await expectDrop('rif_src_from_fabric', () => forge(data(RIF_MACS[0], A1)));
    });

    await t.test('F16 routed by a peer, to somebody who is not here: neither flooded nor sent on', async () => {
      await expectDrop('peer_routed_unknown_dst', () => forge(data(D2, '02:00:00:00:00:77')));
      await expectDrop('peer_routed_unknown_dst', () => forge(data(D2, A2)));
    });

    await t.test('its own host MAC, a gateway that speaks through the fabric, another endpoint, an unknown network', async () => {
      await expectDrop('own_hostmac_loop', () => forge(data(D1, A1)));
      await expectDrop('split_horizon', () => forge(data('fa:16:3e:00:0a:77', A2)));
      const claim = arp(1, RIF_MACS[0], '10.0.0.1', '00:00:00:00:00:00', '10.0.0.11');
      await expectDrop('rif_src_from_fabric', () => forge(ethernet(ALL, RIF_MACS[0], EtherType.Arp, claim)));
      // Hosts announce MACs on VLANs that this one has not.
      await expectDrop('network_unknown', () => forge(data(A2, A1), 999), 20, 5);
      await expectDrop('vtep_unknown', () => forge(data(A2, A1), 1001, '192.0.2.77'));
    });

    await t.test(`F14 no MAC of a router interface is on the fabric in ${SECONDS} s of everything`, async () => {
      const listeners = ['h1', 'h2'].flatMap((host) => {
        // A filter sees what a tunnel carries only of single datagrams.
        cloud.sandbox.run(cloud.netns(host), 'ethtool -K fab tx-udp-segmentation off');
        return [
          cloud.sandbox.start(cloud.fabric, ['tcpdump', '-nn', '-q', '-l', '-i', host, inTunnels()]),
          cloud.sandbox.start(cloud.fabric, [
            'tcpdump',
            '-nn',
            '-q',
            '-l',
            '-i',
            `${host}t`,
            RIF_MACS.map((mac) => `ether host ${mac}`).join(' or '),
          ]),
        ];
      });
      const heard = ['', '', '', ''];
      for (const [i, one] of listeners.entries())
        one.stdout!.on('data', (text: Buffer) => {
          heard[i] += text.toString();
        });
      await Promise.all(listeners.map((one) => new Promise((ready) => one.stderr!.once('data', ready))));
      const control = cloud.sandbox.start(cloud.fabric, ['tcpdump', '-nn', '-q', '-l', '-c', '1', '-i', 'h1', inTunnels([D1])]);
      const seen = new Promise<void>((resolve) => control.stdout!.once('data', () => resolve()));
      await new Promise((ready) => control.stderr!.once('data', ready));
      await everything(cloud);
      await seen;
      assert.deepEqual(heard, ['', '', '', '']);
    });
    await cloud.stop();
  } finally {
    forger?.close();
    cloud.close();
  }
});

/** tcpdump's filter for these MACs as destination or source behind outer Ethernet, IPv4, UDP and VXLAN headers. */
function inTunnels(macs: readonly string[] = RIF_MACS): string {
  const words = macs.map((mac) => mac.replaceAll(':', ''));
  const one = (hex: string, at: number) => `(ether[${at}:4] = 0x${hex.slice(0, 8)} and ether[${at + 4}:2] = 0x${hex.slice(8)})`;
  return `udp dst port 4789 and (${words.flatMap((hex) => [one(hex, 50), one(hex, 56)]).join(' or ')})`;
}

/** TCP and pings bridged and routed over tunnels and the trunk, questions for who is not there, broadcasts, errors of routers. */
async function everything(cloud: Cloud): Promise<void> {
  const servers = ['a2', 'b2', 'c2', 'g2'];
  for (const one of servers) unread(cloud.sandbox.start(cloud.netns(one), 'iperf3 -s'));
  await pause(500);
  const runs = [
    ['a1', `iperf3 -c 20.0.0.22 -t ${SECONDS} -b 100M`],
    ['a3', `iperf3 -c 10.0.0.12 -t ${SECONDS} -b 100M`],
    ['c1', `iperf3 -c 30.0.0.32 -t ${SECONDS} -b 100M`],
    ['g1', `iperf3 -c 40.0.0.42 -t ${SECONDS} -u -b 20M -l 400`],
    ['a1', `ping -i 0.05 -w ${SECONDS} 40.0.0.42`],
    ['a2', `ping -i 0.05 -w ${SECONDS} 20.0.0.99`],
    ['b2', `ping -i 0.05 -w ${SECONDS} 10.0.0.77`],
    ['a3', `ping -i 0.05 -w ${SECONDS} -t 1 20.0.0.22`],
    ['c1', `ping -i 0.05 -w ${SECONDS} 99.0.0.1`],
    ['c1', `ping -i 0.05 -w ${SECONDS} 10.0.0.12`],
    ['a1', `ping -b -i 0.1 -w ${SECONDS} 10.0.0.255`],
  ] as const;
  await Promise.all(
    runs.map(([guest, command]) => {
      const child = unread(cloud.sandbox.start(cloud.netns(guest), command));
      return new Promise((resolve) => child.once('exit', resolve));
    }),
  );
}

/** Nobody reads what it prints, which would stop it when the pipe is full. */
function unread(child: ChildProcess): ChildProcess {
  child.stdout!.resume();
  child.stderr!.resume();
  return child;
}
