import type { Config } from '../config/config.js';
import type { Prefix } from '../types/ipv4.js';

/** Zones of one of several gateways: `count` of its router's from `first` on, in matching order. */
export interface ZonesOfGateway {
  readonly first: number;
  readonly count: number;
  /** Sources that leave by it unless routes say otherwise; undefined: all that no other has. */
  readonly sources: readonly Prefix[] | undefined;
}

/** What the routes, addresses and zones of a router come from. A replica has no zones: its SNAT service has them. */
export type RouterScope = Pick<Config, 'routes' | 'rules' | 'zones' | 'staticMappings' | 'routing' | 'reject'> & {
  /** Absent, or empty: the zones are of all that leaves. */
  readonly ofGateways?: readonly ZonesOfGateway[] | undefined;
};
