import { decode } from '../../support/decode.js';
import { scenarioFile } from './bed.js';
import { Cloud, guestOf } from './cloud.js';
import { eventually } from './scenario.js';
import type { Captured, Wire } from './wire.js';

/**
 * The reference topology of dvr.md 1.3 with its external network: guests on three hosts, the third of which may have SNAT services, and an upstream
 * router with the internet (8.8.8.8) behind it.
 *
 *   guests == gateways of h1, h2, n ~~ fabric (VXLAN)
 *                         \~~ external network (bridge) --- upstream 192.168.1.1, 8.8.8.8
 */

export const INTERNET = '8.8.8.8';
/** MACs of dvr.md 1.3: host MACs, gateways, the SNAT service's, the upstream router's. */
export const M = {
  ...{ d1: 'fa:16:3f:09:34:f2', d2: 'fa:16:3f:4e:4f:98', dN: 'fa:16:3f:64:a0:74' },
  ...{ gA: 'fa:16:3e:3c:74:9c', gB: 'fa:16:3e:a3:3b:39', sA: 'fa:16:3e:a3:ef:a9', sB: 'fa:16:3e:de:85:63' },
  ...{ q: 'fa:16:3e:93:cb:37', u: '02:00:00:00:01:01' },
  ...{ a1: 'fa:16:3e:00:0a:01', a2: 'fa:16:3e:00:0a:02', a4: 'fa:16:3e:00:0a:04' },
  ...{ b1: 'fa:16:3e:00:0b:01', b2: 'fa:16:3e:00:0b:02' },
} as const;
export const HOSTS = ['h1', 'h2', 'n'] as const;
export const GUESTS = [
  guestOf('a1', 'h1', '0a:01', '10.0.0.11'),
  guestOf('b1', 'h1', '0b:01', '20.0.0.21'),
  guestOf('a2', 'h2', '0a:02', '10.0.0.12'),
  guestOf('b2', 'h2', '0b:02', '20.0.0.22'),
  guestOf('a4', 'n', '0a:04', '10.0.0.14'),
];

/** A frame as dvr.md writes it: `[src > dst ; segment ; from > to ; ttl]`. */
export interface Seen {
  readonly at: string;
  readonly src: string;
  readonly dst: string;
  /** VNI; 0: it was in no tunnel. */
  readonly vni: number;
  /** 802.1Q VLAN id, 0 = untagged. */
  readonly vlan: number;
  readonly from: string;
  readonly to: string;
  readonly ttl: number;
  /** Ports, or type and identifier of ICMP. */
  readonly l4: string;
  readonly arp: boolean;
}

export class NorthSouth {
  readonly cloud: Cloud;
  readonly #wires = new Map<string, Wire>();

  constructor(guests = GUESTS, workers?: number, hosts: readonly string[] = HOSTS, physnets: true | 'two' = true) {
    this.cloud = new Cloud(hosts, guests, physnets, '', workers);
    const { sandbox, fabric } = this.cloud;
    const netns = this.cloud.namespace('up');
    sandbox.veth({ netns, device: 'up0' }, { netns: fabric, device: 'upt' });
    sandbox.run(fabric, 'ip link set upt master br1');
    this.up(`ip link set up0 address ${M.u}`);
    this.up('ip addr add 192.168.1.1/24 dev up0');
    this.up(`ip addr add ${INTERNET}/32 dev lo`);
    // What it answers by sockets of all its addresses comes from the one that was asked.
    this.up(`ip route replace 192.168.1.0/24 dev up0 src ${INTERNET}`);
    this.up('sysctl -qw net.ipv4.ip_forward=1');
    if (physnets !== 'two') return;
    sandbox.veth({ netns, device: 'up2' }, { netns: fabric, device: 'upt2' });
    sandbox.run(fabric, 'ip link set upt2 master br2');
    this.up('ip addr add 192.168.2.1/24 dev up2');
  }

  /** Starts the gateways; every guest has its address then. */
  async start(objects = scenarioFile('snat', 'objects.yaml')): Promise<void> {
    const { cloud } = this;
    await cloud.start(objects, cloud.sharedStore === undefined ? [] : cloud.vms.map(({ name }) => name));
    if (cloud.sharedStore === undefined) return;
    const { code, stderr, stdout } = await cloud.apply('n', objects);
    if (code !== 0) throw new Error(stderr + stdout);
    for (const { name } of cloud.vms) {
      const there = () => cloud.on(name, ['sh', '-c', `ip -br link show tap-${name} 2>&1 || true`]);
      await eventually(there, (said) => !said.includes('does not exist'), 10_000);
      cloud.address(name);
    }
  }

  up(command: string | readonly string[]): string {
    return this.cloud.on('up', command);
  }

  /**
   * Frames from now on at these places: `fab-h2` what a host sends to the fabric, `ext-n` onto the external network, `up` what
   * the upstream sends, `a2` at a guest.
   */
  watch(...places: readonly string[]): void {
    for (const place of places) {
      const known = this.#wires.get(place);
      if (known !== undefined) known.clear();
      else this.#wires.set(place, this.#wire(place));
    }
  }

  #wire(place: string): Wire {
    if (place === 'up') return this.cloud.wire('up', true);
    const [kind, host] = place.split('-');
    return host === undefined ? this.cloud.guestWire(place) : this.cloud.wire(host, kind === 'ext');
  }

  /** What was seen since `watch`, place by place in their order there; nothing of IPv6 or anything else. */
  seen(...places: readonly string[]): Seen[] {
    return places.flatMap((place) =>
      this.#wires
        .get(place)!
        .collect()
        .flatMap((one) => seenAt(place, one)),
    );
  }

  /** Waits until so many frames that are no ARP were seen at a place. */
  async until(place: string, count: number): Promise<void> {
    await this.#wires
      .get(place)!
      .until((frames) => frames.flatMap((one) => seenAt(place, one)).filter(({ arp }) => !arp).length >= count);
  }

  async stop(): Promise<void> {
    await this.cloud.stop();
  }

  close(): void {
    this.cloud.close();
  }
}

function seenAt(at: string, { frame, vlan }: Captured): Seen[] {
  const outer = decode(frame);
  if (at.startsWith('fab-')) {
    if (outer.udp?.dport !== 4789) return [];
    const vni = outer.payload[4]! * 65_536 + outer.payload[5]! * 256 + outer.payload[6]!;
    return inner({ at, vni, vlan }, decode(outer.payload.subarray(8)));
  }
  return inner({ at, vni: 0, vlan }, outer);
}

function inner(where: Pick<Seen, 'at' | 'vni' | 'vlan'>, { eth, ipv4, arp, udp, tcp, icmp }: ReturnType<typeof decode>): Seen[] {
  const { src, dst } = eth!;
  if (arp !== undefined)
    return [{ ...where, src, dst, from: arp.senderIp, to: arp.targetIp, ttl: 0, l4: `arp ${arp.op}`, arp: true }];
  if (ipv4 === undefined) return [];
  const ports = udp ?? tcp;
  const l4 = ports !== undefined ? `${ports.sport}>${ports.dport}` : icmp === undefined ? '' : `icmp ${icmp.type}`;
  return [{ ...where, src, dst, from: ipv4.src, to: ipv4.dst, ttl: ipv4.ttl, l4, arp: false }];
}
