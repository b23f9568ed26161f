/** What the ways of packet I/O are measured by. */
import { type Background, pause } from '../system/processes.js';
import { FEW_FLOWS, iperf, offer, udp, type Workload } from '../system/workloads.js';
import type { Running, Setup } from '../system/yardstick.js';

export const workloads: readonly Workload[] = [
  udp('udp64', 64),
  udp('udp1400', 1400),
  iperf('tcp1', 1),
  iperf('tcp4', 4),
  cpuPerFrame(),
];

/**
 * CPU time for a frame of 64 octets under overload, when the loop never waits. A way that leaves the reception to soft interrupts has that on
 * the sender's side, so both are told. Unlike rates these hardly depend on what else runs.
 */
function cpuPerFrame(): Workload {
  const name = 'CPU per frame';
  return {
    name,
    unit: 'ns',
    more: [{ name: `${name}, sender`, unit: 'ns' }],
    async measure(running: Running, setup: Setup, seconds: number) {
      if (running.forwarder === undefined) throw new Error('no loop to ask');
      const arriving = offer(running, setup, { seconds: seconds + 0.5, size: 64, flows: FEW_FLOWS, rate: 0 });
      // While frames come in steadily, from after the first to before the last of the count.
      await pause(0.6);
      const first = await ask(running.forwarder);
      await pause(seconds * 0.5);
      const last = await ask(running.forwarder);
      const { senderNs } = await arriving;
      if (last.frames === first.frames) throw new Error('no frame came through while it was measured');
      return [((last.cpu - first.cpu) / (last.frames - first.frames)) * 1e9, senderNs];
    },
  };
}

interface Progress {
  /** Frames from the client's side so far. */
  frames: number;
  /** CPU time so far, in seconds. */
  cpu: number;
}

/** Has the loop print how far it is, and reads it. */
async function ask(loop: Background): Promise<Progress> {
  const lines = () => loop.output().match(/^\{.*\}$/gm) ?? [];
  const before = lines().length;
  process.kill(loop.pid, 'SIGUSR1');
  for (let waited = 0; lines().length === before; waited += 0.005) {
    if (waited > 2) throw new Error('the loop does not answer');
    await pause(0.005);
  }
  const { frames, cpu } = JSON.parse(lines().at(-1)!) as { frames: number[]; cpu: number };
  return { frames: frames[0]!, cpu };
}
