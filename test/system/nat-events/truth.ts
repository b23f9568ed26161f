import type { Flow } from '../../support/ipfixCollector.js';
import type { Bed } from '../support/bed.js';
import { Protocol, readIpv4, tcpFlags } from '../support/packets.js';
import { pause } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

/** Somebody had an external endpoint at a time (milliseconds since the epoch). */
export interface Had {
  readonly timeMs: number;
  readonly protocol: number;
  /** "address:port" */
  readonly external: string;
  readonly inside: string;
}

/** A record as either output gives it. */
export interface Told extends Had {
  readonly natEvent: number;
  readonly worker: number;
}

const SYN = 2;
const SYN_ACK = 18;

/**
 * What the hosts saw: the same packet under its external endpoint on the way to the server and under its inside one on the way
 * back to the client. The same packet: of TCP by the first sequence number, of others by their length, which the test makes unique.
 */
export class Witness {
  readonly had: Had[] = [];
  readonly #lan: Wire;
  readonly #wan: Wire;
  readonly #external = new Map<string, string>();

  constructor(bed: Bed) {
    this.#lan = bed.wire('lan');
    this.#wan = bed.wire('wan');
  }

  /** Takes down who has what now; to be called while the sessions of the last step live. */
  async look(): Promise<void> {
    // Records have whole milliseconds of two clocks.
    await pause(5);
    const timeMs = Date.now();
    for (const { frame } of this.#wan.collect()) {
      const packet = readIpv4(frame);
      if (packet === undefined || (packet.protocol === Protocol.Tcp && tcpFlags(packet) !== SYN)) continue;
      const sequence = packet.protocol === Protocol.Tcp ? packet.l4.readUInt32BE(4) : packet.totalLength;
      this.#external.set(`${packet.protocol} ${sequence}`, `${packet.source}:${packet.sourcePort}`);
    }
    for (const { frame } of this.#lan.collect()) {
      const packet = readIpv4(frame);
      if (packet === undefined || (packet.protocol === Protocol.Tcp && tcpFlags(packet) !== SYN_ACK)) continue;
      const sequence = packet.protocol === Protocol.Tcp ? (packet.l4.readUInt32BE(8) - 1) >>> 0 : packet.totalLength;
      const external = this.#external.get(`${packet.protocol} ${sequence}`);
      const port = packet.protocol === Protocol.Icmp ? packet.sourcePort : packet.destinationPort;
      if (external !== undefined)
        this.had.push({ timeMs, protocol: packet.protocol, external, inside: `${packet.destination}:${port}` });
    }
    this.#wan.clear();
    this.#lan.clear();
  }
}

const NUMBERS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17 };

/** Session records of the file. */
export function toldByLines(lines: readonly Record<string, string | number>[]): Told[] {
  return lines
    .filter(({ natEvent }) => natEvent === 4 || natEvent === 5)
    .map((line) => ({
      timeMs: Date.parse(String(line.time)),
      natEvent: Number(line.natEvent),
      worker: Number(line.worker),
      protocol: NUMBERS[line.protocol!]!,
      external: `${line.external}:${line.externalPort}`,
      inside: `${line.inside}:${line.insidePort}`,
    }));
}

/** Session records of the collector. */
export function toldByFlows(flows: readonly Flow[]): Told[] {
  return flows
    .filter(({ natEvent }) => natEvent === 4 || natEvent === 5)
    .map((flow) => ({
      timeMs: Number(flow.observationTimeMilliseconds),
      natEvent: Number(flow.natEvent),
      worker: Number(flow.natInstanceId),
      protocol: Number(flow.protocolIdentifier),
      external: `${flow.postNATSourceIPv4Address}:${flow.postNAPTSourceTransportPort}`,
      inside: `${flow.sourceIPv4Address}:${flow.sourceTransportPort}`,
    }));
}

/** Who had an external endpoint at a time, by records alone; undefined: nobody. */
export function whoHad(told: readonly Told[], { protocol, external, timeMs }: Omit<Had, 'inside'>): string | undefined {
  let owner: string | undefined;
  for (const record of [...told].sort((a, b) => a.timeMs - b.timeMs)) {
    if (record.timeMs > timeMs) break;
    if (record.protocol !== protocol || record.external !== external) continue;
    owner = record.natEvent === 4 ? record.inside : undefined;
  }
  return owner;
}
