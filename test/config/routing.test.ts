import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { formatIssue } from '../../src/config/issues.js';
import { loadConfig } from '../../src/config/load.js';
import { RoutingModel } from '../../src/config/routingModel.js';
import { ruleText } from '../../src/config/routingText.js';
import { settleRoutes } from '../../src/config/settleRoutes.js';
import { wireOrder } from '../../src/types/ipv4.js';
import { BEFORE, KERNEL_BED, ROUTES, RULES, RULES_BEFORE } from './kernelRefusals.js';
import { issuesOf, sample } from './sample.js';

const bed = (sections: object): string => `${KERNEL_BED}${JSON.stringify(sections).slice(1, -1)}}\n`;

/** What is said about a file with these sections, as errors. */
function errors(sections: object): string[] {
  const { issues } = loadConfig(bed(sections), 'gw.yaml');
  return issues.filter(({ severity }) => severity === 'error').map(formatIssue);
}

/** The rules as listed, of a file with these sections. */
function rules(sections: object): string[] {
  const { config, issues } = loadConfig(bed(sections), 'gw.yaml');
  assert.ok(config, JSON.stringify(issues));
  return config.rules.map((rule) => ruleText(rule, config.tableNames));
}

describe('F77 routes the kernel refuses are refused, the others are not', () => {
  for (const { line, refused } of ROUTES) {
    test(line, () => {
      const said = errors({ routes: [...BEFORE, line] });
      if (refused === undefined) assert.deepEqual(said, []);
      else assert.match(said.join('\n'), new RegExp(refused.replaceAll('[', '\\[')));
      // The order of the file does not matter.
      const turned = errors({ routes: [line, ...BEFORE] });
      assert.equal(turned.length === 0, said.length === 0, turned.join('\n'));
    });
  }
});

describe('F75 rules the kernel refuses are refused, the others are not', () => {
  for (const { line, refused } of RULES) {
    test(line, () => {
      const said = errors({ rules: [...RULES_BEFORE, line] });
      if (refused === undefined) assert.deepEqual(said, []);
      else assert.match(said.join('\n'), new RegExp(refused.replaceAll('[', '\\[')));
    });
  }
});

test('all faults at once, with the place of the item and a remedy', () => {
  const text = sample({
    routes: 'routes:\n  - default via 1.2.1.254 dev wan tabel 5 metric\n  - 9.0.0.0/8 via 1.2.1.254 table blue mtu 20',
    rules: 'rules:\n  - from 10.0.0.300 lookup 0 pref x\n  - { fwmark: 1/2/3, table: green }\n  - pref 5 pref 6 from 10.0.0.0/8',
  });
  assert.deepEqual(issuesOf(text), [
    'gateway.yaml:6:5 routes[0].tabel: unknown key "tabel"',
    'gateway.yaml:6:5 routes[0].metric: has no value',
    'gateway.yaml:7:5 routes[1].mtu: "20" is not between 68 and 65520',
    'gateway.yaml:11:5 rules[0].priority: "x" is not a whole number',
    'gateway.yaml:11:5 rules[0].from: "10.0.0.300" is not an IPv4 address (last octet above 255)',
    'gateway.yaml:11:5 rules[0].table: "0" is no table: 0 stands for "not said"',
    'gateway.yaml:12:15 rules[1].fwmark: "1/2/3" is not a 32-bit number, or two with / between them',
    'gateway.yaml:13:5 rules[2].priority: stands here twice',
  ]);
  for (const { remedy } of loadConfig(text, 'gateway.yaml').issues) assert.notEqual(remedy, '');
});

describe('tables by name', () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-names-'));
  test.after(() => rmSync(directory, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };

  test('of the file, of tables, and of the system', () => {
    const tableNames = file('good', '# comment\n255\tlocal\n254 main\n0 unspec\n1 inr.ruhep # a net\n0x10 sixteen\n');
    const listed = rules({
      tableNames,
      tables: { blue: 100 },
      rules: ['pref 1 lookup inr.ruhep', 'pref 2 table sixteen', { priority: 3, table: 'blue' }, 'pref 4 lookup local'],
    });
    assert.deepEqual(listed.slice(1, 5), [
      'from all lookup inr.ruhep pref 1',
      'from all lookup sixteen pref 2',
      'from all lookup blue pref 3',
      'from all lookup local pref 4',
    ]);
  });
  test('a name nobody has, and names that cannot be', () => {
    assert.match(errors({ rules: ['lookup blue'] }).join('\n'), /^gw.yaml:1:\d+ rules\[0\].table: there is no table "blue"$/);
    const faulty = [
      { main: 5, '7up': 7, x: 254, a: 9, b: 9 },
      { y: 0, z: 4294967296 },
    ];
    const said = faulty.flatMap((tables) => errors({ tables })).join('\n');
    for (const name of ['main', '7up', 'x', 'b', 'y', 'z']) assert.match(said, new RegExp(`tables.${name}: `), name);
  });
  test('a file that cannot be read or is none', () => {
    assert.match(
      errors({ tableNames: join(directory, 'none') })[0]!,
      /tableNames: .*\/none: cannot be read: there is no such file/,
    );
    const [said, ...more] = errors({ tableNames: file('bad', '1 one\nx two\n3\n4294967296 big\n'), rules: ['lookup one'] });
    assert.match(said!, /bad:2: "x two" is not a whole number/);
    assert.equal(more.length, 2);
  });
});

test('priorities that are not said are given as the kernel gives them', () => {
  const listed = rules({ rules: ['from 4.4.4.4 lookup 7', 'from 5.4.4.4 lookup 7', 'pref 5 nop', 'from 6.4.4.4 lookup 7'] });
  assert.deepEqual(listed, [
    'from all lookup local proto kernel pref 0',
    'from 6.4.4.4 lookup 7 pref 4',
    'from all nop pref 5',
    'from 5.4.4.4 lookup 7 pref 32764',
    'from 4.4.4.4 lookup 7 pref 32765',
    'from all lookup main proto kernel pref 32766',
    'from all lookup default proto kernel pref 32767',
  ]);
});

test('rule 0 is protected, the other default rules are not', () => {
  assert.match(errors({ defaultRules: { local: false } }).join(), /defaultRules.local: cannot be false: without rule 0/);
  assert.deepEqual(rules({ defaultRules: { local: false, default: false, force: true } }), [
    'from all lookup main proto kernel pref 32766',
  ]);
});

test('a rule for an interface nobody has is told, and loads', () => {
  const { config, issues } = loadConfig(bed({ rules: ['iif qx lookup 5'] }), 'gw.yaml');
  assert.match(issues.map(formatIssue).join(), /warning: rules\[0\]\.iif: there is no interface "qx": the rule matches nothing/);
  assert.equal(config!.rules[1]!.iif, 'qx');
});

test('a default route in main that hides redirects is told', () => {
  const redirect = {
    rules: ['from 10.0.0.1/24 lookup 167772161 pref 167772161'],
    routes: ['default via 10.0.0.3 table 167772161'],
  };
  assert.deepEqual(loadConfig(bed(redirect), 'gw.yaml').issues, []);
  const captured = { ...redirect, routes: [...redirect.routes, 'default via 20.0.0.3'] };
  assert.match(
    loadConfig(bed(captured), 'gw.yaml').issues.map(formatIssue).join(),
    /warning: routes\[1\]\.to: takes all that rules\[0\] would send to table 167772161/,
  );
});

test('a group and a reverse path of VLANs are those of the interface unless they say', () => {
  const ifaces = [
    {
      ...{ name: 'qr', tap: 'qr', role: 'inside', addresses: ['10.0.0.1/24'], group: 3, reversePath: 'strict' },
      vlans: [{ id: 5 }, { id: 6, group: 0, reversePath: 'loose' }],
    },
  ];
  const { config } = loadConfig(JSON.stringify({ ifaces }), 'gw.yaml');
  const rifs = [config!.ifaces[0]!, ...config!.ifaces[0]!.vlans].map(({ group, reversePath }) => [group, reversePath]);
  assert.deepEqual(rifs, [
    [3, 'strict'],
    [3, 'strict'],
    [0, 'loose'],
  ]);
});

test('100,000 routes are checked in less than five seconds of processor time', () => {
  const { config } = loadConfig(bed({ routes: ['1.0.0.0/24 via 10.0.0.3'] }), 'gw.yaml');
  const [one] = config!.routes;
  const routes = Array.from({ length: 100_000 }, (_, i) => {
    const to = { ...one!.to, address: wireOrder(0x3000_0000 + i * 256) };
    return { value: { ...one!, to, nexthops: [{ ...one!.nexthops[0]!, dev: undefined }] }, path: ['routes', i] };
  });
  const began = process.cpuUsage();
  const settled = settleRoutes(routes, config!.ifaces, new RoutingModel(config!.ifaces, config!.rules));
  const took = process.cpuUsage(began).user / 1000;
  assert.ok(settled.every(({ value, faults }) => faults.length === 0 && value.nexthops[0]!.dev === 'qr'));
  assert.ok(took < 5000, `${took} ms`);
});

test('rules do what the kernel has no sense for only where the file says so in its words', () => {
  assert.match(errors({ rules: ['throw'] }).join(), /unknown key "throw"/);
  assert.match(errors({ rules: ['goto 5 lookup 6'] }).join(), /stands beside goto; a rule does one thing/);
  assert.match(errors({ rules: ['nop blackhole'] }).join(), /stands here twice/);
});

test('F76 a next hop is looked up by rules with goto: backwards is a fault and no endless way, and what no next hop matches is still a target', () => {
  const route = '1.0.0.0/8 via 52.0.0.9 dev qr table 9';
  const behind = ['from 10.0.0.0/8 pref 100 table 9', 'pref 200 lookup 7'];
  const routes = ['52.0.0.0/8 dev qr table 7', route];
  assert.match(errors({ rules: ['pref 100 goto 100', ...behind], routes }).join(), /goto: 100 is not above the priority/);
  assert.deepEqual(errors({ rules: ['pref 5 goto 100', 'pref 6 unreachable', ...behind], routes }), []);
});

test('F77 no next hop of 127.0.0.0/8', () => {
  assert.match(errors({ routes: ['1.0.0.0/8 via 127.0.0.1'] }).join(), /next hop 127\.0\.0\.1 is an address of this gateway/);
});

test('F76 lo is of the default group when a next hop is looked up', () => {
  const routes = ['0.0.0.0/1 dev lo table 100', '172.16.0.0/12 via 10.0.0.9 table 9'];
  const rules = ['pref 5 lookup 100 suppress_ifgroup default', 'pref 6 unreachable'];
  // Were the route by lo not suppressed, it would be the way; so main has the last word.
  const { config } = loadConfig(bed({ rules, routes }), 'gw.yaml');
  assert.equal(config!.routes[1]!.nexthops[0]!.dev, 'qr');
});
