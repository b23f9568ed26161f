import type { HashKey } from '../../tables/hash.js';
import { type Assembler, Register } from './assembler.js';

/** The words of the state, which R1 to R4 hold. */
const V0 = Register.R1;
const V1 = Register.R2;
const V2 = Register.R3;
const V3 = Register.R4;
const BITS = Register.R5;

/**
 * Appends `flowHash(key, first, second, 0, protocol)` of tables/hash.ts: Result = its 32 bits, unsigned. `first` and `second` hold
 * words as loaded and may be none of Result and R1 to R5, which are lost.
 */
export function appendFlowHash(a: Assembler, key: HashKey, first: Register, second: Register, protocol: number): void {
  a.number('set', V0, key.k0 ^ protocol);
  a.number('set', V1, key.k1);
  a.number('set', V2, 0x6c79_6765 ^ key.k0);
  a.number('set', V3, 0x7465_6462 ^ key.k1);
  for (const word of [first, second, undefined]) {
    if (word !== undefined) a.register('xor', V3, word);
    appendRound(a);
    if (word !== undefined) a.register('xor', V0, word);
  }
  a.number('xor', V2, 0xff);
  for (let round = 0; round < 3; round++) appendRound(a);
  a.register('set', Register.Result, V1);
  a.register('xor', Register.Result, V3);
}

function appendRound(a: Assembler): void {
  a.register('add', V0, V1);
  rotate(a, V1, 5);
  a.register('xor', V1, V0);
  rotate(a, V0, 16);
  a.register('add', V2, V3);
  rotate(a, V3, 8);
  a.register('xor', V3, V2);
  a.register('add', V0, V3);
  rotate(a, V3, 7);
  a.register('xor', V3, V0);
  a.register('add', V2, V1);
  rotate(a, V1, 13);
  a.register('xor', V1, V2);
  rotate(a, V2, 16);
}

/** To the left. */
function rotate(a: Assembler, register: Register, by: number): void {
  a.register('set', BITS, register);
  a.number('shr', BITS, 32 - by);
  a.number('shl', register, by);
  a.register('or', register, BITS);
}
