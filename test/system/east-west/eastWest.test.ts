import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windrose } from '../../cli/program.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, cloudWorkers, type Vm } from '../support/cloud.js';
import { eventually } from '../support/scenario.js';
import { tunnelled } from '../support/tunnelled.js';

const blue = (name: string, host: string, last: number): Vm => ({
  ...{ name, host, mac: `fa:16:3e:00:0a:0${last - 10}`, address: `10.0.0.${last}/24`, gateway: '10.0.0.1' },
});
const orange = (name: string, host: string, last: number): Vm => ({
  ...{ name, host, mac: `fa:16:3e:00:0b:0${last - 20}`, address: `20.0.0.${last}/24`, gateway: '20.0.0.1' },
});
const VMS = [
  blue('a1', 'h1', 11),
  { ...blue('a3', 'h1', 13), packet: true },
  orange('b1', 'h1', 21),
  blue('a2', 'h2', 12),
  orange('b2', 'h2', 22),
];

for (const workers of cloudWorkers(1, 2))
  test(`east-west: every walk of dvr.md 2.1 to 2.4 between real guests on two hosts${workers === 1 ? '' : `, ${workers} workers`}`, {
    skip: netnsSkipReason(),
    timeout: 90_000,
  }, async (t) => {
    const cloud = new Cloud(['h1', 'h2'], VMS, false, '', workers);
    try {
      await cloud.start(scenarioFile('east-west', 'objects.yaml'));
      const [one, other] = [cloud.wire('h1'), cloud.wire('h2')];
      /** What both hosts sent since the last call, h1's first: a wire sees what comes in to the bridge. */
      const crossed = () =>
        [one, other].flatMap((wire) => {
          const frames = tunnelled(wire.collect());
          wire.clear();
          return frames;
        });
      /** Five mebibytes by iperf3. */
      const transfer = async (to: string, address: string, from = 'a1'): Promise<void> => {
        cloud.sandbox.start(cloud.netns(to), 'iperf3 -s -1');
        await eventually(
          () => cloud.on(to, 'ss -Hltn'),
          (listening) => listening.includes(':5201 '),
        );
        assert.match(cloud.on(from, `iperf3 -J -n 5M -c ${address}`), /"bytes":\s*[5-9]\d{6}/);
      };
      const ping = (to: string, count = 2) => cloud.on('a1', `ping -c ${count} -i 0.1 ${count === 1 ? '-W 2' : '-w 5'} ${to}`);

      await t.test(
        'F1 F2 F17 same host: bridged with TTL 64, routed with 63, from the first packet on; nothing on the fabric',
        async () => {
          crossed();
          assert.match(ping('10.0.0.13'), /icmp_seq=1 ttl=64/);
          assert.match(ping('20.0.0.21'), /icmp_seq=1 ttl=63/);
          await transfer('a3', '10.0.0.13');
          await transfer('b1', '20.0.0.21');
          assert.deepEqual(crossed(), []);
        },
      );

      await t.test('F3 another host, same network: VNI 1001, MACs unchanged', () => {
        crossed();
        assert.match(ping('10.0.0.12', 1), /icmp_seq=1 ttl=64/);
        assert.deepEqual(
          crossed().map(({ vni, src, dst }) => [vni, src, dst]),
          [
            [1001, 'fa:16:3e:00:0a:01', 'fa:16:3e:00:0a:02'],
            [1001, 'fa:16:3e:00:0a:02', 'fa:16:3e:00:0a:01'],
          ],
        );
      });

      await t.test(
        'F4 F5 F13 F14 another host, routed: each way at its own host, from its host MAC, in the network of its destination',
        () => {
          crossed();
          assert.match(ping('20.0.0.22', 1), /icmp_seq=1 ttl=63/);
          assert.deepEqual(
            crossed().map(({ vni, src, dst, to }) => [vni, src, dst, to]),
            [
              [1002, 'fa:16:3f:09:34:f2', 'fa:16:3e:00:0b:02', '20.0.0.22'],
              [1001, 'fa:16:3f:4e:4f:98', 'fa:16:3e:00:0a:01', '10.0.0.11'],
            ],
          );
          assert.match(cloud.on('b2', 'ip neigh show 20.0.0.1'), /fa:16:3e:a3:3b:39/);
          assert.match(cloud.on('b1', 'ping -c 1 -W 2 20.0.0.22'), /1 received/);
        },
      );

      await t.test('F11 F20 F21 every guest has the same gateway; no question about anybody crossed the fabric', () => {
        for (const [vm, mac] of [
          ['a1', 'fa:16:3e:3c:74:9c'],
          ['a2', 'fa:16:3e:3c:74:9c'],
          ['b2', 'fa:16:3e:a3:3b:39'],
        ] as const) {
          const gateway = vm.startsWith('a') ? '10.0.0.1' : '20.0.0.1';
          cloud.on(vm, `ping -c 1 -W 2 ${gateway}`);
          assert.match(cloud.on(vm, `ip neigh show ${gateway}`), new RegExp(mac));
        }
        assert.ok(!crossed().some(({ arp }) => arp));
      });

      await t.test('TCP crosses from host to host, and its segments are joined on their way out of the tunnel', async () => {
        const received = () => Number(cloud.on('b2', 'cat /sys/class/net/tap-b2/statistics/rx_packets'));
        const before = received();
        await transfer('b2', '20.0.0.22');
        const frames = received() - before;
        assert.ok(frames < 2500, `${frames} frames of 3,750 segments`);
      });

      await t.test('a port that is a packet device sends and takes as much as a TAP, on this host and across', async () => {
        await transfer('a3', '10.0.0.13');
        await transfer('b2', '20.0.0.22', 'a3');
        await transfer('a3', '10.0.0.13', 'b2');
      });

      await t.test('capture and trace by the name of a port', async () => {
        const asked = ['--socket', cloud.socket('h1')];
        const captured = windrose('capture', 'a1', 'icmp', '--count', '1', '--seconds', '10', ...asked);
        const pinging = cloud.sandbox.start(cloud.netns('a1'), 'ping -i 0.1 10.0.0.13');
        assert.match((await captured).stdout, /IP 10\.0\.0\.11 > 10\.0\.0\.13: ICMP/);
        pinging.kill();
        const elsewhere = await windrose('capture', 'b2', ...asked);
        assert.match(elsewhere.stderr, /port "b2" has no device here: it is bound to host h2\./);
        const traced = await windrose('trace', 'a1', 'icmp', '10.0.0.11', '10.0.0.13', ...asked);
        assert.equal(traced.code, 0, traced.stderr);
        assert.match(traced.stdout, /a3/);
      });

      await t.test('F53 a port that is unbound is gone from both hosts, and its device too; bound again it is back', async () => {
        const objects = scenarioFile('east-west', 'objects.yaml');
        const pinged = () => cloud.on('a2', ['sh', '-c', 'ping -c 1 -W 1 20.0.0.21 || true']);
        assert.match(pinged(), /1 received/);
        cloud.change(objects.replace(/(name: b1, .*), host: h1, tap: tap-b1, netns: "@b1"/, '$1'));
        await eventually(
          () => cloud.on('b1', 'ip -o link'),
          (links) => !links.includes('tap-b1'),
        );
        assert.match(pinged(), /0 received/);
        assert.match(cloud.on('a1', 'ping -c 1 -W 2 20.0.0.22'), /1 received/, 'everybody else goes on');
        cloud.change(objects);
        await eventually(
          () => cloud.on('b1', 'ip -o link'),
          (links) => links.includes('tap-b1'),
        );
        cloud.address('b1');
        await eventually(pinged, (said) => said.includes('1 received'));
      });
      await cloud.stop();
    } finally {
      cloud.close();
    }
  });
