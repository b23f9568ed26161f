import { z } from 'zod';
import { number, U32 } from '../../config/ipValues.js';
import { defaulted, optional, required } from '../../config/keys.js';
import { flag, integer, oneOf } from '../../config/scalar.js';
import type { SegmentType } from '../model.js';
import { objectName } from '../names.js';

/** Keys of `networks` (dvr.md 1.1). */

export const SEGMENT_TYPES = ['local', 'flat', 'vlan', 'vxlan', 'gre'] as const;

/** Highest id of a segment; types without one have none. VXLAN: 24 bits (RFC 7348), GRE: the key (RFC 2890). */
export const HIGHEST_ID: Readonly<Record<SegmentType, number>> = {
  local: 0,
  flat: 0,
  vlan: 4094,
  vxlan: 0xff_ffff,
  gre: U32,
};

/** Lowest id of a segment that has one; what a network without one has. */
export const LOWEST_ID = 1;
export const NO_ID = 0;

/** Octets in front of the inner IP packet, over IPv4: Ethernet 14, IPv4 20, UDP 8, VXLAN 8; or GRE with key 8. */
export const ENCAPSULATION: Readonly<Record<SegmentType, number>> = { local: 0, flat: 0, vlan: 0, vxlan: 50, gre: 42 };

/** What every host of IPv4 takes (RFC 791): octets of IP. */
export const LOWEST_MTU = 576;
export const HIGHEST_MTU = 65_535;

export const networkShape = {
  name: required(objectName('blue'), { doc: 'What subnets and ports call it.', reload: true }),
  type: required(oneOf(...SEGMENT_TYPES), {
    doc: 'How its frames go from host to host: not at all, untagged or tagged on a physical network, or in a tunnel.',
    reload: true,
  }),
  id: optional(number(LOWEST_ID, U32, '1001'), 'none for local and flat, required for the others', {
    doc: 'VLAN id (1 to 4094), VNI (1 to 16777215) or GRE key (1 to 4294967295).',
    reload: true,
  }),
  physnet: optional(objectName('physnet1'), 'none; required for vlan and flat', {
    doc: 'Physical network of a flat or VLAN network.',
    reload: true,
  }),
  mtu: optional(integer(LOWEST_MTU, HIGHEST_MTU), 'underlayMtu, less 50 for vxlan and 42 for gre', {
    doc: 'Largest IP packet; a network in tunnels has at most its default.',
    unit: 'octets',
    reload: true,
  }),
  unknownUnicast: optional(oneOf('drop', 'flood'), 'flood for vlan and flat, drop for the others', {
    doc: 'What happens to frames to a MAC that no port has.',
    reload: true,
  }),
  arp: optional(oneOf('flood', 'strict'), 'flood', {
    doc: 'What happens to ARP requests for an address that no port has: flooded, or dropped.',
    reload: true,
  }),
  external: defaulted(flag(), false, {
    doc: 'Routers may have a gateway on it, and floating IPs are of it; never in tunnels.',
    reload: true,
  }),
  floatingMac: optional(oneOf('perHost', 'perFip'), 'perHost; of external networks', {
    doc: "MAC that floating IPs are behind: one of their host, or one of each floating IP's own, which moves with it.",
    reload: true,
  }),
};

export const networkSchema = z.strictObject(networkShape);

export type NetworkEntry = z.output<typeof networkSchema>;
