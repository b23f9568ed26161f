import type { Config, IfaceConfig } from '../../config/config.js';
import { deviceKey } from '../buildRifs.js';
import type { StateIndex } from '../stateIndex.js';
import { settingFields } from './changeFields.js';

/** Memory that is allocated once, sockets that are bound, names in use: keys of the difference, or what they start with. */
const FIXED = [
  /^name$/,
  /^(workers|cpus|steering)$/,
  /^(sessions|neighbors|localAddresses|hosts|fragments\.memory)$/,
  /^metrics(\.|$)/,
  /^control\./,
  /^idle\./,
  /^store\./,
  /^host\.(?!metadata\.)/,
];
/** Of the TAP to the metadata proxy, while there is one. */
const OF_PROXY = /^host\.metadata\.(range|netns)$/;
/** Ways a device is opened. A TAP's MTU is set then too. */
const OPENED = ['offloads', 'txQueueLength'] as const;

/** What a running gateway cannot change, one sentence each; empty: the configuration can be taken over. */
export function restartOnly(before: Config, after: Config): string[] {
  const now = new Map(settingFields(after));
  const fixed = before.host?.metadata === undefined || after.host?.metadata === undefined ? FIXED : [...FIXED, OF_PROXY];
  return [
    ...settingFields(before).flatMap(([section, was]) => {
      const is = now.get(section)!;
      return [...new Set([...Object.keys(was), ...Object.keys(is)])]
        .filter((key) => was[key] !== is[key] && fixed.some((one) => one.test(key)))
        .map(
          (key) =>
            `${section === 'gateway' ? '' : `${section}.`}${key}: ${was[key] ?? 'unset'} -> ${is[key] ?? 'unset'} needs a restart`,
        );
    }),
    ...before.ifaces.flatMap((iface) => openOptions(iface, after)),
  ];
}

function openOptions(iface: IfaceConfig, after: Config): string[] {
  const same = after.ifaces.find((other) => deviceKey(other) === deviceKey(iface));
  if (same === undefined) return [];
  const keys = iface.kind === 'tap' ? ([...OPENED, 'mtu'] as const) : OPENED;
  return keys.flatMap((key) =>
    same[key] === iface[key]
      ? []
      : [`${key} of ${iface.kind} ${iface.device}: ${iface[key] ?? 'unset'} -> ${same[key] ?? 'unset'} needs a restart`],
  );
}

/** A port range belongs to its address while sessions may hold ports of it: two ranges at once could hand out one port twice. */
export function portRanges(index: StateIndex, after: Config): string[] {
  return after.zones.flatMap((zone) => {
    const { low, high } = zone.ports;
    const fixed = [...zone.localAddresses, ...zone.draining].flatMap((address) => {
      const range = index.rangeOf(address);
      return range === undefined || (range.low === low && range.high === high) ? [] : [range];
    });
    if (fixed.length === 0) return [];
    return [
      `ports of zone ${zone.name}: ${fixed[0]!.low}-${fixed[0]!.high} -> ${low}-${high} needs a restart, or other addresses until the old ones are drained`,
    ];
  });
}
