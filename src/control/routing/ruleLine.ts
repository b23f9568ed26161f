import type { Config } from '../../config/config.js';
import { ruleRow } from '../../config/routingRows.js';
import { ruleListing } from '../../config/routingText.js';

/** Rules by their rows among the compiled ones, as ip-rule(8) prints them, in one column: "32766: from all lookup main". */
export function ruleLines({ rules, tableNames, ifaces }: Config): (i: number) => string {
  const devices = new Set(ifaces.flatMap((iface) => [iface.name, ...iface.vlans.map(({ name }) => name)]));
  const priorities = new Set(rules.map(({ priority }) => priority));
  return (i) => ruleListing(ruleRow(rules[i]!, { names: tableNames, devices, priorities })).replace('\t', ' ');
}
