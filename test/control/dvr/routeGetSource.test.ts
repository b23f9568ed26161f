import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot } from '../../../src/control/buildSnapshot.js';
import { hostViewOf } from '../../../src/control/dvr/hostViewOf.js';
import { routeGet } from '../../../src/control/routing/routeGet.js';
import { routeGetSource } from '../../../src/control/routing/routeGetSource.js';
import { StateIndex } from '../../../src/control/stateIndex.js';
import { stateOf } from '../../../src/tables/state.js';
import { isFault } from '../../../src/types/parsed.js';
import { parseRouteGet } from '../../../src/types/routeGet.js';
import { MAC, mac, sample } from '../../support/dvrSample.js';
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
