import { formatIpv4 } from '../types/ipv4.js';
import { formatMac } from '../types/mac.js';
import { gatewayEntry } from './gatewayEntries.js';
import { floatingIpRecord } from './gatewayRecords.js';
import type { FloatingIpObject, Objects, PortForwarding, RifObject, RouterObject } from './model.js';
import { hostRecord, lportRecord, networkRecord, rifRecord, routerRecord, subnetRecord } from './records.js';

type Fields = Readonly<Record<string, unknown>>;

/** Every object as its kind, its name and its fields. */
function objectsIn({ hosts, networks, subnets, lports, routers, rifs, floatingIps }: Objects): Map<string, Fields> {
  const records: (readonly [string, readonly Fields[]])[] = [
    ['host', hosts.map(hostRecord)],
    ['network', networks.map(networkRecord)],
    ['subnet', subnets.map(subnetRecord)],
    ['lport', lports.map(lportRecord)],
    ['router', routers.map(routerFields)],
    ['rif', rifs.map(rifFields)],
    ['floating ip', floatingIps.map(floatingFields)],
  ];
  return new Map(records.flatMap(([kind, all]) => all.map((one) => [`${kind} ${one.name}`, one] as const)));
}

/** Each gateway is a field of its own: of several the one that changes is to be seen. */
function routerFields(router: RouterObject): Fields & { readonly name: string } {
  const gateways = router.gateways.map((gateway, i) => {
    const { network, ...told } = gatewayEntry(gateway, i === 0);
    return [`gateway ${network}`, keyed(told)] as const;
  });
  return { ...routerRecord(router), name: router.name, ...Object.fromEntries(gateways) };
}

function rifFields({ snat, ...rif }: RifObject): Fields & { readonly name: string } {
  return { ...rifRecord(rif), name: rif.name, snat: snat && `${formatIpv4(snat.address)} ${formatMac(snat.mac)}` };
}

function floatingFields(floating: FloatingIpObject): Fields & { readonly name: string } {
  return { ...floatingIpRecord(floating), name: floating.name, forwardings: floating.forwardings.map(forwardingText) };
}

/** "tcp 8080 to a1 10.0.0.11:80" */
export function forwardingText({ protocol, port, lport, fixed, toPort }: PortForwarding): string {
  return `${protocol} ${port} to ${lport} ${formatIpv4(fixed)}:${toPort}`;
}

/** What becomes of the objects, a line for each: "+ lport a1 (...)", "- lport a2", "~ lport a3: host h1 -> h2". Empty: nothing. */
export function objectChanges(before: Objects, after: Objects): string[] {
  const [was, is] = [objectsIn(before), objectsIn(after)];
  const gone = [...was.keys()].filter((name) => !is.has(name)).map((name) => `- ${name}`);
  const rest = [...is].flatMap(([name, fields]) => {
    const known = was.get(name);
    if (known === undefined) return [`+ ${name} (${fieldsText(fields)})`];
    const changed = [...new Set([...Object.keys(known), ...Object.keys(fields)])].filter(
      (key) => shown(fields[key]) !== shown(known[key]),
    );
    if (changed.length === 0) return [];
    return [`~ ${name}: ${changed.map((key) => `${key} ${shown(known[key])} -> ${shown(fields[key])}`).join('; ')}`];
  });
  return [...gone, ...rest];
}

/** What is said of few, by the field. */
const USUAL: Readonly<Record<string, string>> = { draining: 'false', external: 'false', floatingMac: 'perHost' };

/** What is there, but the name. */
function fieldsText(fields: Fields): string {
  const told = Object.entries(fields).filter(
    ([key, value]) => key !== 'name' && value !== null && shown(value) !== 'none' && shown(value) !== USUAL[key],
  );
  return told.map(([key, value]) => `${key} ${shown(value)}`).join('; ');
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(shown).join(', ');
  if (typeof value !== 'object') return String(value);
  return Object.values(value)
    .filter((one) => one !== null && one !== undefined)
    .map(shown)
    .join(' ');
}

/** With its keys, of which there may be any: "subnet ext4 address 192.168.1.21". */
function keyed(value: unknown): string {
  if (Array.isArray(value)) return value.map(keyed).join(', ');
  if (typeof value !== 'object' || value === null) return shown(value);
  const there = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  return there.map(([key, one]) => `${key} ${keyed(one)}`).join(' ');
}
