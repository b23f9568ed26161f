import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseExposition, type Sample } from './exposition.js';
import { run, runLong, start, untilOutput } from './processes.js';
import { inside, type World } from './world.js';

/** Gateways of a demo: each a process of its own, in a namespace where its /metrics port is free. */

const mainFile = fileURLToPath(new URL('../../main.js', import.meta.url));
const peerFile = fileURLToPath(new URL('./peer.js', import.meta.url));
const METRICS_URL = 'http://127.0.0.1:9473/metrics';
const START_MS = 60_000;

/** A gateway among others of the demo: its files have this name. */
export function controlSocket({ folder }: World, name: string): string {
  return join(folder, `${name}.sock`);
}

/** Starts `windrose run` in a namespace, with its control socket in the folder of the demo, and waits until it forwards. */
export async function startGateway(world: World, namespace: string, name: string, config: string): Promise<void> {
  const file = join(world.folder, `${name}.yaml`);
  writeFileSync(file, `${config}control: { socket: ${controlSocket(world, name)} }\n`);
  const gateway = start(
    join(world.folder, `${name}.log`),
    ...inside(namespace, process.execPath, mainFile, 'run', '--config', file),
  );
  await untilOutput(gateway, `gateway ${name}`, /"msg":"ready"/, START_MS);
}

/** What an operator would see of a gateway that still runs: `windrose show ...`. */
export function show(world: World, name: string, ...words: readonly string[]): string {
  return run(process.execPath, mainFile, 'show', ...words, '--socket', controlSocket(world, name));
}

/** Everything on the gateway's /metrics. */
export async function scrape(namespace: string): Promise<Sample[]> {
  return parseExposition(await runLong(10_000, ...peer(namespace, 'get', METRICS_URL)));
}

/** A command that runs the small program of the demo inside a namespace. */
export function peer(namespace: string, ...args: readonly string[]): readonly ['ip', ...string[]] {
  return inside(namespace, process.execPath, peerFile, ...args);
}
