import assert from 'node:assert/strict';
import { expectFrame } from '../support/expectFrame.js';
import { outward } from '../support/flows.js';
import { type Ipv4Fields, icmp, ipv4, packet, raw, udp } from '../support/layers.js';
import { worldTest } from '../support/world.js';

/** Requirements of RFC 1812 on the routed path that no other test has; docs/rfc1812.md names them. */

const HOST = '10.0.0.5';
const OTHER = '10.0.1.7';
const ends = { src: HOST, dst: OTHER };
const routedWith = (f: Ipv4Fields, octets = 20): Uint8Array =>
  packet(outward(HOST), ipv4({ ...ends, ...f }), udp(), new Uint8Array(octets).fill(7));

worldTest('RFC 1812 5.2.2 a header that fails a check is dropped in silence, and no check can be turned off', {}, (w) => {
  for (const [fields, reason] of [
    [{ version: 5 }, 'ip_version'],
    [{ ihl: 4 }, 'ip_header_length'],
    [{ totalLength: 19 }, 'ip_total_length'],
    [{ totalLength: 1000 }, 'ip_total_length'],
    [{ checksum: 0x1234 }, 'ip_checksum'],
  ] as const) {
    const before = w.count(reason);
    w.send('lan', routedWith({ ...fields, ttl: 1 }), routedWith({ ...fields, dst: '10.0.0.1' }));
    assert.equal(w.count(reason), before + 2);
  }
  for (const iface of ['lan', 'dmz']) assert.deepEqual(w.sent(iface), []);
});

worldTest('RFC 1812 5.3.13.1 options nobody knows, router alert and security pass unchanged, in place', {}, (w) => {
  for (const options of [
    [30, 4, 1, 2],
    [0x9e, 6, 1, 2, 3, 4],
    [148, 4, 0, 0],
    [130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [136, 4, 0, 1],
    [1, 1, 1, 0],
  ]) {
    const frame = routedWith({ options });
    w.send('lan', frame);
    const out = w.one('dmz').octets;
    const header = 14 + 20 + ((options.length + 3) & ~3);
    assert.deepEqual(out.slice(34, header), frame.slice(34, header));
    assert.deepEqual(out.slice(header), frame.slice(header));
  }
});

worldTest('RFC 1812 5.3.13.5 record route and timestamp options pass as they came: nothing is filled in', {}, (w) => {
  for (const options of [
    [7, 15, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ]) {
    const frame = routedWith({ options });
    w.send('lan', frame);
    const header = 34 + ((options.length + 3) & ~3);
    assert.deepEqual(w.one('dmz').octets.slice(34, header), frame.slice(34, header));
  }
});

worldTest('RFC 1812 5.3.13.4 source routes and broken option lists are dropped in silence', {}, (w) => {
  for (const options of [
    [131, 7, 4, 10, 0, 1, 9],
    [137, 7, 4, 10, 0, 1, 9],
    [30, 1, 0, 0],
    [30, 60, 0, 0],
  ])
    w.send('lan', routedWith({ options }), routedWith({ options, dst: '10.0.0.1' }));
  assert.equal(w.count('source_route'), 8);
  for (const iface of ['lan', 'dmz']) assert.deepEqual(w.sent(iface), []);
});

worldTest('RFC 1812 4.2.2.3 header bits without a meaning are no reason to drop and stay as they are', {}, (w) => {
  const frame = routedWith({ tos: 0xff });
  // The bit before DF, with the header checksum moved along.
  frame[20] = frame[20]! | 0x80;
  const sum = (((frame[24]! << 8) | frame[25]!) - 0x8000 + 0xffff) % 0xffff;
  frame[24] = sum >> 8;
  frame[25] = sum & 0xff;
  w.send('lan', frame);
  const out = w.one('dmz').octets;
  assert.deepEqual([out[15], out[20]! & 0x80], [0xff, 0x80]);
});

worldTest('RFC 1812 5.2.6 fragments are routed each for itself, in the order they came, and never put together', {}, (w) => {
  const parts = [
    packet(outward(HOST), ipv4({ ...ends, id: 5, protocol: 17, offset: 48 }), new Uint8Array(30).fill(2)),
    packet(outward(HOST), ipv4({ ...ends, id: 5, protocol: 17, mf: true }), udp({ length: 78 }), new Uint8Array(40).fill(1)),
    packet(outward(HOST), ipv4({ ...ends, id: 6, protocol: 17, offset: 800 }), new Uint8Array(8)),
  ];
  w.send('lan', ...parts);
  const out = w.sent('dmz');
  assert.equal(out.length, 3);
  for (const [i, part] of parts.entries()) {
    expectFrame(out[i], ipv4({ ttl: 63 }));
    assert.deepEqual(out[i]!.octets.slice(34), part.slice(34));
  }
});

worldTest('RFC 1812 4.3.3.6 an echo request as large as the MTU is answered whole, with its TOS and options', {}, (w) => {
  const data = Uint8Array.from({ length: 1500 - 28 - 4 }, (_, i) => i % 253);
  const options = [148, 4, 0, 0];
  const at = { src: HOST, dst: '10.0.1.1', tos: 0xa4, options };
  w.send('lan', packet(outward(HOST), ipv4(at), icmp({ type: 8, id: 3, seq: 9 }), data));
  const told = w.one('lan');
  assert.equal(told.octets.length, 14 + 1500);
  expectFrame(told, ipv4({ src: '10.0.1.1', dst: HOST, tos: 0xa4, ttl: 64 }), icmp({ type: 0, id: 3, seq: 9 }), raw(data));
});

worldTest('RFC 1812 5.2.4.3 of several prefixes the longest decides', {}, (w) => {
  for (const [dst, iface] of [
    ['10.0.1.200', 'dmz'],
    ['10.9.255.1', 'dmz'],
    ['203.0.113.200', ''],
  ] as const) {
    w.send('lan', routedWith({ dst }));
    assert.equal(w.sent('dmz').length, iface === '' ? 0 : 1);
  }
  assert.equal(w.count('route_blackhole'), 1, 'and not the default route');
});
