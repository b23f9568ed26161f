import assert from 'node:assert/strict';
import { sendIcmpError } from '../../src/resolve/icmpError.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { checksumFault, decode, decodePacket } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, echoOut, inward, outward, tcpOut, udpOut } from '../support/flows.js';
import { eth, icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { GW, lan, REMOTE } from '../support/sample.js';
import { partial, tso } from '../support/virtio.js';
import { worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

const HOST = '10.0.0.5';

worldTest('Z18 ERR-11 ERR-14 TTL 1: 11/0 from the address of the way in, quoting the packet as it came', {}, (w) => {
  for (const frame of [
    udpOut(HOST, 4000, REMOTE, {}, { ttl: 1, tos: 0xb9 }),
    echoOut(HOST, 1, REMOTE, {}, { ttl: 1, tos: 0xb9 }),
  ]) {
    w.send('lan', frame);
    const told = w.one('lan');
    expectFrame(
      told,
      ipv4({ src: '10.0.0.1', dst: HOST, ttl: 64, df: false, tos: 0xb8 }),
      icmp({ type: 11, code: 0 }),
      raw(frame.slice(14)),
    );
  }
  assert.equal(w.count('ttl_exceeded'), 2);
  assert.equal(w.sessionCount, 0);
});

worldTest('ERR-11 TTL 1 in an established session, from inside and from outside', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  const out = w.one('wan');
  const dying = udpOut(HOST, 4000, REMOTE, {}, { ttl: 1 });
  w.send('lan', dying);
  expectFrame(w.one('lan'), icmp({ type: 11, code: 0 }), raw(dying.slice(14)));
  const back = answerTo(out, {}, { ttl: 1 });
  w.send('wan', back);
  expectFrame(w.one('wan'), ipv4({ src: '192.0.2.1', dst: REMOTE }), icmp({ type: 11, code: 0 }), raw(back.slice(14)));
});

worldTest('FWD-3 TTL 0 is never forwarded', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000, REMOTE, {}, { ttl: 0 }));
  assert.deepEqual(w.sent('wan'), []);
  assert.equal(w.count('ttl_exceeded'), 1);
});

worldTest('routes of the types unreachable, prohibit and blackhole; no route: 3/1, 3/13, silence, 3/0', {}, (w) => {
  for (const [to, code, reason] of [
    ['203.0.113.1', 1, 'route_unreachable'],
    ['203.0.113.129', 13, 'route_prohibit'],
    ['203.0.113.193', -1, 'route_blackhole'],
  ] as const) {
    w.send('lan', udpOut(HOST, 4000, to));
    const told = w.sent('lan');
    if (code < 0) assert.deepEqual(told, []);
    else expectFrame(told[0], icmp({ type: 3, code }));
    assert.equal(w.count(reason), 1);
  }
  w.reload(lan.replace('  - default via 192.0.2.254 dev wan\n', ''), 2);
  w.send('lan', udpOut(HOST, 4000));
  expectFrame(w.one('lan'), icmp({ type: 3, code: 0 }));
  assert.equal(w.count('no_route'), 1);
});

worldTest('ERR-13 no error about errors, later fragments and sources nobody can be reached at', {}, (w) => {
  const at = { dst: REMOTE, ttl: 1 };
  for (const type of [3, 4, 5, 11, 12])
    w.send('lan', packet(outward(HOST), ipv4({ src: HOST, ...at }), icmp({ type }), new Uint8Array(28)));
  w.send('lan', packet(outward(HOST), ipv4({ src: HOST, ...at, protocol: 17, offset: 1480 }), new Uint8Array(40)));
  for (const src of ['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '10.0.0.255', '10.0.0.1']) {
    w.send('lan', packet(outward(HOST), ipv4({ src, ...at }), udp()));
  }
  assert.deepEqual(w.sent('lan'), []);
  assert.equal(w.event(CounterEvent.IcmpErrors), 0);
  assert.equal(w.count('martian_source'), 6);
});

worldTest('ERR-16 per receiver: a burst of 20, then 10 a second; the rest counted as suppressed', {}, (w) => {
  const dying = udpOut(HOST, 4000, REMOTE, {}, { ttl: 1 });
  for (let i = 0; i < 50; i++) w.send('lan', dying);
  assert.equal(w.sent('lan').length, 20);
  assert.equal(w.event(CounterEvent.IcmpErrorsSuppressed), 30);
  w.send('lan', udpOut('10.0.0.6', 1, REMOTE, {}, { ttl: 1 }));
  assert.equal(w.sent('lan').length, 1);
  w.advance(1000);
  for (let i = 0; i < 50; i++) w.send('lan', dying);
  assert.equal(w.sent('lan').length, 10);
  w.advance(60_000);
  for (let i = 0; i < 50; i++) w.send('lan', dying);
  assert.equal(w.sent('lan').length, 20);
});

worldTest('ERR-16 the bucket of the 24-day wrap: errors go on when the tick wraps', { startTick: 0x7fff_ffff - 5 }, (w) => {
  for (let i = 0; i < 30; i++) w.send('lan', udpOut(HOST, 4000, REMOTE, {}, { ttl: 1 }));
  assert.equal(w.sent('lan').length, 20);
  w.advance(2000);
  for (let i = 0; i < 30; i++) w.send('lan', udpOut(HOST, 4000, REMOTE, {}, { ttl: 1 }));
  assert.equal(w.sent('lan').length, 20);
});

worldTest(
  'ERR-16 all together: 3/4 is exempt from the bucket for all',
  { yaml: `${lan}limits: { icmpErrorsGlobal: 5/s burst 5 }\n`, mtus: { wan: 1000 } },
  (w) => {
    for (let i = 1; i < 20; i++) w.send('lan', udpOut(`10.0.0.${i + 1}`, 4000, REMOTE, {}, { ttl: 1 }));
    assert.equal(w.sent('lan').length, 5);
    for (let i = 1; i < 20; i++)
      w.send(
        'lan',
        packet(outward(`10.0.0.${i + 1}`), ipv4({ src: `10.0.0.${i + 1}`, dst: REMOTE, df: true }), udp(), new Uint8Array(1200)),
      );
    assert.equal(w.sent('lan').length, 19);
  },
);

worldTest('an error is at most 576 octets and quotes the start of the packet', {}, (w) => {
  const frame = packet(outward(HOST), ipv4({ src: HOST, dst: REMOTE, ttl: 1 }), udp(), new Uint8Array(1200).fill(9));
  w.send('lan', frame);
  const told = w.one('lan');
  assert.equal(decode(told.octets).ipv4!.totalLength, 576);
  expectFrame(told, raw(frame.slice(14, 14 + 576 - 28)));
});

worldTest('OFF-6 a partial checksum is completed before it is quoted', {}, (w) => {
  const frame = udpOut(HOST, 4000, REMOTE, { checksum: 'partial' }, { ttl: 1 });
  w.send('lan', { octets: frame, virtio: partial(34, 6) });
  const told = w.one('lan');
  const quoted = packet(eth(), decode(told.octets).payload);
  assert.equal(checksumFault(quoted), undefined);
  assert.notEqual(decodePacket(decode(told.octets).payload).udp!.checksum, decode(frame).udp!.checksum);
});

worldTest('OFF-8 a super-frame with segments too big: 3/4 with a plausible quote', { mtus: { wan: 1000 } }, (w) => {
  const frame = packet(
    outward(HOST),
    ipv4({ src: HOST, dst: REMOTE, df: true }),
    tcp({ flags: 'S', checksum: 'partial' }),
    new Uint8Array(20_000),
  );
  w.send('lan', { octets: frame, virtio: tso(1448) });
  const told = w.one('lan');
  const said = expectFrame(told, ipv4({ dst: HOST }), icmp({ type: 3, code: 4, mtu: 1000 }));
  const quote = decodePacket(said.payload);
  assert.deepEqual([quote.ipv4!.src, quote.ipv4!.dst, quote.ipv4!.totalLength], [HOST, REMOTE, 20 + 20 + 1448]);
  assert.equal(w.count('fragmentation_needed'), 1);
  assert.equal(w.sessionCount, 0);
});

worldTest(
  'OFF-8 a super-frame whose segments fit passes whatever its length; without DF one that does not goes in fragments',
  {},
  (w) => {
    const ends = { src: HOST, dst: REMOTE };
    const big = new Uint8Array(30_000);
    w.send('lan', {
      octets: packet(outward(HOST), ipv4({ ...ends, df: true }), tcp({ flags: 'S', checksum: 'partial' }), big),
      virtio: tso(1460),
    });
    assert.equal(w.one('wan').octets.length, 14 + 40 + 30_000);
    w.send('lan', {
      octets: packet(outward(HOST), ipv4(ends), tcp({ sport: 2, flags: 'S', checksum: 'partial' }), big),
      virtio: tso(1461),
    });
    assert.equal(w.sent('wan').length, 2 * Math.ceil(30_000 / 1461) - 1);
    assert.equal(w.event(CounterEvent.FramesSegmented), 1);
  },
);

worldTest('ICM-3 echo to the router itself is answered on any side; other services are refused', {}, (w) => {
  w.send('lan', echoOut(HOST, 9, '10.0.0.1'));
  expectFrame(
    w.one('lan'),
    eth({ dst: macOf(HOST), src: GW.lan }),
    ipv4({ src: '10.0.0.1', dst: HOST, ttl: 64 }),
    icmp({ type: 0, id: 9, seq: 1 }),
  );
  w.send('lan', echoOut(HOST, 9, '192.0.2.1'));
  expectFrame(w.one('lan'), ipv4({ src: '192.0.2.1', dst: HOST }), icmp({ type: 0 }));
  w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.1' }), icmp({ type: 8, id: 3 }), 'x'));
  expectFrame(w.one('wan'), ipv4({ src: '192.0.2.1', dst: REMOTE }), icmp({ type: 0, id: 3 }));
  w.send('lan', echoOut(HOST, 9, '10.0.0.1', {}, { ttl: 1 }));
  expectFrame(w.one('lan'), icmp({ type: 0 }));
  w.send('lan', udpOut(HOST, 1, '10.0.0.1'), tcpOut(HOST, 1, 'S', '10.0.0.1'));
  assert.deepEqual([w.count('local_port_unreachable'), w.count('local_reset'), w.sent('lan').length], [1, 1, 2]);
  assert.equal(w.count('echo_answered'), 4);
  w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.10' }), icmp({ type: 8, id: 3 })));
  assert.deepEqual(w.sent('wan'), []);
});

worldTest('ERR-13 nobody is told anything at an address that nobody can have', { wrongChecksums: true }, (w) => {
  for (const src of ['0.0.0.0', '0.1.2.3', '127.0.0.1', '224.0.0.5', '240.0.0.1', '255.255.255.255']) {
    w.send('lan', udpOut(HOST, 4000, REMOTE, {}, { src }));
    assert.equal(w.drops() > 0, true);
    // What the slow path drops before is refused here again: the frame is still the one classified last.
    sendIcmpError(w.cx, 0, 3, 1, 0);
  }
  for (const event of [CounterEvent.IcmpErrors, CounterEvent.IcmpErrorsSuppressed, CounterEvent.QueuedDropped])
    assert.equal(w.event(event), 0);
});
