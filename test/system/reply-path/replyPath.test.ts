import assert from 'node:assert/strict';
import { type Bed, CLIENT, SERVER } from '../support/bed.js';
import { EtherType, ethernet, ipv4, Protocol, readIpv4, TcpFlag, tcp, tcpFlags, tcpOptions } from '../support/packets.js';
import { scenario } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

const PAYLOAD = 60_000;

function checkCapture(wire: Wire, ttl: number): void {
  const packets = wire.collect().flatMap(({ frame }) => readIpv4(frame) ?? []);
  for (const packet of packets) assert.equal(packet.ttl, ttl, `${packet.source} -> ${packet.destination}`);
  const { wrong, right } = wire.verifyChecksums();
  assert.deepEqual(wrong, []);
  assert.ok(right >= packets.length - 4, `tcpdump judged ${right} checksums of ${packets.length} packets`);
}

/** TCP, UDP and ICMP there and back; captures at both hosts are judged by tcpdump. */
async function thereAndBack(bed: Bed): Promise<void> {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  await outside.ask('serveUdp', { port: 7001 });
  const [lan, wan] = [bed.wire('lan'), bed.wire('wan')];
  const stream = await inside.ask('connect', { to: SERVER, port: 7000, payload: PAYLOAD });
  assert.deepEqual([stream.error, stream.echoed], ['', PAYLOAD]);
  for (const octets of [0, 1, 64, 511, 1472]) {
    const answer = await inside.ask('askUdp', { to: SERVER, port: 7001, octets });
    assert.deepEqual([answer.error, answer.octets], ['', octets]);
  }
  bed.on('client', `ping -c 2 -i 0.05 -w 5 ${SERVER}`);
  checkCapture(wan, 63);
  checkCapture(lan, 63);
}

scenario("Z13 payload both ways with the hosts' checksum offload on", { folder: 'reply-path' }, thereAndBack);

scenario("Z13 payload both ways with the hosts' checksum offload off", { folder: 'reply-path' }, async (bed) => {
  bed.on('client', 'ethtool -K lan tx off');
  bed.on('server', 'ethtool -K wan tx off');
  await thereAndBack(bed);
});

scenario('Z32 TCP options, timestamps and MSS pass unchanged and none is added', { folder: 'reply-path' }, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  const [lan, wan] = [bed.wire('lan'), bed.wire('wan')];
  assert.equal((await inside.ask('connect', { to: SERVER, port: 7000, payload: PAYLOAD })).error, '');
  for (const wire of [lan, wan]) {
    const segments = wire.collect().flatMap(({ frame }) => readIpv4(frame) ?? []);
    for (const segment of segments.filter(({ protocol }) => protocol === Protocol.Tcp)) {
      const options = tcpOptions(segment);
      assert.ok(!options.has(200) && !options.has(254), 'no address option');
      assert.ok(options.has(8), 'timestamps on every segment of a Linux host');
      if ((tcpFlags(segment) & TcpFlag.Syn) !== 0) assert.equal(options.get(2)?.readUInt16BE(0), 1460);
    }
  }

  // A segment whose options are known octet for octet: MSS 1234, SACK permitted, timestamps, an unknown kind, window scale 5.
  const known = Buffer.from('020404d2' + '0402080a' + 'deadbeef' + '01020304' + 'fd06abcd' + '12340101' + '03030501', 'hex');
  wan.clear();
  const segment = tcp(
    { source: CLIENT, destination: SERVER },
    { source: 4321, destination: 7999 },
    TcpFlag.Syn,
    new Uint8Array(0),
    known,
  );
  const packet = ipv4({ source: CLIENT, destination: SERVER, protocol: Protocol.Tcp }, segment);
  lan.send(ethernet(bed.gatewayMac('client', '1.1.100.1'), lan.mac, EtherType.Ipv4, packet));
  const frames = await wan.until((all) => all.some(({ frame }) => readIpv4(frame)?.destinationPort === 7999));
  const arrived = frames.flatMap(({ frame }) => readIpv4(frame) ?? []).find(({ destinationPort }) => destinationPort === 7999)!;
  assert.equal(arrived.l4.subarray(20).toString('hex'), known.toString('hex'));
  assert.equal(arrived.l4.readUInt32BE(4), 0x01020304, 'sequence number');
  assert.deepEqual(wan.verifyChecksums().wrong, []);
});
