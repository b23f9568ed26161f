import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Assembler, Helper, Register } from '../../src/control/steering/assembler.js';

/** Octets of the instructions, eight a line. */
function octets(a: Assembler): string[] {
  const all = Buffer.from(a.assemble());
  return Array.from({ length: all.length / 8 }, (_, i) => all.subarray(i * 8, i * 8 + 8).toString('hex'));
}

describe('instructions are those of RFC 9669', () => {
  const { Result, R1, R2, Context, Stack } = {
    Result: Register.Result,
    R1: Register.R1,
    R2: Register.R2,
    Context: Register.Context,
    Stack: Register.Stack,
  };

  test('arithmetic of 32 bits, with values and registers', () => {
    const a = new Assembler();
    a.number('set', R1, 0x1234_5678).number('add', R1, -1).number('and', R1, 0xffff_ffff).number('mod', R1, 3);
    a.register('xor', R1, R2).register('set', Context, Result).swap(16, R1).swap(32, R2);
    assert.deepEqual(octets(a), [
      'b401000078563412',
      '04010000ffffffff',
      '54010000ffffffff',
      '9401000003000000',
      'ac21000000000000',
      'bc06000000000000',
      'dc01000010000000',
      'dc02000020000000',
    ]);
  });

  test('pointers, memory, the packet, a map and a call', () => {
    const a = new Assembler();
    a.copyPointer(Context, R1).stackPlace(R2, 8).addPointer(Result, R1).read(8, R1, Result, 4).write(32, Stack, -8, R1);
    a.packet(16, 12).packet(32, 16, R2).map(R1, 7).call(Helper.MapLookup).exit();
    assert.deepEqual(octets(a), [
      'bf16000000000000',
      'bfa2000000000000',
      '07020000f8ffffff',
      '0f10000000000000',
      '7101040000000000',
      '631af8ff00000000',
      '280000000c000000',
      '4020000010000000',
      '1811000007000000',
      '0000000000000000',
      '8500000001000000',
      '9500000000000000',
    ]);
  });

  test('jumps count from the instruction behind them, a map for two', () => {
    const a = new Assembler();
    a.label('again').jumpIf('=', R1, 6, 'end').map(R1, 1).jump('again').label('end').exit();
    assert.deepEqual(octets(a), [
      '1501030006000000',
      '1811000001000000',
      '0000000000000000',
      '0500fcff00000000',
      '9500000000000000',
    ]);
  });

  test('a label nobody set, one that is set twice, one too far away', () => {
    assert.throws(() => new Assembler().jump('nowhere').assemble(), /no label is called nowhere/);
    assert.throws(() => new Assembler().label('twice').exit().label('twice'), /two labels are called twice/);
    const far = new Assembler().jump('far');
    for (let i = 0; i <= 0x7fff; i++) far.exit();
    assert.throws(() => far.label('far').exit().assemble(), /the label far is 32768 instructions away/);
  });
});
