import assert from 'node:assert/strict';
import { datagramsCount } from '../../src/tables/datagrams.js';
import { HeldChunk, heldUsed } from '../../src/tables/heldFrames.js';
import { Limit, Timeout } from '../../src/tables/snapshot.js';
import { inward, outward, udpOut } from '../support/flows.js';
import { checksumHolds, cut, type Datagram, datagram, received } from '../support/fragments.js';
import { ipv4, packet, raw, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { REMOTE } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';

const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i * 31 + (i >> 8));

function out(from: string, id: number, octets = 2000, port = 4000): Datagram {
  return datagram(outward(from), { src: from, dst: REMOTE, id }, udp({ sport: port, dport: 5000 }), bytes(octets));
}

/** A later fragment of no datagram. */
function lone(from: string, id: number, octets: number): Uint8Array {
  return packet(outward(from), ipv4({ src: from, dst: REMOTE, id, protocol: 17, offset: 1480 }), raw(new Uint8Array(octets)));
}

/** In batches, as no device gives more in a burst. */
function flood(w: World, iface: string, frames: readonly Uint8Array[]): void {
  for (let i = 0; i < frames.length; i += 256) w.send(iface, ...frames.slice(i, i + 256));
}

function passes(w: World, parts: readonly Uint8Array[], segment: Uint8Array): void {
  w.sent('wan');
  w.send('lan', ...parts);
  const [one, ...more] = received(w.sent('wan').map(({ octets }) => octets));
  assert.ok(one !== undefined && more.length === 0);
  assert.ok(checksumHolds(one.ip, one.segment));
  assert.deepEqual(one.segment.slice(8), segment.slice(8));
}

/** All the memory that a worker has for them. */
const WHOLE = { heldChunks: HeldChunk.Count };
const FEW = { datagrams: 64, kib: 64, perDatagram: 8 };

function limit(w: World, { datagrams, kib, perDatagram }: typeof FEW): void {
  w.cx.limits[Limit.FragmentDatagrams] = datagrams;
  w.cx.limits[Limit.FragmentKib] = kib;
  w.cx.limits[Limit.FragmentsPerDatagram] = perDatagram;
}

worldTest('FRG-5 DOS-4 a store full of lone fragments: in-order fragments and whole frames pass untouched', WHOLE, (w) => {
  limit(w, FEW);
  const hosts = Array.from({ length: 100 }, (_, i) => `10.0.0.${2 + i}`);
  flood(
    w,
    'lan',
    hosts.flatMap((host) => Array.from({ length: 20 }, (_, i) => lone(host, i, 1000))),
  );
  const { frames, datagrams } = w.cx.fragments;
  assert.ok(heldUsed(frames) * 512 <= FEW.kib * 1024 && datagramsCount(datagrams) <= FEW.datagrams);
  assert.ok(w.count('fragments_full') > 1500);
  assert.equal(w.count('fragment_held') + w.count('fragments_full'), 2000);
  for (let i = 0; i < 50; i++) {
    passes(w, cut(out('10.0.0.120', i, 3000, 4000 + i), 1000), out('10.0.0.120', i, 3000, 4000 + i).segment);
    w.send('lan', lone('10.0.0.50', i, 1000), udpOut('10.0.0.60', 4000));
    assert.equal(w.sent('wan').length, 1);
  }
  // What was held before the flood was full is still good.
  w.advance(15_100);
  assert.equal(w.count('fragment_timeout'), w.count('fragment_held'));
  assert.deepEqual([heldUsed(frames), datagramsCount(datagrams)], [0, 0]);
  passes(w, cut(out('10.0.0.120', 9), 1000).reverse(), out('10.0.0.120', 9).segment);
});

worldTest('FRG-5 one source has an eighth of the store, others go on having theirs', WHOLE, (w) => {
  limit(w, { datagrams: 64, kib: 1024, perDatagram: 64 });
  flood(
    w,
    'lan',
    Array.from({ length: 500 }, (_, i) => lone('10.0.0.66', i, 1400)),
  );
  assert.equal(w.count('fragment_held'), 6, 'three quarters of an eighth of 64 datagrams');
  passes(w, cut(out('10.0.0.7', 1, 6000), 1000).reverse(), out('10.0.0.7', 1, 6000).segment);
  // Its own fragments in order pass as well.
  passes(w, cut(out('10.0.0.66', 600, 6000), 1000), out('10.0.0.66', 600, 6000).segment);
  // Octets: an eighth of 1 MiB, a datagram of 64 fragments of 1,500 octets takes 96 KiB.
  limit(w, { datagrams: 4096, kib: 1024, perDatagram: 1000 });
  const before = w.count('fragment_held');
  flood(
    w,
    'lan',
    Array.from({ length: 200 }, (_, i) => lone('10.0.0.67', i % 3, 1480)),
  );
  assert.equal(w.count('fragment_held') - before, Math.floor(256 / 3), 'an eighth of 2048 chunks of 512 octets');
});

worldTest('FRG-5 a datagram has at most so many fragments waiting', {}, (w) => {
  limit(w, { datagrams: 4096, kib: 16_384, perDatagram: 4 });
  w.send('lan', ...cut(out('10.0.0.5', 1, 6000), 1000).slice(1));
  assert.deepEqual([w.count('fragment_held'), w.count('fragments_full')], [4, 2]);
});

worldTest('FRG-5 a flood of first fragments does not stop the datagrams of others that are under way', WHOLE, (w) => {
  limit(w, FEW);
  const slow = cut(out('10.0.0.5', 1, 6000), 1000);
  w.send('lan', slow[0]!);
  w.send('lan', cut(out('10.0.0.6', 2, 6000), 1000)[1]!);
  flood(
    w,
    'lan',
    Array.from({ length: 1000 }, (_, i) => cut(out('10.0.0.66', i, 2000), 1000)[0]!),
  );
  w.sent('wan');
  w.send('lan', ...slow.slice(1));
  assert.equal(w.sent('wan').length, slow.length - 1);
  w.send('lan', cut(out('10.0.0.6', 2, 6000), 1000)[0]!);
  assert.equal(w.sent('wan').length, 2);
});

worldTest('FRG-5 a flood from outside leaves what goes out alone', WHOLE, (w) => {
  w.send('lan', udpOut('10.0.0.5', 4000));
  w.sent('wan');
  const dice = new Dice(5);
  const ends = (i: number) => ({ src: `198.51.100.${1 + (i % 250)}`, dst: '192.0.2.10', id: dice.below(65_536) });
  const make = (i: number): Uint8Array =>
    packet(inward(), ipv4({ ...ends(i), protocol: 17, offset: 8 * (1 + dice.below(100)), mf: true }), raw(new Uint8Array(1400)));
  flood(
    w,
    'wan',
    Array.from({ length: 12_000 }, (_, i) => make(i)),
  );
  assert.ok(w.count('fragments_full') > 1000);
  assert.ok(datagramsCount(w.cx.fragments.datagrams) <= 3072, 'a quarter of the table is kept for first fragments');
  passes(w, cut(out('10.0.0.5', 1, 6000), 1000), out('10.0.0.5', 1, 6000).segment);
  w.advance(16_000);
  assert.equal(w.count('fragment_timeout'), w.count('fragment_held'));
  assert.deepEqual(w.sent('lan'), []);
});

worldTest('FRG-3 the timer is the one of the configuration', {}, (w) => {
  w.cx.timeouts[Timeout.Fragment] = 20;
  w.send('lan', lone('10.0.0.5', 1, 100));
  w.advance(1900);
  assert.equal(w.count('fragment_timeout'), 0);
  w.advance(200);
  assert.equal(w.count('fragment_timeout'), 1);
});
