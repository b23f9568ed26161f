import { loadAddon } from '../../io/addon.js';

/** Frame memory and columns of a program that is no worker: what the addon reads into. */
export interface OwnArena {
  readonly arena: Uint8Array;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly tags: Int32Array;
  readonly sendErrors: Int32Array;
}

/** Makes one for so many frames and octets and attaches it, which the addon does once for each thread. */
export function attachOwnArena(frames: number, octets: number): OwnArena {
  const column = (): Int32Array => new Int32Array(new SharedArrayBuffer(frames * 4));
  const arena = new Uint8Array(new SharedArrayBuffer(octets));
  const own = { arena, offsets: column(), lengths: column(), tags: column(), sendErrors: column() };
  loadAddon().attach(own);
  return own;
}
