import { expectLines, listing } from '../cloud/listing.js';
import type { CloudWorld } from '../cloud/scene.js';
import { H1, N } from '../cloud/topology.js';

/** What an operator sees on the hosts: rules and tables that floating IPs leave by. */

const RULES = ['rules', 'router', 'r'] as const;
const TABLE = ['routes', 'router', 'r', 'table', '16'] as const;

/** Listings as text, each under its command. */
export function listings(world: CloudWorld): string {
  return [
    'Before the rules of its subnet there is one for each guest of the host with a floating IP:\n\n',
    listing(world, H1, ...RULES),
    listing(world, H1, ...TABLE),
    listing(world, H1, 'floating-ips'),
    'Hosts keep nothing about packets of their floating IPs; the SNAT service has a session of each connection, of a centralised one too:\n\n',
    listing(world, N, 'sessions'),
  ].join('');
}

/** Throws one line unless the numbers are those of Neutron. */
export function asInNeutron(world: CloudWorld): void {
  expectLines(world, H1, RULES, [
    '0: from all lookup local',
    '32766: from all lookup main',
    '32767: from all lookup default',
    '32768: from 10.0.0.11 lookup 16',
    '32769: from 10.0.0.13 lookup 16',
    '167772161: from 10.0.0.1/24 lookup 167772161',
    '335544321: from 20.0.0.1/24 lookup 335544321',
  ]);
  expectLines(world, H1, TABLE, ['default via 169.254.64.1 dev rfp-r']);
}
