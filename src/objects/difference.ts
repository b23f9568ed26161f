import type { ZoneConfig } from '../config/config.js';
import { resolveZone } from '../config/resolveZone.js';
import { zoneSchema } from '../config/zoneSchema.js';
import { zoneTree } from '../config/zoneYaml.js';
import { formatIpv4 } from '../types/ipv4.js';
import { formatMac } from '../types/mac.js';
import { fieldChanges, told } from './fieldChanges.js';
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

/** Gateways are a field by their networks: of several the one that changes is to be seen. */
function routerFields(router: RouterObject): Fields & { readonly name: string } {
  const gateways = router.gateways.map((gateway) => {
    const { network, zones, ...rest } = gatewayEntry(gateway);
    const wanted = zones === undefined ? undefined : gateway.zones.map(zoneFields);
    return [`gateways[${network}]`, { ...rest, zones: wanted }] as const;
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

/** What of a zone is not as it would be if only its sources and addresses were written. */
function zoneFields(zone: ZoneConfig): Fields {
  const { name, match, localAddresses, ...rest } = zoneTree(zone);
  const written = { name: zone.name, match: match as string[], localAddresses: localAddresses as string[] };
  return { ...written, ...unusual(rest, zoneTree(resolveZone(zoneSchema.parse(written), 'default'))) };
}

function unusual(fields: Fields, usual: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([key, value]) => told(value) !== told(usual[key]))
      .map(([key, value]) => {
        const of = usual[key];
        return [key, isFields(value) && isFields(of) ? unusual(value, of) : value];
      }),
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What becomes of the objects: a line for each that comes or goes, "+ lport a1 (...)", "- lport a2", and for every key that changes,
 * "~ lport a3 host: h1 -> h2". Empty: nothing.
 */
export function objectChanges(before: Objects, after: Objects): string[] {
  const [was, is] = [objectsIn(before), objectsIn(after)];
  const gone = [...was.keys()].filter((name) => !is.has(name)).map((name) => `- ${name}`);
  const rest = [...is].flatMap(([name, fields]) => {
    const known = was.get(name);
    if (known === undefined) return [`+ ${name} (${fieldsText(fields)})`];
    return fieldChanges(known, fields).map((line) => `~ ${name} ${line}`);
  });
  return [...gone, ...rest];
}

/** What is said of few, by the field. */
const USUAL: Readonly<Record<string, string>> = { draining: 'false', external: 'false', floatingMac: 'perHost' };

/** What is there, but the name. */
function fieldsText(fields: Fields): string {
  return Object.entries(fields)
    .filter(([key]) => key !== 'name')
    .map(([key, value]) => [key, told(value)] as const)
    .filter(([key, text]) => text !== 'none' && text !== '' && text !== USUAL[key])
    .map(([key, text]) => `${key} ${text}`)
    .join('; ');
}
