import assert from 'node:assert/strict';
import { CounterEvent } from '../../src/shared/counters.js';
import { checksumFault, decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, inward, tcpOut, udpOut } from '../support/flows.js';
import { errorFrame, errorIn, packetAt } from '../support/icmpErrors.js';
import { icmp, ipv4, packet, raw, tcp, udp } from '../support/layers.js';
import { REMOTE, UPSTREAM } from '../support/sample.js';
import { partial, tso } from '../support/virtio.js';
import { type World, worldTest } from '../support/world.js';

/** The way of an error that is translated, and what errors of our own quote. */

const HOST = '10.0.0.5';
const ROUTER = '198.18.5.5';

/** A large datagram of the host, and an error from outside that quotes the whole of it. */
function large(w: World, df: boolean): { frame: Uint8Array; sent: Uint8Array } {
  const sent = packet(
    udpOut(HOST, 4000).subarray(0, 14),
    ipv4({ src: HOST, dst: REMOTE }),
    udp({ sport: 4000 }),
    new Uint8Array(900).fill(7),
  );
  w.send('lan', sent);
  const out = w.one('wan').octets;
  return { frame: errorFrame(packetAt(out, 1), { src: ROUTER, dst: decode(out).ipv4!.src, df }), sent };
}

worldTest('ERR-17 an error too big for the way in is fragmented like any packet', { mtus: { lan: 600 } }, (w) => {
  const { frame, sent } = large(w, false);
  w.send('wan', frame);
  const [first, second] = w.sent('lan');
  const [a, b] = [decode(first!.octets), decode(second!.octets)];
  assert.deepEqual([a.ipv4!.mf, b.ipv4!.offset, b.ipv4!.mf], [true, a.segment.length, false]);
  const message = packet(a.segment, b.segment);
  const whole = packet(inward(), ipv4({ src: ROUTER, dst: HOST, protocol: 1 }), message);
  assert.equal(checksumFault(whole), undefined);
  expectFrame({ octets: whole }, raw(packetAt(sent, 1)));
});

worldTest('ERR-13 ERR-17 one that must not be fragmented is dropped, and nobody is told', { mtus: { lan: 600 } }, (w) => {
  w.send('wan', large(w, true).frame);
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
  assert.equal(w.count('fragmentation_needed'), 1);
  assert.equal(w.event(CounterEvent.IcmpErrors), 0);
});

worldTest('ERR-13 an error with TTL 1 ends here, and nobody is told', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  const out = w.one('wan').octets;
  w.send('wan', errorFrame(packetAt(out, 1), { src: ROUTER, dst: decode(out).ipv4!.src, ttl: 1 }));
  w.send('wan', answerTo({ octets: out }));
  const quote = packetAt(w.one('lan').octets, 1);
  w.send('lan', errorFrame(quote, { src: HOST, dst: REMOTE, ttl: 1 }));
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
  assert.equal(w.count('ttl_exceeded'), 2);
  assert.equal(w.event(CounterEvent.IcmpErrors), 0);
});

worldTest('ERR-17 FWD-11 an error from outside waits for the inside host', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  const out = w.one('wan').octets;
  w.silent.add(HOST);
  const error = errorFrame(packetAt(out, 1), { src: ROUTER, dst: decode(out).ipv4!.src });
  const queued = w.count('queued');
  w.send('wan', error);
  assert.deepEqual(w.sent('lan'), []);
  w.silent.clear();
  w.advance(1100);
  assert.deepEqual([w.count('queued') - queued, w.count('neighbor_failed')], [1, 1], 'in vain, and nobody is told');
  assert.deepEqual(w.sent('wan'), []);
  w.advance(1000);
  w.send('wan', error);
  expectFrame(w.one('lan'), ipv4({ src: ROUTER, dst: HOST }), icmp({ type: 3 }));
});

worldTest('ERR-17 FWD-11 an error from inside waits for the next hop', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  const out = w.one('wan').octets;
  w.send('wan', answerTo({ octets: out }));
  const quote = packetAt(w.one('lan').octets, 1);
  w.silent.add(UPSTREAM);
  w.advance(31_000);
  w.send('lan', udpOut(HOST, 4000));
  // Probed, asked for, failed, and as good as new.
  w.advance(30_000);
  w.sent('wan');
  w.silent.clear();
  const queued = w.count('queued');
  w.send('lan', errorFrame(quote, { src: HOST, dst: REMOTE }));
  expectFrame(w.one('wan'), ipv4({ src: decode(out).ipv4!.src, dst: REMOTE }), icmp({ type: 3 }));
  assert.equal(w.count('queued') - queued, 1);
});

worldTest(
  'ERR-12 a packet from outside too big for the way in: 3/4 quotes the external tuple, as it came',
  { mtus: { lan: 600 } },
  (w) => {
    w.send('lan', tcpOut(HOST, 4000, 'S'));
    const out = decode(w.one('wan').octets);
    const ends = { src: REMOTE, dst: out.ipv4!.src };
    const ports = { sport: 80, dport: out.tcp!.sport, flags: 'SA' };
    const back = packet(inward(), ipv4({ ...ends, df: true }), tcp(ports), new Uint8Array(800).fill(5));
    w.send('wan', back);
    expectFrame(
      w.one('wan'),
      ipv4({ src: '192.0.2.1', dst: REMOTE }),
      icmp({ type: 3, code: 4, mtu: 600 }),
      raw(back.subarray(14, 14 + 548)),
    );
    const unfinished = packet(
      inward(),
      ipv4({ ...ends, df: true }),
      tcp({ ...ports, checksum: 'partial' }),
      new Uint8Array(800).fill(5),
    );
    w.send('wan', { octets: unfinished, virtio: partial(34, 16) });
    expectFrame(w.one('wan'), icmp({ type: 3, code: 4 }), raw(back.subarray(14, 14 + 548)));
    const many = packet(inward(), ipv4({ ...ends, df: true }), tcp({ ...ports, checksum: 'partial' }), new Uint8Array(9000));
    w.send('wan', { octets: many, virtio: tso(700) });
    const quote = decode(packet(inward(), errorIn(w.one('wan')).quote)).ipv4!;
    assert.deepEqual([quote.src, quote.dst, quote.totalLength], [REMOTE, out.ipv4!.src, 740]);
    // What may be fragmented is, and then nobody is told anything.
    w.send('wan', packet(inward(), ipv4(ends), tcp(ports), new Uint8Array(800)));
    assert.equal(w.sent('lan').length, 2);
    assert.deepEqual(w.sent('wan'), []);
  },
);

worldTest('ERR-11 ERR-12 a packet that waited in vain: 3/1 quotes it as it came, from outside the external tuple', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  const back = answerTo(w.one('wan'));
  w.silent.add(HOST);
  w.silent.add(UPSTREAM);
  w.send('wan', back);
  w.advance(1100);
  expectFrame(w.one('wan'), ipv4({ dst: REMOTE }), icmp({ type: 3, code: 1 }), raw(back.subarray(14)));
});

worldTest('ERR-11 ERR-12 a packet that waited in vain: 3/1 quotes it as it came, from inside the inside tuple', {}, (w) => {
  w.silent.add(UPSTREAM);
  const lost = udpOut(HOST, 4001);
  w.send('lan', lost);
  w.advance(1100);
  expectFrame(w.one('lan'), ipv4({ dst: HOST }), icmp({ type: 3, code: 1 }), raw(lost.subarray(14)));
});
