import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warmUpWorld } from '../../src/control/warmUpWorld.js';
import { PipelineContext } from '../../src/pipeline/context.js';
import { Verdict } from '../../src/shared/verdict.js';
import { stateOf } from '../../src/tables/state.js';
import { frameMemoryIn, makeArena } from '../../src/wire/memory.js';
import { warmUp } from '../../src/worker/warmUp.js';

test('the warm-up of a host goes every way that frames of networks take, so that the first one of each is no slow one', () => {
  const world = warmUpWorld({ k0: 1, k1: 2 }, true);
  const state = stateOf(world.state, 0);
  const cx = new PipelineContext(frameMemoryIn(makeArena()), 0, state, world.snapshots[0]);
  warmUp(cx, { ...world, frames: 16_384 });
  const { verdicts } = state.counters;
  const ways = { FloatingOut: Verdict.FloatingOut, FloatingIn: Verdict.FloatingIn, FloatingHairpin: Verdict.FloatingHairpin };
  const others = { Translated: Verdict.Translated, Routed: Verdict.Routed, Bridged: Verdict.Bridged, Flooded: Verdict.Flooded };
  for (const [name, verdict] of Object.entries({ ...ways, ...others }))
    assert.ok(verdicts[verdict]! > 20, `${name}: ${verdicts[verdict]}`);
  for (const wrong of [Verdict.DropPhysnetUnused, Verdict.DropSpoofIp, Verdict.DropNotFloating]) assert.equal(verdicts[wrong], 0);
});

test('D7 a warm-up whose time is over ends, but not before the configuration was swapped twice', () => {
  const world = warmUpWorld({ k0: 1, k1: 2 });
  const state = stateOf(world.state, 0);
  const cx = new PipelineContext(frameMemoryIn(makeArena()), 0, state, world.snapshots[0]);
  let rests = 0;
  let swaps = 0;
  const adopt = cx.adopt.bind(cx);
  cx.adopt = (snapshot) => {
    swaps++;
    adopt(snapshot);
  };
  const count = (): void => {
    rests++;
  };
  warmUp(cx, { ...world, frames: 1_000_000_000 }, count, 0);
  assert.deepEqual([swaps, rests], [3, 145]);
});
