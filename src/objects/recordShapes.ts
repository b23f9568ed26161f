import { z } from 'zod';
import { floatingIpOf, gatewaysOf, snatOf } from './gatewayRecords.js';
import { HIGHEST_PORT, LOWEST_PORT } from './kinds/floatingIp.js';
import { IDENTIFIER } from './kinds/lport.js';
import { ENCAPSULATION, HIGHEST_ID, HIGHEST_MTU, LOWEST_ID, LOWEST_MTU, NO_ID, SEGMENT_TYPES } from './kinds/network.js';
import { hostOf, lportOf, networkOf, rifOf, routerOf, subnetOf } from './records.js';

/**
 * What a record of a store has to be like before it is taken for an object: whoever has the store can write there by hand. Fields that
 * nobody here knows are let pass, they are of a later version.
 */

const name = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'is no name');
const text = z.string();
const texts = z.array(text);
const identifier = z.string().regex(IDENTIFIER, 'is no identifier');
const lport = z.looseObject({
  ...{ name, network: name, mac: text, addresses: texts, host: name.nullable(), portSecurity: z.boolean(), adminUp: z.boolean() },
  ...{ migratingTo: name.nullish(), migratingNetns: text.nullish() },
  ...{ instance: identifier.optional(), project: identifier.optional() },
  owner: z.enum(['compute', 'dhcp', 'loadbalancer', 'service', 'router']),
  device: z.looseObject({ kind: z.enum(['tap', 'packet']), name: text, netns: text.nullish() }).nullable(),
  allowedPairs: z.array(z.looseObject({ address: text, mac: text.nullable() })),
});
const host = z.looseObject({
  ...{ name, vtep: text.nullable(), physnets: texts },
  mode: z.enum(['dvr', 'dvr_snat', 'dvr_no_external', 'legacy']),
  draining: z.boolean().optional(),
  externalAddresses: z.array(z.looseObject({ network: name, address: text })).optional(),
});
const networkFields = z.looseObject({
  ...{ name, type: z.enum(SEGMENT_TYPES), id: z.number().int(), physnet: name.nullish() },
  mtu: z.number().int().max(HIGHEST_MTU),
  ...{ unknownUnicast: z.enum(['drop', 'flood']), arp: z.enum(['flood', 'strict']) },
  ...{ external: z.boolean().optional(), floatingMac: z.enum(['perHost', 'perFip']).optional() },
});
/** Ranges by type: of the id, and of the MTU, which in tunnels is less than the underlay's where nobody wrote it. */
const network = networkFields.superRefine(({ type, id, mtu }, context) => {
  const least = LOWEST_MTU - ENCAPSULATION[type];
  if (mtu < least)
    context.addIssue({ code: 'custom', path: ['mtu'], message: `${mtu} is below ${least}, the least of type ${type}` });
  const highest = HIGHEST_ID[type];
  const lowest = highest === NO_ID ? NO_ID : LOWEST_ID;
  if (id >= lowest && id <= highest) return;
  const range = highest === NO_ID ? `${NO_ID}, which says that it has none` : `${lowest} to ${highest}`;
  context.addIssue({ code: 'custom', path: ['id'], message: `${id} is no id of a network of type ${type} (expected: ${range})` });
});
const subnet = z.looseObject({
  name,
  network: name,
  cidr: text,
  gateway: text.nullable(),
  pools: texts.nullish(),
  addressScope: name.nullish(),
});
const router = z.looseObject({ name, distributed: z.boolean(), adminUp: z.boolean(), routes: texts, rules: texts });
const rif = z.looseObject({ name, router: name, subnet: name, address: text, mac: text });
const gateways = z.looseObject({
  router: name,
  gateways: z.array(
    z.looseObject({
      ...{ network: name, subnet: name, address: text, mac: text, enableSnat: z.boolean(), sources: texts },
      ...{ zones: z.array(z.unknown()), hosts: z.array(name) },
    }),
  ),
});
const snat = z.looseObject({ router: name, subnet: name, address: text, mac: text });
const tcpPort = z.number().int().min(LOWEST_PORT).max(HIGHEST_PORT);
const floatingIp = z.looseObject({
  ...{ name, address: text, network: name, router: name.nullable(), lport: name.nullable(), fixed: text.nullable(), mac: text },
  placement: z.enum(['distributed', 'centralized']),
  forwardings: z.array(
    z.looseObject({ protocol: z.enum(['tcp', 'udp']), port: tcpPort, lport: name, fixed: text, toPort: tcpPort }),
  ),
});

/** Each throws, with a sentence, for what is no such record. */
export const readRecord = {
  host: (record: unknown, mac?: string) => hostOf(shaped(host, record), mac),
  network: (record: unknown) => networkOf(shaped(network, record)),
  subnet: (record: unknown) => subnetOf(shaped(subnet, record)),
  lport: (record: unknown) => lportOf(shaped(lport, record)),
  router: (record: unknown) => routerOf(shaped(router, record)),
  rif: (record: unknown) => rifOf(shaped(rif, record)),
  gateways: (record: unknown) => gatewaysOf(shaped(gateways, record)),
  snat: (record: unknown) => snatOf(shaped(snat, record)),
  floatingIp: (record: unknown) => floatingIpOf(shaped(floatingIp, record)),
};

function shaped(schema: z.ZodType, record: unknown): unknown {
  const { success, data, error } = schema.safeParse(record);
  if (success) return data;
  const { path, message } = error.issues[0]!;
  throw new Error(`${path.length === 0 ? 'the record' : path.join('.')}: ${message}`);
}
