import { z } from 'zod';
import { addressRange, prefix } from '../../config/addressing.js';
import { optional, required, withForm } from '../../config/keys.js';
import { scalar, text } from '../../config/scalar.js';
import { parseIpv4, type WireIpv4 } from '../../types/ipv4.js';
import type { Parsed } from '../../types/parsed.js';
import { objectName } from '../names.js';

/** Keys of `subnets` (dvr.md 1.1). */

const gateway = scalar(
  text((written): Parsed<WireIpv4 | 'none'> => (written === 'none' ? { value: 'none' } : parseIpv4(written))),
  { form: 'IPv4 address | none', example: '10.0.0.1' },
);

export const subnetShape = {
  name: required(objectName('blue4'), { doc: 'What router interfaces call it.', reload: true }),
  network: required(objectName('blue', 'name of a network'), { doc: 'Network it is on.', reload: true }),
  cidr: required(prefix(), { doc: 'Its addresses.', reload: true }),
  gateway: optional(gateway, 'the first address', {
    doc: 'Router its hosts send to; none: they have no such router.',
    reload: true,
  }),
  pools: optional(withForm(z.array(addressRange()).min(1), 'list of IPv4 addresses or ranges'), 'all but the gateway', {
    doc: 'Addresses that are given to what has none written: SNAT services, gateways of routers, floating IPs.',
    reload: true,
  }),
  addressScope: optional(objectName('scope1'), 'none', {
    doc: 'Between subnets of one address scope nothing is translated.',
    reload: true,
  }),
};

export const subnetSchema = z.strictObject(subnetShape);

export type SubnetEntry = z.output<typeof subnetSchema>;
