import type { Logger } from 'pino';
import { ProbeFollower } from '../../src/control/reload/probes.js';
import { ControlWord } from '../../src/shared/control.js';
import { type Decoded, decode } from './decode.js';
import { eth, type IcmpFields, type Ipv4Fields, icmp, ipv4, packet } from './layers.js';
import type { Team } from './team.js';
import type { World } from './world.js';
import { macOf } from './worldParts.js';

/** An inside network, two upstream routers that are probed, and what main makes of it (control/reload/probes.ts). */

export const HOST = '10.0.0.5';
export const ONE = { dev: 'one', hop: '198.51.100.1', own: '198.51.100.2', mac: '02:aa:00:00:00:02' };
export const TWO = { dev: 'two', hop: '203.0.113.1', own: '203.0.113.2', mac: '02:aa:00:00:00:03' };
export type Upstream = typeof ONE;

/** Flows are spread over both; `probes` in the order of the file. */
export function upstreams(probes: readonly string[]): string {
  return `
name: upstreams
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/24] }
  - { name: one, tap: t-one, role: outside, mac: "${ONE.mac}", addresses: [${ONE.own}/24] }
  - { name: two, tap: t-two, role: outside, mac: "${TWO.mac}", addresses: [${TWO.own}/24] }
routes:
  - default nexthop via ${ONE.hop} dev one nexthop via ${TWO.hop} dev two
zones:
  - { name: all, match: 10.0.0.0/24, localAddresses: [192.0.2.1] }
nexthopProbes: [${probes.join(', ')}]
`;
}

export const BOTH = upstreams([
  `{ address: ${ONE.hop}, interval: 300ms, fails: 3, recovers: 2 }`,
  `{ address: ${TWO.hop}, interval: 300ms, fails: 2, recovers: 3 }`,
]);

export function isProbe(d: Decoded): boolean {
  return d.icmp?.type === 8 && [ONE, TWO].some(({ own, hop }) => d.ipv4?.src === own && d.ipv4.dst === hop);
}

/** What the upstream answers to a probe. */
export function answerTo(d: Decoded, by: Upstream, i: IcmpFields = {}, ip: Ipv4Fields = {}): Uint8Array {
  const { id, seq } = d.icmp!;
  return packet(
    eth({ dst: by.mac, src: macOf(by.hop) }),
    ipv4({ src: by.hop, dst: by.own, tos: d.ipv4!.tos, ...ip }),
    icmp({ type: 0, id, seq, ...i }),
    d.payload,
  );
}

/** Main beside the workers, and the upstream routers. */
export class Main {
  /** Lines of the log: level, next hop. */
  readonly lines: string[] = [];
  /** Upstreams that answer. */
  readonly alive = new Set<Upstream>([ONE, TWO]);
  /** Probes that were seen, by device. */
  readonly probes: Record<string, Decoded[]> = { one: [], two: [] };
  /** What else left towards the upstreams. */
  readonly others: Record<string, Decoded[]> = { one: [], two: [] };
  readonly #followers: readonly ProbeFollower[];

  constructor(
    readonly members: readonly World[],
    readonly where: World | Team,
    readonly put: (iface: string, frame: Uint8Array) => void,
  ) {
    const log = (level: string) => (about: { nextHop: string }) => void this.lines.push(`${level} ${about.nextHop}`);
    // The judgement stands in memory that all share; the first follower makes it, each tells its worker's tables.
    this.#followers = members.map((w) => {
      const { state } = w;
      const gateway = {
        get built() {
          state.control[ControlWord.Acknowledged] = w.built.snapshot.generation;
          return w.built;
        },
        states: [state],
        log: { warn: log('warn'), info: log('info') } as unknown as Logger,
      };
      return new ProbeFollower(gateway, async () => w.republish());
    });
  }

  /** Lets time pass; main looks twice a second. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      this.where.advance(100);
      this.answer();
      if (left % 200 === 0) await this.look();
    }
  }

  /** Lets the upstreams that are alive answer the probes sent so far. */
  answer(): void {
    for (const by of [ONE, TWO])
      for (const { octets } of this.where.sent(by.dev)) {
        const d = decode(octets);
        (isProbe(d) ? this.probes : this.others)[by.dev]!.push(d);
        if (isProbe(d) && this.alive.has(by)) this.put(by.dev, answerTo(d, by));
      }
  }

  async look(): Promise<void> {
    for (const follower of this.#followers) await follower.look();
  }
}

export function mainOf(w: World): Main {
  return new Main([w], w, (iface, frame) => w.send(iface, frame));
}

export function mainOfTeam(team: Team): Main {
  return new Main(team.members, team, (iface, frame) => {
    team.push(iface, frame);
    team.settle();
  });
}
