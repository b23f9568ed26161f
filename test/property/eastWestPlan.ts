/** A distributed router drawn at random, as plain text: what the model reads, and what the gateway's own reader makes its objects of. */

export interface PlanNetwork {
  readonly name: string;
  readonly type: 'vxlan' | 'gre' | 'vlan' | 'flat' | 'local';
  readonly id: number;
  readonly flood: boolean;
  readonly strict: boolean;
}

/** All subnets are of 24 bits: `stem` are the first three octets with their dots. */
export interface PlanSubnet {
  readonly name: string;
  readonly network: string;
  readonly stem: string;
  readonly gateway: string | undefined;
}

export interface PlanPair {
  readonly address: string;
  readonly length: number;
  readonly mac: string | undefined;
}

export interface PlanPort {
  readonly name: string;
  readonly network: string;
  readonly mac: string;
  readonly addresses: readonly string[];
  readonly host: string | undefined;
  /** Never without a host, and another one. */
  readonly migratingTo: string | undefined;
  readonly secure: boolean;
  readonly up: boolean;
  readonly owner: 'compute' | 'dhcp' | 'router';
  readonly pairs: readonly PlanPair[];
}

export interface PlanRif {
  readonly name: string;
  readonly router: string;
  readonly subnet: string;
  readonly address: string;
  readonly mac: string;
}

export interface PlanRouter {
  readonly name: string;
  readonly up: boolean;
  readonly distributed: boolean;
  /** To a subnet by the address of another router. */
  readonly routes: readonly { readonly stem: string; readonly via: string; readonly dev: string }[];
}

export interface PlanHost {
  readonly name: string;
  readonly vtep: string;
  readonly mac: string;
}

/** The later of two claims of an address wins. */
export interface PlanClaim {
  readonly network: string;
  readonly address: string;
  readonly mac: string;
  readonly port: string;
  readonly host: string;
}

export interface Plan {
  readonly hosts: readonly PlanHost[];
  readonly networks: readonly PlanNetwork[];
  readonly subnets: readonly PlanSubnet[];
  readonly ports: readonly PlanPort[];
  readonly routers: readonly PlanRouter[];
  readonly rifs: readonly PlanRif[];
  readonly claims: readonly PlanClaim[];
}

/** The file an operator would write for it. */
export function fileOf(plan: Plan): string {
  return JSON.stringify({
    hosts: plan.hosts.map(({ name, vtep, mac }) => ({ name, vtep, mac })),
    networks: plan.networks.map(({ name, type, id, flood, strict }) => ({
      ...{ name, type, ...(id === 0 ? {} : { id }), ...(type === 'vlan' || type === 'flat' ? { physnet: 'physnet1' } : {}) },
      ...{ unknownUnicast: flood ? 'flood' : 'drop', arp: strict ? 'strict' : 'flood' },
    })),
    subnets: plan.subnets.map(({ name, network: on, stem, gateway }) => {
      return { name, network: on, cidr: `${stem}0/24`, gateway: gateway ?? 'none' };
    }),
    lports: plan.ports.map(({ name, network: on, mac, addresses, host, migratingTo, secure, up, owner, pairs }) => ({
      ...{ name, network: on, mac, addresses, portSecurity: secure, adminUp: up, owner },
      ...(host === undefined ? {} : { host, tap: `tap-${name}` }),
      ...(migratingTo === undefined ? {} : { migratingTo }),
      allowedPairs: pairs.map(({ address, length, mac: by }) => ({
        address: `${address}/${length}`,
        ...(by === undefined ? {} : { mac: by }),
      })),
    })),
    routers: plan.routers.map(({ name, up, distributed, routes }) => ({
      ...{ name, distributed, adminUp: up },
      interfaces: plan.rifs
        .filter(({ router: of }) => of === name)
        .map(({ name: rif, subnet, address, mac }) => ({ name: rif, subnet, address, mac })),
      routes: routes.map(({ stem, via, dev }) => `${stem}0/24 via ${via} dev ${dev}`),
    })),
  });
}
