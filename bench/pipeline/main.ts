/**
 * The in-memory pipeline bench: known flows against the C reference in turns, new sessions at three levels of pool use, memory per
 * session, routed frames under small and large tables, garbage. `node out/bench/pipeline/main.js --help` lists the options.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portBlocksOctets } from '../../src/tables/portBlocks.js';
import { sessionsOctets } from '../../src/tables/sessions.js';
import { machine, progress, type Ratio, ratioOf, repository, type Series, textTable, writeReport } from '../harness.js';
import { memoryOptions } from '../memoryOptions.js';
import { untilQuiet } from '../system/quiet.js';
import { Child } from './child.js';
import { type Scaling, secondWorker } from './second.js';
import { PORTS_PER_ADDRESS } from './world.js';

const SIZES = [
  { name: '1 k', sessions: 1024 },
  { name: '64 k', sessions: 65_536, target: 0.7 },
  { name: '1 M', sessions: 1_048_576, target: 0.85 },
];
const POOL_USES = [10, 50, 95];
/** Bursts in the ring: 1 M frames a round. */
const BURSTS = 16_384;

const here = join(repository, 'out/bench/pipeline');
const { rounds, wants, part, merge } = memoryOptions('pipeline', [
  ...SIZES.map(({ name }) => `known ${name}`),
  'second worker',
  'new sessions',
  'routed',
  'networks',
  'services',
]);
let disturbed = 0;
const series: Series[] = [];
const ratios: Ratio[] = [];

interface Checked {
  readonly digest: number;
  readonly translated: number;
}

/** Both sides in turns, each first every other round. Frames per second are compared, so that more is better. */
async function knownFlows(size: (typeof SIZES)[number], folder: string): Promise<void> {
  const world = join(folder, 'world');
  const name = `known ${size.name}`;
  progress(`${name}: making sessions`);
  const ours = new Child(process.execPath, [join(here, 'known.js'), String(size.sessions), String(BURSTS), world]);
  await ours.line();
  const theirs = new Child(join(repository, 'out/bench/ref/pipeline'), [world]);
  const a = await ours.ask<Checked>('check');
  const b = await theirs.ask<Checked>('check');
  if (a.digest !== b.digest || a.translated !== b.translated || a.translated !== BURSTS * 64) {
    throw new Error(`${name}: the two sides differ: ${JSON.stringify(a)} ${JSON.stringify(b)}`);
  }
  const speed: Record<string, number[]> = { windrose: [], 'C reference': [] };
  const sides: [string, Child][] = [
    ['windrose', ours],
    ['C reference', theirs],
  ];
  for (let r = -1; r < rounds; r++) {
    if (!(await untilQuiet())) disturbed++;
    progress(`${name}: round ${r + 1} of ${rounds}`);
    for (const [subject, child] of r % 2 === 0 ? sides : [...sides].reverse()) {
      const { ns } = await child.ask<{ ns: number }>('round');
      if (r >= 0) speed[subject]!.push(1000 / ns);
    }
  }
  await ours.close();
  await theirs.close();
  for (const [subject, values] of Object.entries(speed)) {
    series.push({ case: name, subject, unit: 'Mpps', values });
    series.push({ case: `${name} time`, subject, unit: 'ns/frame', values: values.map((v) => 1000 / v) });
  }
  const ratio = ratioOf(series, name, 'windrose', 'C reference')!;
  ratios.push({ case: name, subject: 'windrose', against: 'C reference', ratio, ...(size.target && { target: size.target }) });
}

/** D38: how much more two of ours do than one, against the same of the reference. */
async function twoWorkers(folder: string): Promise<void> {
  const name = 'second worker';
  progress(name);
  if (!(await untilQuiet())) disturbed++;
  const both = await secondWorker(join(here, 'known.js'), join(repository, 'out/bench/ref/pipeline'), folder, rounds);
  const of = (subject: string, { one, two }: Scaling): Series => ({
    case: name,
    subject,
    unit: 'x one',
    values: two.map((v, i) => v / one[i]!),
  });
  series.push(of('windrose', both.windrose), of('C reference', both.reference));
  const ratio = ratioOf(series, name, 'windrose', 'C reference')!;
  ratios.push({ case: name, subject: 'windrose', against: 'C reference', ratio, target: 0.95 });
}

function run<T>(script: string, ...args: string[]): T {
  return JSON.parse(execFileSync(process.execPath, ['--expose-gc', join(here, script), ...args], { encoding: 'utf8' })) as T;
}

function newSessions(): void {
  for (const percent of POOL_USES) {
    progress(`new sessions at ${percent} %`);
    const { perSecond } = run<{ perSecond: number[] }>('connect.js', String(percent), String(rounds));
    series.push({ case: `new sessions, pool ${percent} %`, subject: 'windrose', unit: 'M/s', values: perSecond });
  }
}

/** Routed frames, without a session: few rules and routes against 10,000 and 1 M. */
function routedFrames(): void {
  for (const [name, flows] of [
    ['1 k', 1024],
    ['60 k', 60_000],
  ] as const) {
    progress(`routed ${name}`);
    const ns = run<Record<'few' | 'many', number[]>>('routed.js', String(flows), String(rounds));
    const of = (subject: string, values: number[]): Series => ({
      case: `routed ${name}`,
      subject,
      unit: 'Mpps',
      values: values.map((v) => 1000 / v),
    });
    series.push(of('windrose, large tables', ns.many), of('windrose', ns.few));
    const ratio = ratioOf(series, `routed ${name}`, 'windrose, large tables', 'windrose')!;
    ratios.push({ case: `routed ${name}`, subject: 'windrose, large tables', against: 'windrose', ratio });
  }
}

/** Frames on networks of a distributed router. */
function networks(): void {
  progress('networks');
  for (const [name, ns] of Object.entries(run<Record<string, number[]>>('networks.js', String(rounds)))) {
    const large = name === 'cut' || name === 'joined';
    const unit = large ? 'ns/segment' : 'ns/frame';
    series.push({ case: large ? `super-frame of TCP, ${name}` : `network, ${name}`, subject: 'windrose', unit, values: ns });
  }
}

/** Frames through SNAT services and floating addresses of networks. */
function services(): void {
  progress('services');
  for (const [name, values] of Object.entries(run<Record<string, number[]>>('services.js', String(rounds))))
    series.push({ case: `network, ${name}`, subject: 'windrose', unit: 'ns/frame', values });
}

/** Octets of the session table with its indices and wheel, and of the port pools that as many sessions need. */
function memory(sessions: number): number {
  return (sessionsOctets(sessions) + portBlocksOctets(Math.ceil(sessions / PORTS_PER_ADDRESS), 1)) / sessions;
}

interface Garbage {
  readonly collections: number;
  readonly growth: number;
  readonly octetsPerFrame: number;
}

const folder = mkdtempSync(join(tmpdir(), 'windrose-bench-'));
try {
  for (const size of SIZES) if (wants(`known ${size.name}`)) await knownFlows(size, folder);
  if (wants('second worker')) await twoWorkers(folder);
} finally {
  rmSync(folder, { recursive: true });
}
if (wants('new sessions')) newSessions();
if (wants('routed')) routedFrames();
if (wants('networks')) networks();
if (wants('services')) services();
progress('garbage');
const garbage = run<Garbage>('garbage.js');
const settings = {
  rounds,
  bursts: BURSTS,
  disturbedRounds: disturbed,
  collectionsInOneMillionFrames: garbage.collections,
  heapGrowthOctets: garbage.growth,
  allocatedOctetsPerFrame: garbage.octetsPerFrame,
  octetsPerSession: memory(1_048_576),
};
const report = { bench: 'pipeline', date: new Date().toISOString(), machine: machine(), settings, series, ratios };
const files = part && !merge ? [] : writeReport(report, merge);
progress('');
console.log(textTable(report));
for (const [name, value] of Object.entries(settings)) console.log(`${name}  ${value}`);
console.log(files.join('\n'));
