import type { FloatingIpObject, NetworkObject, Objects } from '../../src/objects/model.js';
import type { Crossing } from './crossing.js';
import { ip, mac } from './dvrSample.js';
import type { FabricWorld } from './fabric.js';
import { snatSample } from './snatSample.js';

/** The reference topology with its floating IPs (dvr.md 1.3): .101 of A1 and .103 of A3 on h1, .102 of B2 on h2. A2 and B1 have none. */
export const floatingSample: Objects = {
  ...snatSample,
  floatingIps: [
    floatingIp('192.168.1.101', 'a1', '10.0.0.11'),
    floatingIp('192.168.1.103', 'a3', '10.0.0.13'),
    floatingIp('192.168.1.102', 'b2', '20.0.0.22'),
  ],
};

/** Blue in the address scope of the external network. */
export const scoped: Objects = {
  ...floatingSample,
  subnets: floatingSample.subnets.map((one) => (one.name === 'orange4' ? one : { ...one, addressScope: 'public' })),
};

export function floatingIp(
  address: string,
  lport: string,
  fixed: string,
  more: Partial<FloatingIpObject> = {},
): FloatingIpObject {
  const last = Number(address.split('.')[3]).toString(16).padStart(2, '0');
  return {
    ...{ name: address, address: ip(address), network: 'ext', router: 'r', lport, fixed: ip(fixed), placement: 'distributed' },
    ...{ mac: mac(`fa:16:3e:00:f1:${last}`), forwardings: [] },
    ...more,
  };
}

/** With other things said of the external network. */
export function withExternal(objects: Objects, more: Partial<NetworkObject>): Objects {
  return { ...objects, networks: objects.networks.map((one) => (one.name === 'ext' ? { ...one, ...more } : one)) };
}

/** A frame on the external network, which every host hears. */
export function fromUpstream(w: FabricWorld, octets: Uint8Array): void {
  const crossing: Crossing = { kind: 'wire', from: 'u', to: 'physnet1', segment: 0, octets };
  for (const host of w.hosts.values()) host.arrive(crossing, 0);
  w.settle();
}
