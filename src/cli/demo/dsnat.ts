import { Exit } from '../fail.js';
import { print } from '../print.js';
import { cleanUp, cleanUpAtTheEnd } from './cleanUp.js';
import { parseExposition, type Sample, sum } from './exposition.js';
import { run, runLong } from './processes.js';
import { step } from './progress.js';
import { type Figures, report } from './report.js';
import {
  addAddresses,
  controlSocket,
  DEFAULT_ADDRESSES,
  METRICS_URL,
  mainFile,
  peer,
  SERVER,
  startGateway,
  TENANT_ADDRESSES,
} from './setUp.js';
import { addressesSeen, checkRotation, ping, startServers, throughput } from './traffic.js';
import { makeWorld, removeLeftovers, type World } from './world.js';

/** Seconds of each iperf3 run; four of them. */
const IPERF_SECONDS = 3;
const PINGS = 20;
const CONNECTIONS = 6;

/**
 * The demo that `npm start` runs: zone PAT as in the dsnat document, on real traffic between namespaces. Returns the exit code;
 * throws one line with the step that failed. Everything it made is gone when it returns, and also after a signal.
 */
export async function runScenario(): Promise<Exit> {
  cleanUpAtTheEnd();
  print(
    `windrose demo dsnat: 1.1.0.0/16 leaves through ${TENANT_ADDRESSES.join(' and ')} in turns, all others through ${DEFAULT_ADDRESSES[0]}\n\n`,
  );
  let figures: Figures;
  let zones: string;
  try {
    const world = await step('namespaces', prepareWorld);
    await step('gateway, links and addresses', () => bringUp(world));
    figures = await measure(world);
    zones = showZones(world);
  } finally {
    cleanUp();
  }
  print(report(figures, zones));
  return Exit.Done;
}

function prepareWorld(): World {
  for (const tool of ['ip', 'ping', 'iperf3']) requireTool(tool);
  removeLeftovers();
  return makeWorld();
}

function requireTool(tool: string): void {
  try {
    run('sh', '-c', `command -v ${tool}`);
  } catch {
    throw new Error(`"${tool}" is not installed; "npm start" installs it, or: apt-get install iproute2 iputils-ping iperf3`);
  }
}

async function bringUp(world: World): Promise<void> {
  await startGateway(world);
  addAddresses(world);
  await startServers(world);
}

async function measure(world: World): Promise<Figures> {
  const pinged = await step(
    'ping',
    () => ping(world.client, SERVER, PINGS),
    ({ received, sent, medianMs }) => `${received} of ${sent} answered, median ${medianMs} ms`,
  );
  const tenants = await step(`${CONNECTIONS} connections from 1.1.1.1`, () => rotation(world.client, TENANT_ADDRESSES), seenFrom);
  const others = await step(`${CONNECTIONS} connections from 1.3.1.1`, () => rotation(world.guest, DEFAULT_ADDRESSES), seenFrom);
  const bitsPerSecond = {
    out1: await iperf(world, 1, 'out'),
    out4: await iperf(world, 4, 'out'),
    in1: await iperf(world, 1, 'in'),
    in4: await iperf(world, 4, 'in'),
  };
  const samples = await step(
    '/metrics',
    () => scrape(world),
    (all) => `${all.length} samples, ${sum(all, 'windrose_sessions_created_total')} sessions created`,
  );
  return { pinged, tenants, others, bitsPerSecond, samples };
}

async function rotation(namespace: string, addresses: readonly string[]): Promise<string[]> {
  const seen = await addressesSeen(namespace, CONNECTIONS);
  checkRotation(seen, addresses);
  return seen;
}

function seenFrom(addresses: readonly string[]): string {
  return `server saw ${addresses.map((address, i) => (i === 0 ? address : address.replace('1.2.100', ''))).join(' ')}`;
}

function iperf(world: World, flows: number, direction: 'out' | 'in'): Promise<number> {
  return step(
    `iperf3 TCP, ${flows} flow${flows === 1 ? '' : 's'} ${direction === 'out' ? 'to the server' : 'to the client'}`,
    () => throughput(world.client, flows, direction, IPERF_SECONDS),
    (bits) => `${(bits / 1e9).toFixed(2)} Gbit/s`,
  );
}

async function scrape(world: World): Promise<Sample[]> {
  return parseExposition(await runLong(10_000, ...peer(world.gateway, 'get', METRICS_URL)));
}

/** What an operator would see: the listing of the gateway while it still runs. */
function showZones(world: World): string {
  return run(process.execPath, mainFile, 'show', 'zones', '--socket', controlSocket(world));
}
