import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import { NO_NETWORKS } from '../../src/control/dvr/hostView.js';
import { hostViewOf } from '../../src/control/dvr/hostViewOf.js';
import { showFdb } from '../../src/control/show/fdb.js';
import { showObjects } from '../../src/control/show/objects.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { stateOf } from '../../src/tables/state.js';
import type { ObjectRows } from '../../src/types/showObjects.js';
import { objectsOf } from '../objects/sample.js';
import { mac } from '../support/dvrSample.js';
import { lan } from '../support/sample.js';
import { allocateWorld, configOf } from '../support/worldParts.js';

/** Rows of objects as a gateway answers them that is host h1. */
const objects = objectsOf({
  hosts: `hosts:
  - { name: h1, vtep: 192.0.2.1, mac: fa:16:3f:09:34:f2, physnets: [p1, p2] }
  - { name: h2, vtep: 192.0.2.2, mac: fa:16:3f:64:a0:74, mode: dvr_snat }
  - { name: h3 }`,
  subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24, pools: [10.0.0.100-10.0.0.200] }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24, gateway: none }`,
  lports: `lports:
  - { name: a1, network: blue, mac: fa:16:3e:00:0a:01, addresses: [10.0.0.11], host: h1, tap: tapa1, netns: vm-a1,
      allowedPairs: [{ address: 10.0.0.50 }, { address: 10.0.0.51, mac: 02:00:00:00:00:01 }, { address: fd00::51 }] }
  - { name: a2, network: blue, mac: fa:16:3e:00:0a:02, addresses: [10.0.0.12], host: h2, tap: tapa2 }
  - { name: b2, network: orange, mac: fa:16:3e:00:0b:02, adminUp: false, portSecurity: false, owner: dhcp }`,
  routers: `routers:
  - name: r1
    interfaces:
      - { subnet: blue4, mac: fa:16:3e:3c:74:9c }
      - { subnet: orange4, mac: fa:16:3e:a3:3b:39, address: 20.0.0.9 }
    routes: [default via 10.0.0.254]`,
});

const view = hostViewOf(objects, { name: 'h1', mac: mac('fa:16:3f:09:34:f2'), prefix: NO_NETWORKS.hostMacPrefix });
const index = new StateIndex(stateOf(allocateWorld({}, 1, { k0: 1, k1: 2 }), 0).ports);
const built = buildSnapshot(configOf(lan), [1500, 1500, 1500], index, 1, 1, [], undefined, view);
const shown = { built, index, objects: { objects, host: 'h1', view } };

export const objectRows: { [N in keyof ObjectRows]: ObjectRows[N][] } = {
  hosts: showObjects.hosts(shown),
  hostmacs: showObjects.hostmacs(shown),
  networks: showObjects.networks(shown),
  subnets: showObjects.subnets(shown),
  lports: showObjects.lports(shown),
  routers: showObjects.routers(shown),
  rifs: showObjects.rifs(shown),
  fdb: showFdb(shown),
};
