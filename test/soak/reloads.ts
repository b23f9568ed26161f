import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { getJson, postJson } from '../../src/cli/controlClient.js';
import type { ReloadReport } from '../../src/types/reload.js';
import type { ConfigRow } from '../../src/types/show.js';
import { Dice } from '../support/mutate.js';
import { Bed, client, type Kind, SERVER, server } from '../system/support/bed.js';
import { iperf, iperfServer } from '../system/support/iperf.js';
import { pause } from '../system/support/scenario.js';
import { kernelDrops, UdpLoad } from '../system/support/udpLoad.js';
import { firstConfig, randomChange } from './changes.js';

/**
 * Reloads at random under half the load that is possible here: UDP, a TCP stream, short connections and held ones (D42): what
 * must be so at the end is said in `faults`.
 */
export interface ReloadsOptions {
  readonly kind: Kind;
  readonly reloads: number;
  readonly connectionsPerSecond: number;
  readonly seed: number;
  readonly print: (text: string) => void;
}

const PORTS = [7000, 7001, 7002, 7003, 7004, 7005, 7006, 7007];
const HELD = 100;
const TCP_RATE = '500M';
/** UDP frames offered, as a share of what arrives at full speed. With the stream and the connections about half of what is possible. */
const UDP_SHARE = 0.35;
const CALIBRATE_SECONDS = 2;
const EVERY_MS = 350;
/** The load runs so long before the first reload and after the last; what it loses before is not a reload's doing. */
const AROUND_SECONDS = 5;
/** Before anything is pinned: afterwards it is 1. */
const PROCESSORS = availableParallelism();
/** Until a load that should have ended counts as hanging. */
const GRACE_SECONDS = 10;

/** Frames lost since the start, by where: the gateway's reasons, its devices' queues, the hosts' devices. */
async function losses(bed: Bed): Promise<Record<string, number>> {
  return { ...(await bed.read.drops()), ...(await kernelDrops(bed)) };
}

function since(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): Record<string, number> {
  const entries = Object.entries(after).map(([where, count]) => [where, count - (before[where] ?? 0)] as const);
  return Object.fromEntries(entries.filter(([, count]) => count !== 0));
}

/** Returns the faults; empty when all is as it must be. */
export async function reloads({ kind, reloads: count, connectionsPerSecond, seed, print }: ReloadsOptions): Promise<string[]> {
  print(`seed ${seed}`);
  const bed = new Bed(kind, [client, server]);
  try {
    await bed.start(placed(firstConfig));
    pin(process.pid);
    pin(bed.process.child.pid!);
    bed.on('client', 'sysctl -qw net.ipv4.tcp_tw_reuse=1');
    bed.on('client', ['sysctl', '-qw', 'net.ipv4.ip_local_port_range=1024 65000']);
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    for (const port of PORTS) await outside.ask('serveTcp', { port });
    await iperfServer(bed, 'server');
    const { held } = await inside.ask('hold', { to: SERVER, port: PORTS[0]!, count: HELD });
    const seconds = Math.ceil((count * EVERY_MS) / 1000) + 2 * AROUND_SECONDS;
    const udp = new UdpLoad(bed, bed.gatewayMac('client', '1.1.100.1'));
    const most = (await udp.offer(CALIBRATE_SECONDS, 0)).arrived / CALIBRATE_SECONDS;
    const udpRate = Math.round(most * UDP_SHARE);
    print(`full speed        ${Math.round(most)} frames of 64 octets a second; offered ${udpRate}`);
    const first = await losses(bed);
    const load = Promise.all([
      iperf(bed, 'client', `-c ${SERVER} -t ${seconds} -b ${TCP_RATE} -i 0.5`),
      inside.ask('connectRate', { to: SERVER, ports: PORTS, payload: 100, perSecond: connectionsPerSecond, seconds }),
      udp.offer(seconds, udpRate),
    ]);
    load.catch(() => {});
    let loadRuns = true;
    void load.finally(() => (loadRuns = false)).catch(() => {});
    await pause(AROUND_SECONDS * 1000);
    const before = await losses(bed);
    print(`lost in ${AROUND_SECONDS} s without a reload: ${JSON.stringify(since(first, before))}`);
    const faults = await changeAtRandom(bed, new Dice(seed), count, print);
    if (!loadRuns) faults.push('the load ended before the last reload');
    const lost = since(before, await losses(bed));
    for (const [where, frames] of Object.entries(lost)) faults.push(`${frames} frames lost: ${where}`);
    const late = new Promise<undefined>((resolve) =>
      setTimeout(resolve, (AROUND_SECONDS + GRACE_SECONDS) * 1000, undefined).unref(),
    );
    const done = await Promise.race([load.catch((error: Error) => error), late]);
    if (!Array.isArray(done)) return [...faults, done?.message ?? 'the load did not end: a connection of it was lost'];
    const [stream, connections, offered] = done;
    const answered = await inside.ask('echoHeld', { timeoutMs: 3000 });
    const silent = stream.intervals.slice(0, -1).filter(({ sum }) => sum.bytes === 0);
    print(`held connections  ${answered} of ${held} answer`);
    print(`short connections ${connections.ok} complete in ${seconds} s, failed ${JSON.stringify(connections.errors)}`);
    print(
      `TCP stream        ${(stream.end.sum_received.bits_per_second / 1e6).toFixed(0)} Mbit/s, ${silent.length} half seconds without data`,
    );
    print(
      `UDP frames        ${offered.sent} sent, ${offered.refused} refused by the sender's device, ${offered.arrived} arrived`,
    );
    if (offered.sent !== offered.arrived || offered.refused > 0) faults.push(`UDP frames were lost: ${JSON.stringify(offered)}`);
    print(`frames            ${(await bed.read.balance()).received}, lost ${JSON.stringify(lost)}`);
    if (held !== HELD || answered !== HELD) faults.push(`${answered} of ${HELD} held connections answer`);
    if (Object.keys(connections.errors).length > 0) faults.push(`connections failed: ${JSON.stringify(connections.errors)}`);
    if (connections.ok < 0.9 * seconds * connectionsPerSecond) faults.push(`only ${connections.ok} short connections`);
    if (silent.length > 0)
      faults.push(`the stream stood still at ${silent.map(({ sum }) => `${sum.start.toFixed(1)} s`).join(', ')}`);
    await bed.checkConservation();
    const ended = await bed.process.stop();
    if (ended.code !== 0) faults.push(`the gateway ended with ${ended.code}: ${ended.stderr}`);
    return faults;
  } finally {
    await bed.stop().catch(() => {});
    bed.close();
  }
}

/**
 * The worker has the second processor, all else the first: hosts, load, and the gateway's main thread, which compiles
 * configurations. Where they share one, a reload takes the processor away for longer than the kernel's queue lasts.
 */
function placed(config: string): string {
  return PROCESSORS > 1 ? `cpus: [1]\n${config}` : config;
}

/** Puts a process's main thread, and what it starts from now on, on the first processor. */
function pin(pid: number): void {
  if (PROCESSORS > 1) execFileSync('taskset', ['-c', '-p', '0', String(pid)], { stdio: 'ignore' });
}

/** Reloads again and again; returns what was not as it must be. */
async function changeAtRandom(bed: Bed, dice: Dice, count: number, print: (text: string) => void): Promise<string[]> {
  const faults: string[] = [];
  const tally: Record<string, number> = {};
  let slowestMs = 0;
  const started = performance.now();
  for (let i = 0; i < count; i++) {
    await pause(Math.max(0, started + i * EVERY_MS - performance.now()));
    const { fault, text } = randomChange(dice);
    bed.writeConfig(placed(text));
    const was = fault === undefined ? undefined : await inUse(bed);
    const asked = performance.now();
    const report = (await postJson(bed.socket, '/v1/reload')) as ReloadReport;
    slowestMs = Math.max(slowestMs, performance.now() - asked);
    const kind = fault ?? (report.changes.length > 0 ? 'valid' : 'valid, no difference');
    tally[kind] = (tally[kind] ?? 0) + 1;
    if (report.ok !== (fault === undefined) || report.lateWorkers.length > 0)
      faults.push(`reload ${i + 1} (${kind}): ${JSON.stringify(report)}\n${text}`);
    const differs = was === undefined ? [] : await differences(bed, was);
    if (differs.length > 0) faults.push(`reload ${i + 1} (${kind}) changed what is in use: ${differs.join('; ')}`);
  }
  print(`reloads           ${JSON.stringify(tally)}, slowest ${slowestMs.toFixed(0)} ms`);
  return faults;
}

interface InUse {
  readonly row: ConfigRow;
  /** How often the gateway let go of drained addresses, which raises the generation too. */
  readonly drained: number;
}

async function inUse(bed: Bed): Promise<InUse> {
  const drained = (bed.process.stdout + bed.process.stderr).split('addresses drained').length - 1;
  return { row: ((await getJson(bed.socket, '/v1/show/config')) as ConfigRow[])[0]!, drained };
}

/** What a refused file changed, which is nothing; the generation may rise when drained addresses are let go of meanwhile. */
async function differences(bed: Bed, was: InUse): Promise<string[]> {
  let is = await inUse(bed);
  const rise = is.row.generation - was.row.generation;
  // The log of it comes after it, through a pipe.
  for (let i = 0; i < 50 && is.drained - was.drained < rise; i++) {
    await pause(10);
    is = { ...is, drained: (await inUse(bed)).drained };
  }
  const unexplained =
    rise < 0 || rise > is.drained - was.drained ? [`generation ${was.row.generation} -> ${is.row.generation}`] : [];
  const rest = (['configFile', 'takenOverAt', 'yaml'] as const).filter((key) => was.row[key] !== is.row[key]);
  return [...unexplained, ...rest.map((key) => `${key} ${was.row[key]} -> ${is.row[key]}`)];
}
