import type { Logger } from 'pino';
import { type Addon, IfaceKind } from '../io/addon.js';
import { deviceKey } from './buildRifs.js';
import { aboutDevice, type HeldDevice } from './openIfaces.js';

/** How often the rings are looked at: a stalled one is found at the third look behind its last frame, if others arrive meanwhile. */
const LOOK_MS = 250;

const CAUSE = 'a frame arrived that no virtio-net header can describe, behind which the kernel fills the ring no more';
const EFFECT = 'from now on its frames come through the queue of the packet socket, which takes up to twice the CPU time';

type RingDevice = Pick<HeldDevice, 'of' | 'config' | 'opened'>;

/**
 * Packet sockets whose ring the kernel has stopped to fill. A super-frame of SCTP, or of datagrams that are to be fragmented (of datagrams at
 * all before Linux 6.2), stops it for good (native/README.md), and whoever sends one can send another: so the ring is not made anew but
 * given up, until the device is opened again. The queue passes such a frame over and goes on.
 */
export class RingWatch {
  #timer: NodeJS.Timeout | undefined;
  /** Devices of which it was said that their ring cannot be given up. */
  readonly #said = new Set<string>();

  constructor(
    private readonly addon: Pick<Addon, 'ringStalled' | 'giveUpRing'>,
    /** The devices open now. */
    private readonly devices: () => readonly RingDevice[],
    private readonly log: Logger,
  ) {}

  /** Looks until stop(); keeps no process alive. */
  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    for (const device of this.devices()) {
      if (device.opened.kind !== IfaceKind.Packet) continue;
      device.opened.fds.forEach((fd, queue) => {
        if (this.addon.ringStalled(fd)) this.#giveUp(device, fd, queue);
      });
    }
  }

  #giveUp({ of, config, opened }: RingDevice, fd: number, queue: number): void {
    const about = { ...aboutDevice({ of, config }), queue };
    try {
      this.addon.giveUpRing(fd, opened.fds.at(-1)!);
      // `show ifaces` tells from now on that a queue of the device has none.
      opened.ringSlots = 0;
      this.log.warn({ ...about, cause: CAUSE, effect: EFFECT }, 'packet ring given up');
    } catch (error) {
      if (this.#said.has(deviceKey(config))) return;
      this.#said.add(deviceKey(config));
      this.log.error({ ...about, cause: CAUSE, failure: (error as Error).message }, 'packet ring cannot be given up yet');
    }
  }
}
