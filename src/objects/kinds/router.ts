import { z } from 'zod';
import { ifaceName, ipv4, mac } from '../../config/addressing.js';
import { defaulted, optional, required, withForm } from '../../config/keys.js';
import { routeSchema, routeShape } from '../../config/routeSchema.js';
import { ruleSchema, ruleShape } from '../../config/ruleSchema.js';
import { flag } from '../../config/scalar.js';
import { objectName } from '../names.js';

/** Keys of `routers` and of their `interfaces` (dvr.md 1.1). */

export const rifShape = {
  name: optional(ifaceName(), 'qr-, and the name of the subnet', {
    doc: 'Name in routes, rules and listings; unique among all routers.',
    reload: true,
  }),
  subnet: required(objectName('blue4', 'name of a subnet'), { doc: 'Subnet it is on.', reload: true }),
  address: optional(ipv4(), "the subnet's gateway", { doc: 'Its address; the same on every host.', reload: true }),
  mac: optional(mac(), 'drawn from fa:16:3e:00:00:00, and kept', { doc: 'Its MAC; the same on every host.', reload: true }),
};

export const routerShape = {
  name: required(objectName('r1'), { doc: 'Name in listings.', reload: true }),
  distributed: defaulted(flag(), true, {
    doc: 'It routes on every host that has a port it serves. A change needs adminUp: false.',
    reload: true,
  }),
  adminUp: defaulted(flag(), true, { doc: 'Whether it is up: one that is not routes nowhere.', reload: true }),
  interfaces: defaulted(withForm(z.array(z.strictObject(rifShape)), 'list of mappings'), [], {
    doc: 'One for each subnet it is on.',
    reload: true,
    children: rifShape,
  }),
  routes: defaulted(withForm(z.array(routeSchema), 'list of mappings or lines'), [], {
    doc: 'Routes as in the configuration, by the names of its interfaces.',
    reload: true,
    children: routeShape,
  }),
  rules: defaulted(withForm(z.array(ruleSchema), 'list of mappings or lines'), [], {
    doc: 'Rules as in the configuration, beside the default ones.',
    reload: true,
    children: ruleShape,
  }),
};

export const routerSchema = z.strictObject(routerShape);

export type RouterEntry = z.output<typeof routerSchema>;
