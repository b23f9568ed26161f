import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { Verdict } from '../../src/shared/verdict.js';
import { describeFrame } from '../../src/wire/describe.js';
import { Arena, recordOctets } from '../../src/wire/memory.js';
import { udpOut } from '../support/flows.js';
import { leftovers, whatIsLeft } from '../support/leftovers.js';
import { drawsOf } from '../support/long.js';
import { Dice } from '../support/mutate.js';
import { insideAddressIn } from '../support/sentinel.js';
import { Team } from '../support/team.js';
import { World } from '../support/world.js';
import { nextFrame, Seen } from './frames.js';
import { isInside, randomModes } from './modes.js';

/** How long each of the tests runs, in seconds, unless WINDROSE_FUZZ_SECONDS says otherwise. */
const SECONDS = Number(process.env.WINDROSE_FUZZ_SECONDS ?? drawsOf(2, 20));
const SEED = Number(process.env.WINDROSE_FUZZ_SEED ?? Date.now() % 0x7fff_ffff);
const STEPS = 300;
const GUARD = 0xa5;
const NAMES = ['lan', 'wan', 'dmz'];
/** Longer than any timer of the configurations, the neighbours' excepted. */
const ALL_TIMERS_MS = 45_000;
const OPTIONS = { wrongChecksums: true, sessions: 256, neighbors: 64, hosts: 64, mtus: { dmz: 900 } };

/** Runs rounds until the time is over. Each has a seed of its own, which its failure names: run again with WINDROSE_FUZZ_SEED. */
function rounds(round: (dice: Dice) => void): void {
  const end = Date.now() + SECONDS * 1000;
  for (let seed = SEED; Date.now() < end; seed++) {
    try {
      round(new Dice(seed));
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
}

function checkOutside(frames: readonly MemoryFrame[]): void {
  for (const frame of frames) {
    const shown = insideAddressIn(frame.octets, isInside);
    assert.equal(shown, undefined, `GEN-7: seen outside: ${describeFrame(frame.octets, frame.virtio)}`);
  }
}

for (const workers of [1, 2, 3]) {
  test(`DOS-6 GEN-7 mutated frames in every NAT mode, ${workers} workers, ${SECONDS} s from seed ${SEED}`, () => {
    rounds((dice) => {
      const t = new Team(workers, dice, { ...OPTIONS, yaml: randomModes(dice) });
      const seen = new Seen();
      for (let step = 0; step < STEPS; step++) {
        const frame = nextFrame(dice, seen);
        const iface = dice.pick(NAMES);
        t.push(iface, frame);
        try {
          if (dice.below(3) > 0) t.settle();
          else t.step();
          if (dice.below(150) === 0) reload(t, dice);
          if (dice.below(300) === 0) dice.pick(t.members).replaceWorker();
        } catch (error) {
          const about = `step ${step}, on ${iface}: ${describeFrame(frame.octets, frame.virtio)}`;
          throw new Error(`${(error as Error).message}\n${about}\n${(error as Error).stack}`);
        }
        seen.note(outside(t));
        if (step % 50 === 49) t.advance(500);
      }
      t.settle();
      for (const { state } of t.members) assert.equal(state.counters.verdicts[Verdict.Continue], 0);
      t.check();
      t.advance(ALL_TIMERS_MS);
      checkOutside(t.sent('wan'));
      t.check();
      assert.equal(whatIsLeft(leftovers(t.members.map(({ state }) => state))), '', 'what is left when all timers have run out');
      // Liveness: after all that, an ordinary frame passes.
      for (const member of t.members) member.reload(randomModes(new Dice(1)), 2);
      t.push('lan', udpOut('10.0.0.77', 4321));
      t.settle();
      assert.ok(t.sent('wan').length > 0, 'an ordinary frame passes afterwards');
    });
  });
}

function outside(t: Team): MemoryFrame[] {
  const frames = t.sent('wan');
  checkOutside(frames);
  t.sent('lan');
  t.sent('dmz');
  return frames;
}

/** Workers take a new configuration over one after the other, with turns in between. */
function reload(t: Team, dice: Dice): void {
  const yaml = randomModes(dice);
  for (const member of t.members) {
    member.reload(yaml, 2);
    t.step();
  }
}

test(`DOS-6 nothing is written outside the record of a frame, ${SECONDS} s from seed ${SEED}`, () => {
  rounds((dice) => {
    const w = new World({ ...OPTIONS, yaml: randomModes(dice) });
    const { u8 } = w.cx.memory;
    const seen = new Seen();
    for (let step = 0; step < STEPS; step++) {
      const frame = nextFrame(dice, seen);
      const end = Arena.BurstStart + recordOctets(frame.octets.length);
      u8.fill(GUARD, end, end + 512);
      w.send(dice.pick(NAMES), frame);
      // Answers to ARP may have been received since, into the start of the same room.
      const from = Math.max(end, Arena.BurstStart + 4 * recordOctets(64));
      for (let at = from; at < end + 512; at++) {
        if (u8[at] !== GUARD)
          assert.fail(`octet ${at - end} behind the record changed: ${describeFrame(frame.octets, frame.virtio)}`);
      }
      seen.note(w.sent('wan'));
    }
    w.check();
  });
});
