import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showFloatingIps } from '../../../src/control/show/floatingStates.js';
import { awayState } from '../../../src/control/show/hostStates.js';
import type { ShownLife } from '../../../src/control/show/hosts.js';
import type { Boot } from '../../../src/store/presence.js';
import { floatingIp, floatingSample } from '../../support/floatingSample.js';

const boot: Boot = { bootId: 'b1', since: Date.now() - 5000, version: '1', process: '', leaving: false };
const alive = { boot, silentSince: undefined };
const silent = { boot, silentSince: Date.now() - 1000 };
const stopped = { boot: { ...boot, leaving: true }, silentSince: Date.now() - 1000 };

function shown(h2: typeof silent | typeof alive | undefined, lostSince?: number) {
  const life: ShownLife = {
    store: { range: async () => ({ revision: 9, items: [] }) },
    others: { hosts: new Map([['h1', alive], ['n', alive], ...(h2 === undefined ? [] : [['h2', h2] as const])]), lostSince },
    shared: true,
  };
  const forwarding = { protocol: 6, port: 80, lport: 'b2', fixed: 0 as never, toPort: 80 } as never;
  const more = floatingIp('192.168.1.104', 'b2', '20.0.0.22', { lport: undefined, fixed: undefined, forwardings: [forwarding] });
  const objects = { ...floatingSample, floatingIps: [...floatingSample.floatingIps, more] };
  return { objects: { objects, host: 'h1', view: undefined as never, snatHosts: new Map([['r', 'h2']]) }, life };
}

const statuses = async (of: ReturnType<typeof shown>) =>
  (await showFloatingIps(of)).map(({ address, host, status }) => `${address.slice(-3)} ${host} ${status}`);

test('a floating IP is not active where its host is silent, has stopped, or was never there', async () => {
  assert.deepEqual(await statuses(shown(alive)), ['101 h1 active', '103 h1 active', '102 h2 active', '104 h2 forwards']);
  for (const [h2, said] of [
    [silent, 'silent'],
    [stopped, 'stopped'],
    [undefined, 'never'],
  ] as const)
    assert.deepEqual(await statuses(shown(h2)), ['101 h1 active', '103 h1 active', `102 h2 ${said}`, `104 h2 ${said}`]);
});

test('while the store says nothing of the others, nobody is said to be away', async () => {
  assert.deepEqual((await statuses(shown(silent, 1)))[2], '102 h2 active');
  assert.deepEqual(
    [shown(silent), shown(stopped), shown(undefined), shown(alive), shown(silent, 1)].map((of) => awayState(of, 'h2')),
    ['silent', 'stopped', 'not there', undefined, undefined],
  );
  assert.equal(awayState(shown(silent), 'h1'), undefined);
});
