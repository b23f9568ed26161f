import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { configYaml } from '../../src/config/configYaml.js';
import { formatIssue } from '../../src/config/issues.js';
import { loadConfig } from '../../src/config/load.js';
import { changesBetween, changeText } from '../../src/control/reload/changes.js';
import { KERNEL_BED } from './kernelRefusals.js';

const bed = (sections: object): string => `${KERNEL_BED}${JSON.stringify(sections).slice(1, -1)}}\n`;

/** Each issue with its remedy, without file and place. */
function said(text: string): string[] {
  return loadConfig(text, 'gw.yaml').issues.map(
    (issue) => `${formatIssue(issue).replace(/^gw\.yaml:\d+:\d+ /, '')}. ${issue.remedy}`,
  );
}

describe('F77 a next hop that a rule keeps from being looked up', () => {
  const rules = ['from all prohibit pref 1002', 'lookup mail pref 1500'];
  const tables = { mail: 100, far: 200 };

  test('is reached by the table of the route or by main, as on Linux where the route came first', () => {
    const { config, issues } = loadConfig(bed({ tables, rules, routes: ['default via 30.0.0.0 table mail'] }), 'gw.yaml');
    assert.deepEqual(issues, []);
    assert.equal(config!.routes[0]!.nexthops[0]!.dev, 'qs');
    const own = ['9.9.9.0/24 dev qr table mail', 'default via 9.9.9.9 table mail'];
    assert.equal(loadConfig(bed({ tables, rules, routes: own }), 'gw.yaml').config!.routes[1]!.nexthops[0]!.dev, 'qr');
    const without = { tables, rules, defaultRules: { main: false }, routes: ['default via 10.0.0.3 table mail'] };
    assert.deepEqual(said(bed(without)), []);
  });
  test('by a rule that leads elsewhere the device is the one the kernel finds', () => {
    const routes = ['10.0.0.0/25 dev qs table far', 'default via 10.0.0.3 table mail'];
    const { config } = loadConfig(bed({ tables, rules: ['lookup far pref 900'], routes }), 'gw.yaml');
    assert.equal(config!.routes[1]!.nexthops[0]!.dev, 'qs');
  });
  test('is refused with the name of the rule where only a third table has it', () => {
    const routes = ['9.9.9.0/24 dev qr table far', 'default via 9.9.9.9 table mail'];
    const third = { tables, rules: ['from all prohibit pref 1002', 'lookup far pref 1500'], routes };
    assert.deepEqual(said(bed(third)), [
      'routes[1].via: rule 1002 (prohibit) keeps next hop 9.9.9.9 from being looked up by rule 1500. ' +
        'Write onlink and dev, or give rule 1002 a priority above 1500.',
    ]);
    assert.deepEqual(said(bed({ ...third, rules: ['from all prohibit pref 1502', 'lookup far pref 1500'] })), []);
    assert.match(
      said(bed({ ...third, rules: ['from all prohibit pref 1002'] })).join(),
      /9\.9\.9\.9 is not in any connected subnet/,
    );
  });
});

describe('a slip that spoils all words of an item is one fault', () => {
  const head = 'name: gw1\nifaces:\n  - { name: qr, tap: qr, role: inside, addresses: [10.0.0.1/24] }\n';
  test('the next item is indented too far', () => {
    const text = `${head}routes:\n  - default via 10.0.0.3\n    - 1.2.3.0/24 via 10.0.0.4\n`;
    assert.deepEqual(said(text), ['routes[0]: the next item is indented too far. Begin it in the column of the others.']);
    const rules = `${head}rules:\n  - from 10.0.0.0/24 lookup 5\n   - from 20.0.0.0/24 lookup 6\n`;
    assert.deepEqual(said(rules), ['rules[0]: the next item is indented too far. Begin it in the column of the others.']);
  });

  const cases: [rules: unknown[], routes: unknown[], expected: string][] = [
    [['add from 10.0.0.0/24 lookup 5'], [], 'rules[0]: "add" is the command, not the rule. Leave out "add".'],
    [['ip rule add from all lookup 5'], [], 'rules[0]: "ip rule add" is the command, not the rule. Leave out "ip rule add".'],
    [
      [],
      ['ip -4 ro add default via 10.0.0.3'],
      'routes[0]: "ip -4 ro add" is the command, not the route. Leave out "ip -4 ro add".',
    ],
    [
      [],
      ['ip route del default'],
      'routes[0]: "ip route del" is the command, not the route. Leave the whole line out: what the file does not name is not there.',
    ],
    [
      ['1000:\tfrom 10.0.0.0/24 iif x [detached] lookup 5'],
      [],
      'rules[0]: begins with "1000:", as a listing does. Write "from 10.0.0.0/24 iif x lookup 5 pref 1000".',
    ],
    [
      [{ 1000: 'from all lookup 5' }],
      [],
      'rules[0]: begins with "1000:", as a listing does. Write "from all lookup 5 pref 1000".',
    ],
    [
      [],
      [5],
      'routes[0]: is the single value 5, not a line or a mapping. Write a line such as "default via 10.0.0.254", or keys with ":".',
    ],
  ];
  for (const [rules, routes, expected] of cases) test(expected, () => assert.deepEqual(said(bed({ rules, routes })), [expected]));

  test('a line of a listing, as YAML reads it', () => {
    const text = `${head}rules:\n  - 1000:\tfrom 10.0.0.0/24 lookup 5\n`;
    assert.deepEqual(said(text), [
      'rules[0]: begins with "1000:", as a listing does. Write "from 10.0.0.0/24 lookup 5 pref 1000".',
    ]);
  });
  test('an unknown word takes no known one for its value', () => {
    const [fault, ...more] = said(bed({ rules: ['please from 10.0.0.0/24 lookup 5'] }));
    assert.match(fault!, /^rules\[0\]\.please: unknown key "please"/);
    assert.deepEqual(more, []);
  });
});

describe('what was probably meant', () => {
  const meant = (sections: object, expected: RegExp): void => {
    const [first, ...more] = said(bed(sections));
    assert.match(first!, expected);
    assert.deepEqual(more, []);
  };
  test('words of lines as keys of mappings', () => {
    const tables = { mail: 100 };
    meant({ tables, rules: [{ from: '10.0.0.0/24', lookup: 'mail' }] }, /unknown key "lookup"\. Did you mean "table"\?$/);
    meant({ rules: [{ from: '10.0.0.0/24', table: 5, pref: 10 }] }, /unknown key "pref"\. Did you mean "priority"\?$/);
    meant({ routes: [{ to: 'default', gateway: '10.0.0.3' }] }, /unknown key "gateway"\. Did you mean "via"\?$/);
  });
  test('names of tables and protocols', () => {
    meant({ tables: { mail: 100 }, rules: ['lookup mial'] }, /there is no table "mial"\. Did you mean "mail"\?$/);
    meant({ rules: ['lookup other'] }, /there is no table "other"\. Write "tables: \{ other: NUMBER \}", or its number\.$/);
    meant({ rules: ['ipproto tpc lookup 5'] }, /"tpc" is neither a known name nor a number\. Did you mean "tcp"\?$/);
  });
});

describe('rules that do nothing load with a warning', () => {
  const warned = (rule: string): string => said(bed({ rules: [rule] })).join();
  test('goto to a priority that no rule has', () => {
    assert.match(
      warned('pref 5 goto 50000'),
      /^warning: rules\[0\]\.goto: there is no rule of priority 50000: this one does nothing/,
    );
    assert.equal(warned('pref 5 goto 32767'), '');
  });
  test('marks and tunnels, which no packet has', () => {
    assert.match(warned('fwmark 0x1/0xff lookup 5'), /^warning: rules\[0\]\.fwmark: .*: the rule matches nothing/);
    assert.match(warned('tun_id 7 lookup 5'), /^warning: rules\[0\]\.tun_id: .*: the rule matches nothing/);
    for (const rule of ['fwmark 0x100/0xff lookup 5', 'fwmark 0/0xff lookup 5', 'not fwmark 1 lookup 5'])
      assert.equal(warned(rule), '');
  });
});

test('names of tables are printed, and what is printed loads again', () => {
  const load = (sections: object) => loadConfig(bed(sections), 'gw.yaml').config!;
  const mail = load({ tables: { mail: 100 }, rules: ['lookup mail pref 9'], routes: ['default via 10.0.0.3 table mail'] });
  const yaml = configYaml(mail);
  assert.match(yaml, /- from all lookup mail pref 9\n/);
  assert.match(yaml, /- default via 10\.0\.0\.3 dev qr table mail\n/);
  assert.deepEqual(loadConfig(yaml, 'again').config, mail);
  const other = load({ tables: { mail: 101 }, rules: ['lookup mail pref 9'], routes: ['default via 10.0.0.3 table 100'] });
  assert.deepEqual(changesBetween(mail, other).map(changeText), [
    'rules: - from all lookup 100 pref 9',
    'rules: + from all lookup mail pref 9',
    'gateway: tables.mail 100 -> 101',
  ]);
});

test('a name that the file of names gave to another table is printed for the last one only', () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-names-'));
  try {
    const tableNames = join(directory, 'rt_tables');
    writeFileSync(tableNames, '100 mail\n');
    const config = loadConfig(bed({ tableNames, tables: { mail: 200 }, rules: ['lookup 100 pref 8', 'lookup mail pref 9'] }), 'x')
      .config!;
    const yaml = configYaml(config);
    assert.match(yaml, /lookup 100 pref 8\n.*lookup mail pref 9\n/);
    assert.deepEqual(loadConfig(yaml, 'again').config, config);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
