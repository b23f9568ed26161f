/** Command line of the system bench. */
import { parseArgs } from 'node:util';
import { ioloop, ioloopPacket } from './ioloop.js';
import { nftables } from './nftables.js';
import { ovs } from './ovs.js';
import { windrose, windrosePacket } from './windrose.js';
import { workloads } from './workloads.js';
import type { Placement, Yardstick } from './yardstick.js';

const yardsticks: readonly Yardstick[] = [windrose, ioloop, nftables(false), nftables(true), ovs, windrosePacket, ioloopPacket];

/** Packet interfaces run these only, to keep a full run within a coffee break. */
const PACKET_CASES = ['tcp1', 'tcp4', 'udp64', 'udp1400'];

/**
 * Generator, iperf3 client and server on one CPU, the forwarder on the other. Letting the scheduler place the iperf3 server gives a little
 * more throughput and two to three times the spread (bench/README.md). The sink only sleeps.
 */
const DEFAULT_PIN = '0/0/1';

export interface Options {
  rounds: number;
  seconds: number;
  /** Names of workloads; empty = all. */
  only: string[];
  /** Names of yardsticks; empty = all. */
  yardsticks: string[];
  placement: Placement;
  write: boolean;
}

export const helpText = `usage: npm run bench -- system [options]

Measures the gateway against the I/O limit, kernel nftables and Open vSwitch, in namespaces of its own. Needs root.

  --rounds N           rounds, each measures every case once (default 5)
  --seconds S          seconds per measurement (default 2)
  --only CASES         of: ${workloads.map((w) => w.name).join(' ')}
  --yardsticks NAMES   of: ${yardsticks.map((y) => y.name).join(' ')}
  --pin C/S/F          CPUs of client / server / forwarder, default ${DEFAULT_PIN}; // = no pinning
  --no-write           leave bench/results alone
  --help

examples:
  npm run bench -- system
  npm run bench -- system --only tcp1,udp64 --yardsticks windrose,ioloop --rounds 9
`;

/** Cases a yardstick takes part in. */
export function casesOf(yardstick: string): readonly string[] {
  return yardstick.endsWith('-packet') ? PACKET_CASES : workloads.map((w) => w.name);
}

export function wantedYardsticks(options: Options): readonly Yardstick[] {
  return options.yardsticks.length === 0 ? yardsticks : yardsticks.filter((y) => options.yardsticks.includes(y.name));
}

/** The options, 'help', or a sentence that says what is wrong. */
export function parseOptions(args: string[]): Options | string {
  let given: Record<string, string | boolean | undefined>;
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    const options = { rounds: text, seconds: text, only: text, yardsticks: text, pin: text, 'no-write': flag, help: flag };
    given = parseArgs({ args, options }).values;
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
    write: !given['no-write'],
  };
}
