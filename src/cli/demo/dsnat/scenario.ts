import { Exit } from '../../fail.js';
import { print } from '../../print.js';
import { cleanUp, cleanUpAtTheEnd } from '../cleanUp.js';
import { addressesSeen, checkRotation, seenText } from '../connections.js';
import { sum } from '../exposition.js';
import { scrape, show, startGateway } from '../gateway.js';
import { iperf } from '../iperf.js';
import { step } from '../progress.js';
import { makeWorld } from '../world.js';
import { type Figures, report } from './report.js';
import {
  addAddresses,
  DEFAULT_ADDRESSES,
  type DsnatWorld,
  demoConfig,
  GATEWAY,
  LABELS,
  SERVER,
  TENANT_ADDRESSES,
} from './setUp.js';
import { ping, startServers } from './traffic.js';

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
    const world = await step('namespaces', () => makeWorld(LABELS));
    await step('gateway, links and addresses', () => bringUp(world));
    figures = await measure(world);
    zones = show(world, GATEWAY, 'zones');
  } finally {
    cleanUp();
  }
  print(report(figures, zones));
  return Exit.Done;
}

async function bringUp(world: DsnatWorld): Promise<void> {
  await startGateway(world, world.gateway, GATEWAY, demoConfig(world));
  addAddresses(world);
  await startServers(world);
}

async function measure(world: DsnatWorld): Promise<Figures> {
  const pinged = await step(
    'ping',
    () => ping(world.client, SERVER, PINGS),
    ({ received, sent, medianMs }) => `${received} of ${sent} answered, median ${medianMs} ms`,
  );
  const tenants = await step(`${CONNECTIONS} connections from 1.1.1.1`, () => rotation(world.client, TENANT_ADDRESSES), seenText);
  const others = await step(`${CONNECTIONS} connections from 1.3.1.1`, () => rotation(world.guest, DEFAULT_ADDRESSES), seenText);
  const bitsPerSecond = {
    out1: await throughput(world, 1, 'out'),
    out4: await throughput(world, 4, 'out'),
    in1: await throughput(world, 1, 'in'),
    in4: await throughput(world, 4, 'in'),
  };
  const samples = await step(
    '/metrics',
    () => scrape(world.gateway),
    (all) => `${all.length} samples, ${sum(all, 'windrose_sessions_created_total')} sessions created`,
  );
  return { pinged, tenants, others, bitsPerSecond, samples };
}

async function rotation(namespace: string, addresses: readonly string[]): Promise<string[]> {
  const seen = await addressesSeen(namespace, SERVER, CONNECTIONS);
  checkRotation(seen, addresses);
  return seen;
}

function throughput(world: DsnatWorld, flows: number, direction: 'out' | 'in'): Promise<number> {
  const name = `iperf3 TCP, ${flows} flow${flows === 1 ? '' : 's'} ${direction === 'out' ? 'to the server' : 'to the client'}`;
  return iperf({ name, from: world.client, to: SERVER, flows, seconds: IPERF_SECONDS, reverse: direction === 'in' });
}
