/** What is measured: round trips at a fixed pace, new TCP connections, CPU time at rest and per Gbit. */
import { repository } from '../harness.js';

import { pause, start, untilEnd, untilOutput } from '../system/processes.js';
import { pinnedInside, SERVER_ADDRESS } from '../system/topology.js';
import { iperf, type Workload } from '../system/workloads.js';
import type { Running, Setup } from '../system/yardstick.js';
import { cpuSeconds } from './cpu.js';

const PROGRAMS = `${repository}/out/bench/ref`;
const PORT = 7777;
/** Several ports, so that no pair of ports comes back while a forwarder still has the connection before. */
const CONNECT_PORTS = `${SERVER_ADDRESS}:9000+64`;
const AT_ONCE = 16;
/** As D40 has it: so long without a frame. */
const IDLE_SECONDS = 10;
const SHARE = '% of a CPU';

const tcp1 = iperf('tcp1', 1);

export const workloads: readonly Workload[] = [
  roundTrips('rtt100', 100),
  roundTrips('rtt1000', 1000),
  {
    name: 'idle',
    unit: SHARE,
    async measure(running) {
      return [await shareDuring(running, () => pause(IDLE_SECONDS))];
    },
  },
  {
    name: 'connect',
    unit: 'connections/s',
    more: [{ name: 'connect cpu', unit: SHARE }],
    async measure(running, setup, seconds) {
      const options = [CONNECT_PORTS, '--at-once', String(AT_ONCE), '--seconds', String(seconds)];
      const [{ perSecond }, share] = await asked<{ perSecond: number }>(
        'connect',
        CONNECT_PORTS,
        options,
        running,
        setup,
        seconds,
      );
      return [perSecond, share];
    },
  },
  {
    name: 'tcp1 cpu',
    unit: 'ms/Gbit',
    async measure(running, setup, seconds) {
      let gbits = 0;
      const share = await shareDuring(running, async () => {
        const [rate] = await tcp1.measure(running, setup, seconds);
        gbits = rate! * seconds;
      });
      return [(share / 100) * (seconds / gbits) * 1000];
    },
  },
];

/** Requests of 64 octets at `rate` per second: quantiles of the time until the answer, and what the forwarder's process takes. */
function roundTrips(name: string, rate: number): Workload {
  const quantiles = ['p90', 'p99', 'p999'] as const;
  return {
    name,
    unit: 'us',
    more: [...quantiles.map((q) => ({ name: `${name} ${q}`, unit: 'us' })), { name: `${name} cpu`, unit: SHARE }],
    async measure(running, setup, seconds) {
      const to = `${SERVER_ADDRESS}:${PORT}`;
      const options = [to, '--rate', String(rate), '--seconds', String(seconds)];
      type Answer = Record<'p50' | (typeof quantiles)[number], number>;
      const [answer, share] = await asked<Answer>('roundtrip', to, options, running, setup, seconds);
      return [answer.p50, ...quantiles.map((q) => answer[q]), share];
    },
  };
}

/** Starts `program serve` on the server and runs `program ask` on the client; its answer, and the forwarder's share of a CPU. */
async function asked<Answer>(
  program: string,
  serve: string,
  ask: readonly string[],
  running: Running,
  { folder, placement }: Setup,
  seconds: number,
): Promise<[Answer, number]> {
  const { ns } = running;
  const file = `${PROGRAMS}/${program}`;
  const server = start(
    `${folder}/${program}-server.log`,
    'ip',
    pinnedInside(ns.server, placement.serverCpus, file, 'serve', serve),
  );
  await untilOutput(server, /ready/, 5);
  const words = pinnedInside(ns.client, placement.clientCpus, file, 'ask', ...ask);
  try {
    let said = '';
    const share = await shareDuring(running, async () => {
      const client = start(`${folder}/${program}-client.log`, 'ip', words);
      const status = await untilEnd(client, seconds + 10);
      said = client.output();
      if (status !== 0) throw new Error(`${program}: ${said}${server.output()}`);
    });
    return [JSON.parse(said) as Answer, share];
  } finally {
    server.stop();
  }
}

/** Share of a CPU, in percent, that the forwarder's process took while `work` went on; NaN where the kernel forwards. */
async function shareDuring({ forwarder }: Running, work: () => Promise<void>): Promise<number> {
  const before = forwarder === undefined ? Number.NaN : cpuSeconds(forwarder.pid);
  const since = performance.now();
  await work();
  const after = forwarder === undefined ? Number.NaN : cpuSeconds(forwarder.pid);
  return ((after - before) / ((performance.now() - since) / 1000)) * 100;
}
