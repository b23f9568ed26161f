import type { L2Table } from './l2.js';
import type { Lports } from './lports.js';
import type { Networks } from './networks.js';
import type { ResponderTable } from './responder.js';
import type { Vteps } from './vteps.js';

/** All that frames on networks are looked up in (src/switching). A gateway without networks has empty tables. */
export interface Switching {
  readonly networks: Networks;
  readonly lports: Lports;
  readonly l2: L2Table;
  readonly responder: ResponderTable;
  readonly vteps: Vteps;
  /** See HostMac. */
  readonly hostMacs: Int32Array;
}
