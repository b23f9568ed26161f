/** The targets of the design, each with how to read it off the result files. Where a target is decided stands with it. */
import { medianOf, type Results, ratioIn, settingOf } from './results.js';

export interface Reading {
  /** As it stands in the table. */
  measured: string;
  /** Absent: there is no least value, the figure is reported. */
  met?: boolean;
}

export interface TargetRow {
  what: string;
  target: string;
  /** Undefined when nothing in the result files tells. */
  read(results: Results): Reading | undefined;
  /** Which bench or test decides. */
  decidedBy: string;
}

const SYSTEM_CASES = [
  { name: 'tcp1', words: 'TCP, 1 flow', ovs: 1.3 },
  { name: 'tcp4', words: 'TCP, 4 flows', ovs: 1.3 },
  { name: 'udp64', words: '64 octets', ovs: 1.8 },
] as const;

const two = (value: number): string => value.toFixed(2);

function atLeast(value: number | undefined, least: number): Reading | undefined {
  return value === undefined ? undefined : { measured: two(value), met: value >= least };
}

function atMost(value: number | undefined, most: number, unit = ''): Reading | undefined {
  return value === undefined ? undefined : { measured: `${two(value)}${unit}`, met: value <= most };
}

function reported(value: number | undefined): Reading | undefined {
  return value === undefined ? undefined : { measured: two(value) };
}

function known(size: string, least: number): TargetRow {
  return {
    what: `pipeline in memory, ${size} known flows, of the C reference`,
    target: `>= ${two(least)}`,
    read: (results) => atLeast(ratioIn(results, `known ${size}`, 'windrose', 'C reference'), least),
    decidedBy: '`bench -- pipeline`',
  };
}

/** Flat: at 95 % of the pool at least nine tenths of what it is at 10 %. */
function newSessions(results: Results): Reading | undefined {
  const rates = [10, 50, 95].map((percent) => medianOf(results, `new sessions, pool ${percent} %`, 'windrose'));
  const [few, half, full] = rates;
  if (few === undefined || half === undefined || full === undefined) return undefined;
  return { measured: rates.map((rate) => two(rate!)).join(', '), met: Math.min(few, half, full) >= 1 && full >= 0.9 * few };
}

function roundTrip(rate: string, most: number): TargetRow {
  return {
    what: `median round trip at ${rate}/s, of the kernel's`,
    target: `<= ${most}`,
    read: (results) => atMost(ratioIn(results, `rtt${rate.replace(',', '')}`, 'windrose', 'nftables'), most),
    decidedBy: '`bench -- latency`',
  };
}

/** What a test demands is met in every version whose tests pass. */
function tested(what: string, target: string, test: string): TargetRow {
  return { what, target, read: () => ({ measured: 'held by a test', met: true }), decidedBy: `\`${test}\`` };
}

const system = '`bench -- system`';

export const targetRows: readonly TargetRow[] = [
  ...SYSTEM_CASES.map(
    ({ name, words }): TargetRow => ({
      what: `${words}, TAP, of the C I/O loop`,
      target: '>= 0.95',
      read: (results) => atLeast(ratioIn(results, name, 'windrose', 'ioloop'), 0.95),
      decidedBy: system,
    }),
  ),
  ...SYSTEM_CASES.map(
    ({ name, words, ovs }): TargetRow => ({
      what: `${words}, TAP, of Open vSwitch`,
      target: `>= ${two(ovs)}`,
      read: (results) => atLeast(ratioIn(results, name, 'windrose', 'ovs'), ovs),
      decidedBy: system,
    }),
  ),
  ...SYSTEM_CASES.map(
    ({ name, words }): TargetRow => ({
      what: `${words}, TAP, of kernel nftables`,
      target: 'reported',
      read: (results) => reported(ratioIn(results, name, 'windrose', 'nftables')),
      decidedBy: system,
    }),
  ),
  ...(['bridged', 'routed'] as const).flatMap((way) =>
    [1, 4].map(
      (flows): TargetRow => ({
        what: `TCP between hosts over VXLAN, ${way}, ${flows} flow${flows === 1 ? '' : 's'}, of Open vSwitch`,
        target: '>= 1.00',
        read: (results) => atLeast(ratioIn(results, `${way} tcp${flows}`, 'windrose', 'ovs'), 1),
        decidedBy: '`bench -- east-west`',
      }),
    ),
  ),
  known('64 k', 0.7),
  known('1 M', 0.85),
  {
    what: 'new sessions in memory at 10, 50, 95 % of the pool, M/s and core',
    target: '>= 1.00, flat',
    read: newSessions,
    decidedBy: '`bench -- pipeline`',
  },
  {
    what: 'memory per session, all tables, octets',
    target: '<= 96',
    read: (results) => atMost(settingOf(results, 'pipeline', 'octetsPerSession'), 96),
    decidedBy: '`bench -- pipeline`',
  },
  {
    what: 'second worker in memory, of a second C reference',
    target: '>= 0.95',
    read: (results) => atLeast(ratioIn(results, 'second worker', 'windrose', 'C reference'), 0.95),
    decidedBy: '`bench -- pipeline`',
  },
  roundTrip('100', 2),
  roundTrip('1,000', 4),
  {
    what: 'idle, whole process',
    target: '< 1 % of a core',
    read: (results) => atMost(medianOf(results, 'idle', 'windrose'), 1, ' %'),
    decidedBy: '`bench -- latency`',
  },
  {
    what: 'garbage collections over 1 M frames',
    target: '0',
    read: (results) => {
      const count = settingOf(results, 'pipeline', 'collectionsInOneMillionFrames');
      return count === undefined ? undefined : { measured: String(count), met: count === 0 };
    },
    decidedBy: '`bench -- pipeline`, `test/guard/allocation.test.ts`',
  },
  tested('reload at half load', '0 frames, 0 sessions lost', 'test/system/reload/load.test.ts'),
];
