import { z } from 'zod';
import { ipv4, mac } from '../../config/addressing.js';
import { defaulted, optional, required, withForm } from '../../config/keys.js';
import { flag, oneOf } from '../../config/scalar.js';
import { objectName } from '../names.js';

/** Keys of `hosts`: where ports are bound (dvr.md 1.1). */

const HOST_MODES = ['dvr', 'dvr_snat', 'dvr_no_external', 'legacy'] as const;

const externalAddressShape = {
  network: required(objectName('ext', 'name of a network'), { doc: 'External network.', reload: true }),
  address: required(ipv4(), { doc: 'Its address there, which nobody else has.', reload: true }),
};

export const hostShape = {
  name: required(objectName('h1'), {
    doc: 'What ports are bound to; the same letters as under host in its gateway.',
    reload: true,
  }),
  vtep: optional(ipv4(), 'no tunnels', { doc: 'Address its tunnels begin and end at.', reload: true }),
  mode: defaulted(oneOf(...HOST_MODES), 'dvr', {
    doc: 'What it may do: dvr routes what its ports send; dvr_snat may also translate for others; dvr_no_external has no floating addresses; legacy has no distributed routers.',
    reload: true,
  }),
  mac: optional(mac(), 'drawn from fa:16:3f:00:00:00 by the host, and kept', {
    doc: 'Its host MAC: source of what its routers send to other hosts.',
    reload: true,
  }),
  physnets: defaulted(withForm(z.array(objectName('physnet1')), 'list of names'), [], {
    doc: 'Physical networks it is connected to.',
    reload: true,
  }),
  draining: defaulted(flag(), false, {
    doc: 'It takes no gateway of a router any more, and gives up those it has.',
    reload: true,
  }),
  externalAddresses: defaulted(withForm(z.array(z.strictObject(externalAddressShape)), 'list of mappings'), [], {
    doc: 'Addresses of its own on external networks, which it asks for neighbours with; without one it uses a floating address.',
    reload: true,
    children: externalAddressShape,
  }),
};

export const hostSchema = z.strictObject(hostShape);

export type HostEntry = z.output<typeof hostSchema>;
