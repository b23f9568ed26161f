import assert from 'node:assert/strict';
import { type Bed, client, type Link } from '../support/bed.js';
import { readIpv4 } from '../support/packets.js';
import { eventually, pause, scenario } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

const one: Link = { name: 'one', host: 'up1', addresses: ['198.51.100.1/24'], routes: ['192.0.2.0/24 via 198.51.100.2'] };
const two: Link = { name: 'two', host: 'up2', addresses: ['203.0.113.1/24'], routes: ['192.0.2.0/24 via 203.0.113.2'] };
const FLOWS = 30;
const options = { folder: 'nexthop-probes', links: [client, one, two], workers: [1, 2] } as const;

/** True when an echo request is answered. The identifier stays the same, so it is one flow. */
function pings(bed: Bed, to: string): boolean {
  try {
    bed.on('client', `ping -c 1 -W 1 -e 77 ${to}`);
    return true;
  } catch {
    return false;
  }
}

/** Remotes whose echo requests were seen since the last look; the probes themselves are none. */
function asked(wire: Wire): string[] {
  const packets = wire.collect().flatMap(({ frame }) => readIpv4(frame) ?? []);
  wire.clear();
  const requests = packets.filter(
    ({ protocol, l4, destination }) => protocol === 1 && l4[0] === 8 && destination.startsWith('9.'),
  );
  return [...new Set(requests.map(({ destination }) => destination))];
}

const states = async (bed: Bed): Promise<string[]> => {
  const rows = await bed.operator.show('probes');
  return rows.map(({ address, dev, state }) => `${address} ${dev} ${state}`);
};

/** Lines of the log about one next hop. */
function told(bed: Bed, hop: string): string[] {
  const lines = bed.process.stdout.split('\n').filter((line) => line.includes(`"nextHop":"${hop}"`));
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
}

scenario('a next hop whose probes are not answered is passed over while its link is up, and comes back', options, async (bed) => {
  for (const host of ['up1', 'up2']) for (let i = 1; i <= FLOWS; i++) bed.on(host, `ip addr add 9.9.8.${i}/32 dev lo`);
  const [first, second] = [bed.wire('one'), bed.wire('two')];
  const round = (): string[][] => {
    for (let i = 1; i <= FLOWS; i++) assert.ok(pings(bed, `9.9.8.${i}`), `9.9.8.${i}`);
    return [asked(first), asked(second)];
  };
  const up = ['198.51.100.1 one UP', '203.0.113.1 two UP'];
  await eventually(
    () => states(bed),
    (all) => all.join() === up.join(),
  );
  // The hosts get their addresses after the gateway has begun to ask. Commands on hosts keep this process from reading the log.
  await pause(100);
  const [before, beforeOne] = [told(bed, '203.0.113.1').length, told(bed, '198.51.100.1').length];
  const ways = round();
  const [byOne, byTwo] = ways as [string[], string[]];
  assert.equal(byOne.length + byTwo.length, FLOWS);
  assert.ok(byOne.length > 0 && byTwo.length > 0, `${byOne.length} and ${byTwo.length}`);

  bed.on('up2', 'sysctl -qw net.ipv4.icmp_echo_ignore_all=1');
  await eventually(
    () => states(bed),
    (all) => all[1] === '203.0.113.1 two DEAD',
    10_000,
  );
  await eventually(() => pings(bed, byTwo[0]!), Boolean, 10_000);
  asked(first);
  asked(second);
  const [all, none] = round();
  assert.deepEqual([all!.length, none], [FLOWS, []], 'every session goes on by the other upstream');
  const text = await bed.operator.page();
  assert.match(text, /^windrose_nexthop_up\{dev="two",address="203\.0\.113\.1"\} 0$/m);
  assert.match(text, /^windrose_iface_up\{iface="two"\} 1$/m);

  bed.on('up2', 'sysctl -qw net.ipv4.icmp_echo_ignore_all=0');
  await eventually(
    () => states(bed),
    (now) => now.join() === up.join(),
    10_000,
  );
  await eventually(
    () => round(),
    ([, back]) => back!.length === byTwo.length,
    10_000,
  );
  assert.deepEqual(round(), ways, 'the ways of before');
  const died = 'next hop does not answer its probes and is passed over';
  await eventually(
    () => told(bed, '203.0.113.1').slice(before),
    (lines) => lines.join() === [died, 'next hop answers its probes again'].join(),
  );
  assert.deepEqual(told(bed, '198.51.100.1').slice(beforeOne), []);
});
