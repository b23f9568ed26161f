/** One zone of 10.0.0.0/24 with `keys`; timers of seconds, and `timers` among them. */
export function natZone(keys: string, timers = 'portHold: off', rest = ''): string {
  return `
name: zone
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
routes: [default via 192.0.2.254 dev wan]
zones:
  - { name: tenants, match: 10.0.0.0/24, ${keys} }
timers: { allowShort: true, udp: 5s, udpUnanswered: 5s, icmp: 5s, tcpEstablished: 20s, tcpHalfOpen: 4s, tcpClosing: 4s, ${timers} }
${rest}`;
}
