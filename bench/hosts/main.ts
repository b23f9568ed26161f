/**
 * The hosts bench: how a change of one port reaches hosts that share an etcd, and what following it costs, as they become more.
 * `node out/bench/hosts/main.js --help` lists the options.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine, optionsOrEnd, progress, type Report, type Series, textTable, writeReport } from '../harness.js';
import { measure, type Size, tooLarge } from './measure.js';

const SIZES: readonly Size[] = [
  { hosts: 10, ports: 50 },
  { hosts: 30, ports: 50 },
  { hosts: 100, ports: 50 },
];
const MORE: readonly Size[] = [
  { hosts: 300, ports: 20 },
  { hosts: 1000, ports: 20 },
];
const FIRST_PORT = 23790;
/** Set within the network namespace of the bench. */
const INSIDE = 'WINDROSE_BENCH_INSIDE';

const helpText = `usage: npm run bench -- hosts [options]

Simulated hosts follow a real etcd, each by a connection and a lease of its own, and compute view and tables from what changes. Needs etcd
(Debian package etcd-server) and root, for a network namespace in which every host has an address for its connection.

  --sizes LIST     hosts x ports of each, such as 10x50,100x50 (default ${textOf(SIZES)})
  --full           ${textOf([...SIZES, ...MORE])}, about 10 minutes
  --changes N      changes of one port for each figure (default 20)
  --idle S         seconds without changes (default 5)
  --no-presence    without the leases by which hosts know each other
  --no-write       leave bench/results alone
  --help
`;

interface Options {
  readonly sizes: readonly Size[];
  readonly changes: number;
  readonly idle: number;
  readonly presence: boolean;
  readonly write: boolean;
}

function textOf(sizes: readonly Size[]): string {
  return sizes.map(({ hosts, ports }) => `${hosts}x${ports}`).join(',');
}

/** The options, 'help', or a sentence that says what is wrong. */
function parseOptions(args: string[]): Options | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { sizes: text, full: flag, changes: text, idle: text, 'no-presence': flag, 'no-write': flag, help: flag };
  let given: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    given = parseArgs({ args, options }).values;
  } catch (error) {
    return (error as Error).message;
  }
  if (given.help) return 'help';
  const sizes = given.sizes?.split(',').map((one) => /^(\d{1,4})x(\d{1,3})$/.exec(one)) ?? [];
  if (sizes.some((one) => one === null || Number(one[1]) < 2 || Number(one[2]) < 1))
    return '--sizes takes hosts x ports, at least two hosts: 10x50,100x50';
  const [changes, idle] = [Number(given.changes ?? 20), Number(given.idle ?? 5)];
  if (![changes, idle].every((n) => Number.isInteger(n) && n >= 1)) return '--changes and --idle take whole numbers from 1';
  return {
    sizes:
      given.sizes !== undefined
        ? sizes.map((one) => ({ hosts: Number(one![1]), ports: Number(one![2]) }))
        : given.full
          ? [...SIZES, ...MORE]
          : SIZES,
    ...{ changes, idle, presence: given['no-presence'] !== true, write: given['no-write'] !== true },
  };
}

/** The same program in a network namespace of its own, which is gone with it. */
function inNamespace(): number {
  if (process.getuid?.() !== 0) {
    process.stderr.write('This bench makes a network namespace: run it as root.\n');
    return 1;
  }
  const inside = 'ip link set lo up && exec "$@"';
  const command = ['--net', 'sh', '-c', inside, 'sh', process.execPath, ...process.argv.slice(1)];
  const { status } = spawnSync('unshare', command, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  return status ?? 1;
}

async function main(options: Options): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'wrb-'));
  const series: Series[] = [];
  try {
    for (const [i, size] of options.sizes.entries()) {
      const why = tooLarge(size);
      if (why !== undefined) {
        process.stderr.write(`${why}: left out, and what is larger\n`);
        break;
      }
      try {
        series.push(...(await measure(size, FIRST_PORT + 2 * i, { ...options, folder })));
      } catch (error) {
        process.stderr.write(`${size.hosts} x ${size.ports}: ${(error as Error).message}: left out, and what is larger\n`);
        break;
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  progress('');
  if (series.length === 0) return 1;
  const settings = { changes: options.changes, idleSeconds: options.idle, presence: options.presence };
  const cases = [...new Set(series.map((s) => s.case))];
  const sorted = cases.flatMap((name) => series.filter((s) => s.case === name));
  const report: Report = {
    bench: 'hosts',
    date: new Date().toISOString(),
    machine: machine(),
    settings,
    series: sorted,
    ratios: [],
  };
  process.stdout.write(`${textTable(report)}\n`);
  if (options.write) process.stdout.write(`${writeReport(report).join('\n')}\n`);
  return 0;
}

const options = optionsOrEnd(parseOptions(process.argv.slice(2)), helpText);
process.exitCode = process.env[INSIDE] === undefined ? inNamespace() : await main(options);
