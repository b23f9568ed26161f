import assert from 'node:assert/strict';
import { Session } from '../../src/tables/sessions.js';
import { decode, decodePacket } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, echoOut, inward, outward, tcpOut, udpOut } from '../support/flows.js';
import { errorFrame, errorIn, packetAt, withHeaderSum } from '../support/icmpErrors.js';
import { icmp, ipv4, packet, raw, udp } from '../support/layers.js';
import { lan, REMOTE } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';

const HOST = '10.0.0.5';
const ROUTER = '198.18.5.5';

/** A UDP flow of the host: what left, the local address it left by, and what an error from outside would quote. */
function opened(w: World): { out: Uint8Array; external: string; quote: Uint8Array; sent: Uint8Array } {
  const sent = udpOut(HOST, 4000);
  w.send('lan', sent);
  const out = w.one('wan').octets;
  return { out, external: decode(out).ipv4!.src, quote: packetAt(out, 3), sent };
}

/** The quote an inside host makes of an answer that reached it. */
function reached(w: World, out: Uint8Array): Uint8Array {
  w.send('wan', answerTo({ octets: out }));
  return packetAt(w.one('lan').octets, 3);
}

worldTest('ERR-1 a wrong checksum, of the error or of the header it quotes, is a counted drop', { wrongChecksums: true }, (w) => {
  const { external, quote, out } = opened(w);
  const wrong = errorFrame(quote, { src: ROUTER, dst: external });
  wrong[14 + 20 + 2]! ^= 1;
  const payload = errorFrame(quote, { src: ROUTER, dst: external });
  payload[payload.length - 1]! ^= 1;
  const header = quote.slice();
  header[10]! ^= 1;
  const inside = reached(w, out);
  inside[11]! ^= 1;
  w.send('wan', wrong, payload, errorFrame(header, { src: ROUTER, dst: external }));
  w.send('lan', errorFrame(inside, { src: HOST, dst: REMOTE }));
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
  assert.equal(w.count('icmp_error_malformed'), 4);
});

worldTest('ERR-1 CKS-3 a quoted L4 checksum that is wrong passes and stays wrong by as much', {}, (w) => {
  const { external, quote, sent } = opened(w);
  quote[20 + 6]! ^= 0x40;
  w.send('wan', errorFrame(quote, { src: ROUTER, dst: external }));
  const came = decodePacket(errorIn(w.one('lan')).quote).udp!.checksum;
  assert.equal(Math.abs(came - decode(sent).udp!.checksum), 0x4000);
});

worldTest('ERR-2 ERR-6 a quoted header that is none, and fewer than eight octets behind it, are counted drops', {}, (w) => {
  const { external, quote } = opened(w);
  const changed = (at: number, value: number): Uint8Array => {
    const out = quote.slice();
    out[at] = value;
    return withHeaderSum(out);
  };
  const short = changed(3, 27);
  short[2] = 0;
  const quotes = [
    changed(0, 0x44),
    changed(0, 0x65),
    quote.subarray(0, 27),
    quote.subarray(0, 19),
    new Uint8Array(0),
    // Options up to beyond the data, or so many that the ports do not follow.
    changed(0, 0x4f).subarray(0, 40),
    changed(0, 0x4a).subarray(0, 47),
    withHeaderSum(short),
  ];
  for (const one of quotes) w.send('wan', errorFrame(one, { src: ROUTER, dst: external }));
  assert.equal(w.count('icmp_error_malformed'), quotes.length);
  assert.deepEqual(w.sent('lan'), []);
  w.send('wan', errorFrame(quote.subarray(0, 28), { src: ROUTER, dst: external }));
  assert.equal(w.sent('lan').length, 1, 'eight octets are enough');
});

worldTest('ERR-3 an error from outside about a packet of no session is dropped without a word', {}, (w) => {
  const { external, quote, out } = opened(w);
  const other = ['192.0.2.10', '192.0.2.11', '192.0.2.12'].find((address) => address !== external)!;
  const ends = { src: external, dst: REMOTE };
  const port = decode(out).udp!.sport;
  const strays = [
    errorFrame(packet(ipv4(ends), udp({ sport: port, dport: 5001 })), { src: ROUTER, dst: external }),
    errorFrame(packet(ipv4(ends), udp({ sport: port ^ 1, dport: 5000 })), { src: ROUTER, dst: external }),
    errorFrame(packet(ipv4({ ...ends, protocol: 6 }), udp({ sport: port, dport: 5000 })), { src: ROUTER, dst: external }),
    errorFrame(packet(ipv4(ends), icmp({ type: 8, id: port })), { src: ROUTER, dst: external }),
    errorFrame(packet(ipv4(ends), icmp({ type: 3, id: port }), new Uint8Array(28)), { src: ROUTER, dst: external }),
    errorFrame(packet(ipv4({ ...ends, protocol: 47 }), udp({ sport: port, dport: 5000 })), { src: ROUTER, dst: external }),
    // Not addressed to whom it quotes; to an inside address.
    errorFrame(quote, { src: ROUTER, dst: other }),
    errorFrame(quote, { src: ROUTER, dst: HOST }),
    errorFrame(packetAt(udpOut(HOST, 4000), 3), { src: ROUTER, dst: HOST }),
  ];
  w.send('wan', ...strays);
  assert.equal(w.count('icmp_error'), strays.length);
  w.send('wan', errorFrame(quote, { src: ROUTER, dst: '192.0.2.1' }));
  assert.equal(w.count('local_icmp'), 1, 'the gateway itself is told nothing');
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
});

worldTest('ERR-4 GEN-7 an error from inside about a packet of no session does not leave', {}, (w) => {
  const { out } = opened(w);
  const quote = reached(w, out);
  const ends = { src: REMOTE, dst: HOST };
  const strays = [
    errorFrame(packet(ipv4(ends), udp({ sport: 5000, dport: 4001 })), { src: HOST, dst: REMOTE }),
    errorFrame(packet(ipv4({ ...ends, protocol: 50 }), udp()), { src: HOST, dst: REMOTE }),
    errorFrame(packet(ipv4(ends), icmp({ type: 8, id: 1 })), { src: HOST, dst: REMOTE }),
    errorFrame(quote, { src: HOST, dst: '198.51.100.9' }),
    // What the host itself sent: nobody outside got it from there.
    errorFrame(packetAt(udpOut(HOST, 4000), 3), { src: HOST, dst: REMOTE }),
  ];
  w.send('lan', ...strays);
  assert.equal(w.count('icmp_error'), strays.length);
  assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
});

worldTest('ERR-7 a quoted first fragment is like a whole packet, a quoted later one names no session', {}, (w) => {
  const { external, quote, out } = opened(w);
  for (const [from, dst, of] of [
    ['wan', external, quote],
    ['lan', REMOTE, reached(w, out)],
  ] as const) {
    const first = of.slice();
    first[6] = 0x20;
    const later = of.slice();
    later[7] = 3;
    w.send(from, errorFrame(withHeaderSum(later), { src: from === 'wan' ? ROUTER : HOST, dst }));
    assert.deepEqual([w.sent('lan'), w.sent('wan')], [[], []]);
    w.send(from, errorFrame(withHeaderSum(first), { src: from === 'wan' ? ROUTER : HOST, dst }));
    assert.equal(w.sent(from === 'wan' ? 'lan' : 'wan').length, 1);
  }
  assert.equal(w.count('icmp_error'), 2);
});

worldTest('ERR-8 DOS-5 errors neither end nor keep a session', {}, (w) => {
  w.send('lan', tcpOut(HOST, 4000, 'S'), udpOut(HOST, 4000));
  const [syn, datagram] = w.sent('wan') as [{ octets: Uint8Array }, { octets: Uint8Array }];
  const states = (): number[] => w.rows().map((row) => w.sessions.rows[row + Session.Meta]!);
  const before = states();
  for (let i = 0; i < 30; i++) {
    for (const { octets } of [syn, datagram])
      w.send('wan', errorFrame(packetAt(octets, 1), { src: ROUTER, dst: decode(octets).ipv4!.src, code: i % 16 }));
    w.advance(3000);
  }
  assert.equal(w.sent('lan').length, 60);
  assert.deepEqual(states(), before);
  // 90 s have gone by; a UDP session that nobody answered lives for 120.
  w.advance(45_000);
  assert.equal(w.sessionCount, 1, 'the datagram was not kept by its errors');
  w.send('wan', answerTo(syn));
  assert.equal(w.sent('lan').length, 1, 'the connection was not ended by them');
});

worldTest('ERR-9 3/4 from outside keeps its MTU and reaches the host with its own tuple', {}, (w) => {
  w.send('lan', tcpOut(HOST, 4000, 'S'));
  const out = w.one('wan').octets;
  w.send('wan', errorFrame(packetAt(out, 1), { src: ROUTER, dst: decode(out).ipv4!.src, code: 4, mtu: 1280 }));
  const said = expectFrame(w.one('lan'), ipv4({ src: ROUTER, dst: HOST, ttl: 59 }), icmp({ type: 3, code: 4, mtu: 1280 }));
  assert.deepEqual(Array.from(said.payload), Array.from(packetAt(tcpOut(HOST, 4000, 'S'), 1)));
});

worldTest('an echo and its reply: errors about either find the session by the id', {}, (w) => {
  w.send('lan', echoOut(HOST, 77));
  const out = w.one('wan').octets;
  const external = decode(out).ipv4!.src;
  w.send('wan', errorFrame(packetAt(out, 1), { src: ROUTER, dst: external, type: 11, code: 0 }));
  expectFrame(w.one('lan'), ipv4({ dst: HOST }), icmp({ type: 11, code: 0 }), raw(packetAt(echoOut(HOST, 77), 1)));
  const back = answerTo({ octets: out });
  w.send('wan', back);
  const quote = packetAt(w.one('lan').octets, 1);
  w.send('lan', errorFrame(quote, { src: HOST, dst: REMOTE, type: 11, code: 1 }));
  expectFrame(w.one('wan'), ipv4({ src: external, dst: REMOTE }), icmp({ type: 11, code: 1 }), raw(packetAt(back, 1)));
});

worldTest('GEN-9 an error between two inside segments is routed as it is', {}, (w) => {
  const quote = packetAt(udpOut('10.0.1.7', 1, HOST), 5);
  const frame = errorFrame(quote, { src: HOST, dst: '10.0.1.7' });
  w.send('lan', frame);
  expectFrame(w.one('dmz'), ipv4({ src: HOST, dst: '10.0.1.7', ttl: 59 }), raw(quote));
  assert.equal(w.count('routed'), 1);
});

worldTest('ICM-4 redirect, quench, router discovery, information and mask from inside do not leave', {}, (w) => {
  const { out } = opened(w);
  const quote = reached(w, out);
  for (const type of [4, 5, 9, 10, 15, 16, 17, 18])
    w.send('lan', packet(outward(HOST), ipv4({ src: HOST, dst: REMOTE }), icmp({ type }), quote));
  assert.equal(w.count('icmp_type'), 8);
  assert.deepEqual(w.sent('wan'), []);
});

worldTest('FRG-3 an error that is itself in fragments is dropped', {}, (w) => {
  const { external, quote } = opened(w);
  const whole = errorFrame(quote, { src: ROUTER, dst: external }).subarray(34);
  w.send('wan', packet(inward(), ipv4({ src: ROUTER, dst: external, protocol: 1, mf: true }), whole));
  assert.equal(w.count('translated'), 1);
  assert.deepEqual(w.sent('lan'), []);
});

const behind = lan.replace('  - { to: 10.9.0.0/16, via: 10.0.1.9 }\n', '  - { to: 10.9.0.0/16, via: 192.0.2.254 }\n');

worldTest('GEN-7 an inside address that a route leads out again: the error is not sent after it', {}, (w) => {
  const sent = packet(outward('10.0.1.9'), ipv4({ src: '10.9.0.3', dst: REMOTE }), udp({ sport: 4000 }));
  w.send('dmz', sent);
  const out = w.one('wan').octets;
  const error = errorFrame(packetAt(out, 1), { src: ROUTER, dst: decode(out).ipv4!.src });
  w.send('wan', error);
  expectFrame(w.one('dmz'), ipv4({ dst: '10.9.0.3' }), raw(packetAt(sent, 1)));
  w.reload(behind, 2);
  w.send('wan', error);
  assert.equal(w.count('no_route'), 1);
  assert.deepEqual([w.sent('wan'), w.sent('dmz')], [[], []]);
});
