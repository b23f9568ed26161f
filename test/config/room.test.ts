import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Room } from '../../src/config/checks/room.js';
import { loadConfigFile } from '../../src/config/load.js';
import { CounterRoom, STATIC_ZONE } from '../../src/shared/counters.js';
import { MAX_IFACES } from '../../src/tables/rifs.js';
import { issuesOf, sample } from './sample.js';

/** Files made to hold the loader up; a gateway reads them between two answers to a probe. */

/** Each took minutes, or all memory, before it was refused. Slow machines included, this is no longer than a moment. */
const MOMENT_MS = 5000;
/** CPU time of this process, which what else the machine does makes no longer. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const many = (count: number, item: (i: number) => string, between = ',') =>
  Array.from({ length: count }, (_, i) => item(i)).join(between);
const host = (i: number) => `${10 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;

const heavy: readonly (readonly [string, string, RegExp])[] = [
  ['100,000 aliases', `a: &a 1\nb: [${many(100_000, () => '*a')}]\n`, /more than 1000 aliases/],
  [
    '60,000 anchors with an alias each',
    `x:\n${many(60_000, (i) => ` - &a${i} 1`, '\n')}\ny:\n${many(60_000, (i) => ` - *a${i}`, '\n')}\n`,
    /more than 1000 anchors/,
  ],
  ['60,000 unknown keys', many(60_000, (i) => `unknown${i}: 1`, '\n'), /more than 150000 words and signs/],
  ['20,000 unknown keys', many(20_000, (i) => `unknown${i}: 1`, '\n'), /and more errors, which are not listed/],
  ['20,000 times one key', many(20_000, () => 'name: a', '\n'), /and more errors, which are not listed/],
  ['aliases of large lists', `x: &a [${many(500, () => '1')}]\nzones: [${many(900, () => '*a')}]\n`, /aliases written out/],
  ['nested aliases', `a: &a0 [1]\n${many(40, (i) => `a${i}: &a${i + 1} [*a${i}, *a${i}]`, '\n')}\n`, /aliases written out/],
  [
    '40,000 source prefixes',
    sample({ zones: `zones: [{ match: [${many(40_000, (i) => `${host(i)}.0/32`)}], localAddresses: [] }]` }),
    /40000 source prefixes/,
  ],
  [
    'wide ranges',
    sample({ zones: `zones: [{ match: 1.1.0.0/16, localAddresses: [${many(30_000, () => '20.0.0.0-20.0.15.255')}] }]` }),
    /122880000 local addresses/,
  ],
  [
    '8,193 static mappings',
    sample({
      staticMappings: `staticMappings: [${many(8193, (i) => `{external: ${host(i)}.1, inside: 1.1.${(i >> 8) & 255}.${i & 255}}`)}]`,
    }),
    /8193 static mappings/,
  ],
];

describe('files that are too much', () => {
  for (const [name, text, expected] of heavy)
    test(name, () => {
      const began = cpuMs();
      const issues = issuesOf(text);
      const took = cpuMs() - began;
      assert.match(issues.at(-1) ?? '', expected);
      assert.ok(issues.length <= 101, `${issues.length} issues`);
      assert.ok(took < MOMENT_MS, `${took} ms`);
    });

  test('8,192 static mappings are not too much', () => {
    const began = cpuMs();
    const mappings = many(8192, (i) => `{external: 1.3.${(i >> 8) & 255}.${i & 255}, inside: 1.1.${(i >> 8) & 255}.${i & 255}}`);
    const routes = 'routes: [default via 1.2.1.254, 1.3.0.0/16 dev wan]';
    const issues = issuesOf(sample({ routes, staticMappings: `staticMappings: [${mappings}]` }));
    assert.ok(
      issues.every((line) => line.includes('warning')),
      issues[0],
    );
    assert.ok(cpuMs() - began < MOMENT_MS);
  });

  test('20,000 routes are not too much', () => {
    const routes = `routes: [${many(20_000, (i) => `${host(i)}.1/32 via 1.2.1.254`)}]\nlimits: { routes: 30000 }`;
    assert.deepEqual(issuesOf(sample({ routes })), []);
  });

  test('warnings beyond the hundredth are counted', () => {
    const zones = `zones:\n${many(300, (i) => ` - { match: ${host(i)}.0/32, localAddresses: [] }`, '\n')}`;
    const issues = issuesOf(sample({ zones }));
    assert.equal(issues.length, 101);
    assert.match(issues.at(-1)!, /warning: and 201 more warnings, which are not listed$/);
  });

  test('what check lets pass there is room for at the start', () => {
    assert.deepEqual([Room.Ifaces, Room.Rifs, Room.Zones], [MAX_IFACES, CounterRoom.FirstDevice, STATIC_ZONE]);
  });
});

describe('what is no regular file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-files-'));
  const at = (name: string) => join(directory, name);
  const message = (file: string) => loadConfigFile(file).issues[0]?.message;
  const windrose = (command: string) =>
    spawnSync('sh', ['-c', command, process.execPath, join(import.meta.dirname, '../../src/main.js')], {
      encoding: 'utf8',
      timeout: 20_000,
    });
  writeFileSync(at('good.yaml'), sample());
  execFileSync('mkfifo', [at('fifo')]);
  symlinkSync('good.yaml', at('link'));
  symlinkSync('link', at('second'));
  symlinkSync('fifo', at('toFifo'));
  test.after(() => rmSync(directory, { recursive: true }));

  test('a FIFO nobody writes to is refused at once, also behind a link', () => {
    const { status, stdout } = windrose(`"$0" "$1" check ${at('fifo')}`);
    assert.equal(status, 1);
    assert.match(stdout, /fifo: is not a regular file/);
    assert.equal(message(at('toFifo')), 'is not a regular file');
  });
  test('devices are refused', () => {
    for (const device of ['/dev/zero', '/dev/null', '/dev/tty']) assert.match(message(device) ?? '', /not a regular file|ENXIO/);
  });
  test('links to a file are followed', () => assert.deepEqual(loadConfigFile(at('second')).issues, []));
  test('a pipe given to check is read to its end, and no further than a file of objects may be', () => {
    assert.match(windrose(`cat ${at('good.yaml')} | "$0" "$1" check /dev/stdin`).stdout, /^\/dev\/stdin: ok/);
    assert.match(windrose('yes | "$0" "$1" check /dev/stdin').stdout, /larger than 16 MiB/);
  });
});
