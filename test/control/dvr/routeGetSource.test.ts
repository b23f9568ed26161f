import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot } from '../../../src/control/buildSnapshot.js';
import { hostViewOf } from '../../../src/control/dvr/view/hostViewOf.js';
import { routeGet } from '../../../src/control/routing/routeGet.js';
import { routeGetSource } from '../../../src/control/routing/routeGetSource.js';
import { StateIndex } from '../../../src/control/stateIndex.js';
import { stateOf } from '../../../src/tables/state.js';
import { isFault } from '../../../src/types/parsed.js';
import { parseRouteGet } from '../../../src/types/routeGet.js';
import { MAC, mac, sample } from '../../support/dvrSample.js';
import { FabricWorld } from '../../support/fabric.js';
import { floatingSample } from '../../support/floatingSample.js';
import { lan } from '../../support/sample.js';
import { allocateWorld, configOf } from '../../support/worldParts.js';

test('a route is asked of the router that the interface belongs to, and of the gateway for its own', () => {
  const index = new StateIndex(stateOf(allocateWorld({}, 1, { k0: 1, k1: 2 }), 0).ports);
  const base = { mac: mac('fa:16:3f:00:00:00'), octets: 3 } as const;
  const view = hostViewOf(sample, { name: 'h1', mac: mac(MAC.d1), prefix: base });
  const built = buildSnapshot(configOf(lan), [1500, 1500, 1500], index, 1, 1, [], undefined, view);
  const ask = (iif: string) => {
    const request = parseRouteGet(new URLSearchParams({ to: '20.0.0.22', from: '10.0.0.11', iif }));
    assert.ok(!isFault(request));
    const answer = routeGet(routeGetSource(built, request.value), request.value);
    assert.ok(!isFault(answer));
    return [answer.value.dev, answer.value.via];
  };
  assert.deepEqual(ask('qr-blue'), ['qr-orange', '']);
  assert.deepEqual(ask('lan'), ['wan', '192.0.2.254']);
});

test('the rule it names is the one that decides: rules of a router are told in the order of their priorities, not as they were derived', () => {
  const { built } = new FabricWorld(floatingSample).on('h1');
  const { view } = built.routers.find(({ view: { name } }) => name === 'r')!;
  const given = view.rules.map(({ priority }) => priority);
  assert.notDeepEqual(
    given,
    given.toSorted((a, b) => a - b),
  );
  const told = (from: string) => {
    const request = parseRouteGet(new URLSearchParams({ to: '203.0.113.9', from, iif: 'qr-blue' }));
    assert.ok(!isFault(request));
    const answer = routeGet(routeGetSource(built, request.value), request.value);
    assert.ok(!isFault(answer));
    const { table, steps } = answer.value;
    return [table, steps.at(-1)!.rule];
  };
  assert.deepEqual(told('10.0.0.11'), ['16', '32768: from 10.0.0.11 lookup 16']);
  assert.deepEqual(told('10.0.0.15'), ['167772161', '167772161: from 10.0.0.1/24 lookup 167772161']);
});
