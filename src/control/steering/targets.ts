import { homeOf } from '../../tables/ownership.js';
import { swapPort } from '../../tables/portBlocks.js';
import { hostOrder, type WireIpv4 } from '../../types/ipv4.js';
import { deviceKey } from '../buildRifs.js';
import type { Built } from '../buildSnapshot.js';
import { type StaticEntry, staticEntries } from '../buildStatics.js';
import { AddressFlag, Role, VLANS } from './maps.js';

/** What programs in the kernel are to know of a configuration. */
export interface SteeringTargets {
  /** Roles by VLAN, of each device by its key. */
  readonly roles: ReadonlyMap<string, Uint8Array>;
  /** Keys and values of the map of addresses, as 32-bit words in the host's order. */
  readonly addresses: readonly Row[];
  readonly statics: readonly Row[];
}

export interface Row {
  readonly key: readonly number[];
  readonly value: readonly number[];
}

/** `pools`: address index of each local address (StateIndex). */
export function steeringTargets(
  { config, rifs, draining }: Pick<Built, 'config' | 'rifs' | 'draining'>,
  pools: ReadonlyMap<number, number>,
  workers: number,
): SteeringTargets {
  const roles = new Map(config.ifaces.map((iface) => [deviceKey(iface), new Uint8Array(VLANS)]));
  const devices = new Map(config.ifaces.flatMap((iface) => [iface, ...iface.vlans].map(({ name }) => [name, deviceKey(iface)])));
  for (const { config: rif, vlan, network } of rifs) {
    // No frame reaches an interface of a distributed router by a device that is steered.
    if (network === undefined) roles.get(devices.get(rif.name)!)![vlan] = rif.role === 'inside' ? Role.Inside : Role.Outside;
  }
  const entries = staticEntries(config);
  const local = [
    ...config.zones.flatMap((zone) => [...zone.localAddresses, ...zone.draining]),
    ...draining.map((one) => one.address),
  ];
  const known = new Set<number>([...local, ...entries.map(({ external }) => external)]);
  const homes = new Map(entries.filter(isWhole).map(({ external, inside }) => [external, homeOf(inside, workers)]));
  const shared = new Set(entries.filter((entry) => !isWhole(entry)).map(({ external }) => external));
  const addresses = [...known].map((address): Row => {
    const flags = shared.has(address) ? AddressFlag.Ports : 0;
    return {
      key: [hostOrder(address as WireIpv4)],
      value: [(pools.get(address) ?? -1) + 1, (homes.get(address) ?? -1) + 1, flags],
    };
  });
  const statics = entries
    .filter((entry) => !isWhole(entry))
    .map(({ inside, external, protocol, externalPort }): Row => {
      const endpoint = (protocol << 16) | swapPort(externalPort);
      return { key: [hostOrder(external as WireIpv4), endpoint], value: [homeOf(inside, workers)] };
    });
  return { roles, addresses, statics };
}

function isWhole({ protocol }: StaticEntry): boolean {
  return protocol === 0;
}
