import type { Dice } from '../support/mutate.js';

/** Random configurations for a gateway under load: all of them translate the client, none of them ends a session of it. */

/** Zones the client may fall into, in any order, with the local addresses each may have. `default` stays last. */
const CLIENT_ZONES = {
  tenants: ['1.1.0.0/16', ['1.2.100.1', '1.2.100.2', '1.2.100.5']],
  campus: ['1.1.0.0/17', ['1.2.100.6', '1.2.100.7']],
  host: ['1.1.1.1/32', ['1.2.100.8']],
} as const;
/** No host of the bed is in it, so its addresses may also be `removed`, which ends sessions. */
const OTHER = ['1.2.100.9', '1.2.100.10', '1.2.100.11'];
const ROUTES = ['10.0.0.0/8 via 1.2.1.4', 'default via 1.2.1.4', '192.0.2.0/24 via 1.2.1.9'];
/** One host makes all connections: more than a host may have unless configured. */
const UNLIMITED = 'hostLimits: { sessions: off, ports: off, newSessions: off }';
/** What no configuration may have, by what is wrong; each is put into a valid one. */
const FAULTS: Readonly<Record<string, (text: string) => string>> = {
  'broken YAML': (text) => `${text}zones: [ {\n`,
  'cut in the middle': (text) => text.slice(0, text.indexOf('role: outside') + 3),
  'unknown key': (text) => `${text}zoness: []\n`,
  'unknown key of a zone': (text) => text.replace('match: 0.0.0.0/0', 'match: 0.0.0.0/0, colour: red'),
  'no address': (text) => text.replace('[1.2.100.3]', '[1.2.100.300]'),
  'address in two zones': (text) =>
    text.replace('[1.2.100.3]', '[1.2.100.3]}\n  - { name: twice, match: 9.0.0.0/8, localAddresses: [1.2.100.3]'),
  'zone twice': (text) =>
    text.replace('zones:\n', 'zones:\n  - { name: default, match: 9.0.0.0/8, localAddresses: [1.2.100.60] }\n'),
  'VLAN out of range': (text) =>
    text.replace(
      'routes:',
      '  - { name: extra, packet: lo, role: inside, vlans: [{ id: 5000, addresses: [1.9.0.1/24] }] }\nroutes:',
    ),
  'timer without a unit': (text) => text.replace(/udp: \d+s/, 'udp: soon'),
  'needs a restart: table': (text) => `${text}limits: { sessions: 64 }\n`,
  'needs a restart: ports': (text) =>
    text.replace('localAddresses: [1.2.100.3]', 'ports: 2000-3000, localAddresses: [1.2.100.3]'),
  'needs a restart: neighbors': (text) => `${text}limits: { neighbors: 128 }\n`,
  'no such device': (text) =>
    text.replace('routes:', '  - { name: extra, packet: nosuch0, role: inside, addresses: [1.9.0.1/24] }\nroutes:'),
};

export interface Change {
  /** What is wrong with it; undefined: nothing. */
  readonly fault: string | undefined;
  readonly text: string;
}

/** About one in three is faulty. */
export function randomChange(dice: Dice): Change {
  const text = validConfig(dice);
  if (dice.below(3) > 0) return { fault: undefined, text };
  const fault = dice.pick(Object.keys(FAULTS));
  return { fault, text: FAULTS[fault]!(text) };
}

/** The configuration the load starts with. */
export const firstConfig = config(
  [`  - { name: tenants, match: 1.1.0.0/16, localAddresses: [1.2.100.1, 1.2.100.2], ${UNLIMITED} }`],
  [],
  'udp: 300s',
  '',
  '',
);

function validConfig(dice: Dice): string {
  const zones = Object.entries(CLIENT_ZONES)
    .filter(() => dice.below(3) > 0)
    .map(([name, [match, pool]]) => zone(name, match, someOf(pool, dice), dice, ['draining']));
  if (dice.below(2) === 0) zones.push(zone('other', '1.1.7.0/24', someOf(OTHER, dice), dice, ['draining', 'removed']));
  const vlans = [30, 31, 32].filter(() => dice.below(3) === 0).map((id) => `{ id: ${id}, addresses: [1.${id}.0.1/24] }`);
  return config(
    shuffled(zones, dice),
    ROUTES.filter(() => dice.below(2) === 0),
    `udp: ${200 + dice.below(200)}s, icmp: ${10 + dice.below(50)}s, tcpHalfOpen: ${10 + dice.below(200)}s`,
    vlans.length === 0 ? '' : `, vlans: [${vlans.join(', ')}]`,
    dice.below(3) === 0 ? ', 1.5.0.1/24' : '',
  );
}

function config(zones: readonly string[], routes: readonly string[], timers: string, vlans: string, outside: string): string {
  return `ifaces:
  - { name: lan, device: lan, role: inside, addresses: [1.1.100.1/16]${vlans} }
  - { name: wan, device: wan, role: outside, addresses: [1.2.100.4/16${outside}] }
routes: [${routes.map((route) => ` ${route}`).join(',')} ]
zones:
${[...zones, `  - { name: default, match: 0.0.0.0/0, localAddresses: [1.2.100.3], ${UNLIMITED} }`].join('\n')}
timers: { allowShort: true, tcpClosing: 5s, ${timers} }
`;
}

/** The first address takes sessions; each other one may be in another state. */
function zone(name: string, match: string, pool: readonly string[], dice: Dice, states: readonly string[]): string {
  const addresses = pool.map((address, i) =>
    i > 0 && dice.below(3) === 0 ? `{ address: ${address}, state: ${dice.pick(states)} }` : address,
  );
  return `  - { name: ${name}, match: ${match}, localAddresses: [${addresses.join(', ')}], ${UNLIMITED} }`;
}

/** At least one of them, in a random order. */
function someOf(all: readonly string[], dice: Dice): string[] {
  return shuffled(all, dice).slice(0, 1 + dice.below(all.length));
}

function shuffled<T>(all: readonly T[], dice: Dice): T[] {
  const list = [...all];
  for (let i = list.length - 1; i > 0; i--) {
    const j = dice.below(i + 1);
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}
