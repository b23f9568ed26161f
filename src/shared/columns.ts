/**
 * Hands out columns of one SharedArrayBuffer, each on a 64-octet boundary: the only arithmetic on octet offsets (K9).
 * Used twice with the same calls: once with `undefined` to learn the size, once with the buffer.
 */
export class Columns {
  #at = 0;
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
    this.#at = align(at + octets);
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
  return sizes.reduce((sum, size) => sum + align(size), 0);
}
