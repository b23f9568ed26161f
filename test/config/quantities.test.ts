import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { nearest, nearestName, someOf } from '../../src/config/nearest.js';
import { parseMicros } from '../../src/config/quantities.js';
import {
  formatIpv4,
  formatPrefix,
  hostOrder,
  maskOf,
  network,
  parseIpv4,
  parsePrefix,
  type WireIpv4,
  wireOrder,
} from '../../src/types/ipv4.js';
import { formatMac, parseMac } from '../../src/types/mac.js';

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));

describe('addresses', () => {
  test('text to wire order and back, and to host order and back', () => {
    fc.assert(
      fc.property(octets, ([a, b, c, d]) => {
        const parsed = parseIpv4(`${a}.${b}.${c}.${d}`) as { value: WireIpv4 };
        assert.equal(parsed.value, (d << 24) | (c << 16) | (b << 8) | a);
        assert.equal(formatIpv4(parsed.value), `${a}.${b}.${c}.${d}`);
        assert.equal(hostOrder(parsed.value), ((a * 256 + b) * 256 + c) * 256 + d);
        assert.equal(wireOrder(hostOrder(parsed.value)), parsed.value);
      }),
    );
  });

  test('wire order is what a little-endian load of the octets gives', () => {
    const { value } = parseIpv4('192.168.200.250') as { value: WireIpv4 };
    assert.equal(value, new DataView(Uint8Array.of(192, 168, 200, 250).buffer).getInt32(0, true));
  });

  test('masks and prefixes', () => {
    assert.deepEqual(
      [0, 1, 8, 16, 17, 31, 32].map((length) => formatIpv4(maskOf(length))),
      ['0.0.0.0', '128.0.0.0', '255.0.0.0', '255.255.0.0', '255.255.128.0', '255.255.255.254', '255.255.255.255'],
    );
    const parsed = parsePrefix('10.1.2.3/12', false) as { value: Parameters<typeof network>[0] };
    assert.equal(formatPrefix(network(parsed.value)), '10.0.0.0/12');
  });

  test('MAC there and back', () => {
    const parsed = parseMac('02:AB:00:ff:10:09') as { value: Uint8Array };
    assert.equal(formatMac(parsed.value), '02:ab:00:ff:10:09');
  });
});

describe('durations', () => {
  const micros: Record<string, number> = {
    '0': 0,
    '1.5': 1.5e6,
    '300s': 300e6,
    '2h4m': 7440e6,
    '500ms': 5e5,
    '250us': 250,
    '1d': 86400e6,
    '1m30s': 90e6,
  };
  for (const [text, value] of Object.entries(micros)) test(text, () => assert.deepEqual(parseMicros(text), { value }));
  for (const text of ['', ' ', '-1', '1 s', '1w', 's', '1e3', '1.s', '1h-1m'])
    test(`"${text}" is none`, () => assert.ok('fault' in parseMicros(text)));
});

test('the nearest key is offered, a far one is not', () => {
  const keys = ['zones', 'routes', 'localAddresses', 'ports'];
  assert.equal(nearest('zonse', keys), 'zones');
  assert.equal(nearest('localadresses', keys), 'localAddresses');
  assert.equal(nearest('Ports', keys), 'ports');
  assert.equal(nearest('weather', keys), undefined);
});

test('of names one that differs in numbers, or is as near as another, is not offered', () => {
  const hosts = ['nuh1', 'h2', 'compute-east', 'compute-west'];
  assert.equal(nearestName('nuh9', hosts), undefined);
  assert.equal(nearestName('compute-st', hosts), undefined);
  assert.equal(nearestName('compute-esat', hosts), 'compute-east');
  assert.equal(nearestName('H2', hosts), 'h2');
  assert.equal(nearestName('far', hosts), undefined);
  assert.equal(someOf(hosts), 'nuh1, h2, compute-east, compute-west');
  assert.equal(someOf(Array.from({ length: 11 }, (_, i) => `h${i}`)), 'h0, h1, h2, h3, h4, h5, h6, h7 and 3 more');
});
