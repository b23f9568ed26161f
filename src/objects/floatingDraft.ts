import type { Path } from '../config/issues.js';
import type { Placed } from '../config/placed.js';
import { covers, formatIpv4, type WireIpv4 } from '../types/ipv4.js';
import type { Mac } from '../types/mac.js';
import type { GatewayWritten } from './gatewayDraft.js';
import { grouped } from './grouped.js';
import type { FloatingIpEntry } from './kinds/floatingIp.js';
import type { LportEntry } from './kinds/lport.js';
import type { SubnetDraft } from './subnetDraft.js';

/** A floating IP with all that follows from what it says; no router or fixed address: nothing says which, or there is a fault. */
export interface FloatingIpDraft extends Omit<FloatingIpEntry, 'name' | 'address' | 'mac' | 'forwardings'> {
  readonly name: string;
  readonly address: WireIpv4 | undefined;
  readonly mac: Mac;
  readonly router: string | undefined;
  readonly forwardings: readonly ForwardingDraft[];
  readonly faults: readonly FloatingFault[];
}

export type ForwardingDraft = FloatingIpEntry['forwardings'][number] & { readonly toPort: number };

/** What is wrong with it: key below its path, end of a sentence, remedy. */
export interface FloatingFault {
  readonly key: Path;
  readonly message: string;
  readonly remedy: string;
}

/** What fixed addresses and routers are found in. */
export interface Surroundings {
  readonly subnets: readonly Placed<SubnetDraft>[];
  readonly lports: readonly Placed<LportEntry>[];
  readonly rifs: readonly Placed<{ readonly router: string; readonly subnet: string; readonly address: WireIpv4 | undefined }>[];
  readonly gateways: readonly Placed<Pick<GatewayWritten, 'router' | 'network'>>[];
}

interface Target {
  readonly fixed?: WireIpv4;
  readonly router?: string;
  readonly fault?: FloatingFault;
}

/** Finds the fixed address of a port and the router between it and an external network (dvr.md 1.1). */
export class FloatingTargets {
  readonly #subnets: Map<string, SubnetDraft[]>;
  readonly #lports: Map<string, LportEntry>;
  readonly #rifs: Map<string, Surroundings['rifs'][number]['value'][]>;
  /** "router network" */
  readonly #gateways: Set<string>;

  constructor({ subnets, lports, rifs, gateways }: Surroundings) {
    this.#subnets = grouped(
      subnets.map(({ value }) => value),
      ({ network }) => network,
    );
    this.#lports = new Map(lports.map(({ value }) => [value.name, value]));
    this.#rifs = grouped(
      rifs.map(({ value }) => value),
      ({ subnet }) => subnet,
    );
    this.#gateways = new Set(gateways.map(({ value }) => `${value.router} ${value.network}`));
  }

  /** Whatever is missing because its name is nobody's is told elsewhere. */
  settle(entry: Omit<FloatingIpEntry, 'mac'> & { readonly name: string }): Omit<FloatingIpDraft, 'mac'> {
    const { network, lport, fixed } = entry;
    const faults: FloatingFault[] = [];
    const found = this.#target(network, lport, fixed, []);
    if (found.fault !== undefined) faults.push(found.fault);
    if (lport === undefined && fixed !== undefined)
      faults.push({
        key: ['fixed'],
        message: 'is an address of a port, and there is none',
        remedy: 'Write lport, or remove it.',
      });
    let router = found.router;
    const forwardings = entry.forwardings.map((one, i): ForwardingDraft => {
      const to = this.#target(network, one.lport, one.fixed, ['forwardings', i]);
      if (to.fault !== undefined) faults.push(to.fault);
      router ??= to.router;
      if (to.router !== undefined && to.router !== router)
        faults.push({
          key: ['forwardings', i, 'lport'],
          message: `${one.lport} is behind router ${to.router}, and others of the floating IP behind ${router}`,
          remedy: 'Use one floating IP for each router.',
        });
      return { ...one, fixed: to.fixed, toPort: one.toPort ?? one.port };
    });
    return { ...entry, address: entry.address, fixed: found.fixed, router, forwardings, faults };
  }

  #target(network: string, name: string | undefined, written: WireIpv4 | undefined, at: Path): Target {
    const port = name === undefined ? undefined : this.#lports.get(name);
    if (port === undefined) return {};
    const fail = (key: string, message: string, remedy: string): Target => ({ fault: { key: [...at, key], message, remedy } });
    const { addresses } = port;
    const all = addresses.map(formatIpv4).join(', ');
    if (port.owner === 'dhcp') return fail('lport', `${name} is a port of DHCP, which has no floating IP`, 'Name another port.');
    if (addresses.length === 0)
      return fail('lport', `${name} has no IPv4 address`, 'Give the port one under addresses, or name another one.');
    if (written === undefined && addresses.length > 1)
      return fail('fixed', `is missing: lport ${name} has ${all}`, 'Write which of them.');
    const fixed = written ?? addresses[0]!;
    if (!addresses.includes(fixed))
      return fail('fixed', `${formatIpv4(fixed)} is no address of lport ${name}`, `Its addresses: ${all}.`);
    const subnet = this.#subnets.get(port.network)?.find(({ cidr }) => covers(cidr, fixed));
    if (subnet === undefined) return { fixed };
    const routers = this.#routersOn(subnet);
    const router = routers.find((one) => this.#gateways.has(`${one} ${network}`));
    if (router !== undefined) return { fixed, router };
    const none = routers.length === 0;
    const what = `no gateway leads from ${formatIpv4(fixed)} of lport ${name} to network ${network}`;
    const remedy = none
      ? `Give a router an interface on subnet ${subnet.name}, and a gateway on ${network}.`
      : `Give router ${routers[0]} a gateway on ${network}.`;
    return {
      fixed,
      ...fail(
        'lport',
        `${what}: ${none ? `no router is on subnet ${subnet.name}` : `router ${routers.join(', ')} has none there`}`,
        remedy,
      ),
    };
  }

  /** The one that hosts send to first, then by name. */
  #routersOn(subnet: SubnetDraft): string[] {
    const isGateway = (address: WireIpv4 | undefined): number => (address !== undefined && address === subnet.gateway ? 0 : 1);
    return [...(this.#rifs.get(subnet.name) ?? [])]
      .sort((a, b) => isGateway(a.address) - isGateway(b.address) || (a.router < b.router ? -1 : 1))
      .map(({ router }) => router);
  }
}
