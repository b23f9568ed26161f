import assert from 'node:assert/strict';
import { type Bed, client, SERVER, server } from '../support/bed.js';
import { Protocol, readIpv4, readPacket } from '../support/packets.js';
import { scenario } from '../support/scenario.js';

const MTU = 1300;
const links = [client, server];

/** The gateway's limit stays; the server's own device takes more, so its MSS does not give the limit away. */
function widen(bed: Bed): void {
  if (bed.kind === 'tap') bed.on('server', 'ip link set wan mtu 1500');
}

scenario(
  'a smaller MTU beyond the gateway is told by ICMP 3/4 and the transfer completes',
  { folder: 'path-mtu', links },
  async (bed) => {
    widen(bed);
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    const lan = bed.wire('lan');
    const stream = await inside.ask('connect', { to: SERVER, port: 7000, payload: 400_000 });
    assert.deepEqual([stream.error, stream.echoed], ['', 400_000]);

    assert.match(bed.on('client', `ip route get ${SERVER}`), new RegExp(`mtu ${MTU}`), "the client's kernel took note");
    const told = lan
      .collect()
      .flatMap(({ frame }) => readIpv4(frame) ?? [])
      .filter(({ protocol }) => protocol === Protocol.Icmp);
    assert.ok(told.length > 0);
    for (const { l4 } of told) {
      assert.deepEqual([l4[0], l4[1], l4.readUInt16BE(6)], [3, 4, MTU]);
      const quoted = readPacket(l4.subarray(8));
      assert.deepEqual(
        [quoted.source, quoted.destination, quoted.destinationPort],
        ['1.1.1.1', SERVER, 7000],
        'quoted as it was sent',
      );
    }
    assert.deepEqual(lan.verifyChecksums().wrong, []);
    assert.ok((await bed.read.drops()).fragmentation_needed! > 0);
  },
);

scenario('a datagram that may be fragmented is, and arrives whole', { folder: 'path-mtu', links }, async (bed) => {
  widen(bed);
  bed.on('client', 'sysctl -qw net.ipv4.ip_no_pmtu_disc=1');
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveUdp', { port: 7001 });
  const wan = bed.wire('wan');
  for (const octets of [1272, 1273, 1400, 1472]) {
    const answer = await inside.ask('askUdp', { to: SERVER, port: 7001, octets });
    assert.deepEqual([answer.error, answer.octets], ['', octets]);
  }
  const packets = wan.collect().flatMap(({ frame }) => readIpv4(frame) ?? []);
  assert.equal(packets.length, 1 + 2 + 2 + 2);
  for (const { totalLength } of packets) assert.ok(totalLength <= MTU);
  const later = packets.filter(({ fragmentOffset }) => fragmentOffset > 0);
  assert.equal(later.length, 3);
  for (const { id, fragmentOffset } of later) {
    const first = packets.find((one) => one.id === id && one.moreFragments && one.fragmentOffset === 0);
    assert.ok(first, 'the same identification as the first fragment');
    assert.equal(fragmentOffset, first.totalLength - 20);
  }
  assert.deepEqual(wan.verifyChecksums().wrong, []);
});
