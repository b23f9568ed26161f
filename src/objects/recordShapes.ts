import { z } from 'zod';
import { hostOf, lportOf, networkOf, rifOf, routerOf, subnetOf } from './records.js';

/**
 * What a record of a store has to be like before it is taken for an object: whoever has the store can write there by hand. Fields that
 * nobody here knows are let pass, they are of a later version.
 */

const name = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'is no name');
const text = z.string();
const texts = z.array(text);
const whole = z.number().int().nonnegative();
const lport = z.looseObject({
  ...{ name, network: name, mac: text, addresses: texts, host: name.nullable(), portSecurity: z.boolean(), adminUp: z.boolean() },
  ...{ migratingTo: name.nullish(), migratingNetns: text.nullish() },
  owner: z.enum(['compute', 'dhcp', 'loadbalancer', 'service', 'router']),
  device: z.looseObject({ kind: z.enum(['tap', 'packet']), name: text, netns: text.nullish() }).nullable(),
  allowedPairs: z.array(z.looseObject({ address: text, mac: text.nullable() })),
});
const host = z.looseObject({
  ...{ name, vtep: text.nullable(), physnets: texts },
  mode: z.enum(['dvr', 'dvr_snat', 'dvr_no_external', 'legacy']),
});
const network = z.looseObject({
  ...{ name, type: z.enum(['local', 'flat', 'vlan', 'vxlan', 'gre']), id: whole, physnet: name.nullish(), mtu: whole },
  ...{ unknownUnicast: z.enum(['drop', 'flood']), arp: z.enum(['flood', 'strict']) },
});
const subnet = z.looseObject({ name, network: name, cidr: text, gateway: text.nullable(), pools: texts.nullish() });
const router = z.looseObject({ name, distributed: z.boolean(), adminUp: z.boolean(), routes: texts, rules: texts });
const rif = z.looseObject({ name, router: name, subnet: name, address: text, mac: text });

/** Each throws, with a sentence, for what is no such record. */
export const readRecord = {
  host: (record: unknown, mac?: string) => hostOf(shaped(host, record), mac),
  network: (record: unknown) => networkOf(shaped(network, record)),
  subnet: (record: unknown) => subnetOf(shaped(subnet, record)),
  lport: (record: unknown) => lportOf(shaped(lport, record)),
  router: (record: unknown) => routerOf(shaped(router, record)),
  rif: (record: unknown) => rifOf(shaped(rif, record)),
};

function shaped(schema: z.ZodType, record: unknown): unknown {
  const { success, data, error } = schema.safeParse(record);
  if (success) return data;
  const { path, message } = error.issues[0]!;
  throw new Error(`${path.length === 0 ? 'the record' : path.join('.')}: ${message}`);
}
