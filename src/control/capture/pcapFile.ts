import { closeSync, openSync, writeSync } from 'node:fs';

/**
 * A libpcap file: microseconds, Ethernet, little-endian (pcap-savefile(5)). Every packet is written before the next is taken, so
 * the file is whole whenever the capture ends.
 */

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const HEADER_OCTETS = 24;
const RECORD_OCTETS = 16;
const LINKTYPE_ETHERNET = 1;

/** The file header. `snapLength`: most octets of a packet that are kept. */
export function pcapHeader(snapLength: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADER_OCTETS));
  view.setUint32(0, MAGIC_MICROSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, snapLength, true);
  view.setUint32(20, LINKTYPE_ETHERNET, true);
  return new Uint8Array(view.buffer);
}

/** One packet with its record header. `timeMicros` counts from 1970; `wireOctets` is its length before it was cut. */
export function pcapRecord(frame: Uint8Array, wireOctets: number, timeMicros: number): Uint8Array {
  const record = new Uint8Array(RECORD_OCTETS + frame.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, Math.floor(timeMicros / 1_000_000), true);
  view.setUint32(4, Math.floor(timeMicros % 1_000_000), true);
  view.setUint32(8, frame.length, true);
  view.setUint32(12, wireOctets, true);
  record.set(frame, RECORD_OCTETS);
  return record;
}

/** Where packets go: a file, or standard output under the name "-". */
export class PcapFile {
  readonly #fd: number;

  /** Replaces a file of that name. Throws what open(2) says. */
  constructor(path: string, snapLength: number) {
    this.#fd = path === '-' ? 1 : openSync(path, 'w', 0o644);
    this.#write(pcapHeader(snapLength));
  }

  /** False when the reader of standard output is gone. */
  add(frame: Uint8Array, wireOctets: number, timeMicros: number): boolean {
    return this.#write(pcapRecord(frame, wireOctets, timeMicros));
  }

  close(): void {
    if (this.#fd !== 1) closeSync(this.#fd);
  }

  #write(octets: Uint8Array): boolean {
    for (let at = 0; at < octets.length; ) {
      try {
        at += writeSync(this.#fd, octets, at);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EPIPE') return false;
        // A pipe that another program made non-blocking and that is full: its reader needs a moment.
        if (code !== 'EAGAIN') throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
    return true;
  }
}
