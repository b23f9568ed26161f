import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greFits, greKey, greWrite } from '../../src/wire/gre.js';
import { frameMemoryIn } from '../../src/wire/memory.js';
import { vxlanRead, vxlanWrite } from '../../src/wire/vxlan.js';
import { Dice } from '../support/mutate.js';

const SEED = Number(process.env.WINDROSE_FUZZ_SEED ?? Date.now() % 0x7fff_ffff);
const m = frameMemoryIn(new SharedArrayBuffer(256));
/** 2 (mod 4), as before a frame in its place. */
const AT = 66;
const octets = (text: string) => m.u8.set(Buffer.from(text.replaceAll(' ', ''), 'hex'), AT);
const written = () => Buffer.from(m.u8.subarray(AT, AT + 8)).toString('hex');

test('a VXLAN header as in RFC 7348, 5: the I flag, the VNI in network order, all else 0', () => {
  m.u8.fill(0xff);
  vxlanWrite(m, AT, 0x01_02_03);
  assert.equal(written(), '0800000001020300');
  assert.equal(m.u8[AT - 1], 0xff);
  assert.equal(m.u8[AT + 8], 0xff);
});

test('a VXLAN receiver looks at the I flag and the VNI only, at any offset', () => {
  octets('ff ffffff abcdef ff');
  assert.equal(vxlanRead(m, AT, 8), 0xabcdef);
  octets('f7 ffffff abcdef ff');
  assert.equal(vxlanRead(m, AT, 100), -1, 'without I there is no VNI');
  octets('08 000000 000001 00');
  assert.equal(vxlanRead(m, AT, 7), -1, 'too short');
  m.u8.copyWithin(AT + 1, AT, AT + 8);
  assert.equal(vxlanRead(m, AT + 1, 8), 1);
});

test('a GRE header as in RFC 2890: key present, version 0, 0x6558, the key in network order', () => {
  m.u8.fill(0xff);
  greWrite(m, AT, 0xfedc_ba98);
  assert.equal(written(), '20006558fedcba98');
  assert.equal(greFits(m, AT, 8), true);
  assert.equal(greKey(m, AT) >>> 0, 0xfedc_ba98);
});

test('GRE with a checksum, routing, a sequence number, another version or protocol, or without a key is refused', () => {
  for (const [text, why] of [
    ['a0006558 00000001', 'checksum'],
    ['60006558 00000001', 'routing'],
    ['30006558 00000001', 'sequence number'],
    ['20016558 00000001', 'version 1'],
    ['24006558 00000001', 'a bit that RFC 2784 has receivers refuse'],
    ['00006558 00000001', 'no key'],
    ['20000800 00000001', 'IPv4 inside'],
  ] as const) {
    octets(text);
    assert.equal(greFits(m, AT, 64), false, why);
  }
  octets('20006558 00000001');
  assert.equal(greFits(m, AT, 7), false, 'too short');
});

test(`what is written is read back, what is random is taken by its flags alone, seed ${SEED}`, () => {
  const dice = new Dice(SEED);
  for (let i = 0; i < 20_000; i++) {
    const vni = dice.below(1 << 24);
    vxlanWrite(m, AT, vni);
    assert.equal(vxlanRead(m, AT, 8 + dice.below(1500)), vni);
    const key = dice.below(0x7fff_ffff) * 2 + dice.below(2);
    greWrite(m, AT, key);
    assert.ok(greFits(m, AT, 8 + dice.below(1500)));
    assert.equal(greKey(m, AT) >>> 0, key);
    m.u8.set(dice.octets(8), AT);
    const [first, second] = [m.u8[AT]!, m.u8[AT + 1]!];
    assert.equal(vxlanRead(m, AT, 8) >= 0, (first & 8) !== 0);
    const plain = (first & 0xfc) === 0x20 && (first & 0xff) === first && (second & 0x07) === 0;
    if (greFits(m, AT, 8)) assert.ok(plain && m.u8[AT + 2] === 0x65 && m.u8[AT + 3] === 0x58);
  }
});
