import { compareSeeds } from './differential.js';

/** compareChild FIRST_SEED SETS LOOKUPS: compares in this process. Says how far it is on standard error, and the sum as JSON at last. */
const EVERY = 50;
const [first, sets, lookups] = process.argv.slice(2).map(Number) as [number, number, number];
let done = 0;
const sum = await compareSeeds(first, sets, lookups, ({ lookups: asked, faults }) => {
  if (++done % EVERY === 0) process.stderr.write(`seed ${first + done - 1}: ${asked} look-ups, ${faults.length} differences\n`);
});
process.stdout.write(`${JSON.stringify({ ...sum, answers: [...sum.answers], listed: [...sum.listed] })}\n`);
