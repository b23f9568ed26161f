import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderListing } from '../../src/cli/listings.js';
import { NO_NETWORKS } from '../../src/control/dvr/view/hostView.js';
import { hostViewOf } from '../../src/control/dvr/view/hostViewOf.js';
import { showObjects } from '../../src/control/show/objects.js';
import { externalOf, floating, fullExternal } from '../objects/externalSample.js';
import { MAC, mac } from '../support/dvrSample.js';
import { floatingSample } from '../support/floatingSample.js';

const objects = fullExternal();
const shown = { objects: { objects, host: 'h1', view: NO_NETWORKS, snatHosts: new Map([['r1', 'h2']]) } };
const listed = (noun: 'routers' | 'rifs' | 'floating-ips', wide: boolean): string[] =>
  renderListing(noun, showObjects[noun](shown), wide)
    .trimEnd()
    .replaceAll(/fa:16:3e:\S\S:\S\S:\S\S/g, 'fa:16:3e:xx:xx:xx')
    .split('\n');

test('routers with their gateways, and what of them is translated where', () => {
  assert.deepEqual(listed('routers', false), [
    'NAME  DISTRIBUTED  STATE  INTERFACES           GATEWAYS                            SNAT HOST  ROUTES  RULES',
    'r1    yes          UP     qr-blue4,qr-orange4  ext 192.168.1.21,more 198.51.100.2  h2              2      3',
  ]);
  assert.deepEqual(listed('routers', true)[1]!.split(/ +/).slice(-3), ['10.0.0.0/25,all', 'yes,no', 'h2']);
  assert.deepEqual(showObjects.routers(shown)[0]!.gateways[1], {
    ...{ network: 'more', subnet: 'more4', address: '198.51.100.2', mac: '02:00:00:00:00:07', enableSnat: false },
    ...{ sources: ['10.0.0.128/25'], zones: ['all'], hosts: ['h2'] },
  });
});

test('router interfaces: of replicas, of the SNAT service, on external networks', () => {
  assert.deepEqual(listed('rifs', false), [
    'NAME        KIND     ROUTER  NETWORK  ADDRESS          MAC                GATEWAY',
    'qr-blue4    replica  r1      blue     10.0.0.1/24      fa:16:3e:xx:xx:xx  yes',
    'sg-blue4    snat     r1      blue     10.0.0.3/24      fa:16:3e:xx:xx:xx  no',
    'qr-orange4  replica  r1      orange   20.0.0.1/24      fa:16:3e:xx:xx:xx  yes',
    'sg-orange4  snat     r1      orange   20.0.0.77/24     02:00:00:00:00:08  no',
    'qg-r1       gateway  r1      ext      192.168.1.21/24  fa:16:3e:xx:xx:xx  no',
    'qg-r1-more  gateway  r1      more     198.51.100.2/24  02:00:00:00:00:07  no',
  ]);
});

test('router interfaces of exits of this host, and where those are that are on one host', () => {
  const view = hostViewOf(floatingSample, { name: 'h1', mac: mac(MAC.d1), prefix: NO_NETWORKS.hostMacPrefix });
  const rows = showObjects.rifs({ objects: { objects: floatingSample, host: 'h1', view, snatHosts: new Map([['r', 'n']]) } });
  assert.deepEqual(
    rows
      .filter(({ kind }) => kind !== 'replica')
      .map(({ name, kind, router, network, address, host }) => [name, kind, router, network, address, host].join(' ')),
    [
      'sg-blue snat r blue 10.0.0.3/24 n',
      'sg-orange snat r orange 20.0.0.3/24 n',
      'qg-r gateway r ext 192.168.1.21/24 n',
      'fg-ext exit fip-ext ext  h1',
      'rfp-r pair r ext 169.254.64.0/31 h1',
      'fpr-r pair fip-ext ext 169.254.64.1/31 h1',
    ],
  );
});

test('floating IPs, what they are for and how they are', () => {
  assert.deepEqual(listed('floating-ips', true), [
    'ADDRESS        NETWORK  ROUTER  LPORT  FIXED      PLACEMENT    HOST  STATUS    NAME  MAC                FORWARDINGS',
    '192.168.1.101  ext      r1      a1     10.0.0.11  distributed  h1    ACTIVE    -     fa:16:3e:xx:xx:xx  -',
    '192.168.1.32   ext      r1      -      -          centralized  h2    FORWARDS  web   fa:16:3e:xx:xx:xx  tcp 80 to b2 20.0.0.22:8080,udp 80 to b2 20.0.0.22:80',
    '192.168.1.30   ext      -       -      -          distributed  -     RESERVED  held  02:00:00:00:00:09  -',
  ]);
  assert.deepEqual(listed('floating-ips', false).slice(0, 3), [
    'ADDRESS        NETWORK  ROUTER  LPORT  FIXED      PLACEMENT    HOST  STATUS    NAME  FORWARDINGS',
    '192.168.1.101  ext      r1      a1     10.0.0.11  distributed  h1    ACTIVE    -     -',
    '192.168.1.32   ext      r1      -      -          centralized  h2    FORWARDS  web   tcp 80 to b2 20.0.0.22:8080 +1',
  ]);
  const nowhere = showObjects['floating-ips']({ objects: { ...shown.objects, snatHosts: new Map() } });
  assert.deepEqual(
    nowhere.map(({ host, status }) => `${host || '-'} ${status}`),
    ['h1 active', '- down', '- reserved'],
    'without a host that has the SNAT service of its router',
  );
  const written = { ...objects, floatingIps: objects.floatingIps.map((one) => ({ ...one, placement: 'distributed' as const })) };
  const places = showObjects['floating-ips']({ objects: { ...shown.objects, objects: written } }).map(
    ({ placement }) => placement,
  );
  assert.deepEqual(places, ['distributed', 'centralized', 'distributed'], 'ports are forwarded where the gateway is');
  const status = (lports: string): string => {
    const changed = externalOf({
      lports: `lports:\n  - { name: a1, network: blue, addresses: [10.0.0.11]${lports} }`,
      ...floating('address: 192.168.1.101, network: ext, lport: a1'),
    });
    return showObjects['floating-ips']({ objects: { ...shown.objects, objects: changed } })[0]!.status;
  };
  assert.deepEqual([status(''), status(', host: h1'), status(', host: h1, adminUp: false')], ['unbound', 'active', 'down']);
});
