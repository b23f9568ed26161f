/** Command line of the north-south bench. */
import { parseTurns, type TurnsOptions } from '../system/turnsOptions.js';
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

export type Options = TurnsOptions;

/** The options, 'help', or a sentence that says what is wrong. */
export function parseOptions(args: string[]): Options | string {
  return parseTurns(args, { cases: [...cases.keys()], subjects: SUBJECTS, pin: DEFAULT_PIN, pinForm: 'GUEST/SNAT' });
}
