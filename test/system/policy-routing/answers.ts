/** Rules and routes in ip(8)'s words, and packets whose fate they decide. */

export interface Packet {
  readonly to: string;
  readonly from?: string;
  readonly ttl?: number;
  readonly tos?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** With "don't fragment"; the payload is so long. */
  readonly octets?: number;
}

export interface Policy {
  readonly rules: readonly string[];
  readonly routes: readonly string[];
  readonly packets: readonly Packet[];
}

/** The client has addresses of 10.0.1.0/24; 10.0.2.2 is behind lab and 10.0.3.2 behind far; far is of interface group 5. */
export const POLICIES: readonly Policy[] = [
  {
    rules: [],
    routes: [
      'default via 10.0.3.2',
      'unreachable 9.1.0.0/16',
      'prohibit 9.2.0.0/16',
      'blackhole 9.3.0.0/16',
      'throw 9.4.0.0/16',
      '9.4.1.0/24 via 10.0.2.2',
      '9.5.0.0/16 via 10.0.2.2 metric 5',
      '9.5.0.0/16 via 10.0.3.2 metric 6',
      '9.5.1.0/24 via 10.0.3.2',
      '9.5.2.0/24 via 10.0.3.2 tos 0x10',
      'local 9.6.0.0/24 dev lab',
      'broadcast 9.7.0.0/24 dev lab',
      '9.8.0.0/16 via 10.0.2.2 mtu 1000',
      '9.9.0.0/16 via 172.31.0.1 dev lab onlink',
    ],
    packets: [
      { to: '8.8.8.8' },
      { to: '9.1.2.3' },
      { to: '9.1.2.3', ttl: 1 },
      { to: '9.2.2.3' },
      { to: '9.2.2.3', ttl: 1 },
      { to: '9.3.2.3' },
      { to: '9.3.2.3', ttl: 1 },
      { to: '9.4.2.3' },
      { to: '9.4.2.3', ttl: 1 },
      { to: '9.4.1.3' },
      { to: '9.5.9.9' },
      { to: '9.5.9.9', ttl: 1 },
      { to: '9.5.1.9' },
      { to: '9.5.2.9' },
      { to: '9.5.2.9', tos: 0x10 },
      { to: '9.5.2.9', tos: 0xb8 },
      { to: '9.6.0.9' },
      { to: '9.6.0.9', ttl: 1 },
      { to: '9.7.0.9' },
      { to: '9.8.0.9', octets: 1200 },
      { to: '9.8.0.9', octets: 900 },
      { to: '10.0.1.1' },
      { to: '10.0.3.1', ttl: 1 },
      { to: '10.0.2.255' },
    ],
  },
  {
    rules: [
      'to 9.1.0.0/16 pref 10 unreachable',
      'to 9.2.0.0/16 pref 11 prohibit',
      'to 9.3.0.0/16 pref 12 blackhole',
      'to 9.4.0.0/16 pref 13 goto 100',
      'to 9.4.0.0/16 pref 50 prohibit',
      'to 9.5.0.0/16 pref 14 nop',
      'to 9.5.0.0/16 pref 15 lookup 7',
      'ipproto udp dport 53 pref 16 lookup 8',
      'tos 0x10 pref 17 lookup 8',
      'not from 10.0.1.0/24 pref 18 lookup 9',
      'iif lan sport 1000-2000 pref 19 lookup 8',
      'to 9.6.0.0/16 pref 20 lookup main suppress_prefixlength 16',
      'to 9.6.0.0/16 pref 21 prohibit',
      'to 9.7.0.0/16 pref 22 lookup 8 suppress_ifgroup 5',
      'to 9.7.0.0/16 pref 23 lookup 7',
      'to 9.8.0.0/16 pref 24 goto 4000000000',
      'to 9.8.0.0/16 pref 25 unreachable',
      'from 10.0.1.9 pref 60 lookup 8',
      'to 9.4.0.0/16 pref 100 lookup 7',
    ],
    routes: [
      'default via 10.0.2.2 table 7',
      'default via 10.0.3.2 table 8',
      'prohibit 9.9.0.0/16 table 9',
      '9.6.0.0/16 via 10.0.2.2',
      '9.6.1.0/24 via 10.0.3.2',
    ],
    packets: [
      { to: '9.1.2.3' },
      { to: '9.2.2.3' },
      { to: '9.3.2.3' },
      { to: '9.4.2.3' },
      { to: '9.5.2.3' },
      { to: '9.5.2.3', ttl: 1 },
      { to: '9.9.2.3', destinationPort: 53 },
      { to: '9.9.2.3', destinationPort: 54 },
      { to: '9.9.2.3', tos: 0x10 },
      { to: '9.9.2.3', tos: 0x08 },
      { to: '9.9.2.3', from: '172.16.0.9' },
      { to: '9.9.2.3', sourcePort: 1000 },
      { to: '9.9.2.3', sourcePort: 2001 },
      { to: '9.9.2.3', from: '10.0.1.9' },
      { to: '9.6.0.9' },
      { to: '9.6.1.9' },
      { to: '9.7.0.9' },
      { to: '9.8.0.9' },
      { to: '10.0.2.2' },
      { to: '9.9.2.3', ttl: 1 },
    ],
  },
];
