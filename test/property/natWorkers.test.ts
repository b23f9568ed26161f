import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { drawsOf } from '../support/long.js';
import { Dice } from '../support/mutate.js';
import { Team } from '../support/team.js';
import { natYaml, nextInput, type Seen, told } from './natScript.js';
import { SEED } from './seed.js';

/**
 * The whole NAT with several workers (GEN-8, D4). Ports are drawn, so they differ; what may depend on which port was drawn is left
 * out: whom a stranger reaches at a port that several hosts share (cases with overload have no third parties), and whom the session of
 * a host towards another's former external port reaches, should that port be drawn again while it lives. Where this would show (filtering
 * lets anybody in), ports are held for longer than a session lasts that nobody answers any more, and there are enough of them.
 */
const CASES: Readonly<Record<string, { yaml: string; thirdParty: boolean; hosts?: number; asService?: boolean }>> = {
  'eim, adf, ports run out': {
    yaml: natYaml('ports: 2000-2031, mapping: eim, filtering: adf, overload: false'),
    thirdParty: true,
  },
  'eim, eif, rr-host, few sessions and ports per host': {
    yaml: natYaml(
      'ports: 2000-2099, pooling: rr-host, mapping: eim, filtering: eif, overload: false, hostLimits: { sessions: 5, ports: 3, halfOpen: 2 }',
      '30s',
    ),
    thirdParty: true,
  },
  'eim, apdf, by hash, ports held': {
    yaml: natYaml('ports: 2000-2031, pooling: hash, mapping: eim, filtering: apdf, overload: false', '1s'),
    thirdParty: true,
  },
  'defaults, a rate of new sessions, ports held': {
    yaml: natYaml('ports: 2000-2255, hostLimits: { newSessions: 2/s burst 3 }', '3s'),
    thirdParty: true,
  },
  'apdm, least, one port for many, ports held': {
    yaml: natYaml('ports: 2000-2007, pooling: least, mapping: apdm, overload: { tcp: false }', '1s'),
    thirdParty: false,
  },
  'few hosts': { yaml: natYaml('ports: 2000-2255, mapping: eim, filtering: eif', '30s'), thirdParty: true, hosts: 64 },
  'an SNAT service of networks: eim, adf': {
    yaml: natYaml('ports: 2000-2031, mapping: eim, filtering: adf, overload: false'),
    thirdParty: true,
    asService: true,
  },
  'an SNAT service of networks: defaults, a rate of new sessions': {
    yaml: natYaml('ports: 2000-2255, hostLimits: { newSessions: 2/s burst 3 }', '3s'),
    thirdParty: true,
    asService: true,
  },
};

const STEPS = Number(process.env.WINDROSE_NAT_STEPS ?? drawsOf(200, 2000));

/** `draws`: another number, other ports. */
function play(workers: number, name: string, seed: number, draws = 0): { lines: string[]; team: Team } {
  const { yaml, thirdParty, hosts, asService = false } = CASES[name]!;
  const dice = new Dice(seed);
  const team = new Team(workers, new Dice(seed ^ 0x5eed), {
    yaml,
    sessions: 1024,
    asService,
    ...(hosts === undefined ? {} : { hosts }),
  });
  if (draws > 0) for (const { cx } of team.members) cx.random.seed(draws);
  const seen: Seen = { dice, out: [], came: [] };
  const lines: string[] = [];
  // Which address has a port free when ports are shared depends on which were shared.
  const said = (text: string): string => (thirdParty ? text : text.replaceAll(/192\.0\.2\.1[01]/g, 'ours'));
  for (let i = 0; i < STEPS; i++) {
    if (dice.below(25) === 0) {
      team.advance(dice.pick([100, 700, 2500, 6000]));
      // A port may be another flow's by now, and which one differs.
      seen.out.length = seen.came.length = 0;
    } else {
      const { iface, frames } = nextInput(seen, thirdParty);
      for (const frame of frames) {
        team.push(iface, frame);
        team.settle();
      }
    }
    lines.push(`step ${i}: ${said(told(seen, (iface) => team.sent(iface)))} | ${JSON.stringify(team.verdicts())}`);
  }
  return { lines, team };
}

for (const name of Object.keys(CASES)) {
  test(`GEN-8 LIM-1 1, 2, 3 and 8 workers translate and refuse the same: ${name}, seed ${SEED}`, () => {
    const one = play(1, name, SEED);
    one.team.check();
    // The first step that differs says it all.
    const same = ({ lines }: { lines: string[] }, who: string): void =>
      one.lines.forEach((line, i) => void assert.equal(lines[i], line, `${who}, after ${one.lines[i - 1]}`));
    same(play(1, name, SEED, 1 + (SEED >>> 1)), 'one worker that draws other ports');
    for (const workers of [2, 3, 8]) {
      const several = play(workers, name, SEED);
      same(several, `${workers} workers`);
      several.team.check();
      assert.deepEqual(several.team.verdicts(), one.team.verdicts(), `${workers} workers`);
      several.team.advance(60_000);
      several.team.check();
      assert.equal(several.team.sessionCount, 0);
    }
  });
}

/** Turns per run. */
const TURNS = Number(process.env.WINDROSE_INTERLEAVINGS ?? drawsOf(10_000, 60_000));

for (const [workers, asService] of [
  [1, false],
  [2, false],
  [3, false],
  [8, false],
  [2, true],
  [3, true],
] as const) {
  const whose = asService ? 'workers, of an SNAT service,' : 'workers';
  test(`turns of ${workers} ${whose} in any order, with replacements, in all modes: the laws hold, nothing is left, seed ${SEED}`, () => {
    const dice = new Dice(SEED ^ (workers * 77));
    const modes = [
      'ports: 2000-2015, mapping: eim, filtering: eif',
      'ports: 2000-2031, mapping: eim, filtering: adf, hostLimits: { sessions: 6, ports: 3, halfOpen: 2 }',
      'ports: 2000-2015, mapping: apdm, pooling: rr-host',
      'ports: 2000-2255, pooling: least',
    ];
    const team = new Team(workers, dice, { yaml: natYaml(dice.pick(modes), dice.pick(['off', '2s'])), sessions: 256, asService });
    const seen: Seen = { dice, out: [], came: [] };
    for (let i = 0; i < TURNS; i++) {
      if (dice.below(3) === 0) {
        const { iface, frames } = nextInput(seen, true);
        for (const frame of frames) team.push(iface, frame);
      }
      if (dice.below(40) === 0) {
        const ms = dice.below(300);
        for (const member of team.members) member.tick(ms);
      }
      if (dice.below(2000) === 0) dice.pick(team.members).replaceWorker();
      team.step();
      if (i % 16 === 0) told(seen, (iface) => team.sent(iface));
    }
    team.settle();
    team.check();
    assert.equal(team.count(Verdict.DropHandoffLoop), 0, 'no frame goes round');
    team.advance(60_000);
    team.check();
    assert.equal(team.sessionCount, 0);
  });
}
