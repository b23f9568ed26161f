import type { MetadataConfig } from '../../src/config/config.js';
import type { StateBuffers } from '../../src/tables/state.js';
import { allocateWorld } from './worldParts.js';

const KEY = { k0: 0x0123_4567, k1: 0x89ab_cdef | 0 };

/** Which worker of a host it is, and the state that they share (`fabricBuffers`). */
export interface FabricSeat {
  readonly worker?: number;
  readonly buffers?: StateBuffers;
  /** Slot of the physical network's device; -1: the host lacks it. */
  readonly physnet?: number;
  /** Where requests for metadata go. */
  readonly metadata?: MetadataConfig;
  /** Other hosts take its SNAT services when its lease is over. */
  readonly leased?: boolean;
}

/** For so many workers of one host. */
export function fabricBuffers(workers: number): StateBuffers {
  return allocateWorld({}, workers, KEY);
}
