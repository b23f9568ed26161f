import type { Config } from '../config/config.js';

/** What the routes and addresses of a router come from. A router of networks has no zones of its own. */
export type RouterScope = Pick<Config, 'routes' | 'rules' | 'zones' | 'staticMappings' | 'routing'>;
