import type { Dice } from '../support/mutate.js';
import { ifaces } from '../support/sample.js';

/** Configurations of the sample network (test/support/sample.ts) with every way a zone translates, drawn at random. */

/** Inside addresses of these networks must never be seen outside (GEN-7). */
export function isInside(address: string): boolean {
  return /^10\.(0\.[01]|9\.\d+)\.\d+$/.test(address);
}

/** External endpoints of static mappings, whether the configuration in use has them or not. */
export const STATIC_ENDS = [
  { address: '192.0.2.50', port: 4000 },
  { address: '192.0.2.10', port: 2005 },
  { address: '192.0.2.60', port: 53 },
] as const;

const STATICS = [
  '  - { name: mail, external: 192.0.2.50, inside: 10.0.0.50 }',
  '  - { name: web, protocol: tcp, external: "192.0.2.10:2005", inside: "10.0.0.5:4001" }',
  '  - { name: dns, protocol: udp, external: "192.0.2.60:53", inside: "10.0.0.6:4002" }',
];

/** `ports` of a pool do not change with a reload, so they are the same in all. */
export function randomModes(dice: Dice): string {
  const protocols = dice.below(6) === 0 ? 'tcp, icmp' : 'tcp, udp, icmp';
  const statics = STATICS.filter(() => dice.below(2) === 0);
  return `
name: modes
${ifaces}
routes:
  - default via 192.0.2.254 dev wan
  - { to: 203.0.113.0/25, type: unreachable }
  - { to: 10.9.0.0/16, via: 10.0.1.9 }
zones:
  - { name: empty, match: 10.0.0.128/26, localAddresses: [] }
  - name: tenants
    match: [10.0.0.0/25, 10.0.1.0/24]
    localAddresses: [192.0.2.10, ${address('192.0.2.11', dice)}, ${address('192.0.2.12', dice)}]
    ports: 2000-2127
    protocols: [${protocols}]
${ways(dice)}
  - name: rest
    match: 10.9.0.0/16
    localAddresses: [192.0.2.20]
    ports: 2048-2079
${ways(dice)}
${statics.length === 0 ? '' : `staticMappings:\n${statics.join('\n')}\n`}timers:
  allowShort: true
  udp: 5s
  udpUnanswered: 2s
  tcpEstablished: 20s
  tcpHalfOpen: 4s
  tcpHalfClosed: 5s
  tcpClosing: 2s
  tcpReset: 1s
  unsolicitedSyn: 1s
  icmp: 3s
  other: 3s
  fragment: 1s
  portHold: ${dice.pick(['off', '1s', '3s'])}
tcp: { midstream: ${dice.pick(['drop', 'reset', 'adopt'])}, resetOnExpiry: ${flag(dice)}, answerUnsolicited: ${flag(dice)}, mss: ${dice.pick(['off', 'pmtu', '1200'])} }
icmp: { answerEchoToLocalAddresses: ${flag(dice)} }
limits: { heldPorts: ${dice.pick([0, 5, 1000])} }
`;
}

function ways(dice: Dice): string {
  const mapping = { tcp: way(dice), udp: way(dice), icmp: way(dice) };
  const filtering = Object.entries(mapping).map(
    ([protocol, is]) => `${protocol}: ${is === 'apdm' ? 'apdf' : dice.pick(['eif', 'adf', 'apdf'])}`,
  );
  return `    pooling: ${dice.pick(['rr', 'rr-host', 'hash', 'least'])}
    mapping: { tcp: ${mapping.tcp}, udp: ${mapping.udp}, icmp: ${mapping.icmp} }
    filtering: { ${filtering.join(', ')} }
    overload: { tcp: ${flag(dice)}, udp: ${flag(dice)}, icmp: ${flag(dice)} }
    reject: ${dice.pick(['port-unreach', 'host-unreach', 'admin-prohib', 'silent'])}
    hostLimits: { sessions: ${dice.pick(['off', 6, 200])}, ports: ${dice.pick(['off', 5, 200])}, halfOpen: ${dice.pick(['off', 3, 100])}, newSessions: ${dice.pick(['off', '5/s burst 20'])} }`;
}

const way = (dice: Dice): string => dice.pick(['eim', 'apdm']);
const flag = (dice: Dice): string => dice.pick(['true', 'false']);

function address(text: string, dice: Dice): string {
  return dice.below(3) === 0 ? `{ address: ${text}, state: ${dice.pick(['draining', 'removed'])} }` : text;
}
