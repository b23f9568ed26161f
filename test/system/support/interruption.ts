import assert from 'node:assert/strict';
import type { Bed } from './bed.js';
import { iperf, iperfServer } from './iperf.js';
import { pause } from './scenario.js';

/** Milliseconds that a guest was without an answer. */
export interface Interruption {
  readonly ping: number;
  readonly tcp: number;
  readonly udp: number;
}

const PORTS = [5201, 5202] as const;
const SECONDS = 6;
const PING_MS = 10;

/** Starts what `interruptionOf` sends to, in a guest. */
export async function interruptionServers(bed: Pick<Bed, 'netns' | 'on' | 'sandbox'>, guest: string): Promise<void> {
  for (const port of PORTS) await iperfServer(bed, guest, port);
}

/** How long TCP, UDP and echo requests from `guest` to `address` were not answered while something happened to it. Throws when TCP stays so. */
export async function interruptionOf(
  bed: Pick<Bed, 'netns' | 'on' | 'sandbox'>,
  guest: string,
  address: string,
  happens: () => Promise<void>,
): Promise<Interruption> {
  const ping = bed.sandbox.start(bed.netns(guest), `ping -q -i ${PING_MS / 1000} ${address}`);
  let said = '';
  ping.stdout!.on('data', (text: Buffer) => {
    said += text;
  });
  const [tcp, datagrams] = [
    iperf(bed, guest, `-c ${address} -p ${PORTS[0]} -t ${SECONDS} -i 0.1 -b 200M`),
    iperf(bed, guest, `-c ${address} -p ${PORTS[1]} -t ${SECONDS} -u -b 20M -l 1000`),
  ];
  await pause(2000);
  await happens();
  const { intervals } = await tcp;
  const { packets, lost_packets } = (await datagrams).end.sum!;
  const ended = new Promise((resolve) => ping.once('close', resolve));
  ping.kill('SIGINT');
  await ended;
  const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(said)!.map(Number);
  let [still, longest] = [0, 0];
  for (const { sum } of intervals) {
    still = sum.bytes > 0 ? 0 : still + (sum.end - sum.start);
    longest = Math.max(longest, still);
  }
  assert.ok(intervals.at(-5)!.sum.bytes > 0, 'TCP goes on');
  return { ping: (sent! - received!) * PING_MS, tcp: Math.round(longest * 1000), udp: (lost_packets / packets) * SECONDS * 1000 };
}
