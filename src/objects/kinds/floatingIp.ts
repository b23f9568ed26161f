import { z } from 'zod';
import { ipv4, mac } from '../../config/addressing.js';
import { number } from '../../config/ipValues.js';
import { defaulted, optional, required, withForm } from '../../config/keys.js';
import { oneOf } from '../../config/scalar.js';
import { objectName } from '../names.js';

/** Keys of `floatingIps` and of their `forwardings` (dvr.md 1.1). */

/** Ports that a forwarding may have. */
export const LOWEST_PORT = 1;
export const HIGHEST_PORT = 65_535;
const port = () => number(LOWEST_PORT, HIGHEST_PORT, '80');

const forwardingShape = {
  protocol: required(oneOf('tcp', 'udp'), { doc: 'Protocol of the port.', reload: true }),
  port: required(port(), { doc: 'Port of the floating IP.', reload: true }),
  lport: required(objectName('a1', 'name of a port'), { doc: 'Port it leads to.', reload: true }),
  fixed: optional(ipv4(), "the port's only address", { doc: 'Which of its addresses.', reload: true }),
  toPort: optional(port(), 'port', { doc: 'Port there.', reload: true }),
};

export const floatingIpShape = {
  name: optional(objectName('192.168.1.101'), 'its address', {
    doc: 'What it is called in listings; an address that is given to it is kept by it.',
    reload: true,
  }),
  address: optional(ipv4(), "the first free one of the network's pools, and kept", {
    doc: 'Its address; one without a name needs it.',
    reload: true,
  }),
  network: required(objectName('ext', 'name of a network'), { doc: 'External network it is of.', reload: true }),
  lport: optional(objectName('a1', 'name of a port'), 'it is only reserved, or forwards ports', {
    doc: 'Port it is the floating IP of; a router between the two has a gateway on the network.',
    reload: true,
  }),
  fixed: optional(ipv4(), "the port's only address", {
    doc: 'Which of its addresses; one that has several needs it.',
    reload: true,
  }),
  placement: defaulted(oneOf('distributed', 'centralized'), 'distributed', {
    doc: 'Where it is translated: at the host of the port, without state; or where the gateway is, with sessions.',
    reload: true,
  }),
  mac: optional(mac(), 'drawn from fa:16:3e:00:00:00, and kept', {
    doc: 'Its own MAC, where its network has floatingMac: perFip.',
    reload: true,
  }),
  forwardings: defaulted(withForm(z.array(z.strictObject(forwardingShape)), 'list of mappings'), [], {
    doc: 'Ports of it that lead to ports of machines, where the gateway is; not together with lport.',
    reload: true,
    children: forwardingShape,
  }),
};

export const floatingIpSchema = z.strictObject(floatingIpShape);

export type FloatingIpEntry = z.output<typeof floatingIpSchema>;
