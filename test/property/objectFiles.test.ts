import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIssue } from '../../src/config/issues.js';
import { listYaml } from '../../src/config/listYaml.js';
import { readObjects } from '../../src/objects/load.js';
import { entriesOf } from '../../src/objects/objectEntries.js';
import { keysOf, objectsIn } from '../../src/store/objectKeys.js';
import { SEED } from './seed.js';

/** Texts that YAML would take for something else, and all others. */
const word = fc.oneof(
  fc.constantFrom('true', 'null', '1e5', '0x10', '010', 'No', '2026-01-01', '_', '1_000', '12.5', 'y'),
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}$/),
);
const words = (most: number) => fc.uniqueArray(word, { minLength: 1, maxLength: most });
const anyText = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0')),
  fc.constantFrom(
    ' ',
    '# a',
    'a: b',
    '- a',
    '"',
    "'",
    '---',
    '...',
    '{',
    ' x ',
    '&a',
    '*a',
    '!!int 1',
    '%TAG',
    'a\nb',
    '\n',
    '\t',
    '~',
    '|',
  ),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const cloud = fc
  .record({ hosts: words(3), networks: words(3), ports: words(8), router: word })
  .chain(({ hosts, networks, ports, router }) =>
    fc.record({
      hosts: fc.constant(hosts.map((name, i) => ({ name, vtep: `192.0.2.${i + 1}` }))),
      networks: fc.tuple(
        ...networks.map((name, i) =>
          fc.record({
            ...{
              name: fc.constant(name),
              type: fc.constant('vxlan'),
              id: fc.constant(i + 1),
              mtu: fc.integer({ min: 576, max: 1450 }),
            },
            ...{ unknownUnicast: maybe(fc.constantFrom('drop', 'flood')), arp: maybe(fc.constantFrom('flood', 'strict')) },
          }),
        ),
      ),
      subnets: fc.constant(networks.map((network, i) => ({ name: `s-${i}`, network, cidr: `10.${i}.0.0/24` }))),
      lports: fc.tuple(
        ...ports.map((name, i) =>
          fc
            .record({
              network: fc.nat(networks.length - 1),
              host: maybe(fc.constantFrom(...hosts)),
              to: maybe(fc.constantFrom(...hosts)),
              ...{ netns: maybe(anyText), there: maybe(anyText), addressed: fc.boolean(), paired: fc.boolean() },
              ...{
                portSecurity: maybe(fc.boolean()),
                adminUp: maybe(fc.boolean()),
                owner: maybe(fc.constantFrom('dhcp', 'service')),
                instance: maybe(fc.constantFrom('i-1', '3f1c9a52-6f0e')),
                project: maybe(fc.constantFrom('p~1')),
              },
            })
            .map(({ network, host, to, netns, there, addressed, paired, ...rest }) => ({
              ...{ name, network: networks[network], host, ...rest },
              ...(addressed ? { addresses: [`10.${network}.0.${i + 10}`] } : {}),
              ...(paired
                ? { allowedPairs: [{ address: `10.${network}.0.200` }, { address: 'fd00::/64', mac: '00:00:5e:00:01:07' }] }
                : {}),
              ...(host === undefined ? {} : { tap: `t${i}`, netns }),
              ...(host !== undefined && to !== undefined && to !== host ? { migratingTo: to, migratingNetns: there } : {}),
            })),
        ),
      ),
      routers: fc.constant([{ name: router, interfaces: networks.map((_, i) => ({ subnet: `s-${i}` })) }]),
    }),
  );

const byName = (all: readonly { readonly name: string }[]) => new Map(all.map((one) => [one.name, one]));

test('whatever objects there are: "get" prints a file that makes the same ones, and so do the records of a store', () => {
  fc.assert(
    fc.property(cloud, (entries) => {
      const { objects, issues } = readObjects(JSON.stringify(entries), 'drawn.yaml');
      assert.ok(objects !== undefined, issues.map(formatIssue).join('\n'));
      const text = listYaml(entriesOf(objects), 'printed');
      const again = readObjects(text, 'again.yaml');
      assert.deepEqual(again.objects, objects, `${text}\n${again.issues.map(formatIssue).join('\n')}`);
      const items = [...keysOf(objects)].map(([key, value]) => ({ key, value: JSON.stringify(value), modRevision: 1 }));
      const stored = objectsIn(items);
      for (const kind of ['hosts', 'networks', 'subnets', 'lports', 'routers', 'rifs'] as const)
        assert.deepEqual(byName(stored[kind]), byName(objects[kind]));
    }),
    { seed: SEED, numRuns: 150 },
  );
});
