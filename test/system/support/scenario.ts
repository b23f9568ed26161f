import { test } from 'node:test';
import { netnsSkipReason } from '../../support/netns.js';
import { Bed, client, type Kind, kinds, type Link, scenarioFile, server } from './bed.js';
import { drawn } from './draw.js';

export interface ScenarioOptions {
  /** Folder below test/system that holds the README and the configuration. */
  readonly folder: string;
  /** Links of the gateway; the seed's client and server unless given. */
  readonly links?: readonly Link[];
  /** File in the folder; config.yaml unless given. */
  readonly config?: string;
  /** Runs the gateway in the test's process, for what a separate one does not let a test reach. */
  readonly inside?: boolean;
  /** Runs before the gateway starts. */
  readonly before?: (bed: Bed) => Promise<void> | void;
  /** Devices to run it on; both kinds unless given. */
  readonly on?: readonly Kind[];
  /** Numbers of workers to run it with; one unless given. */
  readonly workers?: readonly number[];
  /** Whether the kernel steers frames to several workers; on packet sockets it does and on TAPs it does not unless given, so that both are tried. */
  readonly steering?: 'auto' | 'off';
  /** Every number of workers on every kind of device in every run: what it is about differs between them. */
  readonly every?: boolean;
  readonly timeoutMs?: number;
}

const skip = netnsSkipReason();

/**
 * One test per kind of device and number of workers that this run takes: builds the bed, starts the gateway, runs the body, then
 * demands that every frame the gateway received has its verdict, and that the gateway stops.
 */
export function scenario(name: string, options: ScenarioOptions, body: (bed: Bed) => Promise<void>): void {
  for (const [kind, count] of variants(name, options)) {
    test(`${name} (${kind}${count === 1 ? '' : `, ${count} workers`})`, {
      skip,
      timeout: options.timeoutMs ?? 60_000,
    }, async (t) => {
      const bed = new Bed(kind, options.links ?? [client, server], count);
      // A body that hangs would keep the file from ending: without its peers it fails.
      t.signal.addEventListener('abort', () => bed.close());
      try {
        const steering = options.steering === undefined ? '' : `\nsteering: ${options.steering}\n`;
        const template = scenarioFile(options.folder, options.config ?? 'config.yaml') + steering;
        await options.before?.(bed);
        if (options.inside) await bed.startInside(template);
        else await bed.start(template);
        await body(bed);
        await bed.checkConservation();
        await bed.stop();
      } finally {
        await bed.stop().catch(() => {});
        bed.close();
      }
    });
  }
}

/**
 * Kinds of device with numbers of workers: one of them, or every one (draw.ts). A command line that names numbers gets all of those.
 */
function variants(name: string, options: ScenarioOptions): readonly (readonly [Kind, number])[] {
  const { folder, config = 'config.yaml', on = kinds, workers = [1], every = false } = options;
  // What the configuration itself says of workers is what the scenario is about.
  const asked = /^workers:/m.test(scenarioFile(folder, config)) ? undefined : process.env.WINDROSE_TEST_WORKERS;
  const numbers = asked === undefined ? workers : asked.split(',').map(Number);
  const all = on.flatMap((kind) => numbers.map((number) => [kind, number] as const));
  return every || asked !== undefined ? all : drawn(name, all);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks again and again until the answer satisfies; the last answer is in the error. */
export async function eventually<T>(ask: () => Promise<T> | T, satisfied: (answer: T) => boolean, timeoutMs = 5000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (satisfied(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`not so within ${timeoutMs} ms; the last answer: ${JSON.stringify(answer)}`);
    await pause(20);
  }
}
