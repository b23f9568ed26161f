import assert from 'node:assert/strict';
import { type Bed, CLIENT, SERVER } from '../support/bed.js';
import {
  checksum,
  EtherType,
  ethernet,
  type Ipv4Packet,
  icmp,
  ipv4,
  Protocol,
  readIpv4,
  readPacket,
  TcpFlag,
  tcp,
  udp,
} from '../support/packets.js';
import { Peer } from '../support/peer.js';
import { eventually, scenario } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

const GATEWAY = '1.1.100.1';
const FAR = '9.9.0.2';
const MTU = 1000;
const LOCAL = ['1.2.100.1', '1.2.100.2'];
const both = { folder: 'icmp-errors', workers: [1, 2] };

/** Makes the server a router with a host behind it, and the way there narrower than any device says. Returns that host's namespace. */
function extend(bed: Bed): string {
  const far = bed.sandbox.namespace('far');
  const server = bed.netns('server');
  bed.sandbox.veth({ netns: server, device: 'far' }, { netns: far, device: 'far' });
  bed.on('server', 'ip addr add 9.9.0.1/24 dev far');
  bed.on('server', `ip route add ${FAR}/32 dev far mtu lock ${MTU}`);
  // Errors as many as the test asks for: the kernel sends one a second.
  bed.on('server', 'sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0');
  bed.sandbox.run(far, `ip addr add ${FAR}/24 dev far`);
  bed.sandbox.run(far, 'ip route add default via 9.9.0.1');
  bed.sandbox.run(far, 'sysctl -qw net.ipv4.icmp_ratelimit=0');
  return far;
}

/**
 * A host that gets a datagram whose checksum the sender's device was to finish quotes it unfinished, and nobody can tell: so that
 * quotes can be checked, the sender finishes its own.
 */
function finishChecksums(bed: Bed, host: string, device: string): void {
  bed.on(host, `ethtool -K ${device} tx off`);
}

interface Seen extends Ipv4Packet {
  readonly type: number;
  readonly code: number;
  /** The quoted packet. */
  readonly quote: Buffer;
}

/** ICMP errors a host got, oldest first. */
function errorsAt(wire: Wire): Seen[] {
  return wire
    .collect()
    .flatMap(({ frame }) => readIpv4(frame) ?? [])
    .filter(({ protocol, l4 }) => protocol === Protocol.Icmp && [3, 11].includes(l4[0]!))
    .map((packet) => ({ ...packet, type: packet.l4[0]!, code: packet.l4[1]!, quote: packet.l4.subarray(8) }));
}

/** A field of the kernel's ICMP statistics on a host. */
function icmpCount(bed: Bed, host: string, field: 'InErrors' | 'InCsumErrors' | 'InTimeExcds' | 'InDestUnreachs'): number {
  const [names, values] = bed
    .on(host, 'cat /proc/net/snmp')
    .split('\n')
    .filter((line) => line.startsWith('Icmp:'))
    .map((line) => line.split(/\s+/));
  return Number(values![names!.indexOf(field)]);
}

/** No error was for a socket or a connection that the kernel did not find. */
function allAccepted(bed: Bed, host: string): void {
  for (const field of ['InErrors', 'InCsumErrors'] as const) assert.equal(icmpCount(bed, host, field), 0, `${field} of ${host}`);
}

/** The packet as it is one router further on. */
function aHopOn(packet: Buffer): Buffer {
  const out = Buffer.from(packet);
  out[8]! -= 1;
  out.writeUInt16BE(0, 10);
  out.writeUInt16BE(checksum(out.subarray(0, (out[0]! & 15) * 4)), 10);
  return out;
}

scenario('Z18 traceroute from inside shows the hops, by UDP and by ICMP', both, async (bed) => {
  extend(bed);
  finishChecksums(bed, 'client', 'lan');
  const inside = await bed.peer('client');
  const lan = bed.wire('lan');
  const hops = [GATEWAY, SERVER, FAR];
  for (const [i, hop] of hops.entries()) {
    bed.on('client', `sysctl -qw net.ipv4.ip_default_ttl=${i + 1}`);
    lan.clear();
    const answer = await inside.ask('askUdp', { to: FAR, port: 33_434 + i, octets: 32, timeoutMs: 500 });
    const last = hop === FAR;
    assert.equal(answer.error, last ? 'ECONNREFUSED' : 'ETIMEDOUT');
    const [told, ...more] = errorsAt(lan);
    assert.deepEqual([told?.source, told?.destination, told?.type, told?.code], [hop, CLIENT, ...(last ? [3, 3] : [11, 0])]);
    assert.equal(more.length, 0);
    const quoted = readPacket(told!.quote);
    assert.deepEqual([quoted.source, quoted.destination, quoted.destinationPort], [CLIENT, FAR, 33_434 + i]);
  }
  assert.equal(icmpCount(bed, 'client', 'InTimeExcds'), 2);
  for (const [i, hop] of hops.entries()) {
    const said = bed.on('client', ['sh', '-c', `ping -n -c 1 -W 2 -t ${i + 1} ${FAR} || true`]);
    assert.match(said, new RegExp(hop === FAR ? `bytes from ${FAR}` : `From ${hop} icmp_seq=1 Time to live exceeded`));
  }
  allAccepted(bed, 'client');
  assert.deepEqual(lan.verifyChecksums().wrong, []);
});

scenario('Z18 ERR-9 a TCP transfer through a smaller MTU beyond the gateway completes', both, async (bed) => {
  const outside = await Peer.start(extend(bed));
  const inside = await bed.peer('client');
  const lan = bed.wire('lan');
  await outside.ask('serveTcp', { port: 7000 });
  const stream = await inside
    .ask('connect', { to: FAR, port: 7000, payload: 400_000, timeoutMs: 10_000 })
    .finally(() => outside.close());
  assert.deepEqual([stream.error, stream.echoed], ['', 400_000]);
  assert.match(bed.on('client', `ip route get ${FAR}`), new RegExp(`mtu ${MTU}`), "the client's kernel took note");
  const told = errorsAt(lan);
  assert.ok(told.length > 0);
  for (const { source, type, code, l4, quote } of told) {
    assert.deepEqual([source, type, code, l4.readUInt16BE(6)], [SERVER, 3, 4, MTU]);
    const quoted = readPacket(quote);
    assert.deepEqual([quoted.source, quoted.destination, quoted.destinationPort], [CLIENT, FAR, 7000]);
  }
  allAccepted(bed, 'client');
  assert.deepEqual(lan.verifyChecksums().wrong, []);
});

scenario('Z18 ERR-3 ERR-5 what an error quotes to the client is what it sent, octet by octet', both, async (bed) => {
  extend(bed);
  const mac = bed.gatewayMac('client', GATEWAY);
  const lan = bed.wire('lan');
  const ends = { source: CLIENT, destination: FAR };
  const big = Buffer.alloc(1300, 0x42);
  const options = Buffer.from([1, 1, 1, 0]);
  const datagram = udp(ends, { source: 5001, destination: 7 }, big);
  const unsummed = Buffer.from(datagram);
  unsummed.writeUInt16BE(0, 6);
  const sent: [Parameters<typeof ipv4>[0], Buffer][] = [
    [{ ...ends, protocol: Protocol.Udp, dontFragment: true }, udp(ends, { source: 5000, destination: 7 }, big)],
    [{ ...ends, protocol: Protocol.Udp, dontFragment: true, options }, datagram],
    [{ ...ends, protocol: Protocol.Udp, dontFragment: true, options }, unsummed],
    [{ ...ends, protocol: Protocol.Tcp, dontFragment: true }, tcp(ends, { source: 5000, destination: 7 }, TcpFlag.Syn, big)],
    [{ ...ends, protocol: Protocol.Icmp, dontFragment: true }, icmp(8, 0, 5000, 1, big)],
    [{ ...ends, protocol: Protocol.Udp, ttl: 2 }, udp(ends, { source: 5002, destination: 7 }, Buffer.alloc(20, 1))],
    [{ ...ends, protocol: Protocol.Tcp, ttl: 2 }, tcp(ends, { source: 5002, destination: 7 }, TcpFlag.Syn)],
    [{ ...ends, protocol: Protocol.Icmp, ttl: 2 }, icmp(8, 0, 5002, 1)],
  ];
  for (const [fields, l4] of sent) {
    lan.clear();
    const packet = ipv4(fields, l4);
    lan.send(ethernet(mac, lan.mac, EtherType.Ipv4, packet));
    const [told] = await eventually(
      () => errorsAt(lan),
      ({ length }) => length > 0,
    );
    assert.equal(told!.source, SERVER);
    const expected = aHopOn(packet);
    assert.ok(told!.quote.length >= 28);
    assert.deepEqual(told!.quote, expected.subarray(0, told!.quote.length));
    assert.deepEqual(lan.verifyChecksums().wrong, []);
  }
});

scenario('ERR-3 a closed port outside is ECONNREFUSED to a UDP socket inside', both, async (bed) => {
  const inside = await bed.peer('client');
  for (let i = 0; i < 5; i++) {
    const answer = await inside.ask('askUdp', { to: SERVER, port: 9, octets: 100 + i });
    assert.equal(answer.error, 'ECONNREFUSED');
  }
  allAccepted(bed, 'client');
});

scenario(
  'ERR-4 GEN-7 an error of an inside host reaches whom it is for, from the local address of the session',
  both,
  async (bed) => {
    finishChecksums(bed, 'server', 'wan');
    const outside = await bed.peer('server');
    await outside.ask('serveUdp', { port: 7001 });
    const mac = bed.gatewayMac('client', GATEWAY);
    const [lan, wan] = [bed.wire('lan'), bed.wire('wan')];
    const ends = { source: CLIENT, destination: SERVER };
    // Nobody on the client waits for the answer, so its kernel refuses it.
    const datagram = udp(ends, { source: 5005, destination: 7001 }, Buffer.alloc(64, 0x31));
    lan.send(ethernet(mac, lan.mac, EtherType.Ipv4, ipv4({ ...ends, protocol: Protocol.Udp }, datagram)));
    const [told] = await eventually(
      () => errorsAt(wan),
      ({ length }) => length > 0,
    );
    assert.ok(LOCAL.includes(told!.source), `from ${told!.source}`);
    const [got] = await outside.ask('received', null);
    const quoted = readPacket(told!.quote);
    assert.deepEqual([told!.destination, told!.type, told!.code], [SERVER, 3, 3]);
    assert.deepEqual([quoted.source, quoted.sourcePort], [SERVER, 7001]);
    assert.equal(`${quoted.destination}:${quoted.destinationPort}`, got!.from);
    assert.equal(quoted.destination, told!.source);
    await eventually(
      () => icmpCount(bed, 'server', 'InDestUnreachs'),
      (count) => count === 1,
    );
    allAccepted(bed, 'server');
    for (const { frame } of wan.collect())
      assert.equal(frame.includes(Buffer.from([1, 1, 1, 1])), false, 'nothing shows the inside');
    assert.deepEqual(wan.verifyChecksums().wrong, []);
  },
);
