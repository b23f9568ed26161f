import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderObjects } from '../../src/cli/objectListings.js';
import { storeAwaySeconds } from '../../src/control/show/hostStates.js';
import { type ShownLife, showHosts } from '../../src/control/show/hosts.js';
import type { ShownObjects } from '../../src/control/show/objects.js';
import type { Boot } from '../../src/store/presence.js';
import type { HostRow } from '../../src/types/showObjects.js';
import { objectsOf } from '../objects/sample.js';

const boot: Boot = { bootId: 'b1', since: Date.now() - 5000, version: '1', process: '', leaving: false };
const objects = objectsOf({
  hosts: `hosts:\n${['h1', 'h2', 'h3', 'h4'].map((name, i) => `  - { name: ${name}, vtep: 192.0.2.${i + 1} }`).join('\n')}`,
});
const stored = [
  ['seen/h1', { bootId: 'b1', since: 1, left: null }],
  ['seen/h2', { bootId: 'b2', since: 1, left: Date.now() - 60_000 }],
  ['seen/h3', { bootId: 'b3', since: 1, left: null }],
  ['applied/h1', { revision: 9, at: 1 }],
] as const;
const items = stored.map(([key, value]) => ({ key, value: JSON.stringify(value), modRevision: 3 }));

const rows = async (life: Partial<ShownLife> | undefined, more: Partial<ShownObjects> = {}): Promise<HostRow[]> => {
  const there: ShownLife = {
    store: { range: async (prefix) => ({ revision: 9, items: items.filter(({ key }) => key.startsWith(prefix)) }) },
    others: { hosts: new Map([['h1', { boot, silentSince: undefined }]]) },
    shared: true,
    ...life,
  };
  return showHosts({ objects: { objects, host: 'h1', view: undefined as never, ...more }, life: life && there });
};
const states = (all: readonly HostRow[]): string[] => all.map(({ name, state, bootId }) => `${name} ${state} ${bootId}`);

test('hosts that went before this gateway began: stopped since a time, silent since nobody knows when, or never there', async () => {
  const all = await rows({});
  assert.deepEqual(states(all), ['h1 alive b1', 'h2 stopped b2', 'h3 silent b3', 'h4 never ']);
  assert.deepEqual(
    all.map(({ stateSeconds }) => (stateSeconds === null ? null : Math.round(stateSeconds))),
    [5, 60, null, null],
  );
  assert.deepEqual([all[0]!.applied, all[0]!.lag, all[1]!.applied], [9, 0, null]);
});

test('a silent host that keeps services without a lease is listed with what to do about it', async () => {
  const snatHosts = new Map([
    ...['r1', 'r2'].map((router) => [router, 'h1'] as const),
    ...['r3', 'r4'].map((router) => [router, 'h3'] as const),
    ['r5', 'h2'] as const,
  ]);
  const all = await rows({}, { snatHosts, lasting: new Set(['r1', 'r3', 'r5']) });
  assert.deepEqual(
    all.map(({ services, kept }) => [services, kept]),
    [
      [2, 0],
      [1, 0],
      [2, 1],
      [0, 0],
    ],
    'one that lives serves them',
  );
  const text = renderObjects('hosts', all, false).split('\n');
  assert.match(text.find((line) => line.startsWith('h3'))!, / 2, 1 kept /);
  assert.deepEqual(text.slice(-4), [
    '',
    'h3 is silent and keeps the SNAT service of a router: no other host was to have it, and it may serve on unseen.',
    'Start it again, or when it is certain that it does not run: windrose delete host h3',
    '',
  ]);
  assert.ok(!renderObjects('hosts', await rows({}, { snatHosts }), false).includes('kept'));
});

test('of hosts with stores of their own nobody knows anything, but of this one', async () => {
  assert.deepEqual(states(await rows({ shared: false })).slice(0, 2), ['h1 alive b1', 'h2 unknown b2']);
  assert.deepEqual(states(await rows(undefined))[0], 'h1 unknown ');
});

test('a store that is away leaves out what only it knows', async () => {
  const all = await rows({ store: { range: () => Promise.reject(new Error('gone')) } });
  assert.deepEqual(states(all).slice(0, 2), ['h1 alive b1', 'h2 unknown ']);
  assert.deepEqual([all[0]!.applied, all[0]!.behind, all[0]!.lag, all[0]!.ports], [null, null, null, 1]);
});

test('one that says nothing at all, as when it is cut off, is waited for no longer than who asks waits', async () => {
  const begun = performance.now();
  // It is waited for without keeping a process alive.
  const alive = setTimeout(() => {}, 5000);
  assert.deepEqual(states(await rows({ store: { range: () => new Promise(() => {}) } })).slice(0, 2), [
    'h1 alive b1',
    'h2 unknown ',
  ]);
  clearTimeout(alive);
  assert.ok(performance.now() - begun < 5000);
});

test('while the store is away it is not asked, and nobody knows of the others how they are; this one runs', async () => {
  const lostSince = Date.now() - 30_000;
  const hosts = new Map([
    ['h1', { boot: { ...boot, since: Date.now() - 5000 }, silentSince: lostSince }],
    ['h2', { boot: { ...boot, bootId: 'b2' }, silentSince: undefined }],
    ['h3', { boot: { ...boot, bootId: 'b3' }, silentSince: 1 }],
  ]);
  const all = await rows({ store: { range: assert.fail }, others: { hosts, lostSince } });
  assert.deepEqual(states(all), ['h1 alive b1', 'h2 unknown b2', 'h3 unknown b3', 'h4 unknown ']);
  assert.deepEqual(
    all.map(({ stateSeconds }) => (stateSeconds === null ? null : Math.round(stateSeconds))),
    [5, 30, 30, null],
  );
});

test('a host whose workers do not forward yet is starting', async () => {
  const hosts = new Map([
    ['h1', { boot: { ...boot, starting: true }, silentSince: undefined }],
    ['h2', { boot: { ...boot, bootId: 'b2', starting: true }, silentSince: undefined }],
    ['h3', { boot: { ...boot, bootId: 'b3', starting: true }, silentSince: 1 }],
  ]);
  const all = await rows({ others: { hosts } });
  assert.deepEqual(states(all), ['h1 starting b1', 'h2 starting b2', 'h3 silent b3', 'h4 never ']);
  assert.match(renderObjects('hosts', all, false), /^h2 .* STARTING /m);
});

test('a gateway that runs and is not among the hosts of the objects is listed behind them; one that went is not', async () => {
  const hosts = new Map([
    ['h1', { boot, silentSince: undefined }],
    ['gone', { boot, silentSince: 1 }],
    ['h9', { boot: { ...boot, bootId: 'b9' }, silentSince: undefined }],
  ]);
  const all = await rows({ others: { hosts } });
  assert.deepEqual(
    all.map(({ name, named, state }) => `${name} ${named} ${state}`),
    ['h1 true alive', 'h2 true stopped', 'h3 true silent', 'h4 true never', 'h9 false alive'],
  );
  const [head, ...lines] = renderObjects('hosts', all, false).split('\n');
  assert.match(`${head}\n${lines[4]}`, /^NAME +VTEP +MODE .*\nh9 +- +no object /);
});

test('how long the store of a cloud is away; that of one host is no matter of others', () => {
  const life = (shared: boolean, lostSince?: number): { life: ShownLife } => ({
    life: { store: { range: assert.fail }, others: { hosts: new Map(), lostSince }, shared },
  });
  assert.equal(storeAwaySeconds(life(true)), undefined);
  assert.equal(storeAwaySeconds(life(false, Date.now() - 7000)), undefined);
  assert.equal(Math.round(storeAwaySeconds(life(true, Date.now() - 7000))!), 7);
});
