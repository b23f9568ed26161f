import type { IfaceConfig } from '../../src/config/config.js';
import { Lacks } from '../../src/shared/offloads.js';
import type { Dice } from '../support/mutate.js';
import { quietLinks } from '../support/quietLinks.js';
import type { World } from '../support/world.js';

/** Makes one in four devices of a world take neither super-frames nor partial checksums; what main sees of its devices. */
export function tracedDevices(
  { names, cx }: World,
  dice: Dice,
): Omit<typeof quietLinks, 'offloads'> & { offloads(device: IfaceConfig): object } {
  const plain = names.filter(() => dice.below(4) === 0);
  names.forEach((name, i) => {
    cx.outlets[i]!.lacks = plain.includes(name) ? Lacks.All : 0;
  });
  const offloads = ({ name }: IfaceConfig) =>
    plain.includes(name) ? { rx: [], tx: [], coalesce: false } : quietLinks.offloads();
  return { ...quietLinks, offloads };
}
