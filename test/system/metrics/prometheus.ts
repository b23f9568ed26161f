import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bed } from '../support/bed.js';
import { eventually } from '../support/scenario.js';

/** A Prometheus of a bed, with the rules of deploy/. It ends with the bed. */

const rules = fileURLToPath(new URL('../../../../deploy/prometheus/windrose.rules.yml', import.meta.url));

/** Why there is none here, or `false`. */
export function prometheusSkipReason(): string | false {
  return spawnSync('prometheus', ['--version'], { timeout: 10_000 }).error === undefined ? false : 'prometheus is not installed';
}

/** One series of an instant query. */
interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export class Prometheus {
  private constructor(private readonly address: string) {}

  /** Scrapes `target` ("127.0.0.1:9473") twice a second; resolves when it has done so. */
  static async start(bed: Bed, target: string): Promise<Prometheus> {
    const folder = join(bed.folder, 'prometheus');
    mkdirSync(folder);
    const config = join(folder, 'prometheus.yml');
    // JSON is YAML.
    writeFileSync(
      config,
      JSON.stringify({
        global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '1s' },
        rule_files: [rules],
        scrape_configs: [{ job_name: 'windrose', static_configs: [{ targets: [target] }] }],
      }),
    );
    const address = `127.0.0.1:${await freePort()}`;
    const child = bed.sandbox.start(undefined, [
      'prometheus',
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=error',
    ]);
    let said = '';
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (part) => {
        said += part;
      });
    const prometheus = new Prometheus(address);
    await eventually(
      async () => {
        if (child.exitCode !== null) throw new Error(`prometheus ended: ${said}`);
        return prometheus.query('up').catch(() => []);
      },
      (series) => series.some(({ value }) => value === 1),
      20_000,
    );
    return prometheus;
  }

  /** An instant query, now or at a time in seconds since the epoch. */
  async query(expr: string, time?: number): Promise<Series[]> {
    const parameters = new URLSearchParams({ query: expr, ...(time === undefined ? {} : { time: String(time) }) });
    const response = await fetch(`http://${this.address}/api/v1/query?${parameters}`);
    const answer = (await response.json()) as {
      error?: string;
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    if (answer.data === undefined) throw new Error(`${expr}: ${answer.error}`);
    return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  /** The value of a query that has one series. */
  async value(expr: string, time?: number): Promise<number> {
    const series = await this.query(expr, time);
    if (series.length !== 1) throw new Error(`${expr} has ${series.length} series`);
    return series[0]!.value;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
