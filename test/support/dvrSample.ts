import { DEFAULT_RULES } from '../../src/config/routingConfig.js';
import type { HostObject, LportObject, NetworkObject, Objects, RifObject } from '../../src/objects/model.js';
import { type Prefix, parseIpv4, parsePrefix, type WireIpv4 } from '../../src/types/ipv4.js';
import { type Mac, parseMac } from '../../src/types/mac.js';

/** The reference topology of dvr.md 1.3: two networks, one router, three hosts, five VMs. */

export const MAC = {
  /** Router interfaces: the same on every host. */
  gA: 'fa:16:3e:3c:74:9c',
  gB: 'fa:16:3e:a3:3b:39',
  a1: 'fa:16:3e:00:0a:01',
  a2: 'fa:16:3e:00:0a:02',
  a3: 'fa:16:3e:00:0a:03',
  b1: 'fa:16:3e:00:0b:01',
  b2: 'fa:16:3e:00:0b:02',
  /** Host MACs. */
  d1: 'fa:16:3f:09:34:f2',
  d2: 'fa:16:3f:4e:4f:98',
  dN: 'fa:16:3f:64:a0:74',
} as const;

export const VTEP = { h1: '192.0.2.1', h2: '192.0.2.2', n: '192.0.2.3' } as const;

export function mac(text: string): Mac {
  return (parseMac(text) as { value: Mac }).value;
}

export function ip(text: string): WireIpv4 {
  return (parseIpv4(text) as { value: WireIpv4 }).value;
}

export function prefix(text: string): Prefix {
  return (parsePrefix(text, true) as { value: Prefix }).value;
}

export function host(name: keyof typeof VTEP, own: string): HostObject {
  return { name, vtep: ip(VTEP[name]), mode: name === 'n' ? 'dvr_snat' : 'dvr', mac: mac(own), physnets: [] };
}

export function vxlan(name: string, id: number): NetworkObject {
  return { name, type: 'vxlan', id, physnet: undefined, mtu: 1450, unknownUnicast: 'drop', arp: 'flood' };
}

export function lport(name: string, network: string, own: string, address: string, on: string | undefined): LportObject {
  return {
    ...{ name, network, mac: mac(own), addresses: [ip(address)], host: on },
    device: on === undefined ? undefined : { kind: 'tap', name: `tap-${name}`, netns: undefined },
    ...{ migratingTo: undefined, migratingNetns: undefined },
    ...{ portSecurity: true, allowedPairs: [], owner: 'compute', adminUp: true },
  };
}

export function rif(name: string, router: string, subnet: string, own: string, address: string): RifObject {
  return { name, router, subnet, address: ip(address), mac: mac(own) };
}

export const sample: Objects = {
  hosts: [host('h1', MAC.d1), host('h2', MAC.d2), host('n', MAC.dN)],
  networks: [vxlan('blue', 1001), vxlan('orange', 1002)],
  subnets: [
    { name: 'blue4', network: 'blue', cidr: prefix('10.0.0.0/24'), gateway: ip('10.0.0.1') },
    { name: 'orange4', network: 'orange', cidr: prefix('20.0.0.0/24'), gateway: ip('20.0.0.1') },
  ],
  lports: [
    lport('a1', 'blue', MAC.a1, '10.0.0.11', 'h1'),
    lport('a3', 'blue', MAC.a3, '10.0.0.13', 'h1'),
    lport('b1', 'orange', MAC.b1, '20.0.0.21', 'h1'),
    lport('a2', 'blue', MAC.a2, '10.0.0.12', 'h2'),
    lport('b2', 'orange', MAC.b2, '20.0.0.22', 'h2'),
  ],
  routers: [{ name: 'r', distributed: true, adminUp: true, routes: [], rules: DEFAULT_RULES, gateways: [] }],
  rifs: [rif('qr-blue', 'r', 'blue4', MAC.gA, '10.0.0.1'), rif('qr-orange', 'r', 'orange4', MAC.gB, '20.0.0.1')],
  floatingIps: [],
};
