import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { FibAction, FibRule } from '../../src/tables/fib.js';
import { decode, decodePacket } from '../support/decode.js';
import { udpOut } from '../support/flows.js';
import { Dice } from '../support/mutate.js';
import { policy } from '../support/policySample.js';
import { Team } from '../support/team.js';
import { World } from '../support/world.js';
import { PARTS, someFrames } from './policyFrames.js';
import { randomPolicy } from './randomPolicy.js';
import { SEED } from './seed.js';

/** Random rules and routes, random frames. */

const zones = `
  - { name: low, match: 10.0.0.0/25, localAddresses: [192.0.2.10, 192.0.2.11] }
  - { name: rest, match: [10.0.0.128/25, 10.0.1.0/24], localAddresses: [192.0.2.20], mapping: eim, filtering: eif }`;
const statics = 'staticMappings: [{ name: host, external: 192.0.2.60, inside: 10.66.0.3 }]';

function draw(dice: Dice, nat: boolean): string {
  return randomPolicy(dice, { ...PARTS, nat }, (rules, routes, more) =>
    policy({ rules, routes, zones, more: `${statics}\n${more}\n${dice.below(2) === 0 ? 'tcp: { mss: pmtu }' : ''}` }),
  );
}

const IFACES = ['lan', 'dmz', 'wan', 'wan2'];
const leaves = (w: { sent(iface: string): MemoryFrame[] }): MemoryFrame[][] => IFACES.map((iface) => w.sent(iface));

test(`the cache of ways gives the answers of the tables, also after changes, seed ${SEED}`, () => {
  const dice = new Dice(SEED);
  for (let round = 0; round < 12; round++) {
    let yaml = draw(dice, true);
    const options = { mtus: { dmz: 1400, wan2: 1300 }, wrongChecksums: true };
    const cached = new World({ yaml, ...options });
    const asked = new World({ yaml, ...options });
    const seen: MemoryFrame[] = [];
    for (let step = 0; step < 120; step++) {
      const change = dice.below(40);
      if (change === 0) {
        yaml = draw(dice, true);
        for (const w of [cached, asked]) w.reload(yaml, 2 + round * 1000 + step);
      } else if (change === 1) {
        const rif = dice.below(4);
        const dead = dice.below(2) === 0;
        for (const w of [cached, asked]) w.setLink(rif, dead);
      } else if (change === 2) for (const w of [cached, asked]) w.advance(1500);
      for (const { iface, frame } of someFrames(dice, seen)) {
        cached.send(iface, { ...frame, octets: frame.octets.slice() });
        asked.cx.wayCache.fill(0);
        asked.cx.insideHops.fill(0);
        asked.send(iface, frame);
        const [a, b] = [leaves(cached), leaves(asked)];
        assert.deepEqual(a, b, `round ${round}, step ${step}:\n${yaml}\n${JSON.stringify(decode(frame.octets))}`);
        seen.push(...a[2]!, ...a[3]!);
        if (seen.length > 40) seen.splice(0, seen.length - 40);
      }
      assert.deepEqual(cached.state.counters.verdicts, asked.state.counters.verdicts);
    }
    cached.check();
  }
});

test('flows that share a row of the cache take turns in it', () => {
  const yaml = policy({
    rules: ['pref 100 from 10.0.0.0/25 lookup 9', 'pref 200 dport 1-10000 lookup 10'],
    routes: ['10.64.0.0/10 via 10.0.1.8 dev dmz table 9', '10.64.0.0/10 via 10.0.1.9 dev dmz table 10'],
  });
  const w = new World({ yaml });
  const dice = new Dice(77);
  // Three times as many as there are rows.
  const flows = Array.from({ length: 12_288 }, (_, i) => [`10.0.0.${2 + (i % 250)}`, `10.66.${i >> 8}.${i & 255}`] as const);
  for (let n = 0; n < 30_000; n++) {
    const [from, to] = dice.pick(flows);
    w.push('lan', udpOut(from, 9, to));
    if (n % 32 !== 0) continue;
    w.settle();
    for (const { octets } of w.sent('dmz')) {
      const { ipv4: ip, eth: link } = decode(octets);
      const low = Number(ip!.src.split('.')[3]) < 128;
      assert.equal(link!.dst, `02:00:0a:00:01:0${low ? 8 : 9}`);
    }
  }
  assert.equal(w.count('routed'), 29_985);
});

test(`GEN-7 by no rules and routes does an inside address leave, but by a rule nat, seed ${SEED}`, () => {
  const dice = new Dice(SEED + 1);
  const reasons = new Set<string>();
  for (let round = 0; round < 30; round++) {
    const nat = dice.below(3) === 0;
    const team = new Team(1 + dice.below(2), dice, { yaml: draw(dice, nat), mtus: { wan: 1300 }, wrongChecksums: true });
    const seen: MemoryFrame[] = [];
    for (let step = 0; step < 80; step++) {
      const change = dice.below(30);
      const yaml = change === 0 ? draw(dice, nat) : '';
      if (change === 0) for (const member of team.members) member.reload(yaml, 2 + step);
      else if (change === 1) team.advance(1200);
      for (const { iface, frame } of someFrames(dice, seen)) team.push(iface, frame);
      team.settle();
      const out = [...team.sent('wan'), ...team.sent('wan2')];
      for (const frame of out) noneInside(frame, rewritten(team));
      seen.push(...out);
      if (seen.length > 40) seen.splice(0, seen.length - 40);
    }
    team.check();
    for (const reason of Object.keys(team.verdicts())) reasons.add(reason);
  }
  for (const reason of [
    'translated',
    'routed',
    'no_route',
    'route_unreachable',
    'route_prohibit',
    'route_blackhole',
    'ttl_exceeded',
  ])
    assert.ok(reasons.has(reason), `never met ${reason}: ${[...reasons]}`);
});

/** Whether rules rewrite sources now. */
function rewritten(team: Team): boolean {
  const { rules, ruleCount } = team.members[0]!.cx.fib;
  return Array.from({ length: ruleCount }, (_, i) => rules[i * FibRule.Words + FibRule.Action]).includes(FibAction.Nat);
}

/** Neither the source nor, in an error, whom the quoted packet was for. With rules nat, what those quote is their sender's affair. */
function noneInside({ octets }: MemoryFrame, nat: boolean): void {
  const { ipv4: ip, icmp: message, payload } = decode(octets);
  if (ip === undefined) return;
  // The router's own addresses answer whoever asks them.
  assert.doesNotMatch(ip.src, /^10\.(?!0\.[01]\.1$)/, JSON.stringify(ip));
  if (nat || message === undefined || ![3, 11, 12].includes(message.type)) return;
  assert.doesNotMatch(decodePacket(payload).ipv4?.dst ?? '', /^10\.(?!0\.[01]\.1$)/, JSON.stringify(decodePacket(payload)));
}
