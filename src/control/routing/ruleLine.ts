import type { Config } from '../../config/config.js';
import { ruleRow } from '../../config/routingRows.js';
import { ruleListing } from '../../config/routingText.js';
import type { BuiltRif } from '../buildRifs.js';

/**
 * Rules by their rows among the compiled ones, as ip-rule(8) prints them, in one column: "32766: from all lookup main". `rifs`:
 * devices beside the file's.
 */
export function ruleLines({ rules, tableNames, ifaces }: Config, rifs: readonly BuiltRif[]): (i: number) => string {
  const own = ifaces.flatMap((iface) => [iface.name, ...iface.vlans.map(({ name }) => name)]);
  const devices = new Set([...own, ...rifs.map(({ config }) => config.name)]);
  const priorities = new Set(rules.map(({ priority }) => priority));
  const compiled = rules.toSorted((a, b) => a.priority - b.priority);
  return (i) => ruleListing(ruleRow(compiled[i]!, { names: tableNames, devices, priorities })).replace('\t', ' ');
}
