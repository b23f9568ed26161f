/** Rules and routes of the listing test: the seeds' redirects, and every word that ip(8) has for the rest. */

export const LISTED_RULES: readonly string[] = [
  'from 10.0.0.1/24 lookup 167772161 pref 167772161',
  'from 20.0.0.1/24 lookup 335544321 pref 335544321',
  'not from 10.1.0.0/16 to 8.8.8.8 tos 0x10 fwmark 0x1/0xff iif qr-blue ipproto udp sport 1000-2000 dport 53 pref 100 goto 200',
  'prio 5 from all nop',
  'prio 330 from 1.2.3.4 unreachable',
  'prio 331 from 1.2.3.5 blackhole',
  'prio 332 to 1.2.3.6 type prohibit proto static',
  'prio 336 lookup main suppress_prefixlength 0 suppress_ifgroup 7 realms 3/4 uidrange 5-10 oif qr-369f59a5-2c',
  'prio 337 fwmark 0x10 tun_id 7 dport 80 protocol static suppress_ifgroup default',
  'prio 338 fwmark 0/0xf ipproto 200',
  'prio 338 fwmark 0 realms 3/0',
  'prio 339 fwmark 1/0 iif lo realms 9 goto 32766',
  'prio 4294967295 from 0.0.0.0/32 to 10.0.0.0/8 table default',
  'from 4.4.4.4 lookup 7',
  'from 5.4.4.4 lookup 7',
];

export function listedRoutes([blue, green]: readonly [string, string]): readonly string[] {
  return [
    `default via 10.0.0.3 dev ${blue} table 167772161`,
    `default via 20.0.0.3 dev ${green} table 335544321`,
    `default via 10.0.0.3 dev ${blue} table 7 metric 5 tos 0x10 src 10.0.0.1 mtu lock 1400 onlink proto static realm 3`,
    `0.0.0.0/8 dev ${blue} table 7`,
    `default dev ${blue} table 7`,
    `1.0.0.0/8 nexthop via 10.0.0.3 dev ${blue} weight 3 nexthop via 20.0.0.3 weight 2`,
    `1.1.0.0/16 nexthop via 10.0.0.3 nexthop dev ${green}`,
    `2.0.0.0/8 via 10.0.0.3 dev ${green} onlink`,
    `4.0.0.0/8 dev ${green}`,
    `4.0.0.0/8 dev ${green} metric 4294967295`,
    `4.0.0.0/8 dev ${green} tos 8`,
    `4.0.0.0/8 dev ${green} tos 0x1c`,
    `4.0.0.0/8 dev ${green} tos 0x20 metric 3`,
    `4.0.0.0/16 dev ${green}`,
    `6.0.0.0/8 dev ${blue} scope host`,
    `6.1.0.0/16 via 6.0.0.3`,
    'unreachable 8.0.0.0/8 metric 9',
    'prohibit 8.3.0.0/16 src 10.0.0.1',
    'blackhole 8.4.0.0/16 table 5',
    'throw 8.5.0.0/16 table 5',
    'throw 8.6.0.0/16 scope link',
    `local 9.0.0.1 dev ${blue}`,
    `broadcast 9.0.2.255 dev ${blue}`,
    `multicast 224.1.0.0/16 dev ${blue}`,
    `12.0.0.0/8 nexthop via 10.0.0.3 weight 256`,
    `13.2.0.0/16 via 10.0.0.3 mtu 68`,
    `16.0.0.0/8 dev ${blue} proto bird realm 3/4`,
    '16.1.0.0/16 via 10.0.0.3 proto 200 scope site metric 0',
    `16.4.0.0/16 nexthop via 10.0.0.3 dev ${blue} nexthop via 55.0.0.3 dev ${green} onlink`,
    `200.0.0.1 dev ${green} scope link table 256`,
  ];
}

export const LISTED_TABLES = [254, 5, 7, 256, 167_772_161, 335_544_321] as const;

/** A file with the seeds' two interfaces. */
export function seedFile(rules: readonly string[], routes: readonly string[]): string {
  const ifaces = [
    { tap: 'qr-c2e43983-5c', role: 'inside', addresses: ['10.0.0.1/24'] },
    { tap: 'qr-369f59a5-2c', role: 'inside', addresses: ['20.0.0.1/24'] },
  ];
  return `${JSON.stringify({ ifaces, rules, routes })}\n`;
}
