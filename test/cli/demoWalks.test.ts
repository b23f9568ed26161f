import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Captured, judge } from '../../src/cli/demo/cloud/judge.js';
import type { Place, Walk } from '../../src/cli/demo/cloud/walk.js';
import { walkText } from '../../src/cli/demo/cloud/walkText.js';
import { WALKS } from '../../src/cli/demo/dvr/walks.js';
import { arp, eth, packet } from '../support/layers.js';
import { faults as faultsOf, captured as framesOf, inTunnel, MACS, type WalkTable } from './walkFrames.js';

/** dvr.md 2.1 to 2.4, written out: place, source, destination, TTL, and VNI with tunnel endpoints between hosts. */
const TABLE: WalkTable = {
  '2.1': [
    ['a1 a1>a3 64', 'h1 -', 'h2 -', 'n -', 'a3 a1>a3 64'],
    ['a3 a3>a1 64', 'h1 -', 'h2 -', 'n -', 'a1 a3>a1 64'],
  ],
  '2.2': [
    ['a1 a1>G_A 64', 'h1 -', 'h2 -', 'n -', 'b1 G_B>b1 63'],
    ['b1 b1>G_B 64', 'h1 -', 'h2 -', 'n -', 'a1 G_A>a1 63'],
  ],
  '2.3': [
    ['a1 a1>a2 64', 'h1 a1>a2 64 1001 T1>T2', 'h2 a1>a2 64 1001 T1>T2', 'n -', 'a2 a1>a2 64'],
    ['a2 a2>a1 64', 'h2 a2>a1 64 1001 T2>T1', 'h1 a2>a1 64 1001 T2>T1', 'n -', 'a1 a2>a1 64'],
  ],
  '2.4': [
    ['a1 a1>G_A 64', 'h1 D1>b2 63 1002 T1>T2', 'h2 D1>b2 63 1002 T1>T2', 'n -', 'b2 G_B>b2 63'],
    ['b2 b2>G_B 64', 'h2 D2>a1 63 1001 T2>T1', 'h1 D2>a1 63 1001 T2>T1', 'n -', 'a1 G_A>a1 63'],
  ],
};

const walkOf = (id: string): Walk => WALKS.find((walk) => walk.id === id)!;
const captured = (id: string, change?: (entry: string) => string): Map<Place, Uint8Array[]> =>
  framesOf(walkOf(id), TABLE[id]!, change);
const faults = (id: string, frames: Captured) => faultsOf(walkOf(id), frames);

describe('walks of the dvr demo', () => {
  for (const id of Object.keys(TABLE)) {
    test(`${id} as dvr.md has it is right, and any hop that is missing or shown twice is wrong`, () => {
      assert.deepEqual(faults(id, captured(id)), []);
      for (const [place, frames] of captured(id)) {
        for (const one of frames) {
          const others = frames.filter((frame) => frame !== one);
          assert.equal(faults(id, new Map([...captured(id), [place, others]])).length, 1, `${place} missing`);
          assert.equal(faults(id, new Map([...captured(id), [place, [...frames, one]]])).length, 1, `${place} twice`);
        }
      }
    });
  }

  for (const [entry, other, what] of [
    ['h1 D1>b2 63 1002 T1>T2', 'h1 G_B>b2 63 1002 T1>T2', "the router's own MAC leaves the host (I2)"],
    ['h2 D1>b2 63 1002 T1>T2', 'h2 D1>b2 63 1001 T1>T2', "the segment is the source's"],
    ['h2 D1>b2 63 1002 T1>T2', 'h2 D1>b2 63 1002 T2>T1', 'other tunnel endpoints'],
    ['h1 D1>b2 63 1002 T1>T2', 'h1 D1>b2 63 1002 T1>T2!', 'the datagram may be fragmented'],
    ['b2 G_B>b2 63', 'b2 D1>b2 63', 'a host MAC reaches a guest (I3)'],
    ['b2 G_B>b2 63', 'b2 G_B>b2 62', 'a second router decremented'],
    ['a1 G_A>a1 63', 'a1 G_A>a1 64', 'nobody decremented'],
  ] as const) {
    test(`2.4 is wrong when ${what}`, () => {
      const wrong = faults(
        '2.4',
        captured('2.4', (one) => (one === entry ? other : one)),
      );
      assert.equal(wrong.length, 1);
    });
  }

  test('a frame where nothing may be seen is wrong, an ARP request of a guest in a tunnel too; on its own device it is not', () => {
    const question = packet(
      eth({ src: MACS.a1!, dst: 'ff:ff:ff:ff:ff:ff' }),
      arp({ op: 1, senderIp: '10.0.0.11', targetIp: '10.0.0.13' }),
    );
    const seen = captured('2.1');
    seen.get('a1')!.push(question);
    assert.deepEqual(faults('2.1', seen), []);
    seen.set('n', [inTunnel(1001, 'T1>T2', question)]);
    const [[at, instead]] = faults('2.1', seen) as [readonly [string, string]];
    assert.equal(at, 'fabric at n');
    assert.match(instead, /^VNI 1001 192\.0\.2\.1 > 192\.0\.2\.2: .* ARP, request who-has 10\.0\.0\.13 tell 10\.0\.0\.11$/);
    const flooded = captured('2.1');
    flooded.set('a2', flooded.get('a3')!.slice(0, 1));
    assert.equal(faults('2.1', flooded)[0]![0], 'a2, a bystander');
  });

  test('is told in lines: MACs with names, what changed, and at a wrong hop what was expected and what was seen', () => {
    const walk = WALKS[3]!;
    const [right] = judge(walk, captured('2.4'));
    const lines = walkText(right).split('\n');
    assert.match(
      lines[2]!,
      /^h1 to fabric +fa:16:3f:09:34:f2 D1 +fa:16:3e:7d:49:80 b2 +1002 +T1 > T2 +10\.0\.0\.11 > 20\.0\.0\.22 +63 +a1 -> D1, G_A -> b2, ttl 64 -> 63 +ok$/,
    );
    assert.match(lines[4]!, /^fabric at n +nothing +ok$/);
    const [wrong] = judge(
      walk,
      captured('2.4', (one) => one.replace('b2 G_B>b2 63', 'b2 D1>b2 63')),
    );
    assert.ok(
      walkText(wrong).endsWith(
        [
          'WRONG: b2 receives',
          '  expected [G_B fa:16:3e:a3:3b:39 > b2 fa:16:3e:7d:49:80; 10.0.0.11 > 20.0.0.22 request; ttl 63]',
          '  seen     [D1 fa:16:3f:09:34:f2 > b2 fa:16:3e:7d:49:80; 10.0.0.11 > 20.0.0.22 request; ttl 63]',
          '',
        ].join('\n'),
      ),
    );
  });
});
