import assert from 'node:assert/strict';
import { checksumHolds, received } from '../../support/fragments.js';
import { type Bed, client, SERVER, server } from '../support/bed.js';
import { arp, EtherType, ethernet, icmp, ipv4, Protocol, readIpv4, udp } from '../support/packets.js';
import { pings } from '../support/pings.js';
import { scenario } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

const links = [client, server];
const options = { folder: 'fragments', links, workers: [1, 2] };
const INSIDE = '1.1.1.9';
const OUTSIDE = '1.2.1.9';
const LOCAL = '1.2.100.1';
const bytes = (n: number): Buffer => Buffer.from(Array.from({ length: n }, (_, i) => (i * 31 + (i >> 8)) & 0xff));

/** Fragments that came in by a link. */
function fragments(wire: Wire, protocol: number): ReturnType<typeof readIpv4>[] {
  return wire
    .collect()
    .flatMap(({ frame }) => readIpv4(frame) ?? [])
    .filter((p) => p.protocol === protocol && (p.moreFragments || p.fragmentOffset > 0));
}

scenario('Z19 FRG-1 FRG-10 large datagrams and pings between two kernels arrive whole, both ways', options, async (bed) => {
  for (const host of ['client', 'server']) bed.on(host, 'sysctl -qw net.ipv4.ip_no_pmtu_disc=1');
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveUdp', { port: 7001 });
  const [lan, wan] = [bed.wire('lan'), bed.wire('wan')];
  for (const octets of [4000, 1473, 4000, 65_507]) {
    const answer = await inside.ask('askUdp', { to: SERVER, port: 7001, octets, timeoutMs: 3000 });
    assert.deepEqual([answer.error, answer.octets], ['', octets]);
  }
  pings(bed, 'client', 5, `-s 4000 ${SERVER}`);
  for (const [wire, protocol] of [
    [lan, Protocol.Udp],
    [wan, Protocol.Udp],
    [lan, Protocol.Icmp],
    [wan, Protocol.Icmp],
  ] as const)
    assert.ok(fragments(wire, protocol).length >= 15, 'they were cut on the way');
  for (const packet of [...fragments(wan, Protocol.Udp), ...fragments(wan, Protocol.Icmp)])
    assert.ok([packet!.source, packet!.destination].includes(LOCAL), 'no inside address outside');
  assert.deepEqual(await dropped(bed), {});
});

/** What was dropped because of fragments. */
async function dropped(bed: Bed): Promise<Record<string, number>> {
  const drops = await bed.read.drops();
  return Object.fromEntries(
    Object.entries(drops).filter(([reason, count]) => reason.startsWith('fragment') && count! > 0),
  ) as Record<string, number>;
}

/** The packet cut into pieces of 1,480 octets, from `from` to `to`, last to first. */
function reversed(
  wire: Wire,
  mac: string,
  ends: { source: string; destination: string; id: number },
  protocol: number,
  l4: Buffer,
) {
  const frames: Buffer[] = [];
  for (let at = 0; at < l4.length; at += 1480) {
    const fields = { ...ends, protocol, fragmentOffset: at, moreFragments: at + 1480 < l4.length };
    frames.unshift(ethernet(mac, wire.mac, EtherType.Ipv4, ipv4(fields, l4.subarray(at, at + 1480))));
  }
  return frames;
}

/** Answers ARP for an address that no kernel has, until `enough` fragments of `protocol` have come; returns the first ones. */
async function gather(wire: Wire, address: string, protocol: number, enough: number): Promise<Buffer[]> {
  const mine = (): Buffer[] =>
    wire.frames
      .map(({ frame }) => frame)
      .filter((frame) => {
        const p = readIpv4(frame);
        return p?.destination === address && p.protocol === protocol && (p.moreFragments || p.fragmentOffset > 0);
      });
  let answered = 0;
  await wire.until((frames) => {
    for (; answered < frames.length; answered++) {
      const { frame } = frames[answered]!;
      if (frame.readUInt16BE(12) !== EtherType.Arp || frame.readUInt16BE(20) !== 1) continue;
      if (frame.subarray(38, 42).join('.') !== address) continue;
      const asker = frame
        .subarray(6, 12)
        .toString('hex')
        .replace(/(..)(?!$)/g, '$1:');
      wire.send(ethernet(asker, wire.mac, EtherType.Arp, arp(2, wire.mac, address, asker, frame.subarray(28, 32).join('.'))));
    }
    return mine().length >= enough;
  }, 5000);
  return mine();
}

function onlyOne(frames: Buffer[], l4Octets: number) {
  const [one, ...more] = received(frames);
  assert.ok(one !== undefined && more.length === 0 && one.segment.length === l4Octets);
  assert.ok(checksumHolds(one.ip, one.segment));
  return { ip: one.ip, l4: Buffer.from(one.segment) };
}

scenario('Z19 FRG-1 FRG-3 4,000 octets of UDP and of ping, last fragment first, both ways', options, async (bed) => {
  const [lan, wan] = [bed.wire('lan'), bed.wire('wan')];
  const lanMac = bed.gatewayMac('client', '1.1.100.1');
  const wanMac = bed.gatewayMac('server', '1.2.100.4');
  const ends = { source: INSIDE, destination: OUTSIDE };
  for (const protocol of [Protocol.Udp, Protocol.Icmp]) {
    for (const wire of [lan, wan]) wire.clear();
    const asked =
      protocol === Protocol.Udp ? udp(ends, { source: 4000, destination: 5000 }, bytes(4000)) : icmp(8, 0, 99, 1, bytes(4000));
    for (const frame of reversed(lan, lanMac, { ...ends, id: 7 }, protocol, asked)) lan.send(frame);
    const there = onlyOne(await gather(wan, OUTSIDE, protocol, 3), asked.length);
    assert.equal(there.ip.src, LOCAL);
    assert.deepEqual(there.l4.subarray(8), asked.subarray(8));

    const back = { source: OUTSIDE, destination: LOCAL };
    const port = there.l4.readUInt16BE(protocol === Protocol.Udp ? 0 : 4);
    const answer =
      protocol === Protocol.Udp ? udp(back, { source: 5000, destination: port }, bytes(3999)) : icmp(0, 0, port, 1, bytes(4000));
    for (const frame of reversed(wan, wanMac, { ...back, id: 9 }, protocol, answer)) wan.send(frame);
    const here = onlyOne(await gather(lan, INSIDE, protocol, 3), answer.length);
    assert.deepEqual([here.ip.src, here.ip.dst, here.ip.id], [OUTSIDE, INSIDE, 9]);
    assert.equal(here.l4.readUInt16BE(protocol === Protocol.Udp ? 2 : 4), protocol === Protocol.Udp ? 4000 : 99);
    assert.deepEqual(here.l4.subarray(8), answer.subarray(8));
  }
  assert.deepEqual(await dropped(bed), {});
});

scenario('FRG-8 two hosts with one IPv4 id at the same time: the receiver mixes nothing', options, async (bed) => {
  const [lan, wan] = [bed.wire('lan'), bed.wire('wan')];
  const mac = bed.gatewayMac('client', '1.1.100.1');
  const sets = [INSIDE, '1.1.1.10', '1.1.1.11'].map((source, i) => {
    const ends = { source, destination: OUTSIDE };
    const l4 = udp(ends, { source: 4000 + i, destination: 5000 }, Buffer.alloc(4000, 0x61 + i));
    return reversed(lan, mac, { ...ends, id: 7 }, Protocol.Udp, l4).reverse();
  });
  for (let part = 0; part < 3; part++) for (const set of sets) lan.send(set[part]!);
  const all = received(await gather(wan, OUTSIDE, Protocol.Udp, 9));
  assert.equal(all.length, 3);
  for (const { ip, segment } of all) {
    assert.ok(checksumHolds(ip, segment));
    assert.equal(new Set(segment.subarray(8)).size, 1, 'the payload is of one host');
  }
});
