import { release } from 'node:os';
import type { IfaceConfig } from '../../config/config.js';
import { type Addon, IfaceKind } from '../../io/addon.js';
import type { AddressHolder } from '../../io/tunnelCalls.js';
import { deviceKey } from '../buildRifs.js';
import type { HeldTunnel } from '../dvr/openTunnels.js';
import { isFailure, isForbidden, type LinkLooks } from '../linkLooks.js';
import { type Offloads, offloadsOf } from '../offloads.js';
import type { HeldDevice } from '../openIfaces.js';
import { ALL, NOTHING } from '../packetSide.js';
import type { SteeredBy } from '../steering/steering.js';

export type LinkState = 'UP' | 'DOWN' | 'GONE';

const NO_OFFLOADS: Offloads = { rx: [], tx: [], coalesce: false };

interface Looked {
  readonly iface: HeldDevice;
  state: LinkState;
  /** Frames dropped on descriptors that were given back, as far as they were seen here. */
  readonly earlier: number;
  /** Frames dropped on these descriptors. The kernel's own count of a packet socket starts anew whenever it is read. */
  drops: number;
}

/** The devices as the kernel sees them: up, down or gone, and what it dropped before we could read it. */
export class LinkWatch {
  /** [slot]: datagrams the sockets of a tunnel endpoint had no room for. */
  readonly #ofTunnels = new Map<number, number>();
  #underTunnels: AddressHolder | undefined;
  readonly #looked = new Map<string, Looked>();
  #known: { list: readonly HeldDevice[]; byKey: ReadonlyMap<string, HeldDevice> } = { list: [], byKey: new Map() };

  constructor(
    private readonly addon: Pick<Addon, 'kernelDrops' | 'addressHolder'>,
    private readonly looks: Pick<LinkLooks, 'of' | 'ask'>,
    /** The devices open now. */
    private readonly held: () => readonly HeldDevice[],
  ) {
    for (const iface of held()) this.#of(iface);
  }

  /** All that the gateway has opened, or would if they were there. */
  devices(): readonly HeldDevice[] {
    return this.held();
  }

  /** UP is up and operational. */
  state(device: IfaceConfig): LinkState {
    const iface = this.#find(device);
    if (iface === undefined || iface.opened.fds.length === 0) return 'GONE';
    const looked = this.#of(iface);
    const answer = this.looks.of(device);
    if (isForbidden(answer)) return looked.state;
    // The device went, or its namespace did.
    looked.state = isFailure(answer) ? 'GONE' : answer.up && answer.running ? 'UP' : 'DOWN';
    return looked.state;
  }

  /**
   * Frames the kernel dropped because we did not read them in time (D13), since the gateway started to use the device. What a TAP lost
   * between the last look and its deletion is not in it. Undefined where the kernel does not tell: no right to enter the namespace.
   */
  kernelDrops(device: IfaceConfig): number | undefined {
    const iface = this.#find(device);
    if (iface === undefined) return undefined;
    const looked = this.#of(iface);
    if (iface.opened.kind === IfaceKind.Packet) for (const fd of iface.opened.fds) looked.drops += this.addon.kernelDrops(fd);
    else if (iface.opened.fds.length > 0) {
      const now = this.#tapDrops(iface);
      if (now === undefined) return undefined;
      looked.drops = Math.max(looked.drops, now - iface.opened.txDropped);
    }
    return looked.earlier + iface.lateDrops + looked.drops;
  }

  /** The same of a tunnel endpoint: the first socket of each worker is the one that receives. */
  tunnelDrops({ slot, fds }: Pick<HeldTunnel, 'slot' | 'fds'>): number {
    const more = fds.reduce((sum, [receiver]) => sum + (receiver === undefined ? 0 : this.addon.kernelDrops(receiver)), 0);
    const all = (this.#ofTunnels.get(slot) ?? 0) + more;
    this.#ofTunnels.set(slot, all);
    return all;
  }

  /** The device that has the address of a tunnel endpoint, as it stands now; undefined: none has, or it may not be looked at and never was. */
  tunnelDevice({ address, netns }: Pick<HeldTunnel, 'address' | 'netns'>): AddressHolder | undefined {
    try {
      const found = this.addon.addressHolder(address, netns);
      this.#underTunnels = found.device === '' ? undefined : found;
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      // Capabilities were given up: what was known of it stands.
      if (code !== 'EPERM' && code !== 'EACCES') this.#underTunnels = undefined;
    }
    return this.#underTunnels;
  }

  /** Who chooses the worker of its frames; undefined for a device that is gone. */
  steeredBy(device: IfaceConfig): SteeredBy | undefined {
    return this.#find(device)?.steeredBy;
  }

  /** How often the device was taken away and opened again. */
  returns(device: IfaceConfig): number {
    return this.#find(device)?.returns ?? 0;
  }

  /** What its device takes for the gateway, and whether the kernel gets it too. */
  side(device: IfaceConfig): { exclusive: boolean; promiscuous: boolean; accepts: string[] } {
    const { exclusive, accepts } = this.#find(device) ?? NOTHING;
    const promiscuous = accepts.includes(ALL);
    return { exclusive: exclusive >= 0, promiscuous, accepts: promiscuous ? [] : [...accepts] };
  }

  /** Slots of the smallest ring of its packet sockets, and the errno by which the kernel refused one. */
  ring(device: IfaceConfig): { ringSlots: number; ringRefused: string } {
    const { ringSlots, ringRefused } = this.#find(device)?.opened ?? { ringSlots: 0, ringRefused: '' };
    return { ringSlots, ringRefused };
  }

  /** What comes in and goes out as it is (control/offloads.ts); nothing while the device is not open. */
  offloads(device: IfaceConfig): Offloads {
    const iface = this.#find(device);
    return iface === undefined ? NO_OFFLOADS : offloadsOf(iface.config, iface.opened, release());
  }

  #find(device: IfaceConfig): HeldDevice | undefined {
    const list = this.held();
    if (list !== this.#known.list) {
      this.#known = { list, byKey: new Map(list.map((one) => [deviceKey(one.config), one])) };
      for (const key of [...this.#looked.keys()]) if (!this.#known.byKey.has(key)) this.#looked.delete(key);
    }
    return this.#known.byKey.get(deviceKey(device));
  }

  #of(iface: HeldDevice): Looked {
    const key = deviceKey(iface.config);
    const before = this.#looked.get(key);
    if (before?.iface.opened === iface.opened) return before;
    const earlier = before === undefined || iface.returns < before.iface.returns ? 0 : before.earlier + before.drops;
    const looked: Looked = { iface, state: 'UP', earlier, drops: 0 };
    this.#looked.set(key, looked);
    return looked;
  }

  /** What a TAP did not take from the kernel: its queue to us was full. Of those of lports, which may be a thousand, as of late. */
  #tapDrops({ of, config }: HeldDevice): number | undefined {
    const answer = of === 'lport' ? this.looks.of(config) : this.looks.ask(config);
    return isFailure(answer) ? undefined : answer.txDropped;
  }
}
