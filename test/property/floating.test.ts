import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMac } from '../../src/types/mac.js';
import { checksumFault, decode, decodePacket } from '../support/decode.js';
import { FabricWorld } from '../support/fabric.js';
import { fromUpstream } from '../support/floatingSample.js';
import { crossed, exitMacOf, from, internet, upstreamAsks, WORLD } from '../support/floatingWorld.js';
import { packetAt } from '../support/icmpErrors.js';
import { eth, icmp, ipv4, type Layer, packet, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { SNAT_MAC } from '../support/snatSample.js';
import { type DrawnCloud, type DrawnGuest, drawCloud, sharedOf } from './floatingDraw.js';
import { SEED } from './seed.js';

/**
 * Whoever asks a floating IP is answered by it, wherever asker and guest are, whoever serves the address, whatever the protocol; the guest sees
 * the asker by the one address that this is known by outside. Two tenants have the same fixed addresses, and never get each other's frames.
 */

const RUNS = 12;
const PORT = 7000;

/** A question and its answer, and the port or identifier by which the asker is told apart. */
interface Talk {
  readonly ask: (port: number) => Layer;
  readonly answer: (asked: ReturnType<typeof decode>) => Layer;
}

const TALKS: readonly Talk[] = [
  {
    ask: (port) => udp({ sport: port, dport: PORT }),
    answer: ({ udp: u }) => udp({ sport: PORT, dport: u!.sport }),
  },
  {
    ask: (port) => tcp({ sport: port, dport: PORT, flags: 'S', seq: 1 }),
    answer: ({ tcp: one }) => tcp({ sport: PORT, dport: one!.sport, flags: 'SA', seq: 9, ack: 2 }),
  },
  {
    ask: (port) => icmp({ type: 8, id: port, seq: 1 }),
    answer: ({ icmp: one }) => icmp({ type: 0, id: one!.id, seq: one!.seq }),
  },
];

/** What each guest has got since the last call, by its name; every checksum holds. */
function heard(w: FabricWorld, { guests }: DrawnCloud): Map<string, ReturnType<typeof decode>[]> {
  const all = new Map<string, ReturnType<typeof decode>[]>();
  for (const { name, host } of guests) {
    const got = w.on(host).got(name);
    for (const octets of got) assert.equal(checksumFault(octets), undefined);
    const packets = got.map(decode).filter(({ arp }) => arp === undefined);
    if (packets.length > 0) all.set(name, packets);
  }
  return all;
}

/** The one packet that exactly one guest got. */
function only(w: FabricWorld, cloud: DrawnCloud, guest: DrawnGuest, why: string): ReturnType<typeof decode> {
  const all = heard(w, cloud);
  assert.deepEqual([...all.keys()], [guest.name], why);
  assert.equal(all.get(guest.name)!.length, 1, why);
  return all.get(guest.name)![0]!;
}

/** What a guest is known by outside. */
function outsideOf(guest: DrawnGuest): string {
  return guest.floating ?? sharedOf(guest);
}

test(`F46 F47 F49 a floating IP answers whoever asks it, by its own address, seed ${SEED}`, () => {
  for (let run = 0; run < RUNS; run++) {
    const dice = new Dice(Math.imul(SEED + run, 0x9e37_79b1));
    const cloud = drawCloud(dice);
    const w = new FabricWorld(cloud.objects);
    const floating = cloud.guests.filter((guest) => guest.floating !== undefined);
    for (let i = 0; i < 24 && floating.length > 0; i++) {
      const asked = dice.pick(floating);
      const asker = dice.below(3) === 0 ? undefined : dice.pick(cloud.guests);
      const talk = dice.pick(TALKS);
      const port = 20_000 + i;
      const data = dice.octets(dice.below(200));
      const why = `${asker?.name ?? 'the world'} asks ${asked.name} of ${described(cloud)}`;
      if (asker === undefined) fromOutside(w, cloud, asked, talk, port, data, why);
      else fromGuest(w, cloud, asker, asked, talk, port, data, why);
    }
    w.check();
  }
});

/** An error about a packet with these ends, or with a piece of it. */
function errorMessage(source: string, destination: string, octets: number): [Layer, Uint8Array] {
  const quoted = packet(eth(), ipv4({ src: source, dst: destination }), udp({ sport: 5, dport: PORT }), new Uint8Array(8));
  return [icmp({ type: 3, code: 1, id: 0, seq: 0 }), packetAt(quoted, 60).subarray(0, octets)];
}

test(`F50 an error passes a floating IP only about a packet between the two it goes between, seed ${SEED}`, () => {
  for (let run = 0; run < RUNS; run++) {
    const dice = new Dice(Math.imul(SEED + run, 0x85eb_ca6b));
    const cloud = drawCloud(dice);
    const w = new FabricWorld(cloud.objects);
    const floating = cloud.guests.filter((guest) => cloud.served(guest));
    for (let i = 0; i < 24 && floating.length > 0; i++) {
      const guest = dice.pick(floating);
      const other = dice.pick(cloud.guests);
      const ends = [guest.floating!, guest.floating!, guest.fixed, guest.fixed, WORLD, WORLD, other.fixed, '10.0.0.1'];
      const [source, destination] = [dice.pick(ends), dice.pick(ends)];
      const whole = dice.below(4) > 0;
      const [l4, quote] = errorMessage(source, destination, whole ? 36 : dice.below(28));
      const out = dice.below(2) === 0;
      const why = `${source} > ${destination}, ${out ? 'from' : 'to'} ${guest.name} of ${described(cloud)}`;
      crossed(w);
      heard(w, cloud);
      if (out) {
        w.send(guest.host, guest.name, from({ mac: guest.mac, ip: guest.fixed }, guest.gateway, WORLD, {}, l4, quote));
        const passed = crossed(w).map(({ octets }) => octets);
        assert.equal(passed.length, whole && source === WORLD && destination === guest.fixed ? 1 : 0, why);
        for (const octets of passed) expectQuote(octets, [guest.floating!, WORLD], [WORLD, guest.floating!], why);
        continue;
      }
      upstreamAsks(w, guest.floating!);
      crossed(w);
      const mac = cloud.objects.floatingIps.find(({ lport }) => lport === guest.name)!.mac;
      const perFip = cloud.objects.networks.some(({ floatingMac }) => floatingMac === 'perFip');
      const to = perFip ? formatMac(mac!) : exitMacOf(w, guest.host);
      fromUpstream(w, from(internet, to, guest.floating!, {}, l4, quote));
      crossed(w);
      const got = [...heard(w, cloud).values()].flat();
      const inside = destination.startsWith('10.');
      assert.equal(got.length, whole && source === guest.floating && !inside ? 1 : 0, why);
      for (const one of got) expectQuoted(one, [WORLD, guest.fixed], [guest.fixed, destination], why);
    }
    w.check();
  }
});

function expectQuote(octets: Uint8Array, ends: string[], quoted: string[], why: string): void {
  assert.equal(checksumFault(octets), undefined, why);
  expectQuoted(decode(octets), ends, quoted, why);
}

function expectQuoted({ ipv4: i, payload }: ReturnType<typeof decode>, ends: string[], quoted: string[], why: string): void {
  const { ipv4: q } = decodePacket(payload);
  assert.deepEqual([i!.src, i!.dst, q!.src, q!.dst], [...ends, ...quoted], why);
}

function fromOutside(
  w: FabricWorld,
  cloud: DrawnCloud,
  asked: DrawnGuest,
  talk: Talk,
  port: number,
  data: Uint8Array,
  why: string,
): void {
  upstreamAsks(w, asked.floating!);
  const [answer, ...more] = crossed(w);
  assert.deepEqual(more, [], `${why}: more than one answers`);
  fromUpstream(w, from(internet, decode(answer!.octets).arp!.senderMac, asked.floating!, {}, talk.ask(port), data));
  crossed(w);
  const got = only(w, cloud, asked, why);
  assert.deepEqual([got.ipv4!.src, got.ipv4!.dst], [WORLD, asked.fixed], why);
  if (cloud.served(asked)) assert.equal(got.ipv4!.ttl, 63, why);
  w.send(asked.host, asked.name, from({ mac: asked.mac, ip: asked.fixed }, asked.gateway, WORLD, {}, talk.answer(got)));
  const back = crossed(w).filter(({ octets }) => decode(octets).ipv4?.dst === WORLD && decode(octets).eth!.dst === SNAT_MAC.u);
  assert.equal(back.length, 1, why);
  assert.deepEqual([decode(back[0]!.octets).ipv4!.src, checksumFault(back[0]!.octets)], [asked.floating, undefined], why);
  if (cloud.served(asked)) assert.equal(back[0]!.from, `${asked.host} wire`, why);
}

function fromGuest(
  w: FabricWorld,
  cloud: DrawnCloud,
  asker: DrawnGuest,
  asked: DrawnGuest,
  talk: Talk,
  port: number,
  data: Uint8Array,
  why: string,
): void {
  w.send(
    asker.host,
    asker.name,
    from({ mac: asker.mac, ip: asker.fixed }, asker.gateway, asked.floating!, {}, talk.ask(port), data),
  );
  crossed(w);
  const got = only(w, cloud, asked, why);
  assert.deepEqual([got.ipv4!.src, got.ipv4!.dst, got.payload.length], [outsideOf(asker), asked.fixed, data.length], why);
  if (cloud.served(asker) && cloud.served(asked)) assert.equal(got.ipv4!.ttl, asker.host === asked.host ? 63 : 62, why);
  w.send(asked.host, asked.name, from({ mac: asked.mac, ip: asked.fixed }, asked.gateway, got.ipv4!.src, {}, talk.answer(got)));
  crossed(w);
  const told = only(w, cloud, asker, `${why}: the answer`);
  assert.deepEqual([told.ipv4!.src, told.ipv4!.dst], [asked.floating, asker.fixed], why);
  const name = told.udp?.dport ?? told.tcp?.dport ?? told.icmp!.id;
  assert.equal(name, port, why);
}

function described({ objects, guests, served }: DrawnCloud): string {
  const hosts = objects.hosts.map(({ name, mode }) => `${name} ${mode}`);
  const all = guests.map(
    (one) => `${one.name} ${one.fixed} of ${one.router} at ${one.host} ${one.floating ?? '-'} ${served(one)}`,
  );
  return [...hosts, ...all].join(', ');
}
