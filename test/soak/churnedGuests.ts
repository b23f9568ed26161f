import { type EastWestFrame, octetsOf, textOfOctets } from '../property/eastWestFrames.js';
import type { Plan, PlanPort } from '../property/eastWestPlan.js';
import { isHostMac } from '../property/eastWestTables.js';
import { decode } from '../support/decode.js';
import { eth, ipv4, packet, udp } from '../support/layers.js';
import type { Dice } from '../support/mutate.js';
import type { NetSandbox } from '../support/netns.js';
import { Wire } from '../system/support/wire.js';

/** Before the guest that says it and the address that a frame is meant for. */
const MARK = 'windrose-churn';
/** Hosts may go by what a port was so long ago: it is to take a second at most, and tests run beside each other. */
const LATELY_MS = 2000;
const PORT = 5001;

interface Guest {
  readonly netns: string;
  wire: Wire | undefined;
  /** Number of the device it is open on. */
  index: string | undefined;
}

/** Guests of churned hosts, each the owner of a namespace in which its port's TAP comes and goes. */
export class ChurnedGuests {
  readonly #guests = new Map<string, Guest>();
  readonly faults: string[] = [];
  /** What the store had, and when it was looked at. */
  #lately: readonly { readonly at: number; readonly plan: Plan }[] = [];
  sent = 0;
  received = 0;

  constructor(
    private readonly sandbox: NetSandbox,
    namespaces: ReadonlyMap<string, string>,
    /** Where a guest is once it has migrated. */
    private readonly destinations: ReadonlyMap<string, string>,
    private readonly dice: Dice,
  ) {
    for (const [name, netns] of namespaces) this.#guests.set(name, { netns, wire: undefined, index: undefined });
  }

  /** Takes up devices that have come, and leaves those that have gone. */
  refresh(): void {
    for (const [name, guest] of this.#guests) {
      const index = /^(\d+): tap-/m.exec(this.sandbox.run(guest.netns, 'ip -o link'))?.[1];
      if (index === guest.index) continue;
      guest.wire?.close();
      guest.wire = undefined;
      guest.index = undefined;
      if (index === undefined) continue;
      try {
        this.sandbox.run(guest.netns, `ip link set tap-${name} up`);
        guest.wire = new Wire(guest.netns, `tap-${name}`);
        guest.index = index;
      } catch {
        // It went again.
      }
    }
  }

  /** Whether it can speak and hear. */
  has(name: string): boolean {
    return this.#guests.get(name)?.wire !== undefined;
  }

  /** Each guest says something, to somebody on its network or routed, marked with whom it is for. */
  talk(plan: Plan): void {
    for (const port of plan.ports) {
      const wire = this.#guests.get(port.name)?.wire;
      const [from] = port.addresses;
      if (wire === undefined || from === undefined) continue;
      const other = this.dice.pick(plan.ports);
      const [to] = other.addresses;
      const rif = plan.rifs.find(({ subnet }) => plan.subnets.find(({ name }) => name === subnet)!.network === port.network);
      if (other.network === port.network)
        this.#tell(wire, port, this.dice.below(2) === 0 ? 'ff:ff:ff:ff:ff:ff' : other.mac, from, to ?? '255.255.255.255');
      else if (to !== undefined && rif !== undefined) this.#tell(wire, port, rif.mac, from, to);
    }
  }

  #tell(wire: Wire, { mac, name }: PlanPort, dst: string, from: string, to: string): void {
    const text = Buffer.from(`${MARK} ${name} ${to} `);
    try {
      wire.send(packet(eth({ src: mac, dst }), ipv4({ src: from, dst: to }), udp({ sport: 4001, dport: PORT }), text));
      this.sent++;
    } catch {
      // The device has just gone.
    }
  }

  /** Hears what has come; what is for another network than the guest was on lately is a fault. */
  listen(plan: Plan): void {
    const at = Date.now();
    this.#lately = [...this.#lately.filter((one) => at - one.at < LATELY_MS), { at, plan }];
    for (const [name, octets] of this.#collected()) {
      const { eth: head, udp: datagram } = decode(octets);
      if (isHostMac(head!.src)) this.faults.push(`${name} got a frame of a host: ${Buffer.from(octets).toString('hex')}`);
      // Errors quote what was said.
      if (datagram?.dport !== PORT) continue;
      const [, sender, to] = /windrose-churn (\S+) (\S+) /.exec(Buffer.from(octets).toString('latin1')) ?? [];
      const networks = this.#networksOf(name);
      if (sender === undefined || networks.size === 0) continue;
      this.received++;
      const spoken = this.#networksOf(sender);
      const stems = this.#lately.flatMap(({ plan: { subnets } }) => subnets.filter(({ network }) => networks.has(network)));
      // Bridged, if to a router that a host does not know yet; or routed.
      if ([...networks].some((network) => spoken.has(network)) || stems.some(({ stem }) => to!.startsWith(stem))) continue;
      const on = `${name}, which is on ${[...networks].join(', ')}`;
      this.faults.push(`${on}, got a frame for ${to} from ${sender}: ${Buffer.from(octets).toString('hex')}`);
    }
  }

  #networksOf(guest: string): Set<string> {
    const ports = this.#lately.flatMap(({ plan }) => plan.ports.filter(({ name }) => name === guest));
    return new Set(ports.map(({ network }) => network));
  }

  /** A guest announces an address that it shares with others; how many did. */
  announce(plan: Plan): number {
    const able = plan.ports.filter(({ name, pairs }) => this.has(name) && pairs.some(({ length }) => length === 32));
    if (able.length === 0) return 0;
    const { name, mac, pairs } = this.dice.pick(able);
    const { address, mac: by = mac } = this.dice.pick(pairs.filter(({ length }) => length === 32));
    return this.#sendBy(this.#guests.get(name)!.wire!, {
      src: by,
      dst: 'ff:ff:ff:ff:ff:ff',
      body: { kind: 'arp', op: 1, sha: by, spa: address, tpa: address },
    });
  }

  /** A guest is heard where it migrates to; how many were. */
  arrive(plan: Plan): number {
    const moving = plan.ports.filter(
      ({ name, migratingTo, up }) => up && migratingTo !== undefined && this.destinations.has(name),
    );
    if (moving.length === 0) return 0;
    const { name, mac, addresses } = this.dice.pick(moving);
    const netns = this.destinations.get(name)!;
    if (!this.sandbox.run(netns, 'ip -o link').includes(`tap-${name}`)) return 0;
    let wire: Wire | undefined;
    try {
      this.sandbox.run(netns, `ip link set tap-${name} up`);
      wire = new Wire(netns, `tap-${name}`);
      const [spa = '0.0.0.0'] = addresses;
      return this.#sendBy(wire, { src: mac, dst: 'ff:ff:ff:ff:ff:ff', body: { kind: 'arp', op: 1, sha: mac, spa, tpa: spa } });
    } catch {
      return 0;
    } finally {
      wire?.close();
    }
  }

  #sendBy(wire: Wire, frame: EastWestFrame): number {
    try {
      wire.send(octetsOf(frame));
      return 1;
    } catch {
      return 0;
    }
  }

  /** Forgets what was said so far. */
  async hush(): Promise<void> {
    for (let quiet = 0; quiet < 5; ) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      quiet = this.#collected().length === 0 ? quiet + 1 : 0;
    }
  }

  /** Sends one, waits for so many that are heard somewhere and a little longer; lines as the model writes them. */
  async say(from: string, frame: EastWestFrame, expected: number): Promise<string[]> {
    this.#guests.get(from)!.wire!.send(octetsOf(frame));
    const lines: string[] = [];
    const end = Date.now() + 500;
    for (let late = 0; late < 2 && Date.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, 4));
      for (const [name, octets] of this.#collected())
        if (!isAnnouncement(octets) && !isIpv6(octets)) lines.push(`port ${name} ${textOfOctets(octets)}`);
      if (lines.length >= expected) late++;
    }
    return lines;
  }

  #collected(): [string, Uint8Array][] {
    return [...this.#guests].flatMap(([name, { wire }]) => {
      if (wire === undefined) return [];
      try {
        wire.collect();
      } catch {
        return [];
      }
      return wire.frames.splice(0).map(({ frame }): [string, Uint8Array] => [name, frame]);
    });
  }

  close(): void {
    for (const { wire } of this.#guests.values()) wire?.close();
  }
}

/** What kernels of guests say of themselves when a device has come: the model has none of it. */
function isIpv6(octets: Uint8Array): boolean {
  return octets[12] === 0x86 && octets[13] === 0xdd;
}

/** RARP: MACs told to switches. */
function isAnnouncement(octets: Uint8Array): boolean {
  return octets[12] === 0x80 && octets[13] === 0x35;
}
