/**
 * The two loops over whole payloads that cutting and joining super-frames takes: a sum of 16-bit words, and a copy. In JavaScript they take four to
 * thirty times as long, because it has no vector instructions, and because copyWithin moves shared memory octet by octet unless both ends
 * are aligned alike. So they are WebAssembly, which sees the same memory. The module is put together here, from instructions by their names
 * in the specification (WebAssembly 2.0, 5 binary format); it is made once for each arena.
 */

export interface VectorLoops {
  /**
   * One's-complement sum, folded, of `octets` octets at `at` as 16-bit words in host byte order; an odd octet at the end is a low
   * one. At most 65,535.
   */
  sum(at: number, octets: number): number;
  /** Like memmove: the two may overlap. */
  copy(to: number, from: number, octets: number): void;
}

/** Memory that WebAssembly and JavaScript see alike, of all threads that have it. */
export interface VectorMemory {
  readonly buffer: SharedArrayBuffer;
}

/** What is used of the WebAssembly JavaScript Interface; Node has it, its type declarations do not. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number; shared: true }) => VectorMemory;
  readonly Module: new (octets: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Record<string, Record<string, unknown>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
};

const enum Type {
  I32 = 0x7f,
  V128 = 0x7b,
  Function = 0x60,
}

const enum Section {
  Type = 1,
  Import,
  Function,
  Export = 7,
  Code = 10,
}

const enum Kind {
  Function = 0,
  Memory = 2,
}

/** Local variables of `sum`; the first two are its parameters. */
const enum Var {
  At = 0,
  Octets,
  SumA,
  SumB,
  End,
  Sum,
}

/** Locals of `copy`: parameters only. */
const enum CopyVar {
  To = 0,
  From,
  Octets,
}

const NO_RESULT = 0x40;
const BLOCK = [0x02, NO_RESULT];
const LOOP = [0x03, NO_RESULT];
const IF = [0x04, NO_RESULT];
const END = [0x0b];
const BRANCH_TO_LOOP = [0x0c, 0];
const BRANCH_OUT_IF = [0x0d, 1];
const I32_GE_U = [0x4f];
const I32_ADD = [0x6a];
const I32_AND = [0x71];
const I32_SHR_U = [0x76];
const I32X4_ADD = [0xfd, 0xae, 0x01];
/** Sums of neighbouring 16-bit lanes, as 32-bit lanes. */
const I32X4_EXTADD_PAIRWISE_I16X8_U = [0xfd, 0x7f];
const MEMORY_COPY = [0xfc, 0x0a, 0, 0];

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const i32Const = (value: number): number[] => [0x41, ...signed(value)];
const load8 = (): number[] => [0x2d, 0, 0];
const load16 = (): number[] => [0x2f, 0, 0];
const loadV128 = (offset: number): number[] => [0xfd, 0x00, 0, offset];
const lane = (of: number, number: number): number[] => [...get(of), 0xfd, 0x1b, number];

/** Signed LEB128. */
function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return done ? [low] : [low | 0x80, ...signed(rest)];
}

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: Section, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)];
}

/** Adds to a local. */
function increase(local: number, ...amount: number[]): number[] {
  return [...get(local), ...amount, ...I32_ADD, ...set(local)];
}

/** Goes on while At is below End. */
function whileBelowEnd(...body: number[]): number[] {
  return [
    ...BLOCK,
    ...LOOP,
    ...get(Var.At),
    ...get(Var.End),
    ...I32_GE_U,
    ...BRANCH_OUT_IF,
    ...body,
    ...BRANCH_TO_LOOP,
    ...END,
    ...END,
  ];
}

/** End = At + (octets & mask). */
function setEnd(mask: number): number[] {
  return [...get(Var.At), ...get(Var.Octets), ...i32Const(mask), ...I32_AND, ...I32_ADD, ...set(Var.End)];
}

/** Adds the 16 octets at At + offset to the four lanes of a local. */
function addVector(to: Var, offset: number): number[] {
  return [...get(to), ...get(Var.At), ...loadV128(offset), ...I32X4_EXTADD_PAIRWISE_I16X8_U, ...I32X4_ADD, ...set(to)];
}

/** Sum = low half + high half. */
const FOLD = [
  ...[...get(Var.Sum), ...i32Const(0xffff), ...I32_AND],
  ...[...get(Var.Sum), ...i32Const(16), ...I32_SHR_U],
  ...[...I32_ADD, ...set(Var.Sum)],
];

/** 65,535 octets in 32-bit lanes: the sum of all stays below 2^32. */
const SUM = [
  ...setEnd(-32),
  ...whileBelowEnd(...addVector(Var.SumA, 0), ...addVector(Var.SumB, 16), ...increase(Var.At, ...i32Const(32))),
  ...[...get(Var.SumA), ...get(Var.SumB), ...I32X4_ADD, ...set(Var.SumA)],
  ...[0, 1, 2, 3].flatMap((i) => increase(Var.Sum, ...lane(Var.SumA, i))),
  ...setEnd(30),
  ...whileBelowEnd(...increase(Var.Sum, ...get(Var.At), ...load16()), ...increase(Var.At, ...i32Const(2))),
  ...[...get(Var.Octets), ...i32Const(1), ...I32_AND],
  ...[...IF, ...increase(Var.Sum, ...get(Var.At), ...load8()), ...END],
  ...[...FOLD, ...FOLD, ...get(Var.Sum)],
];

const COPY = [...get(CopyVar.To), ...get(CopyVar.From), ...get(CopyVar.Octets), ...MEMORY_COPY];

function code(locals: readonly (readonly number[])[], instructions: readonly number[]): number[] {
  const body = [...vector(locals), ...instructions, ...END];
  return [...unsigned(body.length), ...body];
}

/** Shared memory of 1 to 65,536 pages of 64 KiB: any. */
const ANY_SHARED = [0x03, 1, ...unsigned(65_536)];

const MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(
    Section.Type,
    vector([
      [Type.Function, 2, Type.I32, Type.I32, 1, Type.I32],
      [Type.Function, 3, Type.I32, Type.I32, Type.I32, 0],
    ]),
  ),
  ...section(Section.Import, vector([[...name('arena'), ...name('memory'), Kind.Memory, ...ANY_SHARED]])),
  ...section(Section.Function, vector([[0], [1]])),
  ...section(
    Section.Export,
    vector([
      [...name('sum'), Kind.Function, 0],
      [...name('copy'), Kind.Function, 1],
    ]),
  ),
  ...section(
    Section.Code,
    vector([
      code(
        [
          [2, Type.V128],
          [2, Type.I32],
        ],
        SUM,
      ),
      code([], COPY),
    ]),
  ),
]);

/** Octets of a page. */
const PAGE = 65_536;

/** Memory for at least so many octets. Reserves 10 GiB of addresses, but no memory; throws a RangeError where they are limited (ulimit -v). */
export function vectorMemory(octets: number): VectorMemory {
  const pages = Math.ceil(octets / PAGE);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** The loops over a memory. Throws a CompileError where the CPU has no vector instructions. */
export function vectorLoops(memory: VectorMemory): VectorLoops {
  return new WebAssembly.Instance(new WebAssembly.Module(MODULE), { arena: { memory } }).exports as unknown as VectorLoops;
}
