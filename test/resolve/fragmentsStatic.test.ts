import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { inward, outward } from '../support/flows.js';
import { checksumHolds, cutAnywhere, cutAt, type Datagram, datagram, received, shuffled } from '../support/fragments.js';
import { INSIDE_HOSTS, linkOf, type Protocol, passes } from '../support/insideHosts.js';
import { icmp, type Layer, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { naiveSum, pseudoHeader } from '../support/octets.js';
import { REMOTE } from '../support/sample.js';
import { Team } from '../support/team.js';

const SEED = Number(process.env.WINDROSE_SEED ?? Date.now() % 0x7fff_ffff);
const UDP_LITE = 136;
const HOST = { host: '10.0.1.30', address: '192.0.2.30' };
/** Octets of L4 that stand before the payload. */
const HEADER = { udp: 8, tcp: 20, icmp: 8 } as const;

function carried(team: Team, dice: Dice, d: Datagram, from: string, to: string): ReturnType<typeof received>[number] {
  const out = passes(team, from, ...shuffled(cutAnywhere(d, dice, 24), dice));
  for (const { iface } of out) assert.equal(iface, to);
  const whole = received(out.map(({ octets }) => octets));
  assert.equal(whole.length, 1, 'one datagram');
  return whole[0]!;
}

for (const workers of [1, 2, 3, 8]) {
  test(`FRG-1 FRG-2 FRG-7 STA-1 STA-2 GEN-8 fragments of static mappings, begun by either side, ${workers} workers, seed ${SEED}`, () => {
    const dice = new Dice(SEED + workers);
    const team = new Team(workers, dice, { yaml: INSIDE_HOSTS });
    for (let i = 0; i < 60; i++) {
      const protocol: Protocol = dice.pick(['udp', 'tcp', 'icmp']);
      const host = { ...HOST, outer: 1024 + i, inner: 1024 + i };
      const port = {
        host: '10.0.1.32',
        address: '192.0.2.32',
        ...(protocol === 'tcp' ? { outer: 80, inner: 8080 } : { outer: 5353, inner: 4000 }),
      };
      const one = protocol === 'icmp' ? host : dice.pick([host, port]);
      const remote = 3000 + i;
      const payload = dice.octets(100 + dice.below(2500));
      const ask = (sport: number, dport: number, first: boolean): Layer =>
        protocol === 'udp'
          ? udp({ sport, dport })
          : protocol === 'tcp'
            ? tcp({ sport, dport, flags: first ? 'S' : 'SA' })
            : icmp({ type: first ? 8 : 0, id: remote, seq: 1 });
      const inFirst = dice.below(2) === 0;
      const came = (first: boolean): void => {
        const d = datagram(inward(), { src: REMOTE, dst: one.address, id: i }, ask(remote, one.outer, first), payload);
        const got = carried(team, dice, d, 'wan', linkOf(one.host));
        assert.equal(got.ip.dst, one.host);
        assert.ok(checksumHolds(got.ip, got.segment));
        if (protocol !== 'icmp') assert.equal(got.segment[2]! * 256 + got.segment[3]!, one.inner);
        assert.deepEqual(got.segment.subarray(HEADER[protocol]), payload);
      };
      const left = (first: boolean): void => {
        const d = datagram(outward(one.host), { src: one.host, dst: REMOTE, id: i }, ask(one.inner, remote, first), payload);
        const got = carried(team, dice, d, linkOf(one.host), 'wan');
        assert.equal(got.ip.src, one.address);
        assert.ok(checksumHolds(got.ip, got.segment));
        if (protocol !== 'icmp') assert.equal(got.segment[0]! * 256 + got.segment[1]!, one.outer);
        assert.deepEqual(got.segment.subarray(HEADER[protocol]), payload);
      };
      if (inFirst) came(true);
      left(!inFirst);
      if (!inFirst) came(false);
    }
    assert.equal(team.count(Verdict.DropHandoffLoop), 0);
    team.check();
    team.advance(750_000);
    team.check();
  });

  test(`FRG-1 STA-1 CKS-6 fragments of any other protocol of a host with its own address, in any order and with its own ids, ${workers} workers, seed ${SEED}`, () => {
    const dice = new Dice(SEED + workers);
    const team = new Team(workers, dice, { yaml: INSIDE_HOSTS });
    for (let i = 0; i < 40; i++) {
      const protocol = dice.pick([47, 50, UDP_LITE]);
      const payload = dice.octets(400 + dice.below(800));
      const out = dice.below(2) === 0;
      const ends = out ? { src: HOST.host, dst: REMOTE } : { src: REMOTE, dst: HOST.address };
      if (protocol === UDP_LITE) liteChecksum(ends, payload);
      const d: Datagram = { link: out ? outward(HOST.host) : inward(), ip: { ...ends, id: 100 + i }, segment: payload, protocol };
      const parts = shuffled(cutAt(d, [96, 200, 304]), dice);
      // The later ones alone begin it, too: nothing is held.
      const frames = passes(team, out ? 'dmz' : 'wan', ...parts);
      assert.deepEqual([...new Set(frames.map(({ iface }) => iface))], [out ? 'wan' : 'dmz']);
      const [got] = received(frames.map(({ octets }) => octets));
      assert.deepEqual([got!.ip.src, got!.ip.dst], out ? [HOST.address, REMOTE] : [REMOTE, HOST.host]);
      assert.equal(got!.ip.id, 100 + i);
      if (protocol === UDP_LITE) {
        const pseudo = pseudoHeader(octetsOf(got!.ip.src), octetsOf(got!.ip.dst), UDP_LITE, payload.length);
        assert.equal(naiveSum(got!.segment, naiveSum(pseudo)), 0xffff);
      } else assert.deepEqual(got!.segment, payload);
    }
    assert.equal(team.count(Verdict.FragmentHeld), 0);
    // Somebody without an address of his own.
    const stranger: Datagram = {
      link: outward('10.0.1.9'),
      ip: { src: '10.0.1.9', dst: REMOTE },
      segment: new Uint8Array(200),
      protocol: 47,
    };
    assert.deepEqual(passes(team, 'dmz', ...cutAt(stranger, [96])), []);
    team.check();
    team.advance(750_000);
    team.check();
  });
}

/** Covers all of the datagram (RFC 3828: coverage 0). */
function liteChecksum(ends: { src: string; dst: string }, segment: Uint8Array): void {
  segment.fill(0, 4, 8);
  const sum =
    ~naiveSum(segment, naiveSum(pseudoHeader(octetsOf(ends.src), octetsOf(ends.dst), UDP_LITE, segment.length))) & 0xffff;
  segment.set([sum >> 8, sum & 0xff], 6);
}

function octetsOf(address: string): Uint8Array {
  return Uint8Array.from(address.split('.').map(Number));
}

for (const workers of [1, 2])
  test(`FRG-3 STA-2 a later fragment opens no session of a mapped port, whatever its payload looks like, ${workers} workers`, () => {
    const team = new Team(workers, new Dice(3), { yaml: INSIDE_HOSTS });
    // Where the flags of a TCP header would be stands SYN.
    const payload = new Uint8Array(200).fill(2);
    const d = datagram(inward(), { src: REMOTE, dst: '192.0.2.32', id: 5 }, tcp({ sport: 1, dport: 80, flags: 'A' }), payload);
    const parts = cutAt(d, [40, 80]);
    assert.deepEqual(passes(team, 'wan', ...parts), []);
    assert.equal(team.sessionCount, 0);
    assert.equal(team.count(Verdict.DropFragment), 2);
    team.check();
  });
