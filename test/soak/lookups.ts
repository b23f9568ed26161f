import { compareInTwo, PER_SET, summary } from '../support/policy/compareInTwo.js';

/** Compares so many look-ups with the kernel's (test/system/policy-routing). Returns how many rule sets differ. */
export async function compareLookups(lookups: number, seed: number, print: (text: string) => void): Promise<number> {
  const sum = await compareInTwo(seed, Math.ceil(lookups / PER_SET), print);
  for (const line of summary(sum)) print(line);
  for (const fault of sum.faults) print(`DIFFERENCE ${fault}`);
  if (sum.faults.length === 0) print('look-ups passed');
  return sum.faults.length;
}
