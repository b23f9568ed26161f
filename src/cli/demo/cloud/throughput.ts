import { iperf } from '../iperf.js';
import type { CloudWorld } from './scene.js';
import { UP } from './topology.js';

/** Seconds of each iperf3 run. */
const IPERF_SECONDS = 2;

/** Bits per second between a guest and somebody outside: out by one flow and by four, and in by four. */
export interface Outside {
  readonly out1: number;
  readonly out4: number;
  readonly in4: number;
}

/** Three runs of iperf3 from a guest; the server is there. */
export async function measureOutside(world: CloudWorld, guest: { readonly name: keyof CloudWorld & string }): Promise<Outside> {
  const run = (flows: number, reverse: boolean): Promise<number> =>
    iperf({
      name: `iperf3 TCP, ${flows} flow${flows === 1 ? '' : 's'} ${guest.name} ${reverse ? '<' : '>'} ${UP.internet}`,
      ...{ from: world[guest.name] as string, to: UP.internet, flows, seconds: IPERF_SECONDS, reverse },
    });
  return { out1: await run(1, false), out4: await run(4, false), in4: await run(4, true) };
}
