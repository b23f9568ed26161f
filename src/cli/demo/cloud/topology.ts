/**
 * The reference topology of dvr.md 1.3, with the MACs of the documents on distributed routers where they have some: two networks, one router, three
 * hosts, an external network with an upstream router, behind which is the rest of the world. Each demo has some of the guests.
 */

/** Of the fabric: an address hosts reach each other by, and the MAC replicas of the host send with. */
export interface Host {
  readonly name: 'h1' | 'h2' | 'n';
  readonly vtep: string;
  readonly vtepName: string;
  readonly mac: string;
  readonly macName: string;
  readonly mode: 'dvr' | 'dvr_snat';
}

export interface Network {
  readonly name: 'blue' | 'orange';
  readonly vni: number;
  readonly cidr: string;
  readonly gateway: string;
  /** The router's interface on it; the same on every host. */
  readonly gatewayMac: string;
  readonly gatewayName: string;
  /** The interface of the router's SNAT service on it; at one host. */
  readonly snat: string;
  readonly snatMac: string;
  readonly snatName: string;
}

/** A guest, which is a namespace of its name with the kernel side of its port's TAP. */
export interface Guest {
  readonly name: 'a1' | 'a3' | 'b1' | 'a2' | 'b2' | 'a4';
  readonly host: Host;
  readonly network: Network;
  readonly mac: string;
  readonly address: string;
}

export const H1: Host = {
  ...{ name: 'h1', vtep: '192.0.2.1', vtepName: 'T1', mac: 'fa:16:3f:09:34:f2', macName: 'D1', mode: 'dvr' },
};
export const H2: Host = {
  ...{ name: 'h2', vtep: '192.0.2.2', vtepName: 'T2', mac: 'fa:16:3f:4e:4f:98', macName: 'D2', mode: 'dvr' },
};
export const N: Host = {
  ...{ name: 'n', vtep: '192.0.2.3', vtepName: 'T_N', mac: 'fa:16:3f:64:a0:74', macName: 'D_N', mode: 'dvr_snat' },
};
export const HOSTS: readonly Host[] = [H1, H2, N];

export const BLUE: Network = {
  ...{ name: 'blue', vni: 1001, cidr: '10.0.0.0/24', gateway: '10.0.0.1', snat: '10.0.0.3' },
  ...{ gatewayMac: 'fa:16:3e:3c:74:9c', gatewayName: 'G_A', snatMac: 'fa:16:3e:a3:ef:a9', snatName: 'S_A' },
};
const ORANGE: Network = {
  ...{ name: 'orange', vni: 1002, cidr: '20.0.0.0/24', gateway: '20.0.0.1', snat: '20.0.0.3' },
  ...{ gatewayMac: 'fa:16:3e:a3:3b:39', gatewayName: 'G_B', snatMac: 'fa:16:3e:de:85:63', snatName: 'S_B' },
};
export const NETWORKS: readonly Network[] = [BLUE, ORANGE];

export const A1: Guest = { name: 'a1', host: H1, network: BLUE, mac: 'fa:16:3e:19:63:25', address: '10.0.0.11' };
export const A3: Guest = { name: 'a3', host: H1, network: BLUE, mac: 'fa:16:3e:00:0a:03', address: '10.0.0.13' };
export const B1: Guest = { name: 'b1', host: H1, network: ORANGE, mac: 'fa:16:3e:00:0b:01', address: '20.0.0.21' };
export const A2: Guest = { name: 'a2', host: H2, network: BLUE, mac: 'fa:16:3e:00:0a:02', address: '10.0.0.12' };
export const B2: Guest = { name: 'b2', host: H2, network: ORANGE, mac: 'fa:16:3e:7d:49:80', address: '20.0.0.22' };
/** Beside the SNAT service. */
export const A4: Guest = { name: 'a4', host: N, network: BLUE, mac: 'fa:16:3e:00:0a:04', address: '10.0.0.14' };

/** The external network, untagged on the physical network of every host, and who is on it. */
export const EXTERNAL = {
  ...{ name: 'ext', cidr: '192.168.1.0/24' },
  /** The gateway of the router: where its SNAT service is. */
  ...{ gateway: '192.168.1.21', gatewayMac: 'fa:16:3e:93:cb:37', gatewayName: 'Q' },
} as const;

/** The upstream router: a namespace on the external network, which has the address of the rest of the world too. */
export const UP = { name: 'up', address: '192.168.1.1', mac: '02:00:00:00:01:01', macName: 'U', internet: '8.8.8.8' } as const;
export type Upstream = typeof UP;

/** What hosts send to the external network with for floating IPs: drawn from the names of network and host. */
export const EXIT_MACS = { h1: 'fa:16:3e:95:f5:89', h2: 'fa:16:3e:2c:f4:88' } as const;

const NAMES = new Map<string, string>([
  ...HOSTS.flatMap(({ vtep, vtepName, mac, macName }): [string, string][] => [
    [vtep, vtepName],
    [mac, macName],
  ]),
  ...NETWORKS.flatMap(({ gatewayMac, gatewayName, snatMac, snatName }): [string, string][] => [
    [gatewayMac, gatewayName],
    [snatMac, snatName],
  ]),
  ...[A1, A3, B1, A2, B2, A4].map(({ mac, name }): [string, string] => [mac, name]),
  [EXTERNAL.gatewayMac, EXTERNAL.gatewayName],
  [UP.mac, UP.macName],
  [EXIT_MACS.h1, 'F1'],
  [EXIT_MACS.h2, 'F2'],
]);

/** What dvr.md calls a MAC or a tunnel endpoint; "?" for one that nobody here has. */
export function nameOf(address: string): string {
  return NAMES.get(address) ?? '?';
}
