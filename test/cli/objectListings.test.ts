import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderListing } from '../../src/cli/listings.js';
import { showDrops } from '../../src/control/show/drops.js';
import { showObjects } from '../../src/control/show/objects.js';
import type { ObjectRows } from '../../src/types/showObjects.js';
import { objectRows, shown } from './objectRows.js';

const listed = (noun: keyof ObjectRows, wide = false): string[] =>
  renderListing(noun, objectRows[noun], wide).trimEnd().split('\n');

test('hosts, which of them this one is, and how they are', () => {
  assert.deepEqual(listed('hosts'), [
    'NAME  VTEP       MODE      MAC                PORTS    SERVICES  SELF  STATE     FOR  BOOT      APPLIED  LAG',
    'h1    192.0.2.1  dvr       fa:16:3f:09:34:f2      1           0  yes   ALIVE   1m30s  1b4e28ba       12   0s',
    'h2    192.0.2.2  dvr_snat  fa:16:3f:64:a0:74      1  1 draining  no    SILENT    30s  6fa459ea        7  20s',
    'h3    -          dvr_snat  -                      0     drained  no    NEVER       -  -               -    -',
  ]);
  const [, h1, h2] = listed('hosts', true);
  assert.match(h1!, / 0s {7}0 {2}1\.0\.0 {4}p1,p2$/);
  assert.match(h2!, / 20s {7}4 {2}1\.0\.0 {4}-$/);
});

test('MACs of hosts, by the words of the reference', () => {
  assert.deepEqual(listed('hostmacs'), ['host  mac_address', 'h1    fa:16:3f:09:34:f2', 'h2    fa:16:3f:64:a0:74']);
});

test('networks and subnets', () => {
  assert.deepEqual(listed('networks', true), [
    'NAME    TYPE     ID  PHYSNET   MTU  PORTS  SUBNETS      UNKNOWN  ARP',
    'blue    vxlan  1001  -        1450      2  10.0.0.0/24  drop     flood',
    'orange  gre    1002  -        1458      1  20.0.0.0/24  drop     flood',
  ]);
  assert.deepEqual(listed('subnets', true), [
    'NAME     NETWORK  CIDR         GATEWAY   POOLS',
    'blue4    blue     10.0.0.0/24  10.0.0.1  10.0.0.100-10.0.0.200',
    'orange4  orange   20.0.0.0/24  -         -',
  ]);
});

test('ports', () => {
  assert.deepEqual(listed('lports', true), [
    'NAME  NETWORK  MAC                ADDRESSES  HOST  ADMIN  STATE  DEVICE     NETNS  OWNER    SECURITY  PAIRS                                                     RX  RX-OCTETS  RX-DROPPED  TX  TX-OCTETS  TX-DROPPED',
    'a1    blue     fa:16:3e:00:0a:01  10.0.0.11  h1    UP     DOWN   tap tapa1  vm-a1  compute  yes       10.0.0.50/32,10.0.0.51/32 02:00:00:00:00:01,fd00::51/128   5          0           4   0        700           0',
    'a2    blue     fa:16:3e:00:0a:02  10.0.0.12  h2    UP     -      tap tapa2  -      compute  yes       -                                                          -          -           -   -          -           -',
    'b2    orange   fa:16:3e:00:0b:02  -          -     DOWN   -      -          -      dhcp     no        -                                                          -          -           -   -          -           -',
  ]);
  assert.deepEqual(listed('lports')[1], 'a1    blue     fa:16:3e:00:0a:01  10.0.0.11  h1    UP     DOWN');
});

test('physical networks and tunnel endpoints of this host, and what of all of them stands among the drops', () => {
  assert.deepEqual(listed('physnets', true), [
    'NAME  KIND    DEVICE  NETNS  STATE  MAC  RING  RETURNS  RX  RX-OCTETS  RX-DROPPED  TX  TX-OCTETS  TX-DROPPED',
    'p1    packet  trunk   host   GONE   -    -           0   0          0           0   0          0           3',
    'p2    -       -       -      GONE   -    -           0   -          -           -   -          -           -',
  ]);
  assert.deepEqual(listed('tunnels', true), [
    'NAME   ADDRESS    NETNS  DEVICE  MTU                                   PEERS  RX  RX-OCTETS  RX-DROPPED  TX  TX-OCTETS  TX-DROPPED',
    'vxlan  192.0.2.1  host   fab     1400 (TOO SMALL: networks need 1500)      1   0          0           6   9          0           2',
  ]);
  const counted = showDrops({ ...shown, built: { ...shown.built, config: { ...shown.built.config, ifaces: [] } } });
  assert.deepEqual(
    counted.flatMap(({ reason, count, by }) => (by === 'kernel' && count > 0 ? [[reason, count]] : [])),
    [
      ['receive_queue', 10],
      ['send_down', 3],
      ['send_error', 2],
    ],
  );
});

test('routers and their interfaces', () => {
  assert.deepEqual(listed('routers'), [
    'NAME  DISTRIBUTED  STATE  INTERFACES           GATEWAYS  SNAT HOST  ROUTES  RULES',
    'r1    yes          UP     qr-blue4,qr-orange4  -         -               1      3',
  ]);
  assert.deepEqual(objectRows.routers[0]!.routes, ['default via 10.0.0.254 dev qr-blue4']);
  assert.deepEqual(listed('rifs', true), [
    'NAME        KIND     ROUTER  NETWORK  ADDRESS      MAC                GATEWAY  SUBNET   HOST',
    'qr-blue4    replica  r1      blue     10.0.0.1/24  fa:16:3e:3c:74:9c  yes      blue4    -',
    'qr-orange4  replica  r1      orange   20.0.0.9/24  fa:16:3e:a3:3b:39  no       orange4  -',
  ]);
});

test('F19 who has which MAC, as the workers look it up', () => {
  assert.deepEqual(listed('fdb'), [
    'NETWORK  MAC                KIND    TO          VTEP',
    'blue     02:00:00:00:00:01  port    a1          -',
    'blue     fa:16:3e:00:0a:01  port    a1          -',
    'blue     fa:16:3e:00:0a:02  remote  h2          192.0.2.2',
    'blue     fa:16:3e:3c:74:9c  router  qr-blue4    -',
    'orange   fa:16:3e:a3:3b:39  router  qr-orange4  -',
  ]);
});

test('F73 who asks for metadata', () => {
  assert.deepEqual(listed('metadata', true), [
    'PORT  NETWORK  ADDRESS    INSTANCE  OPEN  REQUESTS  REFUSED  STATUS  STANDS-IN    PROJECT  ROUTER',
    'a1    blue     10.0.0.11  i-1          1         2        1     404  100.100.0.2  p-1      r1',
  ]);
});

test('a gateway that is no host has none of them', () => {
  for (const rows of Object.values(showObjects)) assert.deepEqual(rows({}), []);
});
