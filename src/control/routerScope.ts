import type { Config } from '../config/config.js';

/** What the routes, addresses and zones of a router come from. A replica has no zones: its SNAT service has them. */
export type RouterScope = Pick<Config, 'routes' | 'rules' | 'zones' | 'staticMappings' | 'routing' | 'reject'>;
