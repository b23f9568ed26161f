import type { Config } from '../../src/config/config.js';
import { type Built, buildSnapshot } from '../../src/control/buildSnapshot.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { allocateState, stateOf } from '../../src/tables/state.js';

/** A configuration compiled for a gateway that has just started, with devices of MTU 1500. */
export function build(config: Config): Built & { readonly index: StateIndex } {
  const state = allocateState({ workers: 1, sessions: 8, neighbors: 8, addresses: 8, hosts: 64 }, { k0: 1, k1: 2 });
  const index = new StateIndex(stateOf(state, 0).ports);
  const mtus = config.ifaces.map(() => 1500);
  return { ...buildSnapshot(config, mtus, index, 1, 1), index };
}
