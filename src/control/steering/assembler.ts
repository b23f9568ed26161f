/**
 * An assembler for the kernel's virtual machine (RFC 9669): instructions of 8 octets, little-endian. Only what socket filters that
 * choose a queue need. Arithmetic is of 32 bits and clears the upper half of the register; `addPointer` is of 64.
 */

/** Registers. Result and R1 to R5 are lost by calls and by reads of the packet; Context holds what the program was given. */
export const enum Register {
  Result = 0,
  R1,
  R2,
  R3,
  R4,
  R5,
  /** Where reads of the packet expect the context (RFC 9669 5.5). */
  Context,
  R7,
  R8,
  R9,
  /** End of the stack: 512 octets below it are the program's. */
  Stack,
}

/** Functions of the kernel (linux/bpf.h). */
export const enum Helper {
  MapLookup = 1,
}

const enum Class {
  Load = 0x00,
  ReadMemory = 0x01,
  WriteMemory = 0x03,
  Arithmetic32 = 0x04,
  Jump = 0x05,
  Arithmetic64 = 0x07,
}

const sizes = { 8: 0x10, 16: 0x08, 32: 0x00 } as const;
const operations = { add: 0x00, mul: 0x20, or: 0x40, and: 0x50, shl: 0x60, shr: 0x70, mod: 0x90, xor: 0xa0, set: 0xb0 } as const;
const conditions = { always: 0x00, '=': 0x10, '!=': 0x50 } as const;

type Bits = keyof typeof sizes;
type Operation = keyof typeof operations;

/** The operand is a register. */
const FROM_REGISTER = 0x08;
const MODE_WIDE_IMMEDIATE = 0x18;
const MODE_PACKET_ABSOLUTE = 0x20;
const MODE_PACKET_INDIRECT = 0x40;
const MODE_MEMORY = 0x60;
const CALL = 0x80;
const EXIT = 0x90;
const TO_BIG_ENDIAN = 0xd8;
/** Source register of a wide immediate that is a descriptor of a map. */
const MAP_DESCRIPTOR = 1;
const OCTETS = 8;

interface Instruction {
  readonly code: number;
  readonly to: number;
  readonly from: number;
  /** Of memory, octets; of a jump, the name of the label. */
  readonly offset: number | string;
  readonly value: number;
}

export class Assembler {
  readonly #instructions: Instruction[] = [];
  readonly #labels = new Map<string, number>();

  /** Names the next instruction. Throws RangeError when the name is given already. */
  label(name: string): this {
    if (this.#labels.has(name)) throw new RangeError(`two labels are called ${name}`);
    this.#labels.set(name, this.#instructions.length);
    return this;
  }

  /** to = to OPERATION value. */
  number(operation: Operation, to: Register, value: number): this {
    return this.#add(Class.Arithmetic32 | operations[operation], to, 0, 0, value | 0);
  }

  /** to = to OPERATION from. */
  register(operation: Operation, to: Register, from: Register): this {
    return this.#add(Class.Arithmetic32 | operations[operation] | FROM_REGISTER, to, from, 0, 0);
  }

  /** All 64 bits: what a pointer needs. */
  copyPointer(to: Register, from: Register): this {
    return this.#add(Class.Arithmetic64 | operations.set | FROM_REGISTER, to, from, 0, 0);
  }

  addPointer(to: Register, by: Register): this {
    return this.#add(Class.Arithmetic64 | operations.add | FROM_REGISTER, to, by, 0, 0);
  }

  /** to = the place `octets` below the end of the stack. */
  stackPlace(to: Register, octets: number): this {
    this.copyPointer(to, Register.Stack);
    return this.#add(Class.Arithmetic64 | operations.add, to, 0, 0, -octets);
  }

  /** Turns the low `bits` between the host's order and that of the network, and clears the others. */
  swap(bits: 16 | 32, register: Register): this {
    return this.#add(Class.Arithmetic32 | TO_BIG_ENDIAN, register, 0, 0, bits);
  }

  /** to = unsigned value in memory. */
  read(bits: Bits, to: Register, base: Register, offset: number): this {
    return this.#add(Class.ReadMemory | MODE_MEMORY | sizes[bits], to, base, offset, 0);
  }

  write(bits: Bits, base: Register, offset: number, from: Register): this {
    return this.#add(Class.WriteMemory | MODE_MEMORY | sizes[bits], base, from, offset, 0);
  }

  /** Result = value of the packet in host order at `offset`, after `base` when given. Beyond its end the program ends with 0. */
  packet(bits: Bits, offset: number, base?: Register): this {
    const mode = base === undefined ? MODE_PACKET_ABSOLUTE : MODE_PACKET_INDIRECT;
    return this.#add(Class.Load | mode | sizes[bits], 0, base ?? 0, 0, offset);
  }

  /** to = a map, by its descriptor. */
  map(to: Register, descriptor: number): this {
    this.#add(Class.Load | MODE_WIDE_IMMEDIATE, to, MAP_DESCRIPTOR, 0, descriptor);
    return this.#add(0, 0, 0, 0, 0);
  }

  call(helper: Helper): this {
    return this.#add(Class.Jump | CALL, 0, 0, 0, helper);
  }

  /** 64 bits of the register are compared with a value of 31. */
  jumpIf(condition: '=' | '!=', register: Register, value: number, label: string): this {
    return this.#add(Class.Jump | conditions[condition], register, 0, label, value);
  }

  jump(label: string): this {
    return this.#add(Class.Jump | conditions.always, 0, 0, label, 0);
  }

  /** Ends with Result. */
  exit(): this {
    return this.#add(Class.Jump | EXIT, 0, 0, 0, 0);
  }

  /** The instructions with their jumps resolved. Throws RangeError for a label nobody set, or one too far away. */
  assemble(): Uint8Array {
    const octets = new Uint8Array(this.#instructions.length * OCTETS);
    const view = new DataView(octets.buffer);
    this.#instructions.forEach(({ code, to, from, offset, value }, i) => {
      const at = i * OCTETS;
      view.setUint8(at, code);
      view.setUint8(at + 1, to | (from << 4));
      view.setInt16(at + 2, typeof offset === 'number' ? offset : this.#distance(i, offset), true);
      view.setInt32(at + 4, value, true);
    });
    return octets;
  }

  /** From the instruction behind the jump. */
  #distance(jump: number, label: string): number {
    const to = this.#labels.get(label);
    if (to === undefined) throw new RangeError(`no label is called ${label}`);
    const distance = to - jump - 1;
    if (distance < -0x8000 || distance > 0x7fff) throw new RangeError(`the label ${label} is ${distance} instructions away`);
    return distance;
  }

  #add(code: number, to: number, from: number, offset: number | string, value: number): this {
    this.#instructions.push({ code, to, from, offset, value });
    return this;
  }
}
