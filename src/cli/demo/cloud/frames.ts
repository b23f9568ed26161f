import { renderTable } from '../../table.js';
import type { Sample } from '../exposition.js';
import { scrape } from '../gateway.js';
import { step } from '../progress.js';
import { dropsTable, whole } from '../tables.js';
import type { CloudWorld } from './scene.js';
import { HOSTS } from './topology.js';

/** What became of the frames on each host of a demo. */

/** Of every host, with a progress line. */
export function scrapeAll(world: CloudWorld): Promise<Sample[][]> {
  return step(
    '/metrics of three hosts',
    () => Promise.all(HOSTS.map(({ name }) => scrape(world[name]))),
    (all) => `${all.map((one) => one.length).join(', ')} samples`,
  );
}

/** Frames by verdict, then those that were dropped. */
export function framesText(samples: readonly (readonly Sample[])[]): string {
  const verdicts = samples.flatMap((all, i) =>
    all
      .filter(({ name, value }) => name === 'windrose_frames_total' && value > 0)
      .map(({ labels, value }) => ({ host: HOSTS[i]!.name, verdict: labels.verdict ?? '', value })),
  );
  const frames = renderTable(
    verdicts,
    [
      { heading: 'HOST', cell: ({ host }) => host },
      { heading: 'VERDICT', cell: ({ verdict }) => verdict },
      { heading: 'FRAMES', cell: ({ value }) => whole(value), right: true },
    ],
    false,
  );
  const hosts = new Map(samples.flatMap((all, i) => all.map((sample) => [sample, HOSTS[i]!.name] as const)));
  return `${frames}\n${dropsTable(samples.flat(), hosts)}`;
}
