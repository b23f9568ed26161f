import { getJson } from '../../../src/cli/controlClient.js';
import type { Gateway } from '../../../src/control/gateway.js';
import { sessionTotal } from '../../../src/control/show/totals.js';
import { CounterEvent, CounterRoom, IfaceCounter, ZoneCounter } from '../../../src/shared/counters.js';
import { FIRST_DROP, Verdict, verdictSpec } from '../../../src/shared/verdict.js';
import { blocksHeld, PortSpace, portsUsed } from '../../../src/tables/portBlocks.js';
import type { ConfigRow, DropRow, NeighborRow, SessionRow, ZoneRow } from '../../../src/types/show.js';
import type { ProbeRow } from '../../../src/types/showRouting.js';

/** What a scenario reads of the gateway it runs: counts only, as an operator sees them. */
export interface Readings {
  /** Reason -> frames that the gateway dropped. */
  drops(): Promise<Record<string, number>>;
  sessionCount(): Promise<number>;
  portsUsed(): Promise<number>;
  /** Sessions refused by the zone of this name. */
  refused(zone: string): Promise<number>;
  /** Every frame received must have one verdict: received = verdicts - requeued - taken. */
  balance(): Promise<Balance>;
}

export interface Balance {
  readonly received: number;
  readonly verdicts: number;
  /** Frames that waited for a neighbour have one verdict more. */
  readonly requeued: number;
  /** So have those that a worker took from another. */
  readonly taken: number;
}

/** Reads a running gateway through its control socket and its metrics page. */
export class OperatorReadings implements Readings {
  constructor(
    private readonly socket: string,
    /** URL of the metrics page. */
    private readonly metrics: string,
  ) {}

  async show(noun: 'drops'): Promise<DropRow[]>;
  async show(noun: 'zones'): Promise<ZoneRow[]>;
  async show(noun: 'sessions'): Promise<SessionRow[]>;
  async show(noun: 'neighbors'): Promise<NeighborRow[]>;
  async show(noun: 'probes'): Promise<ProbeRow[]>;
  async show(noun: 'config'): Promise<ConfigRow[]>;
  async show(noun: string): Promise<unknown> {
    return getJson(this.socket, `/v1/show/${noun}`);
  }

  async drops(): Promise<Record<string, number>> {
    const decided = (await this.show('drops')).filter(({ by }) => by === 'gateway');
    return Object.fromEntries(decided.map(({ reason, count }) => [reason, count]));
  }

  async sessionCount(): Promise<number> {
    return (await this.show('zones')).reduce((sum, zone) => sum + zone.sessions, 0);
  }

  async portsUsed(): Promise<number> {
    const addresses = (await this.show('zones')).flatMap((zone) => zone.localAddresses);
    return addresses.reduce((sum, address) => sum + address.portsUsed, 0);
  }

  async refused(zone: string): Promise<number> {
    const row = (await this.show('zones')).find(({ name }) => name === zone);
    if (row === undefined) throw new Error(`the gateway has no zone ${zone}`);
    return row.refused;
  }

  /** Text of /metrics. */
  async page(): Promise<string> {
    return (await fetch(this.metrics)).text();
  }

  async balance(): Promise<Balance> {
    const text = await this.page();
    const total = (metric: string): number => {
      const lines = text.split('\n').filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    };
    return {
      received: total('windrose_iface_receive_frames_total'),
      verdicts: total('windrose_frames_total') + total('windrose_frames_dropped_total'),
      requeued: total('windrose_frames_requeued_total'),
      taken: total('windrose_worker_taken_frames_total'),
    };
  }
}

/** Reads the tables of a gateway that runs in this process. */
export class TableReadings implements Readings {
  constructor(private readonly gateway: Gateway) {}

  async drops(): Promise<Record<string, number>> {
    const drops: Record<string, number> = {};
    for (let v: Verdict = FIRST_DROP; v < Verdict.Count; v++) {
      drops[verdictSpec(v).reason] = this.#sum(({ counters }) => counters.verdicts[v]!);
    }
    return drops;
  }

  async sessionCount(): Promise<number> {
    return sessionTotal(this.gateway.states);
  }

  async portsUsed(): Promise<number> {
    return this.#overPools(portsUsed);
  }

  /** Blocks of 64 ports that workers hold. */
  blocksHeld(): number {
    return this.#overPools(blocksHeld);
  }

  async refused(zone: string): Promise<number> {
    const slot = this.gateway.index.zoneNames().get(zone);
    if (slot === undefined) throw new Error(`the gateway has no zone ${zone}`);
    return this.#sum(({ counters }) => counters.zones[slot * ZoneCounter.Count + ZoneCounter.Refused]!);
  }

  async balance(): Promise<Balance> {
    return {
      received: this.#sum(({ counters }) => {
        let frames = 0;
        for (let rif = 0; rif < CounterRoom.Rifs; rif++)
          frames += counters.rifs[rif * IfaceCounter.Count + IfaceCounter.RxFrames]!;
        return frames;
      }),
      verdicts: this.#sum(({ counters }) => counters.verdicts.reduce((sum, count) => sum + count, 0)),
      requeued: this.#sum(({ counters }) => counters.events[CounterEvent.Requeued]!),
      taken: this.#sum(({ counters }) => counters.events[CounterEvent.HandedIn]!),
    };
  }

  /** Every counter of every worker, in one row. */
  snapshotCounters(): number[] {
    return this.gateway.states.flatMap(({ counters }) => [
      ...counters.verdicts,
      ...counters.events,
      ...counters.rifs,
      ...counters.zones,
    ]);
  }

  #overPools(of: typeof portsUsed): number {
    const { ports } = this.gateway.states[0]!;
    let sum = 0;
    for (let worker = 0; worker < this.gateway.states.length; worker++) {
      for (let pool = 0; pool < PortSpace.Count * ports.addresses; pool++) sum += of(ports, worker, pool);
    }
    return sum;
  }

  #sum(of: (state: Gateway['states'][number]) => number): number {
    return this.gateway.states.reduce((sum, state) => sum + of(state), 0);
  }
}
