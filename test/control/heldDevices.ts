import type { IfaceConfig } from '../../src/config/config.js';
import type { HeldDevice } from '../../src/control/openIfaces.js';
import { NOTHING } from '../../src/control/packetSide.js';
import { IfaceKind, type OpenedIface } from '../../src/io/addon.js';

/** What opening a device answers, with these differences. */
export function openedAs(differences: Partial<OpenedIface> = {}): OpenedIface {
  return {
    kind: IfaceKind.Tap,
    fds: [11],
    ...{ ifindex: 3, mac: '02:00:00:00:00:01', mtu: 1500, up: true, running: true, netnsInode: 9 },
    ...{ offloadBits: 0, txDropped: 0, ringSlots: 0, ringRefused: '' },
    ...differences,
  };
}

/** A device that main holds open, of an entry of `ifaces` unless `of` says otherwise. */
export function heldAs(config: IfaceConfig, of: HeldDevice['of'] = 'iface', differences: Partial<OpenedIface> = {}): HeldDevice {
  const kind = config.kind === 'packet' ? IfaceKind.Packet : IfaceKind.Tap;
  return { of, config, ...NOTHING, opened: openedAs({ kind, ...differences }), steeredBy: 'none', returns: 0, lateDrops: 0 };
}

/** A device of networks, by its name and where it is. */
export function deviceConfig(kind: 'tap' | 'packet', name: string, device: string, netns?: string): IfaceConfig {
  return {
    kind,
    name,
    device,
    netns,
    mac: new Uint8Array(6),
    vlans: [],
    promiscuous: true,
    exclusive: false,
  } as unknown as IfaceConfig;
}
