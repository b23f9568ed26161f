import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Cloud } from '../support/cloud.js';
import { eventually } from '../support/scenario.js';
import { SteadyPing } from '../support/steadyPing.js';

/** Datagrams of iperf3, octets and bits per second: a frame every two milliseconds. */
const [OCTETS, RATE] = [1000, '4M'];

/** What a server of iperf3 says of UDP. */
interface ServerReport {
  readonly intervals: readonly { readonly sum: { readonly packets: number; readonly lost_packets: number } }[];
}

/** What a time of traffic has shown. */
export interface Carried {
  /** Questions of ping, and datagrams. */
  readonly sent: number;
  readonly lost: number;
}

/** Between guests: pings bridged and routed, and a stream of UDP (iperf3) from the second to the first. */
export class Traffic {
  readonly #pings: readonly SteadyPing[];

  private constructor(
    private readonly cloud: Cloud,
    ways: readonly (readonly [guest: string, to: string])[],
    private readonly server: ChildProcess,
    private readonly client: ChildProcess,
    private readonly report: { text: string },
    private readonly receiver: string,
    private readonly late: number,
  ) {
    this.#pings = ways.map(([guest, to]) => new SteadyPing(cloud.sandbox, cloud.netns(guest), to, 20));
  }

  static async start(
    cloud: Cloud,
    ways: readonly (readonly [guest: string, to: string])[],
    [from, to, address]: readonly [string, string, string],
  ): Promise<Traffic> {
    const server = cloud.sandbox.start(cloud.netns(to), 'iperf3 -s -1 -J');
    const report = { text: '' };
    server.stdout!.setEncoding('utf8').on('data', (part: string) => {
      report.text += part;
    });
    server.stderr!.resume();
    await eventually(
      () => cloud.on(to, 'ss -Hltn'),
      (listening) => listening.includes(':5201 '),
    );
    const late = fetchedTooLate(cloud, to);
    const client = cloud.sandbox.start(cloud.netns(from), `iperf3 -u -l ${OCTETS} -b ${RATE} -t 600 -c ${address}`);
    client.stdout!.resume();
    client.stderr!.resume();
    return new Traffic(cloud, ways, server, client, report, to, late);
  }

  /** Ends all of it. A datagram that the receiver's kernel has, but its program fetched too late, is not lost on the way. */
  async stop(): Promise<{ pings: Carried; datagrams: Carried }> {
    const sums = await Promise.all(this.#pings.map((ping) => ping.stop()));
    const closed = once(this.server, 'close');
    this.client.kill('SIGINT');
    await closed;
    const { intervals } = JSON.parse(this.report.text) as ServerReport;
    const late = fetchedTooLate(this.cloud, this.receiver) - this.late;
    const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);
    return {
      pings: { sent: sum(sums.map((one) => one.sent)), lost: sum(sums.map((one) => one.lost)) },
      datagrams: {
        sent: sum(intervals.map((one) => one.sum.packets)),
        lost: sum(intervals.map((one) => one.sum.lost_packets)) - late,
      },
    };
  }
}

/** Datagrams that a guest's kernel had no room for any more: RcvbufErrors of /proc/net/snmp. */
function fetchedTooLate(cloud: Cloud, guest: string): number {
  const [names, values] = [...cloud.on(guest, 'cat /proc/net/snmp').matchAll(/^Udp: (.*)$/gm)].map(([, words]) =>
    words!.split(' '),
  );
  return Number(values![names!.indexOf('RcvbufErrors')]);
}
