/**
 * Routes and rules beside each other: each line alone, on the interfaces of `KERNEL_BED` with the routes of `BEFORE`. `refused`:
 * part of what loading says. The system test gives the same lines to the kernel.
 */
export interface Line {
  readonly line: string;
  readonly refused?: string;
}

/** Interfaces qr and qs as veth devices. */
export const ADDRESSES = { qr: ['10.0.0.1/24', '10.0.0.7/24'], qs: ['20.0.0.1/24', '30.0.0.1/31', '40.0.0.1/32'] } as const;

/** The start of a file with these interfaces; more sections and a closing brace follow. */
export const KERNEL_BED = `{"name": "gw1", "ifaces": [${Object.entries(ADDRESSES)
  .map(([name, addresses]) => JSON.stringify({ name, tap: name, role: 'inside', addresses }))
  .join(', ')}], `;

/** Routes that are there already. */
export const BEFORE = [
  '50.0.0.0/8 dev qs',
  '51.0.0.0/8 via 10.0.0.9',
  '52.0.0.0/8 dev qr table 7',
  'local 53.0.0.1 dev qr',
  'unreachable 54.0.0.0/8 scope link',
  '55.0.0.0/8 dev qr scope host',
] as const;

export const ROUTES: readonly Line[] = [
  { line: '1.0.0.0/8 via 10.0.0.3' },
  { line: '1.0.0.0/8 via 10.0.0.3 dev qs', refused: 'not in a connected subnet of qs' },
  { line: '1.0.0.0/8 via 10.0.0.3 dev qs onlink' },
  { line: '1.0.0.0/8 via 10.0.0.3 onlink', refused: 'needs a device' },
  { line: '1.0.0.0/8 dev qr onlink', refused: 'is for a next hop' },
  { line: '1.0.0.0/8 via 10.0.0.255', refused: 'broadcast address' },
  { line: '1.0.0.0/8 via 224.0.0.1 dev qr onlink', refused: 'no address of one host' },
  { line: '1.0.0.0/8 via 10.0.0.1 dev qr onlink', refused: 'address of this gateway' },
  { line: '1.0.0.0/8 via 20.0.0.255 dev qr onlink', refused: 'no address of one host' },
  { line: '1.0.0.0/8 via 53.0.0.1 dev qs onlink', refused: 'no address of one host' },
  { line: '1.0.0.0/8 via 50.1.2.3' },
  { line: '1.0.0.0/8 via 51.1.2.3', refused: 'not in any connected subnet' },
  { line: '1.0.0.0/8 via 52.0.0.9', refused: 'not in any connected subnet' },
  { line: '1.0.0.0/8 via 52.0.0.9 table 7' },
  { line: '1.0.0.0/8 via 52.0.0.9 table 7 dev qs', refused: 'not in a connected subnet of qs' },
  { line: '1.0.0.0/8 via 20.0.0.9 table 7' },
  { line: '1.0.0.0/8 via 53.0.0.1' },
  { line: '1.0.0.0/8 via 54.0.0.1', refused: 'not in any connected subnet' },
  { line: '1.0.0.0/8 via 55.0.0.1' },
  { line: '1.0.0.0/8 via 30.0.0.0' },
  { line: '1.0.0.0/8 via 10.0.0.3 scope link', refused: 'too narrow' },
  { line: '1.0.0.0/8 via 55.0.0.3 scope link' },
  { line: '1.0.0.0/8 via 10.0.0.3 scope host', refused: 'scope host cannot have a next hop' },
  { line: '1.0.0.0/8 dev qr scope host' },
  { line: '1.0.0.0/8 dev qr scope nowhere', refused: 'no scope' },
  { line: 'local 1.0.0.1 dev qr scope link', refused: 'no scope' },
  { line: 'broadcast 1.0.0.1 dev qr scope global', refused: 'no scope' },
  { line: 'multicast 224.1.0.0/16 dev qr' },
  { line: '224.1.0.0/16 via 10.0.0.3' },
  { line: '1.0.0.0/8 dev qr src 9.9.9.9', refused: 'no address of this gateway' },
  { line: '1.0.0.0/8 dev qr src 10.0.0.255', refused: 'no address of this gateway' },
  { line: '1.0.0.0/8 dev qr src 20.0.0.1' },
  { line: '1.0.0.0/8 dev qr src 53.0.0.1' },
  { line: 'local 1.0.0.1 dev qr src 1.0.0.1' },
  { line: 'prohibit 1.0.0.0/8 src 9.9.9.9' },
  { line: 'unreachable 1.0.0.0/8 dev qr', refused: 'has no meaning' },
  { line: 'blackhole 1.0.0.0/8 via 10.0.0.3', refused: 'has no meaning' },
  { line: '1.0.0.0/8', refused: 'has neither via nor dev' },
  { line: 'local 1.0.0.1', refused: 'has neither via nor dev' },
  { line: '50.0.0.0/8 dev qr', refused: 'already the destination' },
  { line: '50.0.0.0/8 dev qr metric 4294967295' },
  { line: '50.0.0.0/8 dev qr tos 0x10' },
  { line: '50.0.0.0/8 dev qr tos 0x11', refused: 'ECN' },
  { line: '50.0.0.0/8 dev qr metric 4294967296', refused: 'not between' },
  { line: '50.0.0.0/8 dev qr table 4294967296', refused: 'not between' },
  { line: '50.0.0.0/8 dev qr table 4294967295' },
  { line: '1.0.0.0/8 nexthop via 10.0.0.3 weight 256 nexthop dev qs' },
  { line: '1.0.0.0/8 nexthop via 10.0.0.3 weight 257 nexthop dev qs', refused: 'not between 1 and 256' },
  { line: '1.0.0.0/8 nexthop via 10.0.0.3 weight 0 nexthop dev qs', refused: 'not between 1 and 256' },
  { line: '1.0.0.0/8 nexthop via 10.0.0.3 nexthop via 99.0.0.1', refused: 'not in any connected subnet' },
  { line: '1.0.0.0/8 dev nosuch', refused: 'no interface "nosuch"' },
  { line: '1.0.0.0/8 via 10.0.0.3 weight 3', refused: 'unknown key "weight"' },
  { line: '1.0.0.0/8 via 10.0.0.3 table 9 tabel 8', refused: 'unknown key "tabel"' },
];

/** Each with a rule "pref 400 from 10.0.0.0/8 lookup 5" and one "pref 401 goto 500" before it. */
export const RULES_BEFORE = ['pref 400 from 10.0.0.0/8 lookup 5', 'pref 401 goto 500'] as const;

export const RULES: readonly Line[] = [
  { line: 'pref 400 from all lookup 5', refused: 'is the same as rules[0]' },
  { line: 'pref 400 not from 10.0.0.0/8 lookup 5', refused: 'is the same as rules[0]' },
  { line: 'pref 400 from 11.0.0.0/8 lookup 5' },
  { line: 'pref 400 from 10.0.0.0/8 lookup 6' },
  { line: 'pref 400 from 10.0.0.0/8 iif qr lookup 5' },
  { line: 'pref 400 from 10.0.0.0/8 tos 0x10 lookup 5' },
  { line: 'pref 401 goto 501', refused: 'is the same as rules[1]' },
  { line: 'pref 402 goto 402', refused: 'is not above the priority' },
  { line: 'pref 402 goto 4294967295' },
  { line: 'pref 402 goto 0', refused: 'is not above the priority' },
  { line: 'tos 0x20', refused: 'more than 0x1c' },
  { line: 'tos 0x1c' },
  { line: 'tos 0x11', refused: 'ECN' },
  { line: 'dport 65535', refused: 'is not a port' },
  { line: 'dport 65534 sport 1-65534' },
  { line: 'dport 0-5', refused: 'is not a port' },
  { line: 'sport 9-3', refused: 'starts above its end' },
  { line: 'uidrange 9-3', refused: 'starts above its end' },
  { line: 'uidrange 0-4294967295', refused: 'is not two numbers' },
  { line: 'uidrange 0-4294967294' },
  { line: 'suppress_prefixlength 2147483647' },
  { line: 'suppress_prefixlength 2147483648', refused: 'not between' },
  { line: 'suppress_ifgroup 2147483648', refused: 'not between' },
  { line: 'lookup 4294967295 pref 4294967295' },
  { line: 'lookup 4294967296', refused: 'not between' },
  { line: 'pref 4294967296', refused: 'not between' },
  { line: 'fwmark 0x1/0xff ipproto udp tun_id 7' },
  { line: 'fwmark 0x100000000', refused: '32-bit' },
  { line: 'ipproto 256', refused: 'not between' },
  { line: 'iif qr-nosuch' },
];
