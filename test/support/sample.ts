/** The two inside segments and the outside of most tests. */
export const ifaces = `ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
  - { name: dmz, tap: t-dmz, role: inside, mac: "02:aa:00:00:00:03", addresses: [10.0.1.1/24] }`;

/**
 * The network of most tests: two inside segments, one outside, three zones. The first zone is empty on purpose.
 *
 *   10.0.0.0/24 --lan (10.0.0.1)--+         +--wan (192.0.2.1)-- 192.0.2.0/24 -- 192.0.2.254 -- 198.51.100.0/24
 *   10.0.1.0/24 --dmz (10.0.1.1)--+ gateway +
 */
export const lan = `
name: test
${ifaces}
routes:
  - default via 192.0.2.254 dev wan
  - { to: 203.0.113.0/25, type: unreachable }
  - { to: 203.0.113.128/26, type: prohibit }
  - { to: 203.0.113.192/26, type: blackhole }
  - { to: 10.9.0.0/16, via: 10.0.1.9 }
zones:
  - { name: empty, match: 10.0.0.128/26, localAddresses: [] }
  - { name: tenants, match: [10.0.0.0/25, 10.0.1.0/24], localAddresses: [192.0.2.10, 192.0.2.11, 192.0.2.12] }
  - { name: rest, match: 10.9.0.0/16, localAddresses: [192.0.2.20] }
`;

/** The same, and a port is free for anybody as soon as its session is over. */
export const lanWithoutHold = `${lan}timers: { portHold: off }\n`;

/** The same with one local address of `ports` and timers of seconds. */
export function small(ports: string, extra = ''): string {
  return `
name: small
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
routes: [default via 192.0.2.254 dev wan]
zones:
  - { name: tenants, match: 10.0.0.0/24, localAddresses: [192.0.2.10], ports: ${ports} }
timers: { allowShort: true, udp: 5s, udpUnanswered: 2s, icmp: 3s, tcpEstablished: 20s, tcpHalfOpen: 4s, tcpClosing: 2s, portHold: off }
${extra}`;
}

export const GW = { lan: '02:aa:00:00:00:01', wan: '02:aa:00:00:00:02', dmz: '02:aa:00:00:00:03' } as const;
export const REMOTE = '198.51.100.7';
/** The next hop towards REMOTE. */
export const UPSTREAM = '192.0.2.254';

/** Two inside devices, one of them with a VLAN besides; nothing is translated. */
export const TAGGED_YAML = `
name: tagged
ifaces:
  - name: lan
    tap: t-lan
    role: inside
    mac: "${GW.lan}"
    addresses: [10.0.0.1/24]
    vlans: [{ id: 7, name: v7, addresses: [10.0.7.1/24] }]
  - { name: dmz, tap: t-dmz, role: inside, mac: "${GW.dmz}", addresses: [10.0.1.1/24] }
zones: []
`;
