/** Command line of the north-south bench. */
import { parseArgs } from 'node:util';
import type { Workload } from '../system/workloads.js';
import { isolation, type NorthSouth, roundTrips, tcp, udp, type Way } from './workloads.js';

/** Hosts 1 and 2 with their guests on one CPU, host n and the upstream on the other. */
const DEFAULT_PIN = '0/1';
export const SUBJECTS = ['windrose', 'kernel'];

/** By the name they have on the command line. */
export const cases: ReadonlyMap<string, Workload<NorthSouth>> = new Map([
  ...(['snat', 'fip'] as const satisfies readonly Way[]).flatMap((way): [string, Workload<NorthSouth>][] => [
    [`${way}-tcp1`, tcp(way, 1, false)],
    [`${way}-tcp4`, tcp(way, 4, false)],
    [`${way}-tcp1-reverse`, tcp(way, 1, true)],
    [`${way}-tcp4-reverse`, tcp(way, 4, true)],
    [`${way}-udp64`, udp(way, 64)],
    [`${way}-udp1400`, udp(way, 1400)],
    [`${way}-ping`, roundTrips(way)],
  ]),
  ['isolation', isolation()],
]);

export const helpText = `usage: npm run bench -- north-south [options]

Traffic of guests with the world outside: by the SNAT service of another host over VXLAN, and by a floating address at their own; the gateway and
kernel routers with nftables in turns. And what east-west keeps while the SNAT service does all it can. Needs root.

  --rounds N       rounds, each measures every case once (default 5)
  --seconds S      seconds per measurement (default 2)
  --only CASES     of: ${[...cases.keys()].join(' ')}
  --subjects NAMES of: ${SUBJECTS.join(' ')}
  --pin GUEST/SNAT CPUs of hosts 1 and 2 with their guests / of host n and the upstream, default ${DEFAULT_PIN}; / = no pinning
  --against DIR    a second gateway, built in another checkout, in turns with this one
  --merge          keep what bench/results/north-south.json has of other cases
  --hurry          measure at once, however busy the machine is
  --no-write       leave bench/results alone
  --help
`;

export interface Options {
  rounds: number;
  seconds: number;
  only: readonly string[];
  subjects: readonly string[];
  pin: readonly string[];
  against: string | undefined;
  hurry: boolean;
  merge: boolean;
  write: boolean;
}

/** The options, 'help', or a sentence that says what is wrong. */
export function parseOptions(args: string[]): Options | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const texts = { rounds: text, seconds: text, only: text, subjects: text, pin: text, against: text };
  let given: Partial<Record<keyof typeof texts, string>> & {
    hurry?: boolean;
    merge?: boolean;
    'no-write'?: boolean;
    help?: boolean;
  };
  try {
    given = parseArgs({ args, options: { ...texts, hurry: flag, merge: flag, 'no-write': flag, help: flag } }).values;
  } catch (error) {
    return (error as Error).message;
  }
  if (given.help) return 'help';
  const list = (value = '') => value.split(',').filter((v) => v !== '');
  const [rounds, seconds] = [Number(given.rounds ?? 5), Number(given.seconds ?? 2)];
  const [only, subjects, pin] = [list(given.only), list(given.subjects), (given.pin ?? DEFAULT_PIN).split('/')];
  if (![rounds, seconds].every((n) => Number.isInteger(n) && n >= 1)) return '--rounds and --seconds take whole numbers from 1';
  if (pin.length !== 2) return '--pin takes GUEST/SNAT, e.g. 0/1';
  const unknown = [...only.filter((n) => !cases.has(n)), ...subjects.filter((n) => !SUBJECTS.includes(n))];
  if (unknown.length > 0) return `unknown: ${unknown.join(', ')}`;
  return {
    ...{ rounds, seconds, only, subjects, pin, against: given.against },
    ...{ hurry: given.hurry === true, merge: given.merge === true, write: given['no-write'] !== true },
  };
}
