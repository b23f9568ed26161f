import { readFileSync } from 'node:fs';
import type { IfaceConfig } from '../../config/config.js';
import { type Addon, IfaceKind, type OpenedIface } from '../../io/addon.js';
import type { HeldIface } from '../openIfaces.js';
import type { SteeredBy } from '../steering/steering.js';

export type LinkState = 'UP' | 'DOWN' | 'GONE';

/** A device is looked at once in this time at most, however often somebody asks. */
const FRESH_MS = 1000;

interface Looked {
  atMs: number;
  state: LinkState;
  /** Frames of a packet socket's queues so far: the kernel's own count starts anew whenever it is read. */
  socketDrops: number;
  /** What the TAP's count stood at when the gateway opened it; undefined when it cannot be read. */
  readonly tapDropsBefore: number | undefined;
}

/** The devices as the kernel sees them: up, down or gone, and what it dropped before we could read it. */
export class LinkWatch {
  readonly #looked = new WeakMap<OpenedIface, Looked>();

  constructor(
    private readonly addon: Pick<Addon, 'linkInfo' | 'kernelDrops'>,
    /** The devices open now. */
    private readonly held: () => readonly HeldIface[],
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    for (const iface of held()) this.#of(iface);
  }

  /** UP is up and operational. */
  state(device: IfaceConfig): LinkState {
    const iface = this.#find(device);
    if (iface === undefined) return 'GONE';
    const looked = this.#of(iface);
    const now = this.nowMs();
    if (now - looked.atMs < FRESH_MS) return looked.state;
    looked.atMs = now;
    try {
      const { up, running } = this.addon.linkInfo(device.device, device.netns);
      looked.state = up && running ? 'UP' : 'DOWN';
    } catch (error) {
      // The device went, or its namespace did. Without the right to look (capabilities given up) the last answer stands.
      const { code } = error as { code?: unknown };
      if (code !== 'EPERM' && code !== 'EACCES') looked.state = 'GONE';
    }
    return looked.state;
  }

  /**
   * Frames the kernel dropped because we did not read them in time (D13), since the gateway
   * opened it. Undefined where the
   * kernel does not tell: a TAP in another namespace, whose statistics this process cannot see.
   */
  kernelDrops(device: IfaceConfig): number | undefined {
    const iface = this.#find(device);
    if (iface === undefined) return undefined;
    const looked = this.#of(iface);
    if (iface.opened.kind === IfaceKind.Packet) {
      for (const fd of iface.opened.fds) looked.socketDrops += this.addon.kernelDrops(fd);
      return looked.socketDrops;
    }
    const now = tapDrops(iface);
    return now === undefined || looked.tapDropsBefore === undefined ? undefined : Math.max(0, now - looked.tapDropsBefore);
  }

  /** Who chooses the worker of its frames; undefined for a device that is gone. */
  steeredBy(device: IfaceConfig): SteeredBy | undefined {
    return this.#find(device)?.steeredBy;
  }

  #find({ device, netns }: IfaceConfig): HeldIface | undefined {
    return this.held().find(({ config }) => config.device === device && config.netns === netns);
  }

  #of(iface: HeldIface): Looked {
    let looked = this.#looked.get(iface.opened);
    if (looked === undefined) {
      looked = { atMs: -Infinity, state: 'UP', socketDrops: 0, tapDropsBefore: tapDrops(iface) };
      this.#looked.set(iface.opened, looked);
    }
    return looked;
  }
}

/** tx_dropped of a TAP: what the kernel could not queue towards us. */
function tapDrops({ config, opened }: HeldIface): number | undefined {
  if (opened.kind !== IfaceKind.Tap || config.netns !== undefined) return undefined;
  try {
    return Number(readFileSync(`/sys/class/net/${config.device}/statistics/tx_dropped`, 'utf8'));
  } catch {
    return undefined;
  }
}
