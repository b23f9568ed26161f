import { expectLines, listing } from '../cloud/listing.js';
import type { CloudWorld } from '../cloud/scene.js';
import { H2, N } from '../cloud/topology.js';

/** What an operator sees on the hosts: the listings of the document on SNAT. */

const RULES = ['rules', 'router', 'r'] as const;
const BLUE_TABLE = ['routes', 'router', 'r', 'table', '167772161'] as const;
const ORANGE_TABLE = ['routes', 'router', 'r', 'table', '335544321'] as const;
const SERVICE = ['routes', 'router', 'snat-r'] as const;

/** Listings as text, each under its command. */
export function listings(world: CloudWorld): string {
  return [
    'What the main table has no route for, the rules of its subnet send to the SNAT service, by an address of its own on that subnet:\n\n',
    listing(world, H2, ...RULES),
    listing(world, H2, ...BLUE_TABLE),
    listing(world, H2, ...ORANGE_TABLE),
    'The SNAT service routes at its host, and keeps a session of each connection:\n\n',
    listing(world, N, ...SERVICE),
    listing(world, N, 'sessions'),
  ].join('');
}

/** Throws one line unless the numbers are those of the document. */
export function asInTheDocument(world: CloudWorld): void {
  expectLines(world, H2, RULES, [
    '0: from all lookup local',
    '32766: from all lookup main',
    '32767: from all lookup default',
    '167772161: from 10.0.0.1/24 lookup 167772161',
    '335544321: from 20.0.0.1/24 lookup 335544321',
  ]);
  expectLines(world, H2, BLUE_TABLE, ['default via 10.0.0.3 dev qr-blue']);
  expectLines(world, H2, ORANGE_TABLE, ['default via 20.0.0.3 dev qr-orange']);
}
