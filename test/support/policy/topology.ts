/** The router of the comparison: its interfaces, as the configuration and as ip(8) have them, and addresses round about it. */

export interface PolicyIface {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly group: number;
}

/** Two subnets and a second address in one of them; an odd length; a /30 beside a /32; two hosts on a wire (RFC 3021). */
export const IFACES: readonly PolicyIface[] = [
  { name: 'qr-blue', addresses: ['10.0.1.1/24', '10.0.3.1/24', '10.0.1.7/24'], group: 1 },
  { name: 'qr-red', addresses: ['10.0.2.1/25'], group: 2 },
  { name: 'qg-up', addresses: ['192.0.2.2/30', '203.0.113.5/32'], group: 0 },
  { name: 'p2p', addresses: ['198.51.100.0/31'], group: 2_147_483_647 },
];

export const NAMES: readonly string[] = IFACES.map(({ name }) => name);
export const OWN: readonly string[] = IFACES.flatMap(({ addresses }) => addresses.map((one) => one.split('/')[0]!));
export const BROADCASTS: readonly string[] = ['10.0.1.255', '10.0.3.255', '10.0.2.127', '192.0.2.3'];

/** Neighbours, with the interface they are on. */
export const NEIGHBORS: readonly (readonly [string, string])[] = [
  ['10.0.1.2', 'qr-blue'],
  ['10.0.1.3', 'qr-blue'],
  ['10.0.1.200', 'qr-blue'],
  ['10.0.3.9', 'qr-blue'],
  ['10.0.2.2', 'qr-red'],
  ['10.0.2.126', 'qr-red'],
  ['192.0.2.1', 'qg-up'],
  ['198.51.100.1', 'p2p'],
];

/** Prefixes that lie in each other, some of them on the router's own links. */
export const PREFIXES: readonly string[] = [
  '0.0.0.0/0',
  '0.0.0.0/1',
  '128.0.0.0/1',
  '8.0.0.0/7',
  '8.8.0.0/16',
  '8.8.8.0/24',
  '8.8.8.8/32',
  '10.0.0.0/8',
  '10.0.0.0/16',
  '10.0.1.0/24',
  '10.0.1.0/25',
  '10.0.1.128/25',
  '10.0.1.9/32',
  '10.0.2.0/24',
  '10.0.3.0/28',
  '10.1.0.0/16',
  '10.1.2.0/23',
  '10.1.2.0/24',
  '10.1.2.2/31',
  '10.1.2.3/32',
  '10.1.3.0/24',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '172.16.5.0/24',
  '172.16.5.64/26',
  '192.0.2.0/24',
  '198.18.0.0/15',
  '203.0.113.0/24',
];

/** Reserved ones, small ones, and beyond what 31 and 8 bits hold. */
export const TABLES: readonly (number | string)[] = [
  1,
  100,
  252,
  'default',
  'main',
  254,
  255,
  'local',
  256,
  70_000,
  167_772_161,
  2_147_483_648,
  4_294_967_295,
];
