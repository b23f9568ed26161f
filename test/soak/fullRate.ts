import { fileURLToPath } from 'node:url';
import { getJson } from '../../src/cli/controlClient.js';
import type { IfaceRow } from '../../src/types/show.js';
import { Bed, client, type Kind, SERVER, scenarioFile, server } from '../system/support/bed.js';
import { iperf, iperfServer } from '../system/support/iperf.js';
import { eventually } from '../system/support/scenario.js';
import { growth, headings, heapFile, line, type Sample, sample } from './samples.js';

/**
 * All that the gateway can carry, for as long as is asked: small frames of 4,096 flows from a generator that knows no mercy, then four
 * TCP streams in both directions, then short connections, in turn. After each phase the books must balance to the frame, with the
 * kernel's own counters of the hosts' devices as the other side: what a host sent was received or is counted as lost in the queue
 * in front of the gateway; what was received has its verdict; what was sent arrived. Memory must not grow.
 */
export interface FullRateOptions {
  readonly kind: Kind;
  readonly workers: number;
  readonly seconds: number;
  readonly print: (text: string) => void;
}

const PHASE_SECONDS = 20;
const PORTS = [7000, 7001, 7002, 7003];
const CONNECTIONS_PER_SECOND = 2000;
const RESIDENT_SLACK_MIB = 16;
const HEAP_SLACK_MIB = 8;
/** The longest timer the load leaves running, and some. */
const LONGEST_TIMER_MS = 15_000;
/** Two equal readings of the devices this far apart: nothing is under way. */
const AT_REST_MS = 300;

interface HostDevice {
  readonly tx: number;
  readonly txDropped: number;
  readonly rx: number;
}

/** Returns what went wrong; empty when nothing did. */
export async function fullRate({ kind, workers, seconds, print }: FullRateOptions): Promise<string[]> {
  const bed = new Bed(kind, [client, server], workers);
  try {
    process.env.WINDROSE_SOAK_HEAP = heapFile(bed);
    const reporter = fileURLToPath(new URL('./heapReporter.js', import.meta.url));
    await bed.start(scenarioFile('soak', 'config.yaml'), ['--import', reporter]);
    const phases = await prepare(bed);
    const started = Date.now();
    const samples: Sample[] = [];
    const faults: string[] = [];
    print(`${headings}   unaccounted  lost before the gateway`);
    for (let turn = 0; Date.now() - started < seconds * 1000 || turn < phases.length; turn++) {
      const phase = phases[turn % phases.length]!;
      const left = Math.ceil((seconds * 1000 - (Date.now() - started)) / 1000);
      await phase.run(Math.max(2, Math.min(PHASE_SECONDS, left)));
      const { unaccounted, lost, text } = await balance(bed);
      samples.push(await sample(bed, started));
      print(`${line(samples.at(-1)!)}${String(unaccounted).padStart(14)}${String(lost).padStart(25)}  ${phase.name}`);
      if (unaccounted !== 0) faults.push(`after ${phase.name}: ${text}`);
    }
    await eventually(
      () => bed.read.sessionCount(),
      (count) => count === 0,
      LONGEST_TIMER_MS,
    ).catch((error: Error) => {
      faults.push(`sessions: ${error.message}`);
    });
    const [resident, heap] = [growth(samples, (one) => one.residentMib), growth(samples, (one) => one.heapMib)];
    if (samples.length >= 12 && !(resident < RESIDENT_SLACK_MIB))
      faults.push(`resident memory grew by ${resident.toFixed(1)} MiB`);
    if (samples.length >= 12 && !(heap < HEAP_SLACK_MIB)) faults.push(`the heap grew by ${heap.toFixed(1)} MiB`);
    const drops = Object.entries(await bed.read.drops()).filter(([, count]) => count > 0);
    print(`drops by reason: ${drops.map(([reason, count]) => `${reason} ${count}`).join(', ') || 'none'}`);
    const ended = await bed.process.stop();
    if (ended.code !== 0) faults.push(`the gateway ended with ${ended.code}: ${ended.stderr}`);
    return faults;
  } finally {
    await bed.stop().catch(() => {});
    bed.close();
  }
}

interface Phase {
  readonly name: string;
  readonly run: (seconds: number) => Promise<unknown>;
}

async function prepare(bed: Bed): Promise<Phase[]> {
  bed.on('client', 'sysctl -qw net.ipv4.tcp_tw_reuse=1');
  bed.on('client', ['sysctl', '-qw', 'net.ipv4.ip_local_port_range=1024 65000']);
  bed.on('server', ['nft', 'add table ip quiet; add chain ip quiet in { type filter hook prerouting priority -400; }']);
  bed.on('server', ['nft', 'add rule ip quiet in udp dport 9 drop']);
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  for (const port of PORTS) await outside.ask('serveTcp', { port });
  await iperfServer(bed, 'server');
  const mac = bed.gatewayMac('client', '1.1.100.1');
  const generator = fileURLToPath(new URL('../../bench/ref/generate', import.meta.url));
  return [
    {
      name: '64 octets',
      run: (seconds) => {
        const flows = `--from 1.1.16.1+64 --ports 20000+64`;
        const command = `${generator} --device lan --to-mac ${mac} --to ${SERVER}:9 --size 64 ${flows} --seconds ${seconds}`;
        const child = bed.sandbox.start(bed.netns('client'), command);
        child.stdout!.resume();
        return new Promise((resolve, reject) => {
          child.on('close', (code) => (code === 0 ? resolve(code) : reject(new Error(`the generator ended with ${code}`))));
        });
      },
    },
    { name: 'TCP', run: (seconds) => iperf(bed, 'client', `-c ${SERVER} -t ${seconds} -P 4 --bidir`) },
    {
      name: 'connections',
      run: async (seconds) => {
        const asked = { to: SERVER, ports: PORTS, payload: 100, perSecond: CONNECTIONS_PER_SECOND, seconds };
        const { ok } = await inside.ask('connectRate', asked);
        if (ok === 0) throw new Error('no connection came about');
      },
    },
  ];
}

/** The hosts' devices, once they stand still: an ARP of the kernel may come at any time, so both sides are read until they agree. */
async function balance(bed: Bed): Promise<{ unaccounted: number; lost: number; text: string }> {
  let result = await readBooks(bed);
  for (const deadline = Date.now() + 5000; result.unaccounted !== 0 && Date.now() < deadline; ) {
    await new Promise((resolve) => setTimeout(resolve, AT_REST_MS));
    result = await readBooks(bed);
  }
  return result;
}

async function readBooks(bed: Bed): Promise<{ unaccounted: number; lost: number; text: string }> {
  const rows = (await getJson(bed.socket, '/v1/show/ifaces')) as IfaceRow[];
  const { received, verdicts, requeued, taken } = await bed.read.balance();
  let unaccounted = Math.abs(received - (verdicts - requeued - taken));
  let lost = 0;
  let text = `${received} frames received, ${verdicts} verdicts, ${requeued} requeued, ${taken} taken`;
  for (const { name: link, host } of bed.links) {
    const row = rows.find(({ name }) => name === link)!;
    const device = hostDevice(bed, host, link);
    // A TAP counts what was read of it as sent; packet sockets lose after the device, and say so themselves.
    const queued = bed.kind === 'tap' ? 0 : row.rxDropped;
    unaccounted += Math.abs(device.tx - row.rxFrames - queued) + Math.abs(row.txFrames - row.txDropped - device.rx);
    lost += bed.kind === 'tap' ? device.txDropped : queued;
    text += `; ${link}: host sent ${device.tx} and got ${device.rx}, gateway received ${row.rxFrames} (lost ${queued}) and sent ${row.txFrames} (failed ${row.txDropped})`;
  }
  return { unaccounted, lost, text };
}

interface LinkStats {
  readonly stats64: {
    readonly rx: { readonly packets: number };
    readonly tx: { readonly packets: number; readonly dropped: number };
  };
}

function hostDevice(bed: Bed, host: string, device: string): HostDevice {
  const [shown] = JSON.parse(bed.on(host, `ip -j -s link show dev ${device}`)) as LinkStats[];
  const { rx, tx } = shown!.stats64;
  return { tx: tx.packets, txDropped: tx.dropped, rx: rx.packets };
}
