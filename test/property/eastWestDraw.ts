import fc from 'fast-check';
import type { Plan, PlanClaim, PlanHost, PlanNetwork, PlanPort, PlanRif, PlanRouter, PlanSubnet } from './eastWestPlan.js';

/** The numbers everything follows from; what they count goes round at the end of its list. */
export interface Draw {
  readonly hosts: number;
  readonly networks: readonly NetworkDraw[];
  readonly subnets: readonly { readonly network: number; readonly gateway: 'first' | 'second' | 'none' }[];
  readonly routers: readonly RouterDraw[];
  readonly ports: readonly PortDraw[];
  readonly claims: readonly ClaimDraw[];
}

export interface NetworkDraw {
  readonly type: PlanNetwork['type'];
  readonly flood: boolean;
  readonly strict: boolean;
}

export interface RouterDraw {
  readonly up: boolean;
  readonly distributed: boolean;
  readonly on: readonly number[];
  readonly routes: boolean;
}

export interface PortDraw {
  readonly network: number;
  readonly host: number;
  readonly migratingTo: number;
  readonly addresses: number;
  readonly secure: boolean;
  readonly up: boolean;
  readonly owner: PlanPort['owner'];
  readonly pairs: readonly ('vip' | 'vrrp' | 'own' | 'lone' | 'range' | 'any')[];
}

/** A port claims one of its pairs. */
export interface ClaimDraw {
  readonly port: number;
  readonly pair: number;
}

const mostly = fc.integer({ min: 0, max: 7 }).map((n) => n !== 7);
const seldom = mostly.map((yes) => !yes);

export const network: fc.Arbitrary<NetworkDraw> = fc.record({
  type: fc.constantFrom('vxlan', 'vxlan', 'gre', 'vlan', 'flat', 'local'),
  flood: fc.boolean(),
  strict: seldom,
});
export const router: fc.Arbitrary<RouterDraw> = fc.record({
  up: mostly,
  distributed: mostly,
  on: fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }),
  routes: fc.boolean(),
});
export const port: fc.Arbitrary<PortDraw> = fc.record({
  network: fc.nat(4),
  host: fc.nat(7),
  migratingTo: fc.nat(11),
  addresses: fc.constantFrom(1, 1, 1, 2, 0),
  secure: mostly,
  up: mostly,
  owner: fc.constantFrom('compute', 'compute', 'compute', 'compute', 'dhcp', 'router'),
  pairs: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom('vip', 'vrrp', 'own', 'lone', 'range', 'any'), { maxLength: 2 }) },
  ),
});
export const claim: fc.Arbitrary<ClaimDraw> = fc.record({ port: fc.nat(10), pair: fc.nat(1) });

export const draw: fc.Arbitrary<Draw> = fc.record({
  hosts: fc.integer({ min: 2, max: 4 }),
  networks: fc.array(network, { minLength: 1, maxLength: 4 }),
  subnets: fc.array(fc.record({ network: fc.nat(4), gateway: fc.constantFrom('first', 'second', 'none') }), {
    minLength: 1,
    maxLength: 5,
  }),
  routers: fc.array(router, { minLength: 1, maxLength: 3 }),
  ports: fc.array(port, { minLength: 3, maxLength: 10 }),
  claims: fc.array(claim, { maxLength: 2 }),
});

export function planOf(d: Draw): Plan {
  const hosts = Array.from({ length: d.hosts }, (_, i) => ({
    name: `h${i}`,
    vtep: `192.0.2.${i + 1}`,
    mac: `fa:16:3f:00:00:0${i + 1}`,
  }));
  const flat = d.networks.findIndex(({ type }) => type === 'flat');
  const networks = d.networks.map(({ type, flood, strict }, i): PlanNetwork => {
    // A physical network has one without tags.
    const one = type === 'flat' && i !== flat ? 'vlan' : type;
    return { name: `n${i}`, type: one, id: one === 'flat' || one === 'local' ? 0 : 100 + i, flood, strict };
  });
  const subnets = d.subnets.map(({ network: on, gateway }, i): PlanSubnet => {
    const stem = `10.0.${i}.`;
    return {
      ...{ name: `s${i}`, network: networks[on % networks.length]!.name, stem },
      gateway: gateway === 'none' ? undefined : `${stem}${gateway === 'first' ? 1 : 2}`,
    };
  });
  const rifs = d.routers.flatMap(({ on }, r) =>
    [...new Set(on.map((n) => n % subnets.length))].map(
      (s): PlanRif => ({
        ...{ name: `r${r}s${s}`, router: `r${r}`, subnet: `s${s}` },
        ...{ address: `${subnets[s]!.stem}${r + 1}`, mac: `fa:16:3e:ff:0${r}:0${s}` },
      }),
    ),
  );
  const ports = d.ports.map((one, i) => portOf(one, i, networks, subnets, hosts));
  return {
    ...{ hosts, networks, subnets, rifs, ports },
    routers: d.routers.map(({ up, distributed, routes }, r) => {
      return { name: `r${r}`, up, distributed, routes: routes ? routesOf(`r${r}`, subnets, rifs) : [] };
    }),
    claims: d.claims.flatMap((one) => claimOf(one, ports)),
  };
}

function portOf(
  d: PortDraw,
  i: number,
  networks: readonly PlanNetwork[],
  all: readonly PlanSubnet[],
  hosts: readonly PlanHost[],
) {
  const { name } = networks[d.network % networks.length]!;
  const subnets = all.filter((subnet) => subnet.network === name);
  const stem = subnets[0]?.stem;
  const own = { address: `${stem}${60 + i}`, length: 32, mac: undefined };
  const pairs = {
    vip: { address: `${stem}50`, length: 32, mac: undefined },
    vrrp: { address: `${stem}50`, length: 32, mac: '00:00:5e:00:01:07' },
    own,
    lone: { ...own, address: `${stem}${80 + i}`, mac: `02:00:00:00:00:0${i}` },
    range: { address: `${stem}64`, length: 28, mac: undefined },
    any: { address: '0.0.0.0', length: 0, mac: undefined },
  } as const;
  // Now and then on no host.
  const host = d.host === 7 ? undefined : hosts[d.host % hosts.length]!.name;
  const to = hosts[d.migratingTo]?.name;
  return {
    ...{ name: `p${i}`, network: name, mac: `fa:16:3e:00:00:0${i}` },
    addresses: subnets.slice(0, d.addresses).map((subnet) => `${subnet.stem}${11 + i}`),
    ...{ host, migratingTo: host === undefined || to === host ? undefined : to },
    ...{ secure: d.secure, up: d.up, owner: d.owner },
    pairs: stem === undefined ? [] : [...new Set(d.pairs)].map((kind) => pairs[kind]),
  };
}

/** To each subnet that another router on a common subnet has and this one has not. */
function routesOf(name: string, subnets: readonly PlanSubnet[], rifs: readonly PlanRif[]): PlanRouter['routes'] {
  const own = rifs.filter((rif) => rif.router === name);
  return subnets.flatMap(({ name: subnet, stem }) => {
    if (own.some((rif) => rif.subnet === subnet)) return [];
    const by = rifs.find(
      (rif) =>
        rif.router !== name &&
        own.some((one) => one.subnet === rif.subnet) &&
        rifs.some((far) => far.router === rif.router && far.subnet === subnet),
    );
    return by === undefined ? [] : [{ stem, via: by.address, dev: own.find((one) => one.subnet === by.subnet)!.name }];
  });
}

export function claimOf({ port: p, pair }: ClaimDraw, ports: readonly PlanPort[]): PlanClaim[] {
  const { name, network: on, mac, host, pairs } = ports[p % ports.length]!;
  const claimed = pairs.filter(({ length }) => length === 32)[pair];
  if (claimed === undefined || host === undefined) return [];
  return [{ network: on, address: claimed.address, mac: claimed.mac ?? mac, port: name, host }];
}
