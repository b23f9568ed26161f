import assert from 'node:assert/strict';
import { Session } from '../../src/tables/sessions.js';
import { natZone } from '../resolve/natZone.js';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, echoOut, inward, outward, PAYLOAD, tcpOut, udpOut } from '../support/flows.js';
import { eth, icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { GW, REMOTE, UPSTREAM } from '../support/sample.js';
import { partial, readVirtio, tso, uso } from '../support/virtio.js';
import { worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

const HOST = '10.0.0.5';

worldTest('Z13 FWD-3 reply path: payload both ways, addresses and ports restored, TTL one less each way', {}, (w) => {
  for (const frame of [udpOut(HOST, 4000), tcpOut(HOST, 4000, 'S'), echoOut(HOST, 4000)]) {
    w.send('lan', frame);
    const out = w.one('wan');
    const said = expectFrame(out, eth({ dst: macOf(UPSTREAM), src: GW.wan }), ipv4({ dst: REMOTE, ttl: 63 }));
    assert.ok(['192.0.2.10', '192.0.2.11', '192.0.2.12'].includes(said.ipv4!.src));
    w.send('wan', answerTo(out, {}, { ttl: 50 }));
    const back = w.one('lan');
    expectFrame(back, eth({ dst: macOf(HOST), src: GW.lan }), ipv4({ src: REMOTE, dst: HOST, ttl: 49 }), raw(PAYLOAD));
    assert.equal(decode(back.octets).tcp?.dport ?? decode(back.octets).udp?.dport ?? decode(back.octets).icmp?.id, 4000);
  }
  assert.equal(w.count('translated'), 6);
});

worldTest('Z32 TCP-12 options, sequence numbers, window and payload pass unchanged; no option is added', {}, (w) => {
  const options = [2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7];
  w.send('lan', tcpOut(HOST, 4000, 'S', REMOTE, { options, seq: 0x89ab_cdef, window: 29_200 }));
  expectFrame(w.one('wan'), tcp({ flags: 'S', options, seq: 0x89ab_cdef, ack: 0, window: 29_200, dport: 80 }));
});

worldTest('FWD-9 DSCP, ECN, DF and IP id are preserved', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000, REMOTE, {}, { tos: 0xb9, df: true, id: 0xbeef }));
  expectFrame(w.one('wan'), ipv4({ tos: 0xb9, df: true, id: 0xbeef }));
});

worldTest('FWD-8 harmless options pass and the L4 offset follows the header length', {}, (w) => {
  for (const options of [
    [1, 1, 1, 0],
    [148, 4, 0, 0],
    [68, 8, 5, 0, 0, 0, 0, 0],
    [7, 7, 4, 0, 0, 0, 0],
    [30, 4, 1, 2],
  ]) {
    w.send('lan', udpOut(HOST, 4000, REMOTE, {}, { options }));
    const said = expectFrame(w.one('wan'), udp({ dport: 5000 }), raw(PAYLOAD));
    assert.deepEqual(said.ipv4!.options.slice(0, options.length), options);
  }
});

worldTest('FWD-2 octets behind the total length are not sent on', {}, (w) => {
  w.send('lan', packet(udpOut(HOST, 4000), new Uint8Array(20).fill(0xee)));
  assert.equal(w.one('wan').octets.length, 14 + 20 + 8 + PAYLOAD.length);
});

worldTest('UDP-1 CKS-2 a UDP checksum of 0 stays 0 both ways; UDP-3 an empty datagram passes', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000, REMOTE, { checksum: 'none' }));
  const out = w.one('wan');
  expectFrame(out, udp({ checksum: 0 }));
  const d = decode(out.octets);
  w.send(
    'wan',
    packet(inward(), ipv4({ src: REMOTE, dst: d.ipv4!.src }), udp({ sport: 5000, dport: d.udp!.sport, checksum: 'none' }), ''),
  );
  expectFrame(w.one('lan'), udp({ dport: 4000, checksum: 0, length: 8 }));
});

worldTest('CKS-2 a UDP checksum that comes out as 0 is sent as ffff', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  const before = decode(w.one('wan').octets);
  // Choose the payload so that the translated checksum is 0: the sum of the old one moves into the payload.
  const known = before.udp!.checksum;
  const words = new TextEncoder().encode(PAYLOAD);
  const first = words[0]! * 256 + words[1]!;
  const wanted = (first + known) % 0xffff;
  words[0] = wanted >> 8;
  words[1] = wanted & 0xff;
  w.send('lan', packet(outward(HOST), ipv4({ src: HOST, dst: REMOTE }), udp({ sport: 4000, dport: 5000 }), words));
  expectFrame(w.one('wan'), udp({ checksum: 0xffff }));
});

worldTest('CKS-3 CKS-7 a wrong L4 checksum stays wrong', { wrongChecksums: true }, (w) => {
  w.send('lan', udpOut(HOST, 4000, REMOTE), udpOut(HOST, 4000, REMOTE, { checksum: 0x1111 }));
  const [good, bad] = w.sent('wan').map((frame) => decode(frame.octets).udp!.checksum);
  w.send('lan', udpOut(HOST, 4000, REMOTE, { checksum: 0x1112 }));
  assert.equal(decode(w.one('wan').octets).udp!.checksum, bad! + 1);
  assert.notEqual(good, bad);
});

worldTest('OFF-2 OFF-4 a partial checksum takes the addresses and never the ports, both ways', {}, (w) => {
  for (const [frame, at] of [
    [udpOut(HOST, 4000, REMOTE, { checksum: 'partial' }), 6],
    [tcpOut(HOST, 4000, 'S', REMOTE, { checksum: 'partial' }), 16],
  ] as const) {
    w.send('lan', { octets: frame, virtio: partial(34, at) });
    const out = w.one('wan');
    assert.deepEqual(readVirtio(out.virtio!), readVirtio(partial(34, at)));
    const d = decode(out.octets);
    const l4 = d.udp
      ? udp({ sport: 5000, dport: d.udp.sport, checksum: 'partial' })
      : tcp({ sport: 80, dport: d.tcp!.sport, flags: 'SA', checksum: 'partial' });
    w.send('wan', { octets: packet(inward(), ipv4({ src: REMOTE, dst: d.ipv4!.src }), l4, PAYLOAD), virtio: partial(34, at) });
    const back = w.one('lan');
    assert.ok(readVirtio(back.virtio!).needsChecksum);
    expectFrame(back, ipv4({ dst: HOST }), raw(PAYLOAD));
  }
});

worldTest('OFF-3 DATA_VALID is cleared when the frame is sent', {}, (w) => {
  const virtio = new Uint8Array(10);
  virtio[0] = 2;
  w.send('lan', { octets: udpOut(HOST, 4000), virtio });
  assert.deepEqual(Array.from(w.one('wan').virtio!), new Array(10).fill(0));
});

worldTest(
  'OFF-7 OFF-14 a TCP super-frame passes whole: one rewrite, lengths and offload fields kept, segments counted',
  {},
  (w) => {
    w.send('lan', tcpOut(HOST, 4000, 'S'));
    w.send('wan', answerTo(w.one('wan')));
    w.sent('lan');
    const payload = Uint8Array.from({ length: 60_000 }, (_, i) => i * 7);
    const frame = packet(
      outward(HOST),
      ipv4({ src: HOST, dst: REMOTE, df: true }),
      tcp({ sport: 4000, dport: 80, flags: 'AP', checksum: 'partial' }),
      payload,
    );
    const before = w.rifTotal(5);
    w.send('lan', { octets: frame, virtio: tso(1448) });
    const out = w.one('wan');
    assert.deepEqual(readVirtio(out.virtio!), readVirtio(tso(1448)));
    expectFrame(out, ipv4({ ttl: 63, totalLength: 60_040 }), tcp({ flags: 'AP', dport: 80 }), raw(payload));
    assert.equal(w.rifTotal(5) - before, Math.ceil(60_000 / 1448));
  },
);

worldTest('OFF-10 OFF-11 UDP super-frames and the ECN bit of TCP ones pass', {}, (w) => {
  const payload = new Uint8Array(12_000).fill(3);
  const frame = packet(
    outward(HOST),
    ipv4({ src: HOST, dst: REMOTE }),
    udp({ sport: 4000, dport: 443, checksum: 'partial' }),
    payload,
  );
  w.send('lan', { octets: frame, virtio: uso(1200) });
  assert.deepEqual(readVirtio(w.one('wan').virtio!), readVirtio(uso(1200)));
  w.send('lan', tcpOut(HOST, 4001, 'S'));
  w.sent('wan');
  const data = packet(
    outward(HOST),
    ipv4({ src: HOST, dst: REMOTE }),
    tcp({ sport: 4001, dport: 80, checksum: 'partial' }),
    payload,
  );
  const ecn = tso(1400);
  ecn[1] = 0x81;
  w.send('lan', { octets: data, virtio: ecn });
  assert.equal(readVirtio(w.one('wan').virtio!).gso, 0x81);
});

worldTest('Z17 ICM-1 ICM-2 equal echo ids of two hosts to one target are kept apart', {}, (w) => {
  const hosts = ['10.0.0.5', '10.0.0.6'];
  w.send('lan', ...hosts.map((host) => echoOut(host, 77)));
  const out = w.sent('wan');
  const tuples = out.map((frame) => `${decode(frame.octets).ipv4!.src} ${decode(frame.octets).icmp!.id}`);
  assert.equal(new Set(tuples).size, 2);
  out.forEach((frame, i) => {
    w.send('wan', answerTo(frame));
    expectFrame(
      w.one('lan'),
      eth({ dst: macOf(hosts[i]!) }),
      ipv4({ dst: hosts[i]! }),
      icmp({ type: 0, id: 77, seq: 1 }),
      raw(PAYLOAD),
    );
  });
  for (let seq = 2; seq < 6; seq++) {
    w.send('lan', echoOut(hosts[0]!, 77, REMOTE, { seq }));
    expectFrame(w.one('wan'), icmp({ id: decode(out[0]!.octets).icmp!.id, seq }));
  }
  assert.equal(w.sessionCount, 2);
});

worldTest('D1 one row holds both tuples; the second frame takes the session of the first', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000), udpOut(HOST, 4000), udpOut(HOST, 4000));
  assert.equal(w.sent('wan').length, 3);
  assert.equal(w.sessionCount, 1);
  assert.equal(w.sessions.rows[w.rows()[0]! + Session.LastSeen], w.cx.now);
});

worldTest('inside to inside is routed without translation and leaves no session', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000, '10.0.1.7'));
  expectFrame(
    w.one('dmz'),
    eth({ dst: macOf('10.0.1.7'), src: GW.dmz }),
    ipv4({ src: HOST, dst: '10.0.1.7', ttl: 63 }),
    udp({ sport: 4000 }),
  );
  assert.equal(w.sessionCount, 0);
  assert.equal(w.count('routed'), 1);
});

worldTest(
  'CKS-2 UDP-1 the same of a first frame, which goes the slow path',
  {
    yaml: natZone(
      'localAddresses: [192.0.2.10]',
      'portHold: off',
      'staticMappings: [{ external: 192.0.2.50, inside: 10.0.0.50 }]\n',
    ),
  },
  (w) => {
    const frame = (sport: number, data: Uint8Array): Uint8Array =>
      packet(outward('10.0.0.50'), ipv4({ src: '10.0.0.50', dst: REMOTE }), udp({ sport, dport: 5000 }), data);
    const words = new TextEncoder().encode(PAYLOAD);
    w.send('lan', frame(4000, words));
    // The port one more, the word that much less.
    const wanted = (words[0]! * 256 + words[1]! + decode(w.one('wan').octets).udp!.checksum - 1) % 0xffff;
    words[0] = wanted >> 8;
    words[1] = wanted & 0xff;
    w.send('lan', frame(4001, words));
    expectFrame(w.one('wan'), udp({ checksum: 0xffff }));
  },
);
