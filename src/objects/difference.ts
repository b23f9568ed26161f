import type { Objects } from './model.js';
import { hostRecord, lportRecord, networkRecord, rifRecord, routerRecord, subnetRecord } from './records.js';

type Fields = Readonly<Record<string, unknown>>;

/** Every object as its kind, its name and its fields. */
function objectsIn({ hosts, networks, subnets, lports, routers, rifs }: Objects): Map<string, Fields> {
  const records: (readonly [string, readonly Fields[]])[] = [
    ['host', hosts.map(hostRecord)],
    ['network', networks.map(networkRecord)],
    ['subnet', subnets.map(subnetRecord)],
    ['lport', lports.map(lportRecord)],
    ['router', routers.map(routerRecord)],
    ['rif', rifs.map(rifRecord)],
  ];
  return new Map(records.flatMap(([kind, all]) => all.map((one) => [`${kind} ${one.name}`, one] as const)));
}

/** What becomes of the objects, a line for each: "+ lport a1 (...)", "- lport a2", "~ lport a3: host h1 -> h2". Empty: nothing. */
export function objectChanges(before: Objects, after: Objects): string[] {
  const [was, is] = [objectsIn(before), objectsIn(after)];
  const gone = [...was.keys()].filter((name) => !is.has(name)).map((name) => `- ${name}`);
  const rest = [...is].flatMap(([name, fields]) => {
    const known = was.get(name);
    if (known === undefined) return [`+ ${name} (${fieldsText(fields)})`];
    const changed = Object.keys(fields).filter((key) => shown(fields[key]) !== shown(known[key]));
    if (changed.length === 0) return [];
    return [`~ ${name}: ${changed.map((key) => `${key} ${shown(known[key])} -> ${shown(fields[key])}`).join('; ')}`];
  });
  return [...gone, ...rest];
}

/** What is there, but the name. */
function fieldsText(fields: Fields): string {
  const told = Object.entries(fields).filter(([key, value]) => key !== 'name' && value !== null && shown(value) !== 'none');
  return told.map(([key, value]) => `${key} ${shown(value)}`).join('; ');
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(shown).join(', ');
  if (typeof value !== 'object') return String(value);
  return Object.values(value)
    .filter((one) => one !== null)
    .join(' ');
}
