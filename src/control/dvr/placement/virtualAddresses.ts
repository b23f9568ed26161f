import type { LportObject } from '../../../objects/model.js';
import type { WireIpv4 } from '../../../types/ipv4.js';
import { isIpv6Prefix } from '../../../types/ipv6.js';

/**
 * Addresses that no port has for certain (dvr.md 2.13): those of ports that are not bound, and those that are an allowed pair of
 * one or more. IPv4 only: nothing is answered for others. Nothing is known of them until somebody claims one. The exception is a
 * pair that a single bound port has with its own MAC: that is as good as claimed.
 */
export class VirtualAddresses {
  readonly #virtual = new Set<string>();
  readonly #preset = new Map<string, LportObject>();

  constructor(lports: readonly LportObject[]) {
    const pairs = new Map<string, LportObject[]>();
    for (const port of lports) {
      if (port.host === undefined) for (const address of port.addresses) this.#virtual.add(keyOf(port.network, address));
      for (const { prefix } of port.allowedPairs) {
        if (isIpv6Prefix(prefix) || prefix.length !== 32) continue;
        const key = keyOf(port.network, prefix.address);
        pairs.set(key, [...(pairs.get(key) ?? []), port]);
      }
    }
    for (const [key, ports] of pairs) {
      const known = this.#virtual.has(key);
      this.#virtual.add(key);
      const [only] = ports;
      if (!known && ports.length === 1 && only!.host !== undefined && only!.adminUp) this.#preset.set(key, only!);
    }
  }

  all(): { readonly network: string; readonly address: WireIpv4 }[] {
    return [...this.#virtual].map((key) => {
      const space = key.lastIndexOf(' ');
      return { network: key.slice(0, space), address: Number(key.slice(space + 1)) as WireIpv4 };
    });
  }

  has(network: string, address: number): boolean {
    return this.#virtual.has(keyOf(network, address));
  }

  /** Addresses that one port has as a pair of its own MAC, with that port. */
  preset(): { readonly port: LportObject; readonly address: number }[] {
    return [...this.#preset].flatMap(([key, port]) => {
      const address = Number(key.slice(key.lastIndexOf(' ') + 1));
      const pair = port.allowedPairs.find(
        ({ prefix }) => !isIpv6Prefix(prefix) && prefix.length === 32 && prefix.address === address,
      )!;
      return pair.mac === undefined || pair.mac.join() === port.mac.join() ? [{ port, address }] : [];
    });
  }
}

function keyOf(network: string, address: number): string {
  return `${network} ${address}`;
}
