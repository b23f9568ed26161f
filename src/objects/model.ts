import type { AddressRange, RouteConfig, RuleConfig, ZoneConfig } from '../config/config.js';
import type { Prefix, WireIpv4 } from '../types/ipv4.js';
import type { AnyPrefix } from '../types/ipv6.js';
import type { Mac } from '../types/mac.js';

/**
 * Objects of a distributed router (dvr.md 1.1), as they are after reading and checking: names resolve, every MAC is drawn, every default is
 * filled in. Names are unique within their kind; they refer to each other by name.
 */
export interface Objects {
  readonly hosts: readonly HostObject[];
  readonly networks: readonly NetworkObject[];
  readonly subnets: readonly SubnetObject[];
  readonly lports: readonly LportObject[];
  readonly routers: readonly RouterObject[];
  readonly rifs: readonly RifObject[];
  readonly floatingIps: readonly FloatingIpObject[];
}

export type HostMode = 'dvr' | 'dvr_snat' | 'dvr_no_external' | 'legacy';

export interface HostObject {
  readonly name: string;
  /** Address of its tunnel endpoint; undefined: it has none. */
  readonly vtep: WireIpv4 | undefined;
  readonly mode: HostMode;
  /** Its host MAC, where it is known. */
  readonly mac: Mac | undefined;
  /** Names of the physical networks it is connected to. */
  readonly physnets: readonly string[];
  /** It takes no SNAT service any more, and gives up those it has (dvr.md 5.3). */
  readonly draining?: boolean;
  /** Addresses it has of its own on external networks (Neutron: fg-); on the others it has none (dvr.md 2.7). */
  readonly externalAddresses?: readonly { readonly network: string; readonly address: WireIpv4 }[];
}

export type SegmentType = 'local' | 'flat' | 'vlan' | 'vxlan' | 'gre';

export interface NetworkObject {
  readonly name: string;
  readonly type: SegmentType;
  /** VLAN id, VNI, or GRE key; 0 for the others. */
  readonly id: number;
  /** Of flat and VLAN networks. */
  readonly physnet: string | undefined;
  /** Largest IP packet, octets. */
  readonly mtu: number;
  readonly unknownUnicast: 'drop' | 'flood';
  readonly arp: 'flood' | 'strict';
  /** Routers may have a gateway on it, and floating addresses are of it. */
  readonly external?: boolean;
  /** Whose MAC distributed floating addresses are behind: their host's, or one of their own that moves with them (dvr.md 2.7). */
  readonly floatingMac?: 'perHost' | 'perFip';
}

export interface SubnetObject {
  readonly name: string;
  readonly network: string;
  readonly cidr: Prefix;
  /** What its hosts call their gateway; undefined: it has none. */
  readonly gateway: WireIpv4 | undefined;
  /** Addresses for ports, where the operator says them; only shown. */
  readonly pools?: readonly AddressRange[] | undefined;
  /** Between subnets of one scope nothing is translated (dvr.md 4.1, priority 80000); undefined: it is in none. */
  readonly addressScope?: string | undefined;
}

/** A device on the host an lport is bound to. */
export interface LportDevice {
  readonly kind: 'tap' | 'packet';
  readonly name: string;
  readonly netns: string | undefined;
}

export interface AllowedPair {
  readonly prefix: AnyPrefix;
  /** Undefined: the port's. */
  readonly mac: Mac | undefined;
}

/** What an lport belongs to; all but `router` are served by routers (dvr.md 5.2). */
export type LportOwner = 'compute' | 'dhcp' | 'loadbalancer' | 'service' | 'router';

export interface LportObject {
  readonly name: string;
  readonly network: string;
  readonly mac: Mac;
  readonly addresses: readonly WireIpv4[];
  /** Host it is bound to; undefined: it is not bound. */
  readonly host: string | undefined;
  readonly device: LportDevice | undefined;
  /** Host it is about to be bound to (dvr.md 2.16), where its device is made ready; undefined: it stays. */
  readonly migratingTo: string | undefined;
  /** Namespace of the device there. */
  readonly migratingNetns: string | undefined;
  readonly portSecurity: boolean;
  readonly allowedPairs: readonly AllowedPair[];
  readonly owner: LportOwner;
  readonly adminUp: boolean;
  /** What the metadata endpoint knows its machine and its tenant by; undefined: the port's name, and nothing. */
  readonly instance?: string | undefined;
  readonly project?: string | undefined;
}

export interface RouterObject {
  readonly name: string;
  readonly distributed: boolean;
  readonly adminUp: boolean;
  readonly routes: readonly RouteConfig[];
  /** All of them, the default ones too. */
  readonly rules: readonly RuleConfig[];
  /** On external networks, at most one on each; the first one is the way for what no other one's `sources` cover. */
  readonly gateways: readonly GatewayObject[];
}

/** A router's interface on an external network (Neutron: qg-), on one host at a time. */
export interface GatewayObject {
  readonly network: string;
  /** Its subnet there. */
  readonly subnet: string;
  readonly address: WireIpv4;
  readonly mac: Mac;
  /** False: what leaves by it keeps its source. */
  readonly enableSnat: boolean;
  /** Sources that leave by this one and not by the first; empty for the first. */
  readonly sources: readonly Prefix[];
  /** As zones of a configuration, names unique within the router; the one nobody wrote has all sources and the gateway's address. */
  readonly zones: readonly ZoneConfig[];
  /** Hosts that may have it, by preference; empty: every host of mode dvr_snat that is connected to the network. */
  readonly hosts: readonly string[];
}

/** An interface of a router on a subnet (Neutron: qr-): the same MAC and address on every host. */
export interface RifObject {
  readonly name: string;
  readonly router: string;
  readonly subnet: string;
  readonly address: WireIpv4;
  readonly mac: Mac;
  /** Address and MAC of the SNAT service on the subnet (Neutron: sg-); undefined: the router has no gateway. */
  readonly snat?: { readonly address: WireIpv4; readonly mac: Mac } | undefined;
}

/** An address of an external network for a port's fixed address, or for ports of several (dvr.md 1.1, 2.7 to 2.10). */
export interface FloatingIpObject {
  readonly name: string;
  readonly address: WireIpv4;
  readonly network: string;
  /** The router between its network and the fixed address; undefined: it is associated with nothing. */
  readonly router: string | undefined;
  /** Port and fixed address it is the floating address of; undefined: none, or only ports are forwarded. */
  readonly lport: string | undefined;
  readonly fixed: WireIpv4 | undefined;
  readonly placement: 'distributed' | 'centralized';
  /** Where its network has floatingMac: perFip; drawn for the others too. */
  readonly mac: Mac;
  /** Never together with `fixed`. */
  readonly forwardings: readonly PortForwarding[];
}

export interface PortForwarding {
  readonly protocol: 'tcp' | 'udp';
  /** Ports in host order. */
  readonly port: number;
  readonly lport: string;
  readonly fixed: WireIpv4;
  readonly toPort: number;
}
