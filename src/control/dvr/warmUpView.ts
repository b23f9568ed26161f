import { DEFAULT_RULES } from '../../config/routingConfig.js';
import { HOST_MAC_BASE } from '../../objects/hostMacs.js';
import type { GatewayObject, HostMode, NetworkObject, Objects } from '../../objects/model.js';
import { maskOf, type Prefix, type WireIpv4, wireOrder } from '../../types/ipv4.js';
import type { Mac } from '../../types/mac.js';
import { snatHostsOf } from './placement/snatPlacement.js';
import type { HostView } from './view/hostView.js';
import { hostViewOf } from './view/hostViewOf.js';

/** Slots of the tunnel and of the external network in the warm-up's world. */
export const VXLAN_SLOT = 20;
export const PHYSNET_SLOT = 21;
const PHYSNET = 'warm';

const mac = (last: number): Mac => Uint8Array.of(0xfa, 0x16, 0x3e, 0, 0, last);
const hostMac = (last: number): Mac => Uint8Array.of(...HOST_MAC_BASE, 0, 0, last);
const address = (a: number, d: number): WireIpv4 => wireOrder(((a << 24) | d) >>> 0);
const subnet = (a: number): Prefix => ({ address: address(a, 0), mask: maskOf(24), length: 24 });

/**
 * What the workers of a host warm up with: two networks, a router, ports here and at another host; an external network that one port leaves to by a
 * floating IP, and the others by the SNAT service of the other host.
 */
export function warmUpView(): HostView {
  const host = (name: string, last: number, mode: HostMode) => {
    return { name, vtep: address(192, last), mode, mac: hostMac(last), physnets: [PHYSNET] };
  };
  const network = (name: string, id: number) => {
    const kind = { type: 'vxlan', unknownUnicast: 'drop', arp: 'flood' } as const;
    return { name, id, physnet: undefined, mtu: 1450, ...kind };
  };
  const port = (name: string, of: 'blue' | 'orange', last: number, on: string) => ({
    ...{ name, network: of, mac: mac(last), addresses: [address(of === 'blue' ? 60 : 70, last)], host: on },
    device: { kind: 'tap' as const, name, netns: undefined },
    ...{ migratingTo: undefined, migratingNetns: undefined },
    ...{ portSecurity: true, allowedPairs: [], owner: 'compute' as const, adminUp: true },
  });
  const external: NetworkObject = {
    ...{ name: 'ext', type: 'flat', id: 0, physnet: PHYSNET, mtu: 1500, unknownUnicast: 'flood', arp: 'flood', external: true },
  };
  const gateway: GatewayObject = {
    ...{
      network: 'ext',
      subnet: 'ext4',
      address: address(80, 21),
      mac: mac(5),
      enableSnat: true,
      sources: [],
      zones: [],
      hosts: [],
    },
  };
  const objects: Objects = {
    hosts: [host('here', 1, 'dvr'), host('there', 2, 'dvr_snat')],
    networks: [network('blue', 1), network('orange', 2), external],
    subnets: [
      { name: 'blue4', network: 'blue', cidr: subnet(60), gateway: address(60, 1) },
      { name: 'orange4', network: 'orange', cidr: subnet(70), gateway: address(70, 1) },
      { name: 'ext4', network: 'ext', cidr: subnet(80), gateway: address(80, 1) },
    ],
    lports: [
      port('a1', 'blue', 11, 'here'),
      port('a2', 'blue', 12, 'here'),
      port('b1', 'orange', 13, 'here'),
      port('a3', 'blue', 14, 'there'),
      port('b2', 'orange', 15, 'there'),
    ],
    routers: [{ name: 'r', distributed: true, adminUp: true, routes: [], rules: DEFAULT_RULES, gateways: [gateway] }],
    rifs: [
      {
        name: 'qr-warm-blue',
        router: 'r',
        subnet: 'blue4',
        address: address(60, 1),
        mac: mac(1),
        snat: { address: address(60, 3), mac: mac(3) },
      },
      {
        name: 'qr-warm-orange',
        router: 'r',
        subnet: 'orange4',
        address: address(70, 1),
        mac: mac(2),
        snat: { address: address(70, 3), mac: mac(4) },
      },
    ],
    floatingIps: [
      {
        ...{ name: 'fip', address: address(80, 101), network: 'ext', router: 'r', lport: 'a1', fixed: address(60, 11) },
        ...{ placement: 'distributed' as const, mac: mac(6), forwardings: [] },
      },
    ],
  };
  const here = { name: 'here', mac: hostMac(1), prefix: { mac: hostMac(0), octets: 3 } } as const;
  return hostViewOf(objects, here, [], undefined, snatHostsOf(objects));
}
