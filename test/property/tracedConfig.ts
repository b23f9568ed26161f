import type { Dice } from '../support/mutate.js';
import type { PolicyParts } from './randomPolicy.js';

/** Of what the worlds of tracedWorld.ts are made. */

export const INSIDE = ['lan', 'v7', 'dmz'];
export const HOSTS = [
  '10.0.0.2',
  '10.0.0.3',
  '10.0.0.130',
  '10.0.7.2',
  '10.0.1.2',
  '10.0.1.9',
  '10.9.0.4',
  '172.16.0.1',
  '10.0.0.1',
  '127.0.0.1',
];
export const REMOTES = [
  ...['198.51.100.7', '198.51.100.8', '192.0.2.50', '192.0.2.51', '192.0.2.254', '203.0.113.5', '203.0.113.130', '203.0.113.200'],
  ...[
    '10.0.1.2',
    '10.0.7.2',
    '10.0.0.2',
    '10.9.0.4',
    '192.0.2.1',
    '10.0.0.1',
    '192.0.2.10',
    '192.0.2.60',
    '192.0.2.61',
    '192.0.2.255',
    '224.0.0.5',
    '255.255.255.255',
    '0.0.0.1',
  ],
];

export const ROUTES = [
  'default via 192.0.2.254 dev wan',
  '{ to: 203.0.113.0/25, type: unreachable }',
  '{ to: 203.0.113.128/26, type: prohibit }',
  '{ to: 203.0.113.192/26, type: blackhole }',
  '{ to: 10.9.0.0/16, via: 10.0.1.9 }',
];

/** What rules and routes of theirs may name. */
export const ROUTED: PolicyParts = {
  ifaces: [...INSIDE, 'wan'],
  hops: [
    ['192.0.2.254', 'wan'],
    ['192.0.2.50', 'wan'],
    ['10.0.1.9', 'dmz'],
    ['10.0.0.3', 'lan'],
    ['10.0.7.2', 'v7'],
  ],
  sources: ['10.0.0.0/24', '10.0.0.0/28', '10.0.1.0/24', '10.9.0.0/16', '10.0.0.1/24', '198.51.100.0/24'],
  destinations: ['198.51.100.0/24', '198.51.100.7', '203.0.113.0/24', '10.9.0.0/16', '10.0.1.0/24', '192.0.2.0/24'],
  own: ['10.0.0.1', '10.0.1.1', '192.0.2.1'],
  nat: true,
};

/** How a zone translates: each mode, with limits that few flows reach. */
export function randomModes(dice: Dice): string {
  const eim = dice.below(3) > 0;
  const limits = [
    `sessions: ${dice.pick([3, 40, 'off'])}`,
    `ports: ${dice.pick([2, 20, 'off'])}`,
    `halfOpen: ${dice.pick([2, 20])}`,
    `newSessions: ${dice.pick(['1/s burst 3', '1/s burst 3', 'off'])}`,
  ].filter(() => dice.below(2) === 0);
  return [
    `mapping: ${eim ? 'eim' : 'apdm'}`,
    ...(eim ? [`filtering: ${dice.pick(['adf', 'adf', 'eif', 'apdf'])}`] : []),
    `overload: ${dice.below(2) === 0}`,
    `pooling: ${dice.pick(['rr', 'rr', 'rr-host', 'hash', 'least'])}`,
    ...(dice.below(6) === 0 ? ['protocols: [tcp, icmp]'] : []),
    ...(limits.length === 0 ? [] : [`hostLimits: { ${limits.join(', ')} }`]),
  ].join(', ');
}
