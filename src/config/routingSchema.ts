import { z } from 'zod';
import { number, U32 } from './ipValues.js';
import { defaulted, optional } from './keys.js';
import { flag, name, oneOf } from './scalar.js';

/** Keys of `routing`, `defaultRules`, `tables` and `tableNames`. */

export const routingShape = {
  multipathHash: defaulted(oneOf('addresses', 'ports', 'inner'), 'addresses', {
    doc: 'What flows are spread by over the ways of a route: both addresses, addresses and ports, or those inside of a tunnel.',
    reload: true,
  }),
  ignoreLinkdown: defaulted(flag(), true, { doc: 'A next hop whose link has no carrier is passed over.', reload: true }),
};

const rule = (doc: string) => defaulted(flag(), true, { doc, reload: true });

export const defaultRulesShape = {
  local: rule('The rule "0: from all lookup local"; without it the router has no addresses, so false takes force as well.'),
  main: rule('The rule "32766: from all lookup main".'),
  default: rule('The rule "32767: from all lookup default".'),
  force: defaulted(flag(), false, { doc: 'Lets local be false.', reload: true }),
};

/** Names as ip(8) can tell them from numbers. */
const TABLE_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** Names of tables; the keys are the operator's own. */
export const tablesSchema = z.record(z.string(), number(1, U32, '100'));

export function isTableName(word: string): boolean {
  return TABLE_NAME.test(word) && word !== 'all';
}

export const tableNames = optional(
  name(/^\/[^\0]{1,4094}$/, 'an absolute path', '/etc/iproute2/rt_tables', 'absolute path'),
  'no file',
  {
    doc: 'File with names of tables, as /etc/iproute2/rt_tables; names under tables come on top. Read at each start and reload.',
    reload: true,
  },
);
