import type { Config, IfaceConfig } from '../../config/config.js';
import { deviceKey } from '../buildRifs.js';
import type { Gateway } from '../gateway.js';

/**
 * What a running gateway cannot change: memory that is allocated once, sockets that are bound, devices that are open with
 * other options, ports that sessions hold. One sentence each; empty: the configuration can be taken over.
 */
export function restartOnly(gateway: Gateway, after: Config): string[] {
  const before = gateway.built.config;
  const fixed: [string, unknown, unknown][] = [
    ['name', before.name, after.name],
    ['workers', before.workers, after.workers],
    ['limits.sessions', before.limits.sessions, after.limits.sessions],
    ['limits.neighbors', before.limits.neighbors, after.limits.neighbors],
    ['limits.localAddresses', before.limits.localAddresses, after.limits.localAddresses],
    ['metrics', JSON.stringify(before.metrics), JSON.stringify(after.metrics)],
    ['control.socket', before.control.socket, after.control.socket],
    ['idle.spin', before.idle.spin, after.idle.spin],
  ];
  return [
    ...fixed.flatMap(([key, a, b]) => (a === b ? [] : [`${key} is ${a} and cannot become ${b} while the gateway runs`])),
    ...before.ifaces.flatMap((iface) => openOptions(iface, after)),
    ...portRanges(gateway, after),
  ];
}

function openOptions(iface: IfaceConfig, after: Config): string[] {
  const same = after.ifaces.find((other) => deviceKey(other) === deviceKey(iface));
  if (same === undefined) return [];
  const keys = ['offloads', 'txQueueLength', 'promiscuous'] as const;
  return keys.flatMap((key) =>
    same[key] === iface[key]
      ? []
      : [`${key} of ${iface.kind} ${iface.device} is ${iface[key]} and cannot become ${same[key]} while it is open`],
  );
}

/** A port range belongs to its address for the life of the process: two ranges at once could hand out one port twice. */
function portRanges({ index, states }: Gateway, after: Config): string[] {
  const { ports } = states[0]!;
  return after.zones.flatMap((zone) =>
    zone.localAddresses.flatMap((address) => {
      const slot = index.addresses().get(address);
      if (slot === undefined) return [];
      const low = ports.range[slot * 2]!;
      const high = ports.range[slot * 2 + 1]!;
      if (low === zone.ports.low && high === zone.ports.high) return [];
      return [
        `ports of zone ${zone.name}: its addresses hand out ${low}-${high} and cannot change to ${zone.ports.low}-${zone.ports.high} while the gateway runs`,
      ];
    }),
  );
}
