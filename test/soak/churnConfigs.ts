import type { Dice } from '../support/mutate.js';

/** Configurations of the churn: timers of seconds, a zone that stays and zones whose addresses, modes and static mappings come and go. */

/** Kernel hosts of the zone that nothing may disturb, and of one whose addresses come and go. */
export const STEADY = '1.1.1.1';
export const MOVED = '1.1.1.2';
/** Hosts whose frames are made by hand: some answer as a kernel without sockets does, some not at all. */
export const HOSTS = Array.from({ length: 40 }, (_, i) => `1.1.2.${i + 1}`);
export const SILENT_HOSTS = '1.1.2.32/27';
export const REMOTES = ['1.2.1.4', '1.2.1.5', '1.2.1.6'];
export const SILENT_REMOTE = '1.2.1.9';
export const EXTERNALS = ['1.2.100.10', '1.2.100.11', '1.2.100.12', '1.2.100.20', '1.2.100.21', '1.2.100.50'];

const STATICS = [
  '  - { name: mail, external: 1.2.100.50, inside: 1.1.2.5 }',
  '  - { name: web, protocol: tcp, external: "1.2.100.10:2005", inside: "1.1.2.6:8443" }',
  '  - { name: dns, protocol: udp, external: "1.2.100.51:53", inside: "1.1.2.7:5353" }',
];
/** The longest of the timers below. */
export const LONGEST_TIMER_MS = 20_000;

export function churnConfig(dice: Dice): string {
  const statics = STATICS.filter(() => dice.below(2) === 0);
  return `ifaces:
  - { name: lan, device: lan, role: inside, addresses: [1.1.100.1/16] }
  - { name: wan, device: wan, role: outside, addresses: [1.2.100.4/16] }
zones:
  - { name: steady, match: ${STEADY}/32, localAddresses: [1.2.100.1, 1.2.100.2] }
  - { name: moved, match: ${MOVED}/32, localAddresses: ${addresses(['1.2.100.6', '1.2.100.7', '1.2.100.8'], dice)} }
  - name: mapped
    match: 1.1.2.0/28
    localAddresses: ${addresses(['1.2.100.10', '1.2.100.11', '1.2.100.12'], dice)}
    ports: 2000-2255
    pooling: ${dice.pick(['rr', 'rr-host', 'hash', 'least'])}
    mapping: eim
    filtering: ${dice.pick(['eif', 'adf', 'apdf'])}
    hostLimits: { sessions: 500, ports: 100, halfOpen: 50, newSessions: 200/s burst 400 }
  - name: dependent
    match: 1.1.2.0/24
    localAddresses: ${addresses(['1.2.100.20', '1.2.100.21'], dice)}
    ports: 3000-3127
    mapping: apdm
    overload: ${dice.pick(['true', 'false'])}
${statics.length === 0 ? '' : `staticMappings:\n${statics.join('\n')}\n`}timers:
  allowShort: true
  udp: 5s
  udpUnanswered: 2s
  tcpEstablished: ${LONGEST_TIMER_MS / 1000}s
  tcpHalfOpen: 4s
  tcpHalfClosed: 5s
  tcpClosing: 3s
  tcpReset: 2s
  unsolicitedSyn: 1s
  icmp: 2s
  other: 3s
  fragment: 2s
  portHold: 3s
tcp: { midstream: ${dice.pick(['drop', 'reset'])}, resetOnExpiry: ${dice.pick(['true', 'false'])} }
limits: { sessions: 65536, localAddresses: 16, hosts: 1024 }
`;
}

/** The first is always there; another one may be active, draining, removed, or not named at all. */
function addresses([first, ...others]: readonly string[], dice: Dice): string {
  const rest = others.flatMap((address) => {
    const state = dice.pick(['active', 'active', 'draining', 'removed', 'absent']);
    return state === 'absent' ? [] : [`{ address: ${address}, state: ${state} }`];
  });
  return `[${[first, ...rest].join(', ')}]`;
}
