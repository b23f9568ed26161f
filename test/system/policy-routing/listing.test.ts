import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { loadConfig } from '../../../src/config/load.js';
import { routeListing, ruleListing } from '../../../src/config/routingText.js';
import { showRoutes, type TableChoice } from '../../../src/control/show/routes.js';
import { showRules } from '../../../src/control/show/rules.js';
import { ADDRESSES, BEFORE, type Line, ROUTES, RULES, RULES_BEFORE } from '../../config/kernelRefusals.js';
import { build } from '../../control/buildSample.js';
import { NetSandbox, netnsSkipReason } from '../../support/netns.js';
import { LISTED_RULES, LISTED_TABLES, listedRoutes, seedFile } from './listed.js';

const DEVICES = ['qr-c2e43983-5c', 'qr-369f59a5-2c'] as const;

/** The same rules and routes in a namespace and in a configuration: what is printed, and what is refused. */
describe('listings and refusals beside those of the kernel', { skip: netnsSkipReason() }, () => {
  const sandbox = new NetSandbox('wrpr');
  const names = new Map<string, string>();
  before(() => {
    for (const [label, devices] of [
      ['list', DEVICES],
      ['ref', Object.keys(ADDRESSES)],
    ] as const) {
      const netns = sandbox.namespace(label);
      names.set(label, netns);
      const other = sandbox.namespace(`${label}2`);
      devices.forEach((device, i) => {
        sandbox.veth({ netns, device }, { netns: other, device: `peer${i}` });
      });
    }
    sandbox.run(names.get('list'), 'ip address add 10.0.0.1/24 dev qr-c2e43983-5c');
    sandbox.run(names.get('list'), 'ip address add 20.0.0.1/24 dev qr-369f59a5-2c');
    for (const [device, addresses] of Object.entries(ADDRESSES))
      for (const address of addresses) sandbox.run(names.get('ref'), `ip address add ${address} dev ${device}`);
  });
  after(() => sandbox.close());

  test('F32 F33 rules and every table, octet for octet', () => {
    const netns = names.get('list')!;
    for (const rule of LISTED_RULES) sandbox.run(netns, `ip rule add ${rule}`);
    for (const route of listedRoutes(DEVICES)) sandbox.run(netns, `ip route add ${route}`);
    const { config, issues } = loadConfig(seedFile(LISTED_RULES, listedRoutes(DEVICES)), 'gw.yaml');
    assert.deepEqual(
      issues.filter(({ severity }) => severity === 'error'),
      [],
    );
    const built = build(config!);
    const rules = showRules({ built }).map((row) => `${ruleListing(row)}\n`);
    assert.equal(rules.join(''), sandbox.run(netns, 'ip rule'));
    const listed = (choice: TableChoice) =>
      showRoutes({ built }, choice)
        .map((row) => `${routeListing(row, choice === 'all')}\n`)
        .join('');
    for (const table of LISTED_TABLES)
      assert.equal(listed(table), sandbox.run(netns, `ip route show table ${table}`), `table ${table}`);
    // The namespace's loopback has addresses, which a gateway has not.
    const whole = sandbox
      .run(netns, 'ip -4 route show table all')
      .split('\n')
      .filter((line) => !line.includes(' dev lo '));
    assert.equal(listed('all'), whole.join('\n'));
  });

  const both = (kind: 'rule' | 'route', { line, refused }: Line): void => {
    const netns = names.get('ref')!;
    let answer = '';
    try {
      sandbox.run(netns, `ip ${kind} add ${line}`);
    } catch (error) {
      answer = (error as Error).message;
    }
    if (answer === '') sandbox.run(netns, `ip ${kind} del ${line}`);
    assert.equal(answer !== '', refused !== undefined, `${line}: ${answer === '' ? 'the kernel takes it' : answer}`);
  };

  test('F77 the kernel refuses the same routes', () => {
    for (const route of BEFORE) sandbox.run(names.get('ref'), `ip route add ${route}`);
    for (const line of ROUTES) both('route', line);
  });

  test('F75 F76 the kernel refuses the same rules', () => {
    for (const rule of RULES_BEFORE) sandbox.run(names.get('ref'), `ip rule add ${rule}`);
    for (const line of RULES) both('rule', line);
  });
});
