import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, answersIn, checkAnswers } from '../../src/cli/demo/fip/answers.js';
import { OWNERS, WALKS } from '../../src/cli/demo/fip/walks.js';
import { arp, eth, packet } from '../support/layers.js';
import { captured, faults, MACS, type WalkTable } from './walkFrames.js';

const A1_OUT = [`a1 a1>G_A 64`, 'h1-external F1>U 63 [.101>8.8.8.8]', 'up F1>U 63 [.101>8.8.8.8]'];
const A1_IN = ['up U>F1 64 [8.8.8.8>.101]', 'h1-external U>F1 64 [8.8.8.8>.101]', 'a1 G_A>a1 63 [8.8.8.8>a1]'];
const B1_OUT = [
  ...['b1 b1>G_B 64 [b1>8.8.8.8]', 'h1 D1>S_B 63 1002 T1>T_N [b1>8.8.8.8]', 'n D1>S_B 63 1002 T1>T_N [b1>8.8.8.8]'],
  ...['n-external Q>U 62 [.104>8.8.8.8]', 'up Q>U 62 [.104>8.8.8.8]'],
];
const B1_IN = [
  ...['up U>Q 64 [8.8.8.8>.104]', 'n-external U>Q 64 [8.8.8.8>.104]'],
  ...['n S_B>b1 63 1002 T_N>T1 [8.8.8.8>b1]', 'h1 S_B>b1 63 1002 T_N>T1 [8.8.8.8>b1]', 'b1 S_B>b1 63 [8.8.8.8>b1]'],
];
const OWN = ['a1 a1>G_A 64 [a1>.101]', 'a1 G_A>a1 63 [.101>a1]'];

/** dvr.md 2.7 to 2.10, written out; addresses where they are not those of both ends. */
const TABLE: WalkTable = {
  'a1 > 8.8.8.8': [A1_OUT, A1_IN],
  'up > 192.168.1.101': [A1_IN, A1_OUT.map((entry) => entry.replace(/64$/, '64 [a1>8.8.8.8]'))],
  'a1 > 192.168.1.103': [
    ['a1 a1>G_A 64 [a1>.103]', 'a3 G_A>a3 63 [.101>a3]'],
    ['a3 a3>G_A 64 [a3>.101]', 'a1 G_A>a1 63 [.103>a1]'],
  ],
  'a1 > 192.168.1.102': [
    [
      ...['a1 a1>G_A 64 [a1>.102]', 'h1-external F1>F2 63 [.101>.102]'],
      ...['h2-external F1>F2 63 [.101>.102]', 'b2 G_B>b2 62 [.101>b2]'],
    ],
    [
      ...['b2 b2>G_B 64 [b2>.101]', 'h2-external F2>F1 63 [.102>.101]'],
      ...['h1-external F2>F1 63 [.102>.101]', 'a1 G_A>a1 62 [.102>a1]'],
    ],
  ],
  'a2 > 192.168.1.101': [
    [
      ...['a2 a2>G_A 64 [a2>.101]', 'h2 D2>S_A 63 1001 T2>T_N [a2>.101]', 'n D2>S_A 63 1001 T2>T_N [a2>.101]'],
      ...['n-external Q>F1 62 [.21>.101]', 'h1-external Q>F1 62 [.21>.101]', 'a1 G_A>a1 61 [.21>a1]'],
    ],
    [
      ...['a1 a1>G_A 64 [a1>.21]', 'h1-external F1>Q 63 [.101>.21]', 'n-external F1>Q 63 [.101>.21]'],
      ...['n S_A>a2 62 1001 T_N>T2 [.101>a2]', 'h2 S_A>a2 62 1001 T_N>T2 [.101>a2]', 'a2 S_A>a2 62 [.101>a2]'],
    ],
  ],
  'a1 > 192.168.1.101': [OWN, OWN],
  'b1 > 8.8.8.8': [B1_OUT, B1_IN],
  'up > 192.168.1.104': [B1_IN, B1_OUT],
};
const walkOf = (name: string) => WALKS.find(({ from, to }) => name === `${from.name} > ${to}`)!;
const faultsAfter = (name: string, change: (entry: string) => string) =>
  faults(walkOf(name), captured(walkOf(name), TABLE[name]!, change));

describe('walks of the fip demo', () => {
  test('each of them is written out here', () =>
    assert.deepEqual(
      WALKS.map(({ from, to }) => `${from.name} > ${to}`),
      Object.keys(TABLE),
    ));

  for (const [name, table] of Object.entries(TABLE))
    test(`${name} as dvr.md has it is right, and any hop that is missing or shown twice is wrong`, () => {
      const walk = walkOf(name);
      assert.deepEqual(faults(walk, captured(walk, table)), []);
      for (const [place, frames] of captured(walk, table))
        for (const one of frames) {
          const others = frames.filter((frame) => frame !== one);
          assert.notDeepEqual(faults(walk, new Map([...captured(walk, table), [place, others]])), [], `${place} missing`);
          assert.equal(faults(walk, new Map([...captured(walk, table), [place, [...frames, one]]])).length, 1, `${place} twice`);
        }
    });

  for (const [name, entry, other, what] of [
    ['a1 > 8.8.8.8', A1_OUT[1]!, A1_OUT[1]!.replace('63', '62'), 'there is a hop between replica and exit'],
    ['a1 > 8.8.8.8', A1_OUT[1]!, 'h1-external G_A>U 63 [.101>8.8.8.8]', "the router's own MAC leaves the host"],
    ['a1 > 8.8.8.8', A1_IN[2]!, 'a1 G_A>a1 63 [8.8.8.8>.101]', 'the destination is not translated'],
    ['a1 > 192.168.1.103', 'a3 G_A>a3 63 [.101>a3]', 'a3 G_A>a3 63 [a1>a3]', 'the source is not translated'],
    ['a2 > 192.168.1.101', 'a2 S_A>a2 62 [.101>a2]', 'a2 S_A>a2 62 [a1>a2]', 'the answer comes from the fixed address'],
    ['a1 > 192.168.1.101', OWN[1]!, 'a1 G_A>a1 63 [a1>a1]', 'the guest hears from its own address'],
    ['b1 > 8.8.8.8', B1_OUT[4]!, 'up Q>U 62 [.21>8.8.8.8]', 'it leaves by the shared address'],
  ] as const)
    test(`${name} is wrong when ${what}`, () => {
      const times = TABLE[name]!.flat().filter((one) => one === entry).length;
      assert.ok(times > 0);
      assert.equal(faultsAfter(name, (one) => (one === entry ? other : one)).length, times);
    });

  test('over the SNAT service, or by another host, is wrong: nothing may be seen there', () => {
    const walk = walkOf('a1 > 8.8.8.8');
    for (const place of ['n', 'n-external', 'h2-external', 'a3'] as const) {
      const seen = captured(walk, TABLE['a1 > 8.8.8.8']!);
      seen.set(place, seen.get('up')!.slice(0, 1));
      assert.equal(faults(walk, seen).length, 1, place);
    }
  });
});

describe('answers to the upstream router', () => {
  const right: Answer[] = OWNERS.map(({ address, host, mac }) => ({ address, host, mac }));
  const replyFrom = (mac: string, address: string, target = '192.168.1.1'): Uint8Array =>
    packet(
      eth({ src: mac, dst: MACS.U! }),
      arp({ op: 2, senderMac: mac, senderIp: address, targetMac: MACS.U!, targetIp: target }),
    );

  test('one for each address, of its host and with its MAC; none, two, another host or another MAC is told', () => {
    checkAnswers(right);
    assert.throws(() => checkAnswers(right.slice(1)), /^Error: who has 192\.168\.1\.101: expected h1 with .*, seen nobody$/);
    assert.throws(() => checkAnswers([...right, { ...right[0]!, host: 'h2' }]), /seen h1 with \S+, h2 with \S+$/);
    assert.throws(() => checkAnswers([{ ...right[0]!, host: 'n' }, ...right.slice(1)]), /seen n with /);
    assert.throws(() => checkAnswers([{ ...right[0]!, mac: MACS.Q! }, ...right.slice(1)]), /seen h1 with fa:16:3e:93:cb:37$/);
  });

  test('are read off the links of the hosts; announcements, requests and answers for others are none', () => {
    const request = packet(eth(), arp({ op: 1, senderIp: '192.168.1.1', targetIp: '192.168.1.101' }));
    const announced = replyFrom(MACS.F1!, '192.168.1.101', '192.168.1.101');
    const seen = new Map([
      ['h1-external', [request, announced, replyFrom(MACS.F1!, '192.168.1.103'), replyFrom(MACS.F1!, '192.168.1.101')]],
      ['up', [replyFrom(MACS.F1!, '192.168.1.101')]],
    ] as const);
    assert.deepEqual(answersIn(seen, '192.168.1.101'), [{ address: '192.168.1.101', host: 'h1', mac: MACS.F1 }]);
  });
});
