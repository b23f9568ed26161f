import type { AddressRange, RouteConfig, RuleConfig } from '../config/config.js';
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
}

export interface SubnetObject {
  readonly name: string;
  readonly network: string;
  readonly cidr: Prefix;
  /** What its hosts call their gateway; undefined: it has none. */
  readonly gateway: WireIpv4 | undefined;
  /** Addresses for ports, where the operator says them; only shown. */
  readonly pools?: readonly AddressRange[] | undefined;
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
}

export interface RouterObject {
  readonly name: string;
  readonly distributed: boolean;
  readonly adminUp: boolean;
  readonly routes: readonly RouteConfig[];
  /** All of them, the default ones too. */
  readonly rules: readonly RuleConfig[];
}

/** An interface of a router on a subnet (Neutron: qr-): the same MAC and address on every host. */
export interface RifObject {
  readonly name: string;
  readonly router: string;
  readonly subnet: string;
  readonly address: WireIpv4;
  readonly mac: Mac;
}
