/** Command line of the packet I/O bench. */
import { parseArgs } from 'node:util';
import { methods } from './methods.js';
import { workloads } from './workloads.js';

export interface Options {
  rounds: number;
  seconds: number;
  /** Names of methods; empty = all. */
  only: string[];
  write: boolean;
  hurry: boolean;
}

export const helpText = `usage: npm run bench -- io [options]

Compares ways to move frames between two veth ends, in C, with nothing else in the loop. Needs root.

  mmsg        recvmmsg and sendmmsg with the virtio-net header
  slots       TPACKET_V2 receive ring with the virtio-net header, longer frames through the queue, as the gateway has it; sendmmsg
              from the slots
  ring        TPACKET_V3 receive ring with the virtio-net header, sendmmsg from its blocks
  ring-both   the same, sent through a ring as well
  xdp         AF_XDP in copy mode; carries neither super-frames nor unfinished checksums

  --rounds N       rounds, each measures every case once (default 5)
  --seconds S      seconds per measurement (default 2)
  --only METHODS   of: ${methods.map((m) => m.name).join(' ')} (nothing is written)
  --no-write       leave bench/results alone
  --hurry          do not wait for a quiet machine before each measurement
  --help

examples:
  npm run bench -- io
  npm run bench -- io --rounds 9
  npm run bench -- io --only mmsg,ring --seconds 1
`;

export const cases: readonly string[] = workloads.map((w) => w.name);

/** The options, 'help', or a sentence that says what is wrong. */
export function parseOptions(args: string[]): Options | string {
  let given: Record<string, string | boolean | undefined>;
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    given = parseArgs({
      args,
      options: { rounds: text, seconds: text, only: text, 'no-write': flag, hurry: flag, help: flag },
    }).values;
  } catch (error) {
    return (error as Error).message;
  }
  if (given.help) return 'help';
  const rounds = Number(given.rounds ?? 5);
  const seconds = Number(given.seconds ?? 2);
  const only = String(given.only ?? '')
    .split(',')
    .filter((v) => v !== '');
  if (!Number.isInteger(rounds) || rounds < 1) return '--rounds takes a whole number from 1';
  if (!Number.isInteger(seconds) || seconds < 1) return '--seconds takes a whole number from 1';
  const unknown = only.filter((n) => !methods.some((m) => m.name === n));
  if (unknown.length > 0) return `unknown: ${unknown.join(', ')}`;
  return { rounds, seconds, only, write: !given['no-write'] && only.length === 0, hurry: given.hurry === true };
}
