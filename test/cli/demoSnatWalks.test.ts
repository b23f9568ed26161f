import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge } from '../../src/cli/demo/cloud/judge.js';
import { walkText } from '../../src/cli/demo/cloud/walkText.js';
import { WALKS } from '../../src/cli/demo/snat/walks.js';
import { eth, icmp, ipv4, packet } from '../support/layers.js';
import { captured, faults, MACS, type WalkTable } from './walkFrames.js';

const OUT = '[.21>8.8.8.8]';
const BACK = '[8.8.8.8>.21]';

/** dvr.md 2.5 and 2.6, from another host and from that of the service, and 2.4 beside them. */
const TABLE: WalkTable = {
  'a2 > 8.8.8.8': [
    [
      ...['a2 a2>G_A 64', 'h2 D2>S_A 63 1001 T2>T_N', 'n D2>S_A 63 1001 T2>T_N'],
      ...[`n-external Q>U 62 ${OUT}`, `up Q>U 62 ${OUT}`],
    ],
    [
      ...[`up U>Q 64 ${BACK}`, `n-external U>Q 64 ${BACK}`],
      ...['n S_A>a2 63 1001 T_N>T2', 'h2 S_A>a2 63 1001 T_N>T2', 'a2 S_A>a2 63'],
    ],
  ],
  'a4 > 8.8.8.8': [
    ['a4 a4>G_A 64', `n-external Q>U 62 ${OUT}`, `up Q>U 62 ${OUT}`],
    [`up U>Q 64 ${BACK}`, `n-external U>Q 64 ${BACK}`, 'a4 S_A>a4 63'],
  ],
  'a2 > b1': [
    ['a2 a2>G_A 64', 'h2 D2>b1 63 1002 T2>T1', 'h1 D2>b1 63 1002 T2>T1', 'b1 G_B>b1 63'],
    ['b1 b1>G_B 64', 'h1 D1>a2 63 1001 T1>T2', 'h2 D1>a2 63 1001 T1>T2', 'a2 G_A>a2 63'],
  ],
};
const walkOf = (name: string) => WALKS.find(({ from, to }) => name === `${from.name} > ${to}`)!;

describe('walks of the snat demo', () => {
  for (const [name, table] of Object.entries(TABLE))
    test(`${name} as dvr.md has it is right, and any hop that is missing or shown twice is wrong`, () => {
      const walk = walkOf(name);
      assert.deepEqual(faults(walk, captured(walk, table)), []);
      for (const [place, frames] of captured(walk, table))
        for (const one of frames) {
          const others = frames.filter((frame) => frame !== one);
          assert.equal(faults(walk, new Map([...captured(walk, table), [place, others]])).length, 1, `${place} missing`);
          assert.equal(faults(walk, new Map([...captured(walk, table), [place, [...frames, one]]])).length, 1, `${place} twice`);
        }
    });

  for (const [entry, other, what] of [
    ['h2 D2>S_A 63 1001 T2>T_N', 'h2 G_A>S_A 63 1001 T2>T_N', "the router's own MAC leaves the host (I2)"],
    ['n D2>S_A 63 1001 T2>T_N', 'n D2>S_A 63 1001 T2>T1', 'it goes to a host that has no SNAT service'],
    [`n-external Q>U 62 ${OUT}`, 'n-external Q>U 62', 'the source is not translated'],
    [`n-external Q>U 62 ${OUT}`, 'n-external Q>U 62 [.22>8.8.8.8]', 'it is another address of the external network'],
    [`up Q>U 62 ${OUT}`, `up Q>U 63 ${OUT}`, 'the service did not decrement'],
    [`up U>Q 64 ${BACK}`, 'up U>Q 64 [8.8.8.8>a2]', 'the upstream answers to the inside'],
    ['n S_A>a2 63 1001 T_N>T2', 'n D_N>a2 63 1001 T_N>T2', 'a host MAC is on the way back'],
    ['a2 S_A>a2 63', 'a2 G_A>a2 62', "the guest's host routes the answer again"],
  ] as const)
    test(`2.5 and 2.6 are wrong when ${what}`, () => {
      const walk = walkOf('a2 > 8.8.8.8');
      const frames = captured(walk, TABLE['a2 > 8.8.8.8']!, (one) => (one === entry ? other : one));
      assert.equal(faults(walk, frames).length, 1);
    });

  test('an ICMP redirect to the guest is wrong, and so is a frame on the external network that has no business there', () => {
    const walk = walkOf('a2 > 8.8.8.8');
    const seen = captured(walk, TABLE['a2 > 8.8.8.8']!);
    const redirect = icmp({ type: 5, code: 1 });
    const frame = packet(
      eth({ src: MACS.G_A!, dst: MACS.a2! }),
      ipv4({ src: '10.0.0.1', dst: '10.0.0.12' }),
      redirect,
      'x'.repeat(28),
    );
    seen.get('a2')!.push(frame);
    const [[at, instead]] = faults(walk, seen) as [readonly [string, string]];
    assert.equal(at, 'a2 sends');
    assert.match(instead, /; .* IP 10\.0\.0\.1 > 10\.0\.0\.12: ICMP 5\/1 /);
    const routed = walkOf('a2 > b1');
    const flooded = captured(routed, TABLE['a2 > b1']!);
    flooded.set('h1-external', flooded.get('a2')!.slice(0, 1));
    assert.equal(faults(routed, flooded)[0]![0], 'external at h1');
  });

  test('is told in lines: the address that changes, and silence of the fabric and of the external network', () => {
    const walk = walkOf('a2 > 8.8.8.8');
    const lines = walkText(judge(walk, captured(walk, TABLE['a2 > 8.8.8.8']!))[0]).split('\n');
    assert.match(lines[4]!, /^fabric at h1 +nothing +ok$/);
    assert.match(lines[5]!, /^external at h1, h2 +nothing +ok$/);
    assert.match(
      lines[6]!,
      / 192\.168\.1\.21 > 8\.8\.8\.8 +62 +D2 -> Q, S_A -> U, 10\.0\.0\.12 -> 192\.168\.1\.21, ttl 63 -> 62 +ok$/,
    );
  });
});
