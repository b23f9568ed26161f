import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listYaml } from '../../src/config/listYaml.js';
import { objectChanges } from '../../src/objects/difference.js';
import { readObjects } from '../../src/objects/load.js';
import type { Objects } from '../../src/objects/model.js';
import { entriesOf, selectEntries } from '../../src/objects/objectEntries.js';
import { withoutObjects } from '../../src/objects/remove.js';
import { objectsOf } from './sample.js';

/** Every key with a value that is not its default. */
const full: Parameters<typeof objectsOf>[0] = {
  underlayMtu: 'underlayMtu: 9000',
  hosts: `hosts:
  - { name: h1, vtep: 192.0.2.1, mode: dvr_snat, mac: fa:16:3f:00:00:01, physnets: [p1] }
  - { name: h2, vtep: 192.0.2.2, physnets: [p1] }`,
  networks: `networks:
  - { name: blue, type: vxlan, id: 1001, unknownUnicast: flood, arp: strict }
  - { name: orange, type: vlan, id: 7, physnet: p1, unknownUnicast: drop }
  - { name: "1e5", type: local }`,
  subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24, pools: [10.0.0.100-10.0.0.200, 10.0.0.7] }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24, gateway: none }`,
  lports: `lports:
  - { name: a1, network: blue, addresses: [10.0.0.11, 10.0.0.12], host: h1, tap: tapa1, netns: "vm a1", migratingTo: h2, migratingNetns: v,
      allowedPairs: [{ address: 10.0.0.50 }, { address: "fd00::/64", mac: 00:00:5e:00:01:07 }] }
  - { name: b2, network: orange, host: h2, packet: ethb2, portSecurity: false, owner: dhcp, adminUp: false }
  - { name: "true", network: "1e5" }`,
  routers: `routers:
  - name: r1
    distributed: false
    adminUp: false
    interfaces:
      - { name: q, subnet: blue4, address: 10.0.0.9 }
      - { subnet: orange4, address: 20.0.0.1 }
    routes: [default via 10.0.0.254, { to: 30.0.0.0/8, via: 20.0.0.9, dev: qr-orange4 }]
    rules: [{ from: 10.0.0.0/24, table: 100 }]`,
};

const reread = (objects: Objects): Objects => {
  const { objects: again, issues } = readObjects(listYaml(entriesOf(objects), 'text'), 'again.yaml');
  assert.deepEqual(issues, []);
  return again!;
};

describe('objects as a file', () => {
  test('give the same objects when it is read, with MACs that were drawn, whatever they are', () => {
    for (const objects of [objectsOf(full), objectsOf(), objectsOf({ hosts: 'hosts: []', lports: '', routers: '' })])
      assert.deepEqual(reread(objects), objects);
  });

  test('an object is a line, and what is usual is not written', () => {
    const text = listYaml(entriesOf(objectsOf()), 'of a test');
    assert.match(text, /^# of a test\n/);
    assert.match(text, /^ {2}- \{ name: blue, type: vxlan, id: 1001, mtu: 1450 \}$/m);
    assert.match(text, /^ {2}- \{ name: a9, network: blue, mac: "fa:16:3e:\S+", addresses: \[ 10\.0\.0\.19 \] \}$/m);
    assert.ok(!text.includes('underlayMtu') && !text.includes('adminUp'));
  });

  test('of some names only those, and what is missing is told', () => {
    const all = entriesOf(objectsOf(full));
    assert.deepEqual(selectEntries(all, 'hosts', ['h2', 'h9']), {
      entries: { hosts: [{ name: 'h2', vtep: '192.0.2.2', physnets: ['p1'] }] },
      missing: ['h9'],
    });
    assert.deepEqual(Object.keys(selectEntries(all, 'networks', []).entries), ['underlayMtu', 'networks']);
  });
});

describe('merging a file', () => {
  const before = objectsOf(full);
  const merge = (text: string) => readObjects(text, 'o.yaml', { before, merge: true });

  test('adds what is new, replaces what it names, and keeps the rest', () => {
    const { objects, issues } = merge(
      'lports:\n  - { name: a3, network: blue, addresses: [10.0.0.13] }\n  - { name: b2, network: orange, host: h1, packet: ethb2 }\n',
    );
    assert.deepEqual(
      issues.map(({ line, severity, message, remedy }) => `${line} ${severity}: ${message}. ${remedy}`),
      [
        '3 warning: lport b2 loses portSecurity, owner, adminUp, which the file does not write. It takes the place of the one there as a whole; "windrose get lports b2" prints that.',
      ],
    );
    assert.deepEqual(
      objectChanges(before, objects!).map((line) => line.replace(/mac \S+;/, 'mac;')),
      [
        '+ lport a3 (network blue; mac; addresses 10.0.0.13; portSecurity true; owner compute; adminUp true)',
        '~ lport b2 host: h2 -> h1',
        '~ lport b2 portSecurity: false -> true',
        '~ lport b2 owner: dhcp -> compute',
        '~ lport b2 adminUp: false -> true',
      ],
    );
    assert.deepEqual(
      objects!.lports.find(({ name }) => name === 'a1'),
      before.lports[0],
    );
  });

  test('the MAC of a host is kept and not lost; what is lost is told beside it', () => {
    const known = objectsOf({ hosts: full.hosts!.replace('name: h2', 'name: h2, mac: "fa:16:3f:00:00:02"') });
    const { issues } = readObjects('hosts:\n  - { name: h2, vtep: 192.0.2.2 }\n', 'o.yaml', {
      before: { ...known, lports: [], networks: [], routers: [], rifs: [], subnets: [] },
      merge: true,
    });
    assert.deepEqual(
      issues.map(({ message }) => message),
      ['host h2 loses physnets, which the file does not write'],
    );
  });

  test('of a file without what is there is meant where it refers to that: without --merge it says so', () => {
    const port = 'lports:\n  - { name: a3, network: blue, addresses: [10.0.0.13], host: h1 }\n';
    const { issues } = readObjects(port, 'o.yaml', { before });
    assert.deepEqual(
      issues.map(({ message, remedy }) => `${message}. ${remedy}`),
      ['network "blue"', 'host "h1"'].map(
        (what) =>
          `there is no ${what} in the file, and the one there is would be removed. Apply it with --merge, which keeps what the file does not name; or write that in the file too.`,
      ),
    );
    assert.equal(
      merge(port).objects?.lports.some(({ name }) => name === 'a3'),
      true,
    );
    const typo = readObjects(port.replace('blue', 'blau'), 'o.yaml', { before }).issues[0]!;
    assert.match(`${typo.message}. ${typo.remedy}`, /^there is no network "blau"\. /);
  });

  test('of nothing changes nothing', () => {
    assert.deepEqual(objectChanges(before, merge('hosts: []').objects!), []);
  });

  test('what does not fit is told at its place in the file, and of other objects by their names', () => {
    const faults = (text: string) => merge(text).issues.map(({ line, path, message }) => `${line} ${path}: ${message}`);
    assert.deepEqual(faults('lports:\n  - { name: x, network: green }\n'), ['2 lports[0].network: there is no network "green"']);
    assert.deepEqual(faults('\nlports:\n  - { name: x, network: blue, addresses: [10.0.0.11] }\n'), [
      '3 lports[0].addresses[0]: 10.0.0.11 is already an address of lport a1, which is there, on network blue',
    ]);
    assert.deepEqual(faults('lports:\n  - { name: x, network: blue, host: h1, tap: tapa1, netns: vm a1 }\n'), [
      '2 lports[0].tap: the device "tapa1 in vm a1 on h1" is already used by lport a1, which is there',
    ]);
    assert.deepEqual(
      faults(
        'lports:\n  - { name: x, network: blue, addresses: [10.0.0.9] }\n  - { name: y, network: blue, addresses: [10.0.0.9] }\n',
      ),
      ['2', '3'].map(
        (line, i) =>
          `${line} lports[${i}].addresses[0]: 10.0.0.9 is already an address of router r1, which is there, on network blue`,
      ),
    );
    const router = 'routers:\n  - { name: r9, interfaces: [{ subnet: blue4, address: 10.0.0.11 }] }\n';
    assert.deepEqual(faults(router), [
      '2 routers[0].interfaces[0].address: 10.0.0.11 is already an address of lport a1, which is there, on network blue',
    ]);
    assert.deepEqual(faults('subnets:\n  - { name: wide, network: blue, cidr: 10.0.0.0/16, gateway: none }\n'), [
      '2 subnets[0].cidr: 10.0.0.0/16 overlaps 10.0.0.0/24 of subnet blue4, which is there, on the same network',
    ]);
    assert.deepEqual(faults('hosts:\n  - { name: h7 }\n  - { name: h7 }\n'), [
      '3 hosts[1].name: the host name "h7" is already used by hosts[0] (host h7, line 2)',
    ]);
    assert.deepEqual(
      faults('hosts:\n  - { name: h7, vtpe: 1.2.3.4 }\n').map((line) => line.slice(0, 10)),
      ['2 hosts[0]'],
    );
    assert.deepEqual(faults('subnets:\n  - { name: blue4, network: blue, cidr: 10.9.0.0/24 }\n').length, 3);
    assert.deepEqual(faults('lports: 7\n').length, 1);
    assert.deepEqual(faults('- 7\n').length, 1);
  });
});

describe('removing objects', () => {
  const before = objectsOf();
  const removed = (...args: [kind: Parameters<typeof withoutObjects>[1], ...names: string[]]) => {
    const { after, refused } = withoutObjects(before, args[0], args.slice(1));
    if (refused.length === 0) assert.deepEqual(reread(after), after, 'what is left is whole');
    return { changes: objectChanges(before, after), refused };
  };

  test('ports, and a router with its interfaces', () => {
    assert.deepEqual(removed('lports', 'a1', 'b2').changes, ['- lport a1', '- lport b2']);
    assert.deepEqual(removed('routers', 'r1').changes, ['- router r1', '- rif qr-blue4', '- rif qr-orange4']);
  });

  test('a host: its ports are bound to none (dvr.md 5.1)', () => {
    assert.deepEqual(removed('hosts', 'h2'), { changes: ['- host h2', '~ lport b2 host: h2 (removed)'], refused: [] });
  });

  test('what others need is refused, and they are named', () => {
    assert.deepEqual(removed('networks', 'blue').refused, [
      'network blue has subnet blue4; remove it first',
      'network blue has lports a1, a9; remove them first',
    ]);
    assert.deepEqual(removed('subnets', 'blue4').refused, [
      'subnet blue4 has interface qr-blue4 of router r1; remove it first',
      'subnet blue4 has lports a1 (10.0.0.11), a9 (10.0.0.19); remove them first',
    ]);
    assert.deepEqual(removed('hosts', 'h3', 'h1').refused, ['there is no host h3']);
    assert.deepEqual(removed('networks', 'blu').refused, ['there is no network blu; did you mean blue?']);
    const ports = Array.from({ length: 8 }, (_, i) => `  - { name: p${i}, network: n }`).join('\n');
    const many = objectsOf({
      networks: 'networks: [{ name: n, type: local }]',
      subnets: '',
      routers: '',
      lports: `lports:\n${ports}`,
    });
    assert.deepEqual(withoutObjects(many, 'networks', ['n']).refused, [
      'network n has lports p0, p1, p2, p3, p4 and 3 more; remove them first',
    ]);
  });
});
