/**
 * Where the first column starts. Large buffers come from the C library's mmap threshold path, which puts 16 octets of its own in
 * front: 48 more and every 64-octet row lies in one cache line. Where a buffer starts elsewhere, nothing but speed is lost.
 */
const START = 48;

/** Hands out columns of one SharedArrayBuffer, each on a cache line: the only arithmetic on octet offsets (K9). */
export class Columns {
  #at = START;
  readonly #buffer: SharedArrayBuffer;

  constructor(buffer: SharedArrayBuffer) {
    this.#buffer = buffer;
  }

  i32(length: number): Int32Array {
    return new Int32Array(this.#buffer, this.#take(length * 4), length);
  }

  u16(length: number): Uint16Array {
    return new Uint16Array(this.#buffer, this.#take(length * 2), length);
  }

  u8(length: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#take(length), length);
  }

  f64(length: number): Float64Array {
    return new Float64Array(this.#buffer, this.#take(length * 8), length);
  }

  #take(octets: number): number {
    const at = this.#at;
    this.#at = START + align(at + octets - START);
    if (this.#at > this.#buffer.byteLength)
      throw new RangeError(`columns need ${this.#at} octets, the buffer has ${this.#buffer.byteLength}`);
    return at;
  }
}

function align(octets: number): number {
  return Math.ceil(octets / 64) * 64;
}

/** Octets that columns of these sizes (in octets each) take together. */
export function columnOctets(...sizes: number[]): number {
  return sizes.reduce((sum, size) => sum + align(size), START);
}
