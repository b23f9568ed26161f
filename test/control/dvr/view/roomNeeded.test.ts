import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lackingRoom } from '../../../../src/control/dvr/view/roomNeeded.js';
import type { Objects } from '../../../../src/objects/model.js';
import { lport, mac, rif } from '../../../support/dvrSample.js';
import { floatingSample } from '../../../support/floatingSample.js';
import { snatSample, zone } from '../../../support/snatSample.js';

const lacks = (objects: Objects): string[] =>
  lackingRoom(objects).map(({ host, what, needs, room }) => `${host} ${what} ${needs} of ${room}`);

test('a host is told by what it needs and has room for, and others are not', () => {
  assert.deepEqual(lacks(floatingSample), []);
  const zones = Array.from({ length: 1024 }, (_, i) => zone('0.0.0.0/0', ['192.168.1.21'], { name: `z${i}` }));
  const routers = snatSample.routers.map((router) => ({
    ...router,
    gateways: router.gateways.map((gateway) => ({ ...gateway, zones })),
  }));
  assert.deepEqual(lacks({ ...snatSample, routers }), ['n zones 1024 of 1023']);
  const ports = Array.from({ length: 1020 }, (_, i) => lport(`p${i}`, 'blue', 'fa:16:3e:00:0e:01', '10.0.0.77', 'h2'));
  assert.deepEqual(lacks({ ...floatingSample, lports: [...floatingSample.lports, ...ports] }), []);
  const more = [...ports, ...ports.slice(0, 3).map((port) => ({ ...port, name: `${port.name}b` }))];
  assert.deepEqual(lacks({ ...floatingSample, lports: [...floatingSample.lports, ...more] }), ['h2 ports 1025 of 1024']);
});

test('router interfaces are those of replicas, services and exits, on the hosts that have them', () => {
  // Of each router the replica's on blue, sg- and qg-.
  const names = Array.from({ length: 2732 }, (_, i) => `r${i}`);
  const objects: Objects = {
    ...snatSample,
    lports: snatSample.lports.filter(({ name }) => name === 'a1'),
    routers: names.map((name) => ({ ...snatSample.routers[0]!, name })),
    rifs: names.map((name, i) => ({
      ...rif(`qr-${i}`, name, 'blue4', 'fa:16:3e:00:0f:01', '10.0.0.1'),
      snat: { address: snatSample.rifs[0]!.address, mac: mac('fa:16:3e:00:0f:02') },
    })),
  };
  assert.deepEqual(lacks(objects), ['n router interfaces 8196 of 8192', 'n zones 2732 of 1023'], 'h1 has the replicas alone');
  const [lack] = lackingRoom(objects);
  assert.match(lack!.remedy, /let more hosts have SNAT services/);
});
