import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showNeighbors } from '../../../src/control/show/neighbors.js';
import { routingOf, routingOrWhere } from '../../../src/control/show/routerScope.js';
import { MAIN, showRoutes } from '../../../src/control/show/routes.js';
import { showRules } from '../../../src/control/show/rules.js';
import { isFault } from '../../../src/types/parsed.js';
import { FabricWorld } from '../../support/fabric.js';
import { snatSample } from '../../support/snatSample.js';

const world = new FabricWorld(snatSample);

function routing(host: string, name: string) {
  const found = routingOf(world.on(host).built, name);
  assert.ok(!isFault(found));
  return { built: found.value };
}
const lines = (host: string, name: string): string[] =>
  showRules(routing(host, name)).map(({ priority, from, table }) => `${priority}: from ${from} lookup ${table}`);
const routes = (host: string, name: string, table = MAIN): string[] =>
  showRoutes(routing(host, name), table).map(({ to, nexthops: [way] }) => `${to} via ${way!.via} dev ${way!.dev}`);

test('F32 F33 rules and tables of a replica: behind the default ones, one for each interface with a SNAT service', () => {
  const seed = ['0: from all lookup local', '32766: from all lookup main', '32767: from all lookup default'];
  const redirects = ['167772161: from 10.0.0.1/24 lookup 167772161', '335544321: from 20.0.0.1/24 lookup 335544321'];
  assert.deepEqual(lines('h2', 'r'), [...seed, ...redirects]);
  assert.deepEqual(routes('h2', 'r', 167_772_161), ['default via 10.0.0.3 dev qr-blue']);
  assert.deepEqual(routes('h2', 'r'), ['10.0.0.0/24 via  dev qr-blue', '20.0.0.0/24 via  dev qr-orange']);
});

test('rules are listed in order of evaluation, whatever order they were made in', () => {
  const { built } = routing('h2', 'r');
  const config = { ...built.config, rules: [...built.config.rules].reverse() };
  const listed = showRules({ built: { ...built, config } }).map(({ priority }) => priority);
  assert.deepEqual(listed, [0, 32_766, 32_767, 167_772_161, 335_544_321]);
});

test('the SNAT service has a router of its own, on the host that has it alone', () => {
  assert.deepEqual(routes('n', 'snat-r'), [
    'default via 192.168.1.1 dev qg-r',
    '10.0.0.0/24 via  dev sg-blue',
    '20.0.0.0/24 via  dev sg-orange',
    '192.168.1.0/24 via  dev qg-r',
  ]);
  const elsewhere = routingOf(world.on('h2').built, 'snat-r');
  assert.ok(isFault(elsewhere));
  assert.match(elsewhere.fault, /there is no router "snat-r" on this host; there are r$/);
});

test('a router that is not here is told with the hosts that have it, the one with its SNAT service first', async () => {
  const { built } = world.on('h2');
  const here = { objects: { ...snatSample, lports: [] }, host: 'h2', view: built.view };
  const all = { ...snatSample, routers: [...snatSample.routers, { ...snatSample.routers[0]!, name: 'idle' }] };
  const faultOf = async (name: string, objects?: object): Promise<string> => {
    const found = await routingOrWhere({ built: { ...built, routers: [] }, objects } as never, name);
    return isFault(found) ? found.fault : assert.fail();
  };
  const shown = { ...here, all: async () => all, snatHosts: new Map([['r', 'n']]) };
  assert.equal(await faultOf('r', shown), 'router "r" is not on this host; it is on n, h1, h2: ask there, with --name n');
  assert.equal(await faultOf('idle', shown), 'router "idle" is not on this host, and no host has a port that it serves');
  for (const objects of [shown, undefined])
    assert.equal(await faultOf('nosuch', objects), 'there is no router "nosuch" on this host; there are none');
});

test('the SNAT service of a router with a long name is found by its short name and by the whole one; what was typed is never cut', () => {
  const long = '7b4c1d8e-52aa-4c1e-9b1f-0123456789ab';
  const { built } = world.on('n');
  const routers = built.routers.map((one) =>
    'router' in one.view ? { ...one, view: { ...one.view, name: 'snat-7b4c1d8e-52aa-4c-12345678', router: long } } : one,
  );
  const found = (name: string) => routingOf({ ...built, routers }, name);
  assert.ok(!isFault(found(`snat-${long}`)));
  assert.deepEqual(found(`snat-${long}`), found('snat-7b4c1d8e-52aa-4c-12345678'));
  const other = found(`snat-${long.replace(/b$/, 'c')}`);
  assert.ok(isFault(other));
  assert.match(other.fault, /^there is no router "snat-7b4c1d8e-52aa-4c1e-9b1f-0123456789ac" on this host/);
});

test('without a name they are those of the gateway, and have nothing of the routers of networks', () => {
  const found = routingOf(world.on('n').built, null);
  assert.ok(!isFault(found));
  assert.ok(
    !showRoutes({ built: found.value }, 'all').some(({ nexthops }) => nexthops.some(({ dev }) => /^(qr|sg|qg)-/.test(dev))),
  );
});

test('neighbours of a router: those of its interfaces, and no others', () => {
  const host = world.on('n');
  const shown = { built: host.built, states: [host.state] };
  const devs = (name: string): string[] => {
    const found = routingOf(host.built, name);
    assert.ok(!isFault(found));
    return [...new Set(showNeighbors(shown, found.value).map(({ dev }) => dev))].sort();
  };
  const all = [...new Set(showNeighbors(shown).map(({ dev }) => dev))].sort();
  assert.deepEqual([...devs('r'), ...devs('snat-r')].sort(), all);
  assert.ok(devs('r').length > 0 && devs('r').every((dev) => dev.startsWith('qr-')), devs('r').join());
  assert.ok(devs('snat-r').length > 0 && devs('snat-r').every((dev) => /^[sq]g-/.test(dev)), devs('snat-r').join());
});
