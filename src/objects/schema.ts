import { z } from 'zod';
import { defaulted, withForm } from '../config/keys.js';
import type { FileShape } from '../config/readMapping.js';
import { integer } from '../config/scalar.js';
import { floatingIpSchema, floatingIpShape } from './kinds/floatingIp.js';
import { hostSchema, hostShape } from './kinds/host.js';
import { lportSchema, lportShape } from './kinds/lport.js';
import { networkSchema, networkShape } from './kinds/network.js';
import { routerSchema, routerShape } from './kinds/router.js';
import { subnetSchema, subnetShape } from './kinds/subnet.js';

/** The whole file of objects. A new kind is a file of kinds/, a key here, and its checks. */

const listOf = <T>(item: z.ZodType<T>) => withForm(z.array(item), 'list of mappings');

export const objectsShape = {
  underlayMtu: defaulted(integer(576, 65_535), 1500, {
    doc: 'Largest IP packet between hosts, which the MTUs of networks follow from.',
    unit: 'octets',
    reload: true,
  }),
  hosts: defaulted(listOf(hostSchema), [], { doc: 'Hosts, this one too.', reload: true, children: hostShape }),
  networks: defaulted(listOf(networkSchema), [], { doc: 'Networks.', reload: true, children: networkShape }),
  subnets: defaulted(listOf(subnetSchema), [], { doc: 'Subnets of networks.', reload: true, children: subnetShape }),
  lports: defaulted(listOf(lportSchema), [], { doc: 'Ports of machines.', reload: true, children: lportShape }),
  routers: defaulted(listOf(routerSchema), [], { doc: 'Routers and their interfaces.', reload: true, children: routerShape }),
  floatingIps: defaulted(listOf(floatingIpSchema), [], {
    doc: 'Addresses of external networks for ports, or for ports of machines.',
    reload: true,
    children: floatingIpShape,
  }),
};

export const objectsSchema = z.strictObject(objectsShape);

export const objectItems = {
  hosts: hostSchema,
  networks: networkSchema,
  subnets: subnetSchema,
  lports: lportSchema,
  routers: routerSchema,
  floatingIps: floatingIpSchema,
};

export const objectsFile: FileShape = {
  keys: objectsShape,
  items: objectItems,
  start: 'Start with "networks:"; see docs/objects.md.',
};

/** The file as written, with defaults, before names are resolved. */
export type ObjectEntries = z.output<typeof objectsSchema>;
