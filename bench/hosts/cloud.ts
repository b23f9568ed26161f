import { DEFAULT_RULES } from '../../src/config/routingConfig.js';
import type { LportObject, NetworkObject, Objects, RifObject, RouterObject, SubnetObject } from '../../src/objects/model.js';
import { maskOf, type WireIpv4, wireOrder } from '../../src/types/ipv4.js';

/** Ports of a tenant: two networks, one router between them. */
const TENANT_PORTS = 50;
const NETWORKS = 2;

/**
 * A cloud of tenants with 50 ports each, on hosts drawn at random and the same in every run: each host has ports of many tenants, and
 * each tenant ports on many hosts.
 */
export function cloudOf(hosts: number, portsOfHost: number): Objects {
  const tenants = Math.ceil((hosts * portsOfHost) / TENANT_PORTS);
  const draw = drawer(7);
  const seats = shuffled(
    Array.from({ length: hosts * portsOfHost }, (_, i) => i % hosts),
    draw,
  );
  const networks: NetworkObject[] = [];
  const subnets: SubnetObject[] = [];
  const routers: RouterObject[] = [];
  const rifs: RifObject[] = [];
  const lports: LportObject[] = [];
  for (let t = 0; t < tenants; t++) {
    routers.push({ name: `r${t}`, distributed: true, adminUp: true, routes: [], rules: DEFAULT_RULES, gateways: [] });
    for (let n = 0; n < NETWORKS; n++) {
      const id = t * NETWORKS + n;
      const name = `net${id}`;
      const base = (10 << 24) | (n << 16);
      networks.push({
        ...{ name, type: 'vxlan', id: id + 1, physnet: undefined, mtu: 1450, unknownUnicast: 'drop', arp: 'flood' },
      });
      const [address, gateway] = [wireOrder(base), wireOrder(base + 1)] as [WireIpv4, WireIpv4];
      subnets.push({ name: `sub${id}`, network: name, cidr: { address, mask: maskOf(24), length: 24 }, gateway });
      rifs.push({ name: `qr-${id}`, router: `r${t}`, subnet: `sub${id}`, address: gateway, mac: networkMac(1, id) });
    }
    for (let p = 0; p < TENANT_PORTS; p++) {
      const seat = seats[t * TENANT_PORTS + p];
      if (seat === undefined) break;
      const n = p % NETWORKS;
      lports.push({
        ...{ name: `p${t}-${p}`, network: `net${t * NETWORKS + n}`, mac: networkMac(2, t * TENANT_PORTS + p) },
        ...{ addresses: [wireOrder(((10 << 24) | (n << 16)) + 10 + p) as WireIpv4], host: `h${seat}` },
        device: { kind: 'tap', name: `tap${p}`, netns: undefined },
        ...{
          migratingTo: undefined,
          migratingNetns: undefined,
          portSecurity: true,
          allowedPairs: [],
          owner: 'compute',
          adminUp: true,
        },
      });
    }
  }
  return {
    hosts: Array.from({ length: hosts }, (_, i) => ({
      ...{ name: `h${i}`, vtep: wireOrder((172 << 24) | (16 << 16) | (i + 1)) as WireIpv4, mode: 'dvr' },
      ...{ mac: Uint8Array.of(0xfa, 0x16, 0x3f, 0, i >> 8, i), physnets: [] },
    })),
    ...{ networks, subnets, lports, routers, rifs, floatingIps: [] },
  };
}

/** Of a kind of object and its number. */
function networkMac(kind: number, n: number): Uint8Array {
  return Uint8Array.of(2, kind, n >> 24, n >> 16, n >> 8, n);
}

/** The same numbers from 0 to below 1 for the same seed (mulberry32). */
export function drawer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(all: T[], draw: () => number): T[] {
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}
