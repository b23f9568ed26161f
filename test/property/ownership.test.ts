import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { Verdict } from '../../src/shared/verdict.js';
import { decode } from '../support/decode.js';
import { answerTo, echoOut, outward, tcpOut, udpOut } from '../support/flows.js';
import { ipv4, packet, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { lan, small } from '../support/sample.js';
import { Team } from '../support/team.js';
import { SEED } from './seed.js';

/** Three local addresses of few ports, so that workers run out of blocks, and timers of seconds. */
const rotating = small('2000-2031').replace('[192.0.2.10]', '[192.0.2.10, 192.0.2.11, 192.0.2.12]');
const plenty = `${lan}timers: { allowShort: true, udp: 5s, udpUnanswered: 2s, icmp: 3s, tcpEstablished: 20s, tcpHalfOpen: 4s, tcpClosing: 2s, portHold: off }\n`;

const CASES: Readonly<Record<string, { yaml: string; sessions?: number }>> = {
  'sixteen ports': { yaml: small('2000-2015') },
  'three addresses, one of them full at times': { yaml: rotating },
  'four blocks': { yaml: small('2048-2303') },
  'plenty of ports, an empty zone and none': { yaml: plenty },
  'room for twelve sessions': { yaml: plenty, sessions: 12 },
};

interface Script {
  readonly dice: Dice;
  readonly team: Team;
  readonly left: MemoryFrame[];
}

/** A first frame, or a later one, of one of few flows; sometimes an answer; sometimes what is refused. */
function something({ dice, left }: Script): { iface: 'lan' | 'wan'; frame: Uint8Array } {
  const host = `10.0.0.${2 + dice.below(12)}`;
  const to = dice.pick(['198.51.100.7', '198.51.100.8', '198.18.0.9']);
  const sport = 1000 + dice.below(6);
  const kind = dice.below(14);
  if (kind < 3 && left.length > 0)
    return { iface: 'wan', frame: answerTo(dice.pick(left), { flags: dice.pick(['SA', 'A', 'FA', 'R']) }) };
  if (kind < 6) return { iface: 'lan', frame: udpOut(host, sport, to) };
  if (kind < 9) return { iface: 'lan', frame: tcpOut(host, sport, dice.pick(['S', 'S', 'A', 'FA', 'R']), to) };
  if (kind < 11) return { iface: 'lan', frame: echoOut(host, sport, to) };
  if (kind === 11) return { iface: 'wan', frame: answerTo({ octets: udpOut('192.0.2.10', 100 + dice.below(300), to) }) };
  const header = kind === 12 ? { ttl: 1 } : { offset: 8 };
  return { iface: 'lan', frame: packet(outward(host), ipv4({ src: host, dst: to, ...header }), udp({ sport }), 'odd') };
}

/** What one input led to: who got what from whom. Ports that the gateway chose and ids of its own packets are left out. */
function outcome(team: Team, left: MemoryFrame[]): string[] {
  const lines: string[] = [];
  for (const iface of ['lan', 'wan'] as const) {
    for (const frame of team.sent(iface)) {
      const d = decode(frame.octets);
      const ports = iface === 'wan' ? (d.udp?.dport ?? d.tcp?.dport) : (d.udp?.dport ?? d.tcp?.dport ?? d.icmp?.id);
      const kind = d.udp ? 'udp' : d.tcp ? `tcp ${d.tcp.flags}` : `icmp ${d.icmp?.type}/${d.icmp?.code}`;
      lines.push(`${iface} ${kind} ${d.ipv4!.src} > ${d.ipv4!.dst} ${ports} ttl ${d.ipv4!.ttl} ${d.payload?.length}`);
      if (iface === 'wan') left.push(frame);
    }
  }
  if (left.length > 40) left.splice(0, left.length - 40);
  return lines;
}

function play(workers: number, yaml: string, sessions: number, seed: number, steps: number): { told: string[]; team: Team } {
  // What is sent is the same for every number of workers, whom it comes to is not.
  const dice = new Dice(seed);
  const script: Script = { dice, team: new Team(workers, new Dice(seed ^ 0x5eed), { yaml, sessions }), left: [] };
  const told: string[] = [];
  for (let i = 0; i < steps; i++) {
    if (dice.below(25) === 0) {
      script.team.advance(dice.pick([100, 700, 2500, 6000]));
      // A port may be another flow's by now, and which one differs.
      script.left.length = 0;
    } else {
      const { iface, frame } = something(script);
      script.team.push(iface, frame);
      script.team.settle();
    }
    told.push(`step ${i}: ${outcome(script.team, script.left).join('; ')}`);
  }
  return { told, team: script.team };
}

for (const [name, { yaml, sessions = 1024 }] of Object.entries(CASES)) {
  test(`GEN-8 1, 2, 3 and 8 workers give the same answers and counts: ${name}, seed ${SEED}`, () => {
    const one = play(1, yaml, sessions, SEED, 600);
    one.team.check();
    if (sessions < 1024) assert.ok(one.team.count(Verdict.DropSessionsFull) > 0, 'the limit was reached');
    for (const workers of [2, 3, 8]) {
      const several = play(workers, yaml, sessions, SEED, 600);
      assert.ok(several.team.count(Verdict.HandedOff) > 50, 'frames changed hands');
      several.team.check();
      assert.deepEqual(several.told, one.told, `${workers} workers`);
      assert.deepEqual(several.team.verdicts(), one.team.verdicts(), `${workers} workers`);
      several.team.advance(8_000_000 / 100);
      several.team.check();
      assert.equal(several.team.sessionCount, 0);
    }
  });
}

/** Turns per run; `npm run soak` style figures come with WINDROSE_INTERLEAVINGS. */
const TURNS = Number(process.env.WINDROSE_INTERLEAVINGS ?? 30_000);

for (const workers of [2, 3, 8]) {
  test(`turns of ${workers} workers in any order, frames in flight everywhere: nothing lost, nothing twice, seed ${SEED}`, () => {
    const dice = new Dice(SEED ^ workers);
    const yaml = dice.pick([small('2000-2015'), rotating, small('2048-2303')]);
    const team = new Team(workers, dice, { yaml, sessions: 1024 });
    const script: Script = { dice, team, left: [] };
    for (let i = 0; i < TURNS; i++) {
      if (dice.below(3) === 0) {
        const { iface, frame } = something(script);
        team.push(iface, frame);
      }
      if (dice.below(40) === 0) for (const member of team.members) member.tick(dice.below(300));
      if (dice.below(2000) === 0) dice.pick(team.members).replaceWorker();
      team.step();
      if (i % 16 === 0) outcome(team, script.left);
    }
    team.settle();
    team.check();
    team.advance(60_000);
    team.check();
    assert.equal(team.sessionCount, 0);
  });
}
