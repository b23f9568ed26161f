import fc from 'fast-check';
import { frame, frameOf, isGroup } from '../property/eastWestFrames.js';
import type { EastWestMemory } from '../property/eastWestMemory.js';
import { EastWestModel } from '../property/eastWestModel.js';
import type { Plan } from '../property/eastWestPlan.js';
import { EastWestTables } from '../property/eastWestTables.js';
import type { Dice } from '../support/mutate.js';
import type { ChurnedGuests } from './churnedGuests.js';
import type { Kept } from './churnedHosts.js';

/** Frames that are drawn, and how many of them are tried of those that somebody hears, and that nobody does. */
const DRAWN = 150;
const HEARD = 20;
const UNHEARD = 6;

/** A set that has everything: what depends on who was spoken of before is left open by the model. */
class Everything extends Set<string> {
  override has(): boolean {
    return true;
  }
}

/** Guests of these hosts send frames at random while nothing changes; each has to reach those whom the model says, as it says. */
export async function judgeFrames(
  guests: ChurnedGuests,
  plan: Plan,
  hosts: readonly string[],
  kept: Kept,
  dice: Dice,
): Promise<{ judged: number; heard: number; faults: string[] }> {
  const result = { judged: 0, heard: 0, faults: [] as string[] };
  const senders = plan.ports.filter(({ name, host }) => hosts.includes(host ?? '') && guests.has(name));
  if (senders.length === 0) return result;
  await guests.hush();
  const left = { heard: HEARD, unheard: UNHEARD };
  for (const draw of fc.sample(frame, { numRuns: DRAWN, seed: dice.below(0x7fff_ffff) })) {
    const from = senders[draw.port % senders.length]!;
    const one = frameOf(draw, plan, from);
    // What may be a claim changes what holds.
    if (one.body.kind === 'arp' && (one.body.op === 2 || !from.addresses.includes(one.body.spa))) continue;
    const model = new EastWestModel(plan, new EastWestTables(plan, kept as EastWestMemory), new Everything());
    model.fromPort(from, one);
    // Errors are limited in number.
    if (model.open || model.lines.some((line) => line.includes(' icmp ') || isLearnt(line, plan))) continue;
    const expected = model.lines.filter((line) => line.startsWith('port ') && guests.has(line.split(' ')[1]!));
    if (left[expected.length > 0 ? 'heard' : 'unheard']-- <= 0) continue;
    const all = await guests.say(from.name, one, expected.length);
    const seen = all.filter((line) => expected.includes(line) || !isLate(line, plan));
    result.judged++;
    if (expected.length > 0) result.heard++;
    if (seen.sort().join('\n') === expected.sort().join('\n')) continue;
    const said = `${from.name} on ${from.host} sends ${JSON.stringify(one)}`;
    result.faults.push(`${said}\nexpected ${expected.join('\n')}\nseen ${seen.join('\n')}`, JSON.stringify(plan));
    return result;
  }
  return result;
}

/** To nobody on a physical network: its switch may know a place for the MAC, the model's is none that learns. */
function isLearnt(line: string, plan: Plan): boolean {
  if (!line.startsWith('wire ')) return false;
  const to = line.split(' ')[3]!.split('>')[1]!;
  return !isGroup(to) && !plan.ports.some(({ mac, host, up }) => mac === to && host !== undefined && up);
}

/** A router's question for somebody who was spoken to before, or its word that nobody answered it. */
function isLate(line: string, plan: Plan): boolean {
  const [, , macs, kind, operation] = line.split(' ');
  if (line.includes(' icmp 3/1')) return true;
  return kind === 'arp' && operation === '1' && plan.rifs.some(({ mac }) => macs!.startsWith(mac));
}
