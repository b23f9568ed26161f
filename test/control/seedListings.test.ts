import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { routeListing, ruleListing } from '../../src/config/routingText.js';
import { showRoutes, type TableChoice, tableOf } from '../../src/control/show/routes.js';
import { showRules } from '../../src/control/show/rules.js';
import { build } from './buildSample.js';

/** The listings of the text on distributed routers and SNAT that the redirect is written after. */
const RULES = `0:	from all lookup local
32766:	from all lookup main
32767:	from all lookup default
167772161:	from 10.0.0.1/24 lookup 167772161
335544321:	from 20.0.0.1/24 lookup 335544321
`;
const MAIN = `10.0.0.0/24 dev qr-c2e43983-5c  proto kernel  scope link  src 10.0.0.1
20.0.0.0/24 dev qr-369f59a5-2c  proto kernel  scope link  src 20.0.0.1
`;

const FILE = `
ifaces:
  - { tap: qr-c2e43983-5c, role: inside, addresses: [10.0.0.1/24] }
  - { tap: qr-369f59a5-2c, role: inside, addresses: [20.0.0.1/24] }
rules:
  - from 20.0.0.1/24 lookup 335544321 pref 335544321
  - { from: 10.0.0.1/24, table: 167772161, priority: 167772161 }
routes:
  - default via 10.0.0.3 dev qr-c2e43983-5c table 167772161
  - default via 20.0.0.3 table 335544321
`;

const { config, issues } = loadConfig(FILE, 'gw.yaml');
const built = build(config!);

/** That listing is of an ip(8) which had two blanks here and there. */
const squeezed = (text: string): string => text.replace(/ +/g, ' ').replace(/ $/gm, '');

function listed(choice: TableChoice): string {
  return squeezed(
    showRoutes({ built }, choice)
      .map((row) => `${routeListing(row, false)}\n`)
      .join(''),
  );
}

test('F32 the rules are listed as in the seed', () => {
  assert.deepEqual(issues, []);
  assert.equal(
    showRules({ built })
      .map((row) => `${ruleListing(row)}\n`)
      .join(''),
    RULES,
  );
});

test('F33 the redirect tables are listed as in the seed', () => {
  assert.equal(listed(254), squeezed(MAIN));
  assert.equal(listed(167_772_161), 'default via 10.0.0.3 dev qr-c2e43983-5c\n');
  assert.equal(listed(335_544_321), 'default via 20.0.0.3 dev qr-369f59a5-2c\n');
});

test('a table is asked for by number, by name, or all', () => {
  const names = new Map([
    [254, 'main'],
    [100, 'blue'],
  ]);
  assert.deepEqual(
    ['blue', '0x64', '7', 'all', null].map((word) => tableOf(word, names)),
    [100, 100, 7, 'all', 254].map((value) => ({ value })),
  );
  for (const word of ['red', '0', '-1', '4294967296']) assert.ok('fault' in tableOf(word, names), word);
});
