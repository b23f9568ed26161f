import assert from 'node:assert/strict';
import { type Bed, CLIENT, client, type Link, SERVER, server } from '../support/bed.js';
import { EtherType, ethernet, ipv4, Protocol, readIpv4, readPacket, TcpFlag, tcp, tcpFlags, udp } from '../support/packets.js';
import { eventually, pause, scenario } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

const LAB = '1.3.1.1';
const [LAN_OWN, LAB_OWN, WAN_OWN] = ['1.1.100.1', '1.3.100.1', '1.2.100.4'];
const MTU = 1450;
const links: Link[] = [
  { ...client, addresses: [...client.addresses, '1.5.100.9/24'] },
  { name: 'lab', host: 'lab', addresses: [`${LAB}/16`], routes: [`default via ${LAB_OWN}`], mtu: MTU },
  { ...server, routes: [`1.1.0.0/16 via ${WAN_OWN}`, `${LAB_OWN} via ${WAN_OWN}`] },
];
const options = { folder: 'router-voice', links, on: ['tap'], workers: [1, 2] } as const;

interface Told {
  readonly source: string;
  readonly type: number;
  readonly code: number;
  readonly quote: Buffer;
}

/** ICMP errors that a host got. */
function errorsAt(wire: Wire): Told[] {
  return wire
    .collect()
    .flatMap(({ frame }) => readIpv4(frame) ?? [])
    .filter(({ protocol, l4 }) => protocol === Protocol.Icmp && [3, 11].includes(l4[0]!))
    .map(({ source, l4 }) => ({ source, type: l4[0]!, code: l4[1]!, quote: l4.subarray(8) }));
}

function ping(bed: Bed, host: string, words: string): string {
  return bed.on(host, ['sh', '-c', `ping -n -c 1 -W 2 ${words} || true`]);
}

scenario('F26 every address of the router answers echo, from either side, with TTL 1 too', options, async (bed) => {
  for (const own of [LAN_OWN, LAB_OWN, WAN_OWN, '1.5.100.1'])
    for (const words of [own, `-t 1 ${own}`, `-s 1400 ${own}`]) {
      assert.match(ping(bed, 'client', words), new RegExp(`bytes from ${own}: icmp_seq=1 ttl=64`), words);
    }
  assert.match(ping(bed, 'server', `-t 1 ${WAN_OWN}`), new RegExp(`bytes from ${WAN_OWN}: icmp_seq=1 ttl=64`));
  // An answer from an inside address would cross the border (GEN-7).
  assert.doesNotMatch(ping(bed, 'server', `-W 1 ${LAN_OWN}`), /bytes from/);
  assert.equal((await bed.read.drops()).ttl_exceeded ?? 0, 0);
});

scenario('F28 who goes nowhere is told by the code of the reason', options, async (bed) => {
  const mac = bed.gatewayMac('client', LAN_OWN);
  const lan = bed.wire('lan');
  const ask = (destination: string, protocol: number, ttl: number, source = CLIENT): Buffer => {
    const ends = { source, destination };
    const l4 = protocol === Protocol.Udp ? udp(ends, { source: 5000, destination: 9 }, Buffer.alloc(20, 7)) : Buffer.alloc(20);
    const packet = ipv4({ ...ends, protocol, ttl }, l4);
    lan.clear();
    lan.send(ethernet(mac, lan.mac, EtherType.Ipv4, packet));
    return packet;
  };
  for (const [to, protocol, ttl, from, type, code, source] of [
    ['8.8.8.8', Protocol.Udp, 64, LAN_OWN, 3, 0, CLIENT],
    ['8.8.8.8', Protocol.Udp, 1, LAN_OWN, 3, 0, CLIENT],
    ['9.9.1.1', Protocol.Udp, 1, LAN_OWN, 3, 1, CLIENT],
    ['9.9.2.1', Protocol.Udp, 64, LAN_OWN, 3, 13, CLIENT],
    // Of the two addresses of the interface the one in the sender's subnet.
    ['9.9.2.1', Protocol.Udp, 64, '1.5.100.1', 3, 13, '1.5.100.9'],
    [LAB_OWN, Protocol.Gre, 1, LAB_OWN, 3, 2, CLIENT],
    [LAB_OWN, Protocol.Udp, 1, LAB_OWN, 3, 3, CLIENT],
    [LAB, Protocol.Udp, 1, LAN_OWN, 11, 0, CLIENT],
    // Nobody has this address.
    ['1.3.1.99', Protocol.Udp, 64, LAN_OWN, 3, 1, CLIENT],
  ] as const) {
    const sent = ask(to, protocol, ttl, source);
    const [told] = await eventually(
      () => errorsAt(lan),
      ({ length }) => length > 0,
    );
    assert.deepEqual([told!.source, told!.type, told!.code], [from, type, code], `${to} TTL ${ttl}`);
    assert.deepEqual(told!.quote, sent, 'quoted as it was sent');
  }
  ask('9.9.3.1', Protocol.Udp, 64);
  await eventually(
    () => bed.read.drops(),
    (drops) => drops.route_blackhole === 1,
  );
  assert.deepEqual(errorsAt(lan), [], 'a blackhole says nothing');
  assert.deepEqual(lan.verifyChecksums().wrong, []);
});

scenario('F28 kernels take what the router says of its own ports as that: refused', options, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  for (const [peer, own] of [
    [inside, LAN_OWN],
    [inside, LAB_OWN],
    [outside, WAN_OWN],
  ] as const) {
    assert.equal((await peer.ask('askUdp', { to: own, port: 53, octets: 40 })).error, 'ECONNREFUSED');
    assert.equal((await peer.ask('connect', { to: own, port: 22 })).error, 'ECONNREFUSED');
  }
  const drops = await bed.read.drops();
  assert.deepEqual([drops.local_port_unreachable, drops.local_reset], [3, 3]);
});

scenario(
  'F28 ERR-16 a flood of wrong packets is answered as often as the limits allow, and no RST by an RST',
  options,
  async (bed) => {
    const mac = bed.gatewayMac('client', LAN_OWN);
    const lan = bed.wire('lan');
    const ends = { source: CLIENT, destination: LAN_OWN };
    const send = (protocol: number, l4: Buffer): void =>
      lan.send(ethernet(mac, lan.mac, EtherType.Ipv4, ipv4({ ...ends, protocol }, l4)));
    for (const flags of [TcpFlag.Rst, TcpFlag.Rst | TcpFlag.Ack])
      send(Protocol.Tcp, tcp(ends, { source: 4000, destination: 22 }, flags));
    send(Protocol.Tcp, tcp(ends, { source: 4001, destination: 22 }, TcpFlag.Syn));
    await lan.until((frames) => frames.some(({ frame }) => readIpv4(frame)?.protocol === Protocol.Tcp));
    const resets = lan
      .collect()
      .flatMap(({ frame }) => readIpv4(frame) ?? [])
      .filter(({ protocol }) => protocol === Protocol.Tcp);
    assert.deepEqual(
      resets.map((reset) => [reset.destinationPort, tcpFlags(reset)]),
      [[4001, TcpFlag.Rst | TcpFlag.Ack]],
    );
    for (let i = 0; i < 100; i++) send(Protocol.Udp, udp(ends, { source: 6000 + i, destination: 53 }, Buffer.alloc(8)));
    await eventually(
      () => bed.read.drops(),
      (drops) => drops.local_port_unreachable === 100,
    );
    await pause(50);
    const told = errorsAt(lan).length;
    assert.ok(told >= 10 && told <= 40, `${told} of 100 were answered`);
  },
);

scenario('F27 traceroute between inside segments shows the router, then the host', options, async (bed) => {
  for (const [host, hops] of [
    ['client', [LAN_OWN, LAB]],
    ['lab', [LAB_OWN, CLIENT]],
  ] as const) {
    const to = hops[1];
    assert.match(ping(bed, host, `-t 1 ${to}`), new RegExp(`From ${hops[0]} icmp_seq=1 Time to live exceeded`));
    assert.match(ping(bed, host, `-t 2 ${to}`), new RegExp(`bytes from ${to}: icmp_seq=1 ttl=63`));
    const peer = await bed.peer(host);
    const wire = bed.wire(host === 'client' ? 'lan' : 'lab');
    for (const [i, hop] of hops.entries()) {
      bed.on(host, `sysctl -qw net.ipv4.ip_default_ttl=${i + 1}`);
      wire.clear();
      await peer.ask('askUdp', { to, port: 33_434 + i, octets: 32, timeoutMs: 400 });
      const [told, ...more] = errorsAt(wire);
      assert.deepEqual([told?.source, told?.type, told?.code, more.length], [hop, ...(hop === to ? [3, 3] : [11, 0]), 0]);
      assert.equal(readPacket(told!.quote).destinationPort, 33_434 + i);
    }
    bed.on(host, 'sysctl -qw net.ipv4.ip_default_ttl=64');
  }
});

scenario('F29 between segments of 1500 and 1450 octets the smaller is told and TCP completes', options, async (bed) => {
  // The gateway's limit stays; the host's own device takes more, so its MSS does not give the limit away.
  bed.on('lab', 'ip link set lab mtu 1500');
  assert.match(ping(bed, 'client', `-M do -s ${MTU - 28} ${LAB}`), new RegExp(`bytes from ${LAB}`));
  assert.match(
    ping(bed, 'client', `-M do -s ${MTU - 27} ${LAB}`),
    new RegExp(`From ${LAN_OWN} icmp_seq=1 Frag needed and DF set \\(mtu = ${MTU}\\)`),
  );
  assert.match(ping(bed, 'client', `-M dont -s 1472 ${LAB}`), new RegExp(`bytes from ${LAB}`), 'without DF in fragments');
  bed.on('client', 'ip route flush cache');
  const [inside, lab] = [await bed.peer('client'), await bed.peer('lab')];
  await lab.ask('serveTcp', { port: 7000 });
  await inside.ask('serveTcp', { port: 7001 });
  const wire = bed.wire('lan');
  const stream = await inside.ask('connect', { to: LAB, port: 7000, payload: 400_000 });
  assert.deepEqual([stream.error, stream.echoed], ['', 400_000]);
  const back = await lab.ask('connect', { to: CLIENT, port: 7001, payload: 400_000 });
  assert.deepEqual([back.error, back.echoed], ['', 400_000]);
  assert.ok((await bed.read.drops()).fragmentation_needed! > 1);
  assert.match(bed.on('client', `ip route get ${LAB}`), new RegExp(`mtu ${MTU}`));
  for (const { source, type, code } of errorsAt(wire)) assert.deepEqual([source, type, code], [LAN_OWN, 3, 4]);
  assert.match(ping(bed, 'client', SERVER), new RegExp(`bytes from ${SERVER}`));
});
