import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatAnyPrefix, ipv6MaskOf, parseAnyPrefix } from '../../src/types/ipv6.js';
import { isFault } from '../../src/types/parsed.js';

const again = (text: string): string => {
  const parsed = parseAnyPrefix(text);
  return isFault(parsed) ? parsed.fault : formatAnyPrefix(parsed.value);
};

describe('prefixes of IPv6', () => {
  it('are read in every form and printed in one (RFC 5952)', () => {
    for (const [text, printed] of [
      ['::', '::/128'],
      ['::/0', '::/0'],
      ['::1', '::1/128'],
      ['FD00::11', 'fd00::11/128'],
      ['fd00:0:0:0:0:0:0:11/64', 'fd00::11/64'],
      ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1/128'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1/128'],
      ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1/128'],
      ['2001:db8::', '2001:db8::/128'],
      ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0/128'],
      ['10.1.0.0/16', '10.1.0.0/16'],
    ] as const)
      assert.equal(again(text), printed, text);
  });

  it('what is none is refused', () => {
    for (const text of [
      ':',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4::5:6:7:8',
      'fd00::12345',
      'fd00::g',
    ])
      assert.match(again(text), /^is not an IPv6 address/, text);
    for (const text of ['::ffff:10.0.0.1', 'fe80::1%eth0', ' ::1', '1:'])
      assert.match(again(text), /^is not an IPv6 address/, text);
    for (const text of ['::/129', '::/', '::/-1', '::/x']) assert.match(again(text), /prefix length/, text);
  });

  it('have masks of any length', () => {
    assert.deepEqual(ipv6MaskOf(0), [0, 0, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual(ipv6MaskOf(47), [0xffff, 0xffff, 0xfffe, 0, 0, 0, 0, 0]);
    assert.deepEqual(ipv6MaskOf(128), new Array(8).fill(0xffff));
  });
});
