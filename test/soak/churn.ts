import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getJson, postJson } from '../../src/cli/controlClient.js';
import type { ReloadReport } from '../../src/types/reload.js';
import type { WorkerRow } from '../../src/types/show.js';
import { type Leftovers, whatIsLeft } from '../support/leftovers.js';
import { Dice } from '../support/mutate.js';
import { insideAddressIn } from '../support/sentinel.js';
import { Bed, client, type Kind, SERVER, server } from '../system/support/bed.js';
import { pause } from '../system/support/scenario.js';
import { churnConfig, HOSTS, LONGEST_TIMER_MS, MOVED, REMOTES, SILENT_HOSTS, SILENT_REMOTE, STEADY } from './churnConfigs.js';
import { fromInside, fromOutside, Side, TCP_ECHO, UDP_ECHO } from './churnFrames.js';
import { headings, heapFile, line, median, type Sample, sample } from './samples.js';

/**
 * Churn on a real gateway: connections of kernels, and packets of any kind made by hand, while addresses, modes and static mappings
 * come and go. Then silence, until the timers have run out, and nothing may be left. Returns the faults.
 */
export interface ChurnOptions {
  readonly kind: Kind;
  readonly workers: number;
  readonly seconds: number;
  readonly connectionsPerSecond: number;
  readonly seed: number;
  readonly print: (text: string) => void;
}

const RELOAD_MS = 10_000;
const TICK_MS = 10;
/** Packets made by hand in a tick, each way. */
const BATCH = 4;
const HELD = 20;
/** Held connections speak so often: well within their timer. */
const ECHO_MS = 5000;
/** Growth of the median from the second third to the last one that is noise. */
const RESIDENT_SLACK_MIB = 8;
/** In a shorter run code is still being compiled in its last third. */
const LEAST_SECONDS_TO_JUDGE_MEMORY = 100;
/** Never right, whatever comes in. */
const FAULTY = ['handoff_loop', 'worker_fault', 'scratch_full', 'sessions_full', 'neighbor_table_full'];

export async function churn(options: ChurnOptions): Promise<string[]> {
  const { kind, seconds, print } = options;
  print(`seed ${options.seed}`);
  const extra = (list: readonly string[]): string[] => list.map((address) => `${address}/32`);
  const bed = new Bed(
    kind,
    [
      { ...client, addresses: [...client.addresses, ...extra([MOVED, ...HOSTS])] },
      { ...server, addresses: [...server.addresses, ...extra([...REMOTES.slice(1), SILENT_REMOTE])] },
    ],
    options.workers,
  );
  try {
    const dice = new Dice(options.seed);
    process.env.WINDROSE_SOAK_HEAP = heapFile(bed);
    process.env.WINDROSE_SOAK_STATE = join(bed.folder, 'state');
    const reporters = ['./heapReporter.js', './stateReporter.js'].map((file) => fileURLToPath(new URL(file, import.meta.url)));
    await bed.start(
      churnConfig(dice),
      reporters.flatMap((file) => ['--import', file]),
    );
    bed.on('client', 'sysctl -qw net.ipv4.tcp_tw_reuse=1');
    // Half a minute of repeated SYN-ACKs would keep sessions alive at the end.
    for (const host of ['client', 'server']) bed.on(host, 'sysctl -qw net.ipv4.tcp_synack_retries=1');
    silence(bed, 'client', `ip daddr ${SILENT_HOSTS}`);
    silence(bed, 'server', `ip daddr ${SILENT_REMOTE}`);
    const faults: string[] = [];
    const samples: Sample[] = [];
    const [peerIn, peerOut] = [await bed.peer('client'), await bed.peer('server')];
    await peerOut.ask('serveTcp', { port: TCP_ECHO });
    await peerOut.ask('serveUdp', { port: UDP_ECHO });
    const rate = { to: SERVER, ports: [TCP_ECHO], payload: 100, perSecond: options.connectionsPerSecond, seconds };
    const held = await peerIn.ask('hold', { to: SERVER, port: TCP_ECHO, from: STEADY, count: HELD });
    if (held.held !== HELD) faults.push(`only ${held.held} connections to hold: ${held.error}`);
    const kernels = Promise.all([
      peerIn.ask('connectRate', { ...rate, from: STEADY }),
      peerIn.ask('connectRate', { ...rate, from: MOVED, timeoutMs: 1000 }),
    ]);
    kernels.catch(() => {});
    const inside = new Side(bed.wire('lan'), bed.gatewayMac('client', '1.1.100.1'));
    const outside = new Side(bed.wire('wan'), bed.gatewayMac('server', '1.2.100.4'));
    const started = Date.now();
    const due = { reload: RELOAD_MS, echo: ECHO_MS, sample: 0 };
    const tally = { packets: 0, refused: 0, reloads: 0 };
    print(headings);
    for (let now = 0; now < seconds * 1000; now = Date.now() - started) {
      for (let i = 0; i < BATCH; i++) {
        for (const packet of fromInside(dice, inside, outside)) tally[inside.send(packet) ? 'packets' : 'refused']++;
        for (const packet of fromOutside(dice, outside)) tally[outside.send(packet) ? 'packets' : 'refused']++;
      }
      inside.collect();
      outside.collect((packet) => {
        const shown = insideAddressIn(Buffer.concat([ETHERNET, packet]), (address) => address.startsWith('1.1.'));
        if (shown !== undefined && faults.length < 20) faults.push(`GEN-7: seen outside: ${shown}`);
      });
      if (now >= due.reload) {
        due.reload += RELOAD_MS;
        tally.reloads++;
        const text = churnConfig(dice);
        bed.writeConfig(text);
        const report = (await postJson(bed.socket, '/v1/reload')) as ReloadReport;
        if (!report.ok || report.lateWorkers.length > 0) faults.push(`reload: ${JSON.stringify(report)}\n${text}`);
      }
      if (now >= due.echo) {
        due.echo += ECHO_MS;
        const answered = await peerIn.ask('echoHeld', { timeoutMs: 3000 });
        if (answered !== HELD) faults.push(`at ${Math.round(now / 1000)} s ${answered} of ${HELD} held connections answer`);
        await peerOut.ask('received', null);
      }
      if (now >= due.sample) {
        due.sample += Math.max(1000, (seconds * 1000) / 60);
        samples.push(await sample(bed, started));
        print(line(samples.at(-1)!));
      }
      await pause(TICK_MS);
    }
    const [steady, moved] = await kernels;
    await peerIn.ask('dropHeld', null);
    print(`packets made by hand ${tally.packets}, refused by the sender's device ${tally.refused}; reloads ${tally.reloads}`);
    print(`connections of ${STEADY} ${JSON.stringify(steady)}`);
    print(`connections of ${MOVED}, whose addresses come and go ${JSON.stringify(moved)}`);
    const failed = Object.values(steady.errors).reduce((sum, count) => sum + count, 0);
    if (failed > steady.ok / 1000)
      faults.push(`${failed} connections failed that no reload touched: ${JSON.stringify(steady.errors)}`);
    if (moved.ok === 0) faults.push('no connection through addresses that come and go');
    const left = await settled(print);
    if (left !== '') faults.push(`left when all timers have run out: ${left}`);
    samples.push(await sample(bed, started));
    print(line(samples.at(-1)!));
    faults.push(...(await judge(bed, samples, options)));
    await bed.checkConservation().catch((error: Error) => faults.push(error.message));
    const ended = await bed.process.stop();
    if (ended.code !== 0) faults.push(`the gateway ended with ${ended.code}: ${ended.stderr}`);
    return faults;
  } finally {
    await bed.stop().catch(() => {});
    bed.close();
  }
}

const ETHERNET = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0]);

/** The host answers ARP for these addresses and nothing else. */
function silence(bed: Bed, host: string, match: string): void {
  bed.on(host, [
    'nft',
    `add table ip quiet; add chain ip quiet in { type filter hook prerouting priority -400; }; add rule ip quiet in ${match} drop`,
  ]);
}

/** What the tables still hold when nothing moves any more; '' = nothing. */
async function settled(print: (text: string) => void): Promise<string> {
  const asked = Date.now();
  const deadline = asked + 3 * LONGEST_TIMER_MS;
  for (;;) {
    const { atMs, left } = JSON.parse(readFileSync(process.env.WINDROSE_SOAK_STATE!, 'utf8')) as {
      atMs: number;
      left: Leftovers;
    };
    const text = whatIsLeft(left);
    if (atMs > asked && text === '') {
      print(`nothing left after ${Math.round((atMs - asked) / 1000)} s of silence`);
      return '';
    }
    if (Date.now() > deadline) return atMs > asked ? text : 'the gateway does not report what it holds';
    await pause(500);
  }
}

async function judge(bed: Bed, samples: readonly Sample[], { seconds, print }: ChurnOptions): Promise<string[]> {
  const faults: string[] = [];
  const third = Math.max(1, Math.floor(samples.length / 3));
  const resident = (from: number, to: number): number => median(samples.slice(from, to).map((one) => one.residentMib));
  const growth = resident(2 * third, samples.length) - resident(third, 2 * third);
  print(`resident memory grew by ${growth.toFixed(1)} MiB from the second third to the last`);
  if (seconds >= LEAST_SECONDS_TO_JUDGE_MEMORY && !(growth < RESIDENT_SLACK_MIB))
    faults.push(`resident memory grew by ${growth.toFixed(1)} MiB`);
  const drops = await bed.read.drops();
  print(`drops ${JSON.stringify(Object.fromEntries(Object.entries(drops).filter(([, count]) => count > 0)))}`);
  for (const reason of FAULTY) if (drops[reason]! > 0) faults.push(`${drops[reason]} frames dropped as ${reason}`);
  for (const { id, restarts } of (await getJson(bed.socket, '/v1/show/workers')) as WorkerRow[])
    if (restarts > 0) faults.push(`worker ${id} was replaced ${restarts} times`);
  return faults;
}
