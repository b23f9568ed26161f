import { z } from 'zod';
import { ifaceName, ipv4, mac, prefix } from '../../config/addressing.js';
import { defaulted, optional, required, withForm } from '../../config/keys.js';
import { routeSchema, routeShape } from '../../config/routeSchema.js';
import { ruleSchema, ruleShape } from '../../config/ruleSchema.js';
import { flag } from '../../config/scalar.js';
import { zoneSchema, zoneShape } from '../../config/zoneSchema.js';
import { objectName } from '../names.js';

/** Keys of `routers` and of their `interfaces` and `gateways` (dvr.md 1.1). */

const rifShape = {
  name: optional(ifaceName(), 'qr-, and the name of the subnet', {
    doc: 'Name in routes, rules and listings; unique among all routers.',
    reload: true,
  }),
  subnet: required(objectName('blue4', 'name of a subnet'), { doc: 'Subnet it is on.', reload: true }),
  address: optional(ipv4(), "the subnet's gateway", { doc: 'Its address; the same on every host.', reload: true }),
  mac: optional(mac(), 'drawn from fa:16:3e:00:00:00, and kept', { doc: 'Its MAC; the same on every host.', reload: true }),
  snat: optional(ipv4(), "the first free one of the subnet's pools, and kept", {
    doc: "Address of the router's SNAT service on the subnet, on one host at a time; there is one when the router is distributed and has a gateway.",
    reload: true,
  }),
  snatMac: optional(mac(), 'drawn from fa:16:3e:00:00:00, and kept', { doc: 'MAC of that.', reload: true }),
};

const gatewayShape = {
  network: required(objectName('ext', 'name of a network'), { doc: 'External network it leads to.', reload: true }),
  subnet: optional(objectName('ext4', 'name of a subnet'), 'the only one of the network', {
    doc: 'Subnet of that network that its address is of.',
    reload: true,
  }),
  address: optional(ipv4(), "the first free one of the subnet's pools, and kept", {
    doc: 'Its address there, on one host at a time.',
    reload: true,
  }),
  mac: optional(mac(), 'drawn from fa:16:3e:00:00:00, and kept', { doc: 'Its MAC there.', reload: true }),
  enableSnat: defaulted(flag(), true, {
    doc: 'What leaves by it is translated; false: it keeps its source.',
    reload: true,
  }),
  sources: defaulted(withForm(z.array(prefix()), 'list of IPv4 prefixes'), [], {
    doc: 'Sources that leave by this gateway and not by the first of the router, which has none; every other one needs them.',
    reload: true,
  }),
  zones: optional(
    withForm(z.array(zoneSchema).min(1), 'list of mappings'),
    "one named all, of all that leaves by it, with the gateway's address",
    {
      doc: 'Zones as in the configuration, with the defaults of its profile default.',
      reload: true,
      children: zoneShape,
    },
  ),
  hosts: defaulted(withForm(z.array(objectName('h1')), 'list of names'), [], {
    doc: 'Hosts that may have it, the first that can has it; none named: every host of mode dvr_snat that is connected to the network.',
    reload: true,
  }),
};

export const routerShape = {
  name: required(objectName('r1'), { doc: 'Name in listings.', reload: true }),
  distributed: defaulted(flag(), true, {
    doc: 'It routes on every host that has a port it serves; false: on one host, of mode dvr_snat or legacy. A change needs adminUp: false.',
    reload: true,
  }),
  adminUp: defaulted(flag(), true, { doc: 'Whether it is up: one that is not routes nowhere.', reload: true }),
  interfaces: defaulted(withForm(z.array(z.strictObject(rifShape)), 'list of mappings'), [], {
    doc: 'One for each subnet it is on.',
    reload: true,
    children: rifShape,
  }),
  gateways: defaulted(withForm(z.array(z.strictObject(gatewayShape)), 'list of mappings'), [], {
    doc: 'Ways to external networks; one for each network.',
    reload: true,
    children: gatewayShape,
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

export type GatewayEntry = RouterEntry['gateways'][number];
