import assert from 'node:assert/strict';
import { type Bed, client, type Link, server } from '../support/bed.js';
import { Protocol, readIpv4, readPacket } from '../support/packets.js';
import { pings } from '../support/pings.js';
import { scenario } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

const MTU = 1300;
const OWN = '1.2.100.9';
const PORT = '1.2.100.8';
const callee: Link = { name: 'dmz', host: 'callee', addresses: ['1.3.1.9/16'], routes: ['default via 1.3.100.1'] };
const options = { folder: 'hairpin-errors', links: [client, callee, server], workers: [1, 2] };

/** What the ICMP errors quote that came by a link so far: type, code, MTU, and ends of the quoted packet. */
function errors(wire: Wire): { said: number[]; from: string; source: string; destination: string; port: number }[] {
  return wire
    .collect()
    .flatMap(({ frame }) => readIpv4(frame) ?? [])
    .filter(({ protocol, l4 }) => protocol === Protocol.Icmp && l4[0] === 3)
    .map(({ source: from, l4 }) => {
      const quoted = readPacket(l4.subarray(8));
      return {
        said: [l4[0]!, l4[1]!, l4.readUInt16BE(6)],
        from,
        source: quoted.source,
        destination: quoted.destination,
        port: quoted.destinationPort,
      };
    });
}

/** The callee's own device takes more than the gateway sends it, so its MSS does not give the limit away. */
function widen(bed: Bed): void {
  if (bed.kind === 'tap') bed.on('callee', 'ip link set dmz mtu 1500');
}

scenario('HAI-1 HAI-2 ERR-12 a transfer to another inside host finds the smaller MTU on the way', options, async (bed) => {
  widen(bed);
  const [inside, other] = [await bed.peer('client'), await bed.peer('callee')];
  await other.ask('serveTcp', { port: 7000 });
  const lan = bed.wire('lan');
  for (const [to, port] of [
    [OWN, 7000],
    [PORT, 80],
  ] as const) {
    const stream = await inside.ask('connect', { to, port, payload: 400_000 });
    assert.deepEqual([stream.error, stream.echoed], ['', 400_000]);
    assert.match(bed.on('client', `ip route get ${to}`), new RegExp(`mtu ${MTU}`), "the client's kernel took note");
    const told = errors(lan).filter(({ destination }) => destination === to);
    assert.ok(told.length > 0);
    for (const one of told)
      assert.deepEqual(one, { said: [3, 4, MTU], from: '1.1.100.1', source: '1.1.1.1', destination: to, port }, 'quoted as sent');
  }
  assert.deepEqual(lan.verifyChecksums().wrong, []);
});

scenario('HAI-2 ERR-4 a port nobody listens on is told by the other inside host', options, async (bed) => {
  // The callee would quote a checksum that the client's device was to finish.
  bed.on('client', 'ethtool -K lan tx off');
  const inside = await bed.peer('client');
  const lan = bed.wire('lan');
  const answer = await inside.ask('askUdp', { to: OWN, port: 7999, octets: 100 });
  assert.equal(answer.error, 'ECONNREFUSED', "the client's kernel knows its socket by the quote");
  assert.deepEqual(errors(lan), [{ said: [3, 3, 0], from: OWN, source: '1.1.1.1', destination: OWN, port: 7999 }]);
  pings(bed, 'client', 3, `-s 4000 ${OWN}`);
  assert.deepEqual(lan.verifyChecksums().wrong, []);
});
