/**
 * The reference topology of dvr.md 1.3, with the MACs of the document on east-west routing where it has some: two networks, one router, three
 * hosts. The third host has no port, so no replica: whatever reached it would be flooded.
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
}

/** A guest, which is a namespace of its name with the kernel side of its port's TAP. */
export interface Guest {
  readonly name: 'a1' | 'a3' | 'b1' | 'a2' | 'b2';
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
  ...{ name: 'blue', vni: 1001, cidr: '10.0.0.0/24', gateway: '10.0.0.1' },
  ...{ gatewayMac: 'fa:16:3e:3c:74:9c', gatewayName: 'G_A' },
};
export const ORANGE: Network = {
  ...{ name: 'orange', vni: 1002, cidr: '20.0.0.0/24', gateway: '20.0.0.1' },
  ...{ gatewayMac: 'fa:16:3e:a3:3b:39', gatewayName: 'G_B' },
};
export const NETWORKS: readonly Network[] = [BLUE, ORANGE];

export const A1: Guest = { name: 'a1', host: H1, network: BLUE, mac: 'fa:16:3e:19:63:25', address: '10.0.0.11' };
export const A3: Guest = { name: 'a3', host: H1, network: BLUE, mac: 'fa:16:3e:00:0a:03', address: '10.0.0.13' };
export const B1: Guest = { name: 'b1', host: H1, network: ORANGE, mac: 'fa:16:3e:00:0b:01', address: '20.0.0.21' };
export const A2: Guest = { name: 'a2', host: H2, network: BLUE, mac: 'fa:16:3e:00:0a:02', address: '10.0.0.12' };
export const B2: Guest = { name: 'b2', host: H2, network: ORANGE, mac: 'fa:16:3e:7d:49:80', address: '20.0.0.22' };
export const GUESTS: readonly Guest[] = [A1, A3, B1, A2, B2];

const NAMES = new Map<string, string>([
  ...HOSTS.flatMap(({ vtep, vtepName, mac, macName }): [string, string][] => [
    [vtep, vtepName],
    [mac, macName],
  ]),
  ...NETWORKS.map(({ gatewayMac, gatewayName }): [string, string] => [gatewayMac, gatewayName]),
  ...GUESTS.map(({ mac, name }): [string, string] => [mac, name]),
]);

/** What dvr.md calls a MAC or a tunnel endpoint; "?" for one that nobody here has. */
export function nameOf(address: string): string {
  return NAMES.get(address) ?? '?';
}
