/** Command line of the system bench. */
import { parseArgs } from 'node:util';
import { ioloop, ioloopPacket } from './ioloop.js';
import { nftables } from './nftables.js';
import { ovs } from './ovs.js';
import { windrose, windrosePacket, windrosePacketTwo, windroseTwo } from './windrose.js';
import { type Workload, workloads } from './workloads.js';
import type { Placement, Yardstick } from './yardstick.js';

const yardsticks: readonly Yardstick[] = [
  windrose,
  ioloop,
  nftables(false),
  nftables(true),
  ovs,
  windrosePacket,
  ioloopPacket,
  windroseTwo,
  windrosePacketTwo,
];

/** Without --full: what decides and what is asked for most, within a quarter of an hour. */
const USUAL_YARDSTICKS = ['windrose', 'ioloop', 'nftables', 'ovs', 'windrose-packet', 'ioloop-packet'];
const USUAL_CASES = ['tcp1', 'tcp4', 'udp64', 'udp512', 'udp1400', 'udp64-64k'];

/** Beside TAPs, packet interfaces are measured one way only. */
const ONE_WAY = /^(?!tcp.*-)/;

/**
 * Generator, iperf3 client and server on one CPU, the forwarder on the other. Letting the scheduler place the iperf3 server gives a little
 * more throughput and two to three times the spread (bench/README.md). The sink only sleeps.
 */
const DEFAULT_PIN = '0/0/1';

export interface Options {
  rounds: number;
  seconds: number;
  /** Names of workloads; empty = the usual ones, or all with `full`. */
  only: string[];
  /** Names of yardsticks; empty = the usual ones, or all with `full`. */
  yardsticks: string[];
  full: boolean;
  placement: Placement;
  write: boolean;
  hurry: boolean;
  /** Whether cases of the result file that this run does not measure stay in it. */
  merge: boolean;
}

export const helpText = `usage: npm run bench -- system [options]

Measures the gateway against the I/O limit, kernel nftables and Open vSwitch, in namespaces of its own. Needs root.

  --rounds N           rounds, each measures every case once (default 5)
  --seconds S          seconds per measurement (default 2)
  --only CASES         of: ${workloads.map((w) => w.name).join(' ')}
  --yardsticks NAMES   of: ${yardsticks.map((y) => y.name).join(' ')}
  --pin C/S/F          CPUs of client / server / forwarder, default ${DEFAULT_PIN}; // = no pinning
  --full               every case and every yardstick (about 45 minutes); without it
                       ${USUAL_CASES.join(' ')}
                       with ${USUAL_YARDSTICKS.join(' ')}
  --merge              keep what bench/results/system.json has of other cases
  --no-write           leave bench/results alone
  --hurry              do not wait for a quiet machine before each measurement
  --help

examples:
  npm run bench -- system
  npm run bench -- system --full
  npm run bench -- system --only tcp1,udp64 --yardsticks windrose,ioloop --rounds 9 --no-write
  npm run bench -- system --only udp64-1k,udp64-64k,udp64-200k --merge
`;

/** Whether a yardstick takes part in a case. */
export function takesPart(yardstick: string, workload: string): boolean {
  return !yardstick.includes('-packet') || ONE_WAY.test(workload);
}

export function wantedYardsticks({ yardsticks: named, full }: Options): readonly Yardstick[] {
  const names = named.length > 0 || full ? named : USUAL_YARDSTICKS;
  return names.length === 0 ? yardsticks : yardsticks.filter((y) => names.includes(y.name));
}

export function wantedWorkloads({ only, full }: Options): readonly Workload[] {
  const names = only.length > 0 || full ? only : USUAL_CASES;
  return names.length === 0 ? workloads : workloads.filter((w) => names.includes(w.name));
}

/** The options, 'help', or a sentence that says what is wrong. */
export function parseOptions(args: string[]): Options | string {
  let given: Record<string, string | boolean | undefined>;
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    const values = {
      rounds: text,
      seconds: text,
      only: text,
      yardsticks: text,
      pin: text,
      full: flag,
      merge: flag,
      'no-write': flag,
      hurry: flag,
      help: flag,
    };
    given = parseArgs({ args, options: values }).values;
  } catch (error) {
    return (error as Error).message;
  }
  if (given.help) return 'help';
  const list = (value: unknown) => (typeof value === 'string' ? value.split(',').filter((v) => v !== '') : []);
  const rounds = Number(given.rounds ?? 5);
  const seconds = Number(given.seconds ?? 2);
  const [clientCpus, serverCpus, forwarderCpus, ...rest] = String(given.pin ?? DEFAULT_PIN).split('/');
  const only = list(given.only);
  const names = list(given.yardsticks);
  if (!Number.isInteger(rounds) || rounds < 1) return '--rounds takes a whole number from 1';
  if (!Number.isInteger(seconds) || seconds < 1) return '--seconds takes a whole number from 1';
  if (forwarderCpus === undefined || rest.length > 0) return '--pin takes CLIENT/SERVER/FORWARDER, e.g. 0/1/1';
  const unknown = [
    ...only.filter((n) => !workloads.some((w) => w.name === n)),
    ...names.filter((n) => !yardsticks.some((y) => y.name === n)),
  ];
  if (unknown.length > 0) return `unknown: ${unknown.join(', ')}`;
  return {
    rounds,
    seconds,
    only,
    yardsticks: names,
    placement: { clientCpus, serverCpus, forwarderCpus },
    full: given.full === true,
    write: !given['no-write'],
    hurry: given.hurry === true,
    merge: given.merge === true,
  };
}
