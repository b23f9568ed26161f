import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listYaml } from '../../src/config/listYaml.js';
import { objectChanges } from '../../src/objects/difference.js';
import { readObjects } from '../../src/objects/load.js';
import type { Objects } from '../../src/objects/model.js';
import { entriesOf, selectEntries } from '../../src/objects/objectEntries.js';
import { withoutObjects } from '../../src/objects/remove.js';
import { external, externalOf, floating, fullExternal, router } from './externalSample.js';

const reread = (objects: Objects): Objects => {
  const { objects: again, issues } = readObjects(listYaml(entriesOf(objects), 'text'), 'again.yaml');
  assert.deepEqual(
    issues.filter(({ severity }) => severity === 'error'),
    [],
  );
  return again!;
};

/** Without MACs, which are drawn. */
const plain = (lines: readonly string[]): string[] => lines.map((line) => line.replaceAll(/fa:16:3e:\S\S:\S\S:\S\S/g, 'MAC'));

describe('gateways and floating IPs as a file', () => {
  test('give the same objects when it is read', () => {
    for (const objects of [externalOf(), fullExternal()]) assert.deepEqual(reread(objects), objects);
  });

  test('what is usual is not written', () => {
    const text = listYaml(entriesOf(externalOf(floating('address: 192.168.1.101, network: ext, lport: a1'))), 'of a test');
    assert.match(text, /\{ network: ext, subnet: ext4, address: 192\.168\.1\.21, mac: "fa:16:3e:\S+" \}/);
    assert.match(
      text,
      /^ {2}- \{ address: 192\.168\.1\.101, network: ext, lport: a1, fixed: 10\.0\.0\.11, mac: "fa:16:3e:\S+" \}$/m,
    );
    assert.ok(!text.includes('floatingMac') && !text.includes('draining') && !text.includes('external: false'));
  });

  test('a floating IP without a name is called by its address', () => {
    const { entries, missing } = selectEntries(entriesOf(externalOf()), 'floatingIps', ['192.168.1.102', 'x']);
    assert.deepEqual([entries.floatingIps!.map(({ address }) => address), missing], [['192.168.1.102'], ['x']]);
  });
});

describe('changes of gateways and floating IPs', () => {
  const changes = (before: Objects, after: Objects): string[] => plain(objectChanges(before, after));

  test('are told as an operator says them', () => {
    const before = externalOf();
    const after = externalOf(
      {
        ...router('{ network: ext, address: 192.168.1.22, hosts: [h2] }'),
        ...floating(
          'address: 192.168.1.101, network: ext, lport: a9',
          'name: web, network: ext, forwardings: [{ protocol: tcp, port: 80, lport: a1, toPort: 8080 }]',
        ),
      },
      { before },
    );
    assert.deepEqual(changes(before, after), [
      '- floating ip 192.168.1.102',
      '~ router r1 gateways[ext].address: 192.168.1.21 -> 192.168.1.22',
      '~ router r1 gateways[ext].hosts: h2 (added)',
      '~ floating ip 192.168.1.101 lport: a1 -> a9',
      '~ floating ip 192.168.1.101 fixed: 10.0.0.11 -> 10.0.0.19',
      '+ floating ip web (address 192.168.1.2; network ext; router r1; placement distributed; mac MAC; forwardings tcp 80 to a1 10.0.0.11:8080)',
    ]);
  });

  test('of zones only the keys that change, and elements of lists', () => {
    const zones = (named: string) => ({
      routers: router(`{ network: ext, address: 192.168.1.21, hosts: [h2], zones: [${named}] }`)?.routers ?? '',
      floatingIps: '',
    });
    const one = '{ name: a, match: [10.0.0.0/25], localAddresses: [192.168.1.50-192.168.1.52], ports: 2000-3000 }';
    const before = externalOf(zones(`${one}, { name: b, match: [20.0.0.0/8], localAddresses: [192.168.1.60] }`));
    const hosts = external.hosts.replace('{ name: h1', '{ name: h3, mode: dvr_snat, physnets: [p] }\n  - { name: h1');
    const same = { ...zones(''), hosts };
    const changed = externalOf(
      {
        ...same,
        routers: zones(
          `{ name: c, match: [30.0.0.0/8], localAddresses: [192.168.1.61] }, ${one
            .replace('52]', '53]')
            .replace('2000-3000', '2000-4000, hostLimits: { sessions: 7 }')}`,
        ).routers.replace('hosts: [h2]', 'hosts: [h3, h2]'),
      },
      { before },
    );
    assert.deepEqual(changes(before, changed).slice(1), [
      '~ router r1 gateways[ext].hosts: + h3',
      '~ router r1 gateways[ext].hosts: order is now h3, h2',
      '~ router r1 gateways[ext].zones: - name b match 20.0.0.0/8 localAddresses 192.168.1.60',
      '~ router r1 gateways[ext].zones[a].localAddresses: 192.168.1.50-192.168.1.52 -> 192.168.1.50-192.168.1.53',
      '~ router r1 gateways[ext].zones[a].ports: 2000-3000 -> 2000-4000',
      '~ router r1 gateways[ext].zones[a].hostLimits: sessions 7 (added)',
      '~ router r1 gateways[ext].zones: + name c match 30.0.0.0/8 localAddresses 192.168.1.61',
      '~ router r1 gateways[ext].zones: order is now c, a',
    ]);
  });

  test('a gateway that comes and goes takes the SNAT services with it', () => {
    const without = externalOf({ ...router(''), floatingIps: '' });
    const withGateway = externalOf({ ...router('{ network: more, enableSnat: false }'), floatingIps: '' });
    assert.deepEqual(changes(without, withGateway), [
      '~ router r1 gateways[more]: subnet more4 address 198.51.100.2 mac MAC enableSnat false (added)',
      '~ rif qr-blue4 snat: 10.0.0.2 MAC (added)',
      '~ rif qr-orange4 snat: 20.0.0.2 MAC (added)',
    ]);
    assert.equal(changes(withGateway, without)[1], '~ rif qr-blue4 snat: 10.0.0.2 MAC (removed)');
    assert.deepEqual(changes(fullExternal(), fullExternal()), []);
  });
});

const unassociated = [
  '~ floating ip 192.168.1.101 router: r1 (removed)',
  '~ floating ip 192.168.1.101 lport: a1 (removed)',
  '~ floating ip 192.168.1.101 fixed: 10.0.0.11 (removed)',
];

describe('merging gateways and floating IPs', () => {
  const before = fullExternal();
  const merge = (text: string) => readObjects(text, 'o.yaml', { before, merge: true });
  const faults = (text: string) => merge(text).issues.map(({ line, path, message }) => `${line} ${path}: ${message}`);

  test('one is known by its address where it has no name, and all else stays', () => {
    const { objects, issues } = merge(
      'floatingIps:\n  - { address: 192.168.1.101, network: ext }\n  - { name: new, network: ext }\n',
    );
    assert.deepEqual(
      issues.map(({ line, severity, message }) => `${line} ${severity}: ${message}`),
      ['2 warning: floating ip 192.168.1.101 loses lport, fixed, which the file does not write'],
    );
    assert.deepEqual(plain(objectChanges(before, objects!)), [
      ...unassociated,
      '+ floating ip new (address 192.168.1.33; network ext; placement distributed; mac MAC)',
    ]);
  });

  test('a gateway that floating IPs use cannot go, and they are named', () => {
    assert.deepEqual(faults('routers:\n  - { name: r1, interfaces: [{ subnet: blue4 }, { subnet: orange4 }], gateways: [] }\n'), [
      '1 : floating ip 192.168.1.101, which is there: lport no gateway leads from 10.0.0.11 of lport a1 to network ext: router r1 has none there',
      '1 : floating ip web, which is there: forwardings lport no gateway leads from 20.0.0.22 of lport b2 to network ext: router r1 has none there',
      '1 : floating ip web, which is there: forwardings lport no gateway leads from 20.0.0.22 of lport b2 to network ext: router r1 has none there',
    ]);
  });

  test('what has an address already is told by its name', () => {
    assert.deepEqual(faults('floatingIps:\n  - { name: x, address: 192.168.1.101, network: ext }\n'), [
      '2 floatingIps[0].address: 192.168.1.101 is already an address of floating ip 192.168.1.101, which is there, on network ext',
    ]);
    assert.deepEqual(faults('lports:\n  - { name: x, network: blue, addresses: [10.0.0.3] }\n'), [
      '2 lports[0].addresses[0]: 10.0.0.3 is already the SNAT address of router r1, which is there, on network blue',
    ]);
  });
});

describe('removing what gateways and floating IPs are made of', () => {
  const removed = (before: Objects, ...args: [kind: Parameters<typeof withoutObjects>[1], ...names: string[]]) => {
    const { after, refused } = withoutObjects(before, args[0], args.slice(1), true);
    if (refused.length === 0) assert.deepEqual(reread(after), after, 'what is left is whole');
    return { changes: plain(objectChanges(before, after)), refused };
  };
  const full = fullExternal();

  test('a port that floating IPs lead to is refused, and they are named', () => {
    const { refused } = withoutObjects(full, 'lports', ['a1', 'b2', 'a9']);
    assert.deepEqual(refused, [
      'lport a1 has floating ip 192.168.1.101; remove it first, or take the port from them with --cascade',
      'lport b2 has forwardings tcp 80 of floating ip web, udp 80 of floating ip web; remove them first, or take the port from them with --cascade',
    ]);
  });

  test('a port by cascade: its floating IP stays reserved, its forwardings go', () => {
    assert.deepEqual(removed(externalOf(), 'lports', 'a1'), {
      changes: ['- lport a1', ...unassociated],
      refused: [],
    });
    assert.deepEqual(removed(full, 'lports', 'b2').changes, [
      '- lport b2',
      '~ floating ip web router: r1 (removed)',
      '~ floating ip web forwardings: tcp 80 to b2 20.0.0.22:8080, udp 80 to b2 20.0.0.22:80 (removed)',
    ]);
  });

  test('a floating IP, by name or address', () => {
    assert.deepEqual(removed(full, 'floatingIps', 'web', '192.168.1.101').changes, [
      '- floating ip 192.168.1.101',
      '- floating ip web',
    ]);
    assert.deepEqual(removed(full, 'floatingIps', 'wep').refused, ['there is no floating ip wep; did you mean web?']);
  });

  test('a host: gateways may be on the others that are named; the last one is refused', () => {
    assert.deepEqual(removed(full, 'hosts', 'h2').refused, [
      'the gateway of router r1 on more may only be on h2; name others under its hosts first',
    ]);
    const both = externalOf(router('{ network: ext, hosts: [h1, h2] }'));
    const { routers } = withoutObjects(both, 'hosts', ['h1']).after;
    assert.deepEqual(routers[0]!.gateways[0]!.hosts, ['h2']);
    assert.equal(withoutObjects(both, 'hosts', ['h1', 'h2']).refused.length, 1);
  });

  test('networks, subnets and routers that they use are refused', () => {
    assert.deepEqual(removed(full, 'networks', 'ext').refused, [
      'network ext has subnet ext4; remove it first',
      'network ext has gateway of router r1; remove it first',
      'network ext has floating ips 192.168.1.101, web, held; remove them first',
      'network ext has external address 192.168.1.31 of host h1; remove it first',
    ]);
    assert.deepEqual(removed(full, 'subnets', 'ext4').refused, [
      'subnet ext4 has gateway of router r1; remove it first',
      'subnet ext4 has floating ips 192.168.1.101, web, held; remove them first',
      'subnet ext4 has external address 192.168.1.31 of host h1; remove it first',
    ]);
    assert.deepEqual(removed(full, 'routers', 'r1').refused, [
      'router r1 has floating ips 192.168.1.101, web; remove them first',
    ]);
    assert.deepEqual(removed(externalOf({ floatingIps: '' }), 'routers', 'r1').changes, [
      '- router r1',
      '- rif qr-blue4',
      '- rif qr-orange4',
    ]);
  });
});
