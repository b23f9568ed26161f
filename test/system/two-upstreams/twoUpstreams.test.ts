import assert from 'node:assert/strict';
import { type Bed, client, type Link } from '../support/bed.js';
import { readIpv4 } from '../support/packets.js';
import { eventually, scenario } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

const one: Link = { name: 'one', host: 'up1', addresses: ['198.51.100.1/24'], routes: ['192.0.2.0/24 via 198.51.100.2'] };
const two: Link = { name: 'two', host: 'up2', addresses: ['203.0.113.1/24'], routes: ['192.0.2.0/24 via 203.0.113.2'] };
const inside: Link = { ...client, addresses: ['1.1.1.1/16', '1.1.2.1/16'] };
const REMOTE = '9.9.9.9';
const FLOWS = 40;
const options = { folder: 'two-upstreams', links: [inside, one, two], workers: [1, 2] } as const;

/** Both upstreams know the remotes. */
function remotes(bed: Bed): void {
  for (const host of ['up1', 'up2']) {
    bed.on(host, `ip addr add ${REMOTE}/32 dev lo`);
    for (let i = 1; i <= FLOWS; i++) bed.on(host, `ip addr add 9.9.8.${i}/32 dev lo`);
  }
}

/** True when an echo request is answered. The identifier stays the same, so it is one flow. */
function pings(bed: Bed, to: string): boolean {
  try {
    bed.on('client', `ping -c 1 -W 1 -e 77 -I 1.1.1.1 ${to}`);
    return true;
  } catch {
    return false;
  }
}

/** Destinations of the echo requests that were seen since the last look. */
function asked(wire: Wire): string[] {
  const packets = wire.collect().flatMap(({ frame }) => readIpv4(frame) ?? []);
  wire.clear();
  return packets.filter(({ protocol, l4 }) => protocol === 1 && l4[0] === 8).map(({ destination }) => destination);
}

scenario('F77 of two routes the one of least metric is used while its device is up', options, async (bed) => {
  remotes(bed);
  const [first, second] = [bed.wire('one'), bed.wire('two')];
  for (let i = 0; i < 3; i++) assert.ok(pings(bed, REMOTE));
  assert.deepEqual([asked(first).length, asked(second).length], [3, 0]);

  bed.on('up1', 'ip link set one down');
  await eventually(() => pings(bed, REMOTE), Boolean, 10_000);
  assert.ok(asked(second).length > 0, 'the other upstream');

  bed.on('up1', 'ip link set one up');
  bed.on('up1', 'ip route replace 192.0.2.0/24 via 198.51.100.2');
  await eventually(
    () => {
      pings(bed, REMOTE);
      return asked(second).length;
    },
    (seen) => seen === 0,
    10_000,
  );
  assert.ok(pings(bed, REMOTE));
});

scenario('F75 F33 a rule sends the hosts of one prefix by the other upstream', options, async (bed) => {
  remotes(bed);
  const [first, second] = [bed.wire('one'), bed.wire('two')];
  bed.on('client', `ping -c 2 -i 0.1 -w 5 -I 1.1.1.1 ${REMOTE}`);
  assert.deepEqual([asked(first).length, asked(second).length], [2, 0]);
  bed.on('client', `ping -c 2 -i 0.1 -w 5 -I 1.1.2.1 ${REMOTE}`);
  assert.deepEqual([asked(first).length, asked(second).length], [0, 2]);
});

scenario(
  'F74 multipath: both next hops are used, a flow keeps its own, one that is down is passed over',
  options,
  async (bed) => {
    remotes(bed);
    const [first, second] = [bed.wire('one'), bed.wire('two')];
    const round = (): string[][] => {
      for (let i = 1; i <= FLOWS; i++) assert.ok(pings(bed, `9.9.8.${i}`), `9.9.8.${i}`);
      return [[...new Set(asked(first))], [...new Set(asked(second))]];
    };
    const ways = round();
    const [byOne, byTwo] = ways as [string[], string[]];
    assert.equal(byOne.length + byTwo.length, FLOWS);
    // Each with a chance of a half: fewer than five of forty come once in ten million runs.
    assert.ok(byOne.length >= 5 && byTwo.length >= 5, `${byOne.length} and ${byTwo.length} of ${FLOWS}`);
    assert.deepEqual(round(), ways, 'the same ways again');
    bed.on('up2', 'ip link set two down');
    await eventually(() => pings(bed, byTwo[0]!), Boolean, 10_000);
    asked(first);
    assert.equal(round()[0]!.length, FLOWS);
  },
);
