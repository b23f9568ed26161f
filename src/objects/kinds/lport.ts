import { z } from 'zod';
import { anyPrefix, deviceName, ipv4, mac } from '../../config/addressing.js';
import { defaulted, optional, required, withForm } from '../../config/keys.js';
import { flag, name, oneOf } from '../../config/scalar.js';
import { objectName } from '../names.js';

/** Keys of `lports`: ports of machines, bound to a host and a device there, or not bound (dvr.md 1.1). */

/** Of machines and tenants in somebody else's books. */
export const IDENTIFIER = /^[\x21-\x7e]{1,255}$/;

export const OWNERS = ['compute', 'dhcp', 'loadbalancer', 'service', 'router'] as const;

/** Goes into a header field as it is. */
const identifier = (example: string) =>
  name(IDENTIFIER, 'an identifier (1 to 255 visible ASCII characters)', example, 'identifier');

const pairShape = {
  address: required(anyPrefix(), {
    doc: 'Address or prefix the port may use as well; one of length 0 lifts the check of its version of IP.',
    reload: true,
  }),
  mac: optional(mac(), "the port's", { doc: 'MAC that goes with it.', reload: true }),
};

export const lportShape = {
  name: required(objectName('a1'), { doc: 'Name in listings and metrics; its MAC, once drawn, is kept by it.', reload: true }),
  network: required(objectName('blue', 'name of a network'), { doc: 'Network it is on.', reload: true }),
  mac: optional(mac(), 'drawn from fa:16:3e:00:00:00, and kept', {
    doc: 'Its MAC; a bound port keeps the one it has.',
    reload: true,
  }),
  addresses: defaulted(withForm(z.array(ipv4()), 'list of IPv4 addresses'), [], {
    doc: 'Its fixed addresses, each in a subnet of the network; those of IPv6 are given as allowedPairs.',
    reload: true,
  }),
  host: optional(objectName('h1', 'name of a host'), 'it is not bound', { doc: 'Host it is bound to.', reload: true }),
  tap: optional(deviceName(), 'at most one of tap and packet', {
    doc: 'TAP device that is created, or attached to, on that host.',
    form: 'device name',
    reload: true,
  }),
  packet: optional(deviceName(), 'at most one of tap and packet', {
    doc: 'Existing device on that host, by packet sockets.',
    form: 'device name',
    reload: true,
  }),
  netns: optional(name(/^[^\0]{1,255}$/, 'a namespace name or path', 'vm-a', 'name or path'), "the gateway's own", {
    doc: 'Network namespace of the device: a name under /run/netns or an absolute path.',
    reload: true,
  }),
  migratingTo: optional(objectName('h2', 'name of a host'), 'it stays', {
    doc: 'Host it is about to move to while its guest runs. That host makes ready, and has the port as soon as the guest is heard there.',
    reload: true,
  }),
  migratingNetns: optional(name(/^[^\0]{1,255}$/, 'a namespace name or path', 'vm-b', 'name or path'), "the port's netns", {
    doc: 'Network namespace of the device on that host.',
    reload: true,
  }),
  portSecurity: defaulted(flag(), true, {
    doc: 'Frames whose MAC or address is neither its own nor one of its pairs are dropped.',
    reload: true,
  }),
  allowedPairs: defaulted(withForm(z.array(z.strictObject(pairShape)), 'list of mappings'), [], {
    doc: 'Addresses it may use beside its own, which several ports may share.',
    reload: true,
    children: pairShape,
  }),
  owner: defaulted(oneOf(...OWNERS), 'compute', {
    doc: 'What it belongs to; routers come to the host of any port but those of routers.',
    reload: true,
  }),
  adminUp: defaulted(flag(), true, {
    doc: 'Whether it is up: one that is not sends nor receives, and nobody knows its addresses.',
    reload: true,
  }),
  instance: optional(identifier('3f1c9a52-6f0e-4f0c-9f0a-2b1c7b1d2e3f'), "the port's name", {
    doc: 'What the metadata endpoint knows its machine by.',
    reload: true,
  }),
  project: optional(identifier('b7d1c6e0f2a94f7c8d7e5a4b3c2d1e0f'), 'none is told', {
    doc: 'What the metadata endpoint knows its tenant by.',
    reload: true,
  }),
};

export const lportSchema = z.strictObject(lportShape);

export type LportEntry = z.output<typeof lportSchema>;
