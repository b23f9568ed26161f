import type { Config } from '../../config/config.js';
import { ruleRow } from '../../config/routingRows.js';
import { ruleListing } from '../../config/routingText.js';

/** The rule in row `i` of the compiled ones, as ip-rule(8) prints it, in one column: "32766: from all lookup main". */
export function ruleLine({ rules, tableNames, ifaces }: Config, i: number): string {
  const devices = new Set(ifaces.flatMap((iface) => [iface.name, ...iface.vlans.map(({ name }) => name)]));
  const priorities = new Set(rules.map(({ priority }) => priority));
  return ruleListing(ruleRow(rules[i]!, { names: tableNames, devices, priorities })).replace('\t', ' ');
}
