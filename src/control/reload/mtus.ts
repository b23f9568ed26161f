import type { OpenedIface } from '../../io/addon.js';
import type { Gateway } from '../gateway.js';
import { isFailure } from '../linkLooks.js';
import { aboutDevice, type HeldDevice } from '../openIfaces.js';
import { lateWorkers } from './draining.js';
import { exchangeDevices } from './reload.js';

/**
 * MTUs that somebody changes in the kernel (`ip link set mtu`) are taken over as a reload would: sessions stay; what fits, path MTU
 * answers and the MSS clamp go by the new one. An `mtu` of the configuration stands, and that they differ is told.
 */
export class MtuFollower {
  /** The MTU of a device that was compared with the configured one last. */
  readonly #compared = new WeakMap<OpenedIface, number>();

  constructor(private readonly gateway: Gateway) {}

  /** Looks at every device; resolves to how many have another MTU than the tables that were in use. */
  async look(): Promise<number> {
    const { gateway } = this;
    if (lateWorkers(gateway).length > 0) return 0;
    const changed = gateway.held.flatMap((held, i) => {
      if (held.opened.fds.length === 0) return [];
      const answer = gateway.links.of(held.config);
      if (isFailure(answer)) return [];
      if (held.config.mtu !== undefined) {
        this.#compare(held, answer.mtu, held.config.mtu);
        return [];
      }
      const before = gateway.built.mtus[i]!;
      return answer.mtu === before ? [] : [{ held, before, mtu: answer.mtu }];
    });
    if (changed.length === 0) return 0;
    await exchangeDevices(gateway, gateway.held);
    for (const { held, before, mtu } of changed)
      gateway.log.info({ ...aboutDevice(held), mtu, before }, 'MTU of the device has changed and is taken over');
    return changed.length;
  }

  /** At the start a device may have more than is configured: to use less of it is what the key is for. */
  #compare(held: HeldDevice, mtu: number, configured: number): void {
    const first = !this.#compared.has(held.opened) && mtu === held.opened.mtu;
    if (this.#compared.get(held.opened) === mtu) return;
    this.#compared.set(held.opened, mtu);
    if (first ? mtu >= configured : mtu === configured) return;
    const remedy = 'set it on the device with "ip link set mtu", or change "mtu:" of the interface';
    this.gateway.log.warn(
      { ...aboutDevice(held), mtu, configured, remedy },
      'MTU of the device is not the configured one, which stands',
    );
  }
}
