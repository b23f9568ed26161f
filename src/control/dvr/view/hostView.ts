import type { Reject, Role, RouteConfig, RuleConfig, StaticMappingConfig, ZoneConfig } from '../../../config/config.js';
import type { Prefix, WireIpv4 } from '../../../types/ipv4.js';
import type { AnyPrefix } from '../../../types/ipv6.js';
import type { Mac } from '../../../types/mac.js';
import type { ZonesOfGateway } from '../../routerScope.js';
import { type FloatingNumbers, NO_NUMBERS, numbersOf } from './floatingNumbers.js';
import type { Reserved } from './reservedOf.js';

/**
 * What one host has to know of the objects (dvr.md 5.1, 5.2): computed from them and the host's name, compiled to tables by
 * buildSwitching.ts. Plain data; everything refers to everything else by name.
 */
export interface HostView {
  readonly host: string;
  readonly hostMac: Mac;
  /** Prefix of all host MACs: 3 or 4 octets. */
  readonly hostMacPrefix: { readonly mac: Mac; readonly octets: 3 | 4 };
  /** Tunnel endpoints of the other hosts, with their host MACs where those are known. */
  readonly vteps: readonly { readonly host: string; readonly address: WireIpv4; readonly mac: Mac | undefined }[];
  readonly networks: readonly NetworkView[];
  /** Ports bound here, and those that are about to be. */
  readonly lports: readonly LportView[];
  /** Who has which MAC in the networks above, ports of this host and router interfaces excepted. */
  readonly macs: readonly RemoteMac[];
  /** What ARP is answered for: addresses of bound ports, here and elsewhere. */
  readonly known: readonly KnownAddress[];
  /** What no port of this host may say that it has. */
  readonly reserved: readonly Reserved[];
  /** MACs of all interfaces of distributed routers, of those without a replica here too: none of them ever crosses the fabric (I2). */
  readonly rifMacs: readonly Mac[];
  /** Addresses of the networks above that whoever announces has (dvr.md 2.13), whether somebody has or not. */
  readonly virtual: readonly { readonly network: string; readonly address: WireIpv4 }[];
  /** Interfaces of routers on the networks above, wherever they are: by which guests ask about themselves (dvr.md 2.15). */
  readonly doors: readonly DoorView[];
  /** Routers that have a replica here. */
  readonly routers: readonly RouterView[];
  /** SNAT services of routers that are on this host at present (dvr.md 2.5). */
  readonly services: readonly ServiceView[];
  /** Ways out of this host for floating addresses, one for each external network they are of (dvr.md 2.7). */
  readonly exits: readonly ExitView[];
  /** Numbers of the rules and pairs of these; what is remembered of them is to be kept for the next view. */
  readonly numbers: FloatingNumbers;
  /** Permanent neighbours of the interfaces of routers, services and exits. */
  readonly neighbors: readonly ({ readonly rif: string } & Omit<KnownAddress, 'network'>)[];
}

/** Who has an address of a network for certain. */
export interface KnownAddress {
  readonly network: string;
  readonly address: WireIpv4;
  readonly mac: Mac;
  /** It is of a SNAT service that no host has at present. */
  readonly isNowhere?: true;
}

export interface NetworkView {
  readonly name: string;
  readonly type: 'local' | 'flat' | 'vlan' | 'vxlan' | 'gre';
  /** VLAN id, VNI, GRE key; 0 for the others. */
  readonly id: number;
  /** Name of the physical network, of flat and VLAN networks. */
  readonly physnet: string | undefined;
  /** Octets of IP. */
  readonly mtu: number;
  readonly floodUnknown: boolean;
  readonly strictArp: boolean;
  /** Leads out of the cloud: others than ours are on it. */
  readonly external: boolean;
  /** Other hosts with ports of the network, or replicas of its routers: who gets what is flooded. */
  readonly presentOn: readonly string[];
}

export interface LportView {
  readonly name: string;
  readonly network: string;
  readonly mac: Mac;
  /** Its fixed addresses. */
  readonly addresses: readonly WireIpv4[];
  /** What the metadata endpoint knows its machine and its tenant by. */
  readonly instance: string;
  readonly project: string | undefined;
  /** MACs that frames to it have: its own, and those of pairs that no other port has; none while it is down. */
  readonly macs: readonly Mac[];
  /** Own addresses, then allowed pairs; a pair without a MAC has the port's. */
  readonly allowed: readonly { readonly mac: Mac; readonly prefix: AnyPrefix }[];
  readonly portSecurity: boolean;
  readonly adminUp: boolean;
  readonly dhcpServer: boolean;
  /** Number of the migration to this host that its device was opened for (dvr.md 2.16): nothing goes to it yet. 0: it is bound here. */
  readonly awaited: number;
  /** Its device on this host; what makes it the same device in the next view is all three together. */
  readonly device: { readonly kind: 'tap' | 'packet'; readonly name: string; readonly netns: string | undefined };
}

/** A MAC at another host, or beyond a physical network. */
export interface RemoteMac {
  readonly network: string;
  readonly mac: Mac;
  /** Host it is at; the segment of the network decides how it is reached. */
  readonly host: string;
  /** Milliseconds of the workers' clock, wrapping, until which frames from other hosts are passed on to it; undefined: they are not. */
  readonly relayUntil: number | undefined;
  /** Router of which it is the SNAT service's (sg-), which that host has at present; undefined: it is of a port. */
  readonly service: string | undefined;
}

/** What a host goes by beside the objects as they are, for some seconds (portMoves.ts). */
export interface Remembered {
  /** Routers that are kept although nothing here needs them any more (dvr.md 5.2). */
  readonly routers: ReadonlySet<string>;
  /** Names of ports that have left this host, and until when late frames are passed on to them (dvr.md 2.16). */
  readonly relays: ReadonlyMap<string, number>;
  /** Names of ports that are migrating here, each with the number of the migration. */
  readonly awaited: ReadonlyMap<string, number>;
}

export const NOTHING_REMEMBERED: Remembered = { routers: new Set(), relays: new Map(), awaited: new Map() };

export interface RouterView {
  readonly name: string;
  readonly rifs: readonly RifView[];
  readonly routes: readonly RouteConfig[];
  readonly rules: readonly RuleConfig[];
}

/** How a guest reaches a router: by its interface on a subnet, or by that of its SNAT service there. */
export interface DoorView {
  readonly network: string;
  readonly router: string;
  readonly cidr: Prefix;
  readonly mac: Mac;
  /** The same, and the SNAT service's. */
  readonly macs: readonly Mac[];
}

/** A router interface on a network (Neutron: qr-). */
export interface RifView {
  /** Name in listings, routes and rules. */
  readonly name: string;
  readonly network: string;
  readonly mac: Mac;
  /** Its address with the subnet's length. */
  readonly address: Prefix;
  /** It has the address that the subnet's hosts call their gateway. */
  readonly isGateway: boolean;
}

/**
 * The SNAT service of a router (Neutron: snat- namespace): a router of its own with sessions, on one host at a time. Its interfaces have
 * MACs of their own, which cross the fabric.
 */
export interface ServiceView {
  /** `snat-<router>` */
  readonly name: string;
  readonly router: string;
  /** sg- on its subnets (inside), qg- on external networks (outside). */
  readonly rifs: readonly ServiceRifView[];
  readonly routes: readonly RouteConfig[];
  readonly rules: readonly RuleConfig[];
  /** In matching order; names are unique on the host: `<router>/<zone>`. */
  readonly zones: readonly ZoneConfig[];
  /** Whose they are, by outside interfaces in their order; empty when there is but one. */
  readonly ofGateways: readonly ZonesOfGateway[];
  /** Answer to sources in no zone. */
  readonly reject: Reject;
  /** Another host takes it when the lease of this one is over. Absent: none may. */
  readonly leased?: boolean;
  /** Floating addresses that are served here (dvr.md 2.10), and forwarded ports. */
  readonly staticMappings: readonly StaticMappingConfig[];
}

export interface ServiceRifView extends RifView {
  readonly role: Role;
  /** False: outside, and what leaves by it keeps its source unless it has a static mapping (enable_snat=false). */
  readonly translates: boolean;
}

/**
 * The way of floating addresses to an external network (Neutron: fip- namespace): a stateless router with a MAC of this host's own, behind the
 * replicas of the routers that have some here.
 */
export interface ExitView {
  /** `fip-<network>` */
  readonly name: string;
  readonly network: string;
  /** `fg-<network>` */
  readonly rif: ExitRifView;
  /** Subnets of the external network. */
  readonly subnets: readonly Prefix[];
  /** Between the exit and each router's replica. */
  readonly pairs: readonly ExitPairView[];
  readonly routes: readonly RouteConfig[];
  readonly rules: readonly RuleConfig[];
  readonly floating: readonly FloatingView[];
}

export interface ExitRifView {
  readonly name: string;
  readonly mac: Mac;
  /** Its own address, if the host has one there (dvr.md 2.7). */
  readonly address: Prefix | undefined;
  /** Whose address it asks by ARP with, if it has none: one of a floating IP behind it. */
  readonly speaksAs: WireIpv4 | undefined;
}

/** One router's: its side (Neutron: rfp-) and the exit's (fpr-), the two addresses of a /31. */
export interface ExitPairView {
  readonly router: string;
  readonly routerSide: { readonly name: string; readonly address: Prefix };
  readonly exitSide: { readonly name: string; readonly address: Prefix };
  /** Subnets of the router whose addresses pass as they are (dvr.md 4.1, address scopes). */
  readonly untranslated: readonly Prefix[];
}

export interface FloatingView {
  readonly address: WireIpv4;
  readonly fixed: WireIpv4;
  readonly router: string;
  /** An interface of its own, with its MAC; undefined: it is behind the exit's. */
  readonly own: { readonly name: string; readonly mac: Mac } | undefined;
}

/** Of a gateway without networks. */
export const NO_NETWORKS: HostView = {
  host: '',
  hostMac: new Uint8Array(6),
  hostMacPrefix: { mac: Uint8Array.of(0xfa, 0x16, 0x3f, 0, 0, 0), octets: 3 },
  vteps: [],
  networks: [],
  lports: [],
  macs: [],
  known: [],
  reserved: [],
  virtual: [],
  rifMacs: [],
  doors: [],
  routers: [],
  services: [],
  exits: [],
  numbers: numbersOf([], NO_NUMBERS),
  neighbors: [],
};
