/** Seed of all property tests of a run: WINDROSE_SEED, or the clock. fast-check prints it with every counterexample. */
export const SEED = Number(process.env.WINDROSE_SEED ?? Date.now() % 0x7fff_ffff);
