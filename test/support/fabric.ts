import type { Claim } from '../../src/objects/claims.js';
import type { Objects } from '../../src/objects/model.js';
import { formatIpv4 } from '../../src/types/ipv4.js';
import type { Crossing } from './crossing.js';
import { FabricHost } from './fabricHost.js';
import type { FabricSeat } from './fabricSeat.js';

export type { Crossing } from './crossing.js';
export { FabricHost } from './fabricHost.js';

/** Hosts that know the same objects, and the fabric between them. `crossed` keeps what went over it. */
export class FabricWorld {
  readonly hosts = new Map<string, FabricHost>();
  readonly crossed: Crossing[] = [];

  constructor(
    readonly objects: Objects,
    claims: readonly Claim[] = [],
    seat: FabricSeat = {},
  ) {
    for (const { name } of objects.hosts) {
      this.hosts.set(name, new FabricHost(name, objects, (crossing) => this.#cross(crossing), seat, claims));
    }
  }

  /** All hosts go by other objects from now on; the hosts are the same. */
  use(objects: Objects, claims: readonly Claim[] = []): void {
    for (const host of this.hosts.values()) host.use(objects, claims);
  }

  /** Address of a host's tunnel endpoint, as loaded. */
  source(name: string): number {
    return this.objects.hosts.find((host) => host.name === name)!.vtep!;
  }

  on(name: string): FabricHost {
    return this.hosts.get(name)!;
  }

  /** Sends a frame of a port and lets everything come to rest. */
  send(host: string, port: string, octets: Uint8Array, virtio?: Uint8Array): void {
    this.on(host).push(port, virtio === undefined ? { octets } : { octets, virtio });
    this.settle();
  }

  settle(): void {
    for (let quiet = 0, before = -1; quiet < 3; ) {
      for (const host of this.hosts.values()) host.run();
      quiet = this.crossed.length === before ? quiet + 1 : 0;
      before = this.crossed.length;
    }
  }

  /** What crossed since the last call. */
  take(): Crossing[] {
    return this.crossed.splice(0);
  }

  check(): void {
    for (const host of this.hosts.values()) host.check();
  }

  #cross(crossing: Crossing): void {
    this.crossed.push(crossing);
    const source = this.source(crossing.from);
    for (const { name, vtep } of this.objects.hosts) {
      if (name === crossing.from) continue;
      if (crossing.kind === 'wire' || formatIpv4(vtep!) === crossing.to) this.on(name).arrive(crossing, source);
    }
  }
}
