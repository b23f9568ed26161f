import { PortSpace, portsUsed } from '../../tables/portBlocks.js';
import type { WireIpv4 } from '../../types/ipv4.js';
import type { DrainingAddress } from '../buildRoutes.js';
import type { Gateway } from '../gateway.js';

/** Addresses in use that `after` does not name: those the configuration in force names, and those that drain already. */
export function drainingAfter(gateway: Gateway, after: ReadonlySet<WireIpv4>): DrainingAddress[] {
  const { config, draining } = gateway.built;
  const candidates = [
    ...config.zones.flatMap((zone) => zone.localAddresses.map((address) => ({ address, zone: zone.name }))),
    ...draining,
  ];
  return candidates.filter(({ address }) => !after.has(address) && inUse(gateway, address));
}

/** True while a session of any worker uses a port of the address. */
export function inUse({ index, states }: Gateway, address: WireIpv4): boolean {
  const slot = index.addresses().get(address);
  if (slot === undefined) return false;
  for (let space = 0; space < PortSpace.Count; space++) {
    const used = states.some(({ ports }, worker) => portsUsed(ports, worker, space * ports.addresses + slot) > 0);
    if (used) return true;
  }
  return false;
}
