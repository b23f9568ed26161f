import type { Cloud } from './cloud.js';
import { rarp } from './packets.js';

/** Where a mobile guest is plugged in: a namespace with a bridge, in which a host has its TAP. */
export interface Side {
  readonly netns: string;
  readonly tap: string;
}

/**
 * A guest that moves between hosts with all that goes on in it: the namespace NAME, in which its device stays, and at each side a
 * namespace with a bridge, to which the other end of its veth pair is plugged.
 */
export class MobileGuest {
  #at: string | undefined;

  /** `sides`: labels of namespaces. The guest is plugged in nowhere. */
  constructor(
    private readonly cloud: Cloud,
    readonly name: string,
    readonly mac: string,
    address: string,
    gateway: string,
    sides: readonly string[],
    mtu = 1450,
  ) {
    for (const label of [name, ...sides]) cloud.namespace(label);
    cloud.sandbox.veth({ netns: cloud.netns(name), device: 'eth0' }, { netns: cloud.netns(sides[0]!), device: 'vm' });
    for (const side of sides) {
      cloud.on(side, 'ip link add br0 type bridge');
      cloud.on(side, 'ip link set br0 up');
    }
    cloud.on(name, `ip link set eth0 address ${mac} mtu ${mtu}`);
    cloud.on(name, `ip addr add ${address} dev eth0`);
    cloud.on(name, 'ip link set eth0 up');
    cloud.on(name, `ip route add default via ${gateway}`);
    this.#at = sides[0];
  }

  /** Joins the TAP of a side's host to its bridge; once it is there. */
  join(side: string): void {
    this.cloud.on(side, `ip link set tap-${this.name} master br0 up`);
  }

  /** The guest goes to a side; it says nothing of itself. */
  plug(side: string): void {
    const { cloud } = this;
    if (this.#at !== side) cloud.on(this.#at!, `ip link set vm netns ${cloud.netns(side)}`);
    cloud.on(side, 'ip link set vm master br0 up');
    this.#at = side;
  }

  /** What a hypervisor says for a guest that has arrived. */
  announce(): void {
    const wire = this.cloud.guestWire(this.name, 'eth0');
    wire.send(rarp(this.mac));
  }
}
