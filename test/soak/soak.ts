import { fileURLToPath } from 'node:url';
import { Bed, client, type Kind, SERVER, scenarioFile, server } from '../system/support/bed.js';
import { iperf, iperfServer } from '../system/support/iperf.js';
import type { CountResult } from '../system/support/peer.js';
import { eventually, pause } from '../system/support/scenario.js';
import { growth, headings, heapFile, line, type Sample, sample } from './samples.js';

/**
 * Mixed load for a while: TCP and UDP streams in both directions, short connections, pings. Then silence, until the timers
 * have run out. What must be so at the end is said in `faults`.
 */
export interface SoakOptions {
  readonly kind: Kind;
  readonly seconds: number;
  readonly connectionsPerSecond: number;
  readonly print: (text: string) => void;
}

export interface SoakReport {
  readonly samples: readonly Sample[];
  readonly connections: CountResult;
  readonly pings: { sent: number; received: number };
  readonly datagrams: { sent: number; lost: number };
  readonly streamOctets: number;
  readonly drops: Readonly<Record<string, number>>;
  /** Empty when all is as it must be. */
  readonly faults: readonly string[];
}

const PORTS = [7000, 7001, 7002, 7003, 7004, 7005, 7006, 7007];
/** A session may end up to this long after its last frame: the longest timer the load leaves running, and some. */
const LONGEST_TIMER_MS = 15_000;
/** Growth of the median that is noise: code that is still being compiled, a collection that has not come yet. */
const RESIDENT_SLACK_MIB = 12;
const HEAP_SLACK_MIB = 8;

/** Drops that this load makes by itself, and why. Anything else is a fault. */
const explained: Readonly<Record<string, string>> = {
  no_session: 'a late answer to a connection whose closing timer (3 s instead of 240 s) has run out',
  not_syn: 'a late segment of such a connection from the inside',
};

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { kind, seconds, print } = options;
  const bed = new Bed(kind, [client, server]);
  try {
    const reporter = fileURLToPath(new URL('./heapReporter.js', import.meta.url));
    process.env.WINDROSE_SOAK_HEAP = heapFile(bed);
    await bed.start(scenarioFile('soak', 'config.yaml'), ['--import', reporter]);
    // 1,000 connections per second would use up the ephemeral ports within a minute of TIME_WAIT.
    bed.on('client', 'sysctl -qw net.ipv4.tcp_tw_reuse=1');
    bed.on('client', ['sysctl', '-qw', 'net.ipv4.ip_local_port_range=1024 65000']);
    const { done: load } = await startLoad(bed, options);
    await pause(1000);
    const started = Date.now();
    const samples: Sample[] = [];
    const every = Math.max(1000, (seconds * 1000) / 60);
    print(headings);
    const take = async (): Promise<void> => {
      samples.push(await sample(bed, started));
      print(line(samples.at(-1)!));
    };
    while (Date.now() - started + every < seconds * 1000) {
      await take();
      // A load that fails ends the soak at once, not when its time is over.
      await Promise.race([pause(every), load]);
    }
    const done = await load;
    await take();
    const quiet = await settle(bed);
    const drops = nonZero(await bed.read.drops());
    await bed.checkConservation();
    const ended = await bed.process.stop();
    const faults = [...judge(samples, done, drops, options), ...quiet];
    if (ended.code !== 0) faults.push(`the gateway ended with ${ended.code}: ${ended.stderr}`);
    return { samples, ...done, drops, faults };
  } finally {
    await bed.stop().catch(() => {});
    bed.close();
  }
}

type Done = Pick<SoakReport, 'connections' | 'pings' | 'datagrams' | 'streamOctets'>;

/** Starts everything and resolves at once; `done` resolves when the load has ended. */
async function startLoad(bed: Bed, { seconds, connectionsPerSecond }: SoakOptions): Promise<{ done: Promise<Done> }> {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  for (const port of PORTS) await outside.ask('serveTcp', { port });
  for (const port of [5201, 5202, 5203]) await iperfServer(bed, 'server', port);
  const ping = bed.sandbox.start(bed.netns('client'), `ping -q -i 0.02 -w ${seconds} ${SERVER}`);
  let pingText = '';
  ping.stdout!.on('data', (part) => {
    pingText += part;
  });
  const pinged = new Promise((resolve) => ping.on('close', resolve));
  const running = Promise.all([
    iperf(bed, 'client', `-c ${SERVER} -p 5201 -t ${seconds} -P 2 -b 100M --bidir`),
    iperf(bed, 'client', `-c ${SERVER} -p 5202 -t ${seconds} -u -l 1400 -b 20M -w 2M`),
    iperf(bed, 'client', `-c ${SERVER} -p 5203 -t ${seconds} -u -l 64 -b 1M -w 2M -R`),
    inside.ask('connectRate', { to: SERVER, ports: PORTS, payload: 100, perSecond: connectionsPerSecond, seconds }),
    pinged,
  ]);
  const done = running.then(([tcp, large, small, connections]): Done => {
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(pingText) ?? [];
    return {
      connections,
      pings: { sent: Number(sent), received: Number(received) },
      datagrams: {
        sent: large.end.sum!.packets + small.end.sum!.packets,
        lost: large.end.sum!.lost_packets + small.end.sum!.lost_packets,
      },
      streamOctets: tcp.end.sum_received.bytes + tcp.end.sum_received_bidir_reverse!.bytes,
    };
  });
  done.catch(() => {});
  return { done };
}

/** Waits until every timer has run out; says what has not returned to zero by then. */
async function settle(bed: Bed): Promise<string[]> {
  const faults: string[] = [];
  for (const [what, ask] of [
    ['sessions', () => bed.read.sessionCount()],
    ['ports', () => bed.read.portsUsed()],
  ] as const) {
    await eventually(ask, (count) => count === 0, LONGEST_TIMER_MS).catch((error: Error) =>
      faults.push(`${what}: ${error.message}`),
    );
  }
  return faults;
}

function nonZero(drops: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(drops).filter(([, count]) => count > 0));
}

function judge(samples: readonly Sample[], done: Done, drops: Readonly<Record<string, number>>, options: SoakOptions): string[] {
  const faults: string[] = [];
  const resident = growth(samples, (one) => one.residentMib);
  const heap = growth(samples, (one) => one.heapMib);
  if (!(resident < RESIDENT_SLACK_MIB)) faults.push(`resident memory grew by ${resident.toFixed(1)} MiB`);
  if (!(heap < HEAP_SLACK_MIB)) faults.push(`the heap grew by ${heap.toFixed(1)} MiB`);
  for (const [reason, count] of Object.entries(drops)) {
    if (explained[reason] === undefined) faults.push(`${count} frames dropped as ${reason}, which this load does not explain`);
  }
  const { ok, errors } = done.connections;
  const least = 0.9 * options.seconds * options.connectionsPerSecond;
  if (ok < least) faults.push(`${ok} connections of at least ${least}`);
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  if (failed > ok / 10_000) faults.push(`${failed} connections failed: ${JSON.stringify(errors)}`);
  if (!(done.pings.received >= 0.999 * done.pings.sent - 1))
    faults.push(`${done.pings.received} of ${done.pings.sent} pings answered`);
  if (!(done.datagrams.lost <= 0.001 * done.datagrams.sent))
    faults.push(`${done.datagrams.lost} of ${done.datagrams.sent} datagrams lost`);
  if (!(done.streamOctets > 0)) faults.push('the streams carried nothing');
  return faults;
}

/** Closing lines of a report. */
export function summary({ connections, pings, datagrams, streamOctets, drops, samples, faults }: SoakReport): string[] {
  const resident = samples.map((one) => one.residentMib);
  return [
    `connections  ${connections.ok} complete, failed ${JSON.stringify(connections.errors)}`,
    `pings        ${pings.received} of ${pings.sent} answered`,
    `datagrams    ${datagrams.sent} sent, ${datagrams.lost} lost`,
    `streams      ${(streamOctets / 1e9).toFixed(2)} GB`,
    `resident     ${Math.min(...resident).toFixed(1)} to ${Math.max(...resident).toFixed(1)} MiB`,
    `drops        ${
      Object.entries(drops)
        .map(([reason, count]) => `${reason} ${count}${explained[reason] === undefined ? '' : ` (${explained[reason]})`}`)
        .join(', ') || 'none'
    }`,
    ...(faults.length === 0 ? ['soak passed'] : faults.map((fault) => `FAULT ${fault}`)),
  ];
}
