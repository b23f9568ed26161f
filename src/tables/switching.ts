import type { Floatings } from './floating.js';
import type { L2Table } from './l2.js';
import type { Lports } from './lports.js';
import type { MetadataTable } from './metadata.js';
import type { Networks } from './networks.js';
import type { ResponderTable } from './responder.js';
import type { Vteps } from './vteps.js';

/** What the device in a slot is to networks. */
export const enum Fabric {
  /** Nothing: a device with router interfaces, or none. */
  None = 0,
  /** Of a physical network: VLAN and flat networks. */
  Physnet,
  Vxlan,
  Gre,
  /** The TAP that leads to the metadata endpoint. */
  Metadata,
  /** Of a physical network that no network of this host uses now. */
  PhysnetUnused,
}

/** All that frames on networks are looked up in (src/switching). A gateway without networks has empty tables. */
export interface Switching {
  readonly networks: Networks;
  readonly lports: Lports;
  readonly l2: L2Table;
  readonly responder: ResponderTable;
  readonly vteps: Vteps;
  readonly floating: Floatings;
  /** See HostMac. */
  readonly hostMacs: Int32Array;
  /** [slot]: see Fabric. */
  readonly fabric: Uint8Array;
  readonly metadata: MetadataTable;
}
