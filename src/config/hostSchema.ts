import { z } from 'zod';
import { deviceName, ipv4 } from './addressing.js';
import { defaulted, optional, required, withForm } from './keys.js';
import { metadataSchema, metadataShape } from './metadataSchema.js';
import { duration, orOff } from './quantities.js';
import { name, oneOf } from './scalar.js';

/** Keys of `host` and `objects`: this gateway as one host of a distributed router (dvr.md 1.1). */

const hostName = () => name(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/, 'a name (1 to 255 letters, digits, _ . -)', 'h1');
const netns = (doc: string) =>
  optional(name(/^[^\0]{1,255}$/, 'a namespace name or path', 'underlay', 'name or path'), "the process's own", {
    doc,
    reload: false,
  });

const vtepShape = {
  address: required(ipv4(), { doc: 'Address of the kernel that tunnels begin and end at.', reload: false }),
  netns: netns('Network namespace that has the address: a name under /run/netns or an absolute path.'),
};

const physnetShape = {
  name: required(name(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/, 'a name (1 to 255 letters, digits, _ . -)', 'physnet1'), {
    doc: 'What networks call it.',
    reload: false,
  }),
  tap: optional(deviceName(), 'exactly one of tap and packet', {
    doc: 'Creates, or attaches to, the TAP device of this name.',
    form: 'device name',
    reload: false,
  }),
  packet: optional(deviceName(), 'exactly one of tap and packet', {
    doc: 'Opens packet sockets on this existing device.',
    form: 'device name',
    reload: false,
  }),
  netns: netns('Network namespace of the device: a name under /run/netns or an absolute path.'),
};

export const hostShape = {
  name: required(hostName(), { doc: 'Which of the hosts this one is; the same letters as there.', reload: false }),
  vtep: optional(z.strictObject(vtepShape), 'no tunnels', {
    doc: 'Where tunnels to other hosts begin and end here.',
    reload: false,
    children: vtepShape,
  }),
  mode: optional(oneOf('dvr', 'dvr_snat', 'dvr_no_external', 'legacy'), 'what the objects say', {
    doc: 'What it may do, as the objects say it: they decide, and what is written here is compared with them; a difference is logged.',
    reload: false,
  }),
  physnets: defaulted(withForm(z.array(z.strictObject(physnetShape)), 'list of mappings'), [], {
    doc: 'Devices that lead to physical networks: frames of VLAN networks tagged, those of flat networks untagged.',
    reload: false,
    children: physnetShape,
  }),
  macRefresh: defaulted(orOff(duration(1000), 'a duration of at least 1 s', { form: 'duration | off', example: '2m' }), '2m', {
    doc: 'How often MACs of ports are announced on physical networks with a router, whose frames carry MACs of hosts: at most half the time that switches remember them. Those of new ports are announced four times within 7 s, on any.',
    reload: false,
  }),
  metadata: optional(metadataSchema, 'guests that ask for metadata are refused', {
    doc: 'Where requests of guests to the metadata address, 169.254.169.254, are taken.',
    form: 'mapping',
    reload: true,
    children: metadataShape,
  }),
};

export const hostSchema = z.strictObject(hostShape);

export const objectsFile = optional(name(/^[^\0]{1,4095}$/, 'a path', 'objects.yaml', 'path'), 'what the store holds', {
  doc: 'File of networks, ports and routers (docs/objects.md), from the directory of this file; the whole truth at each start and reload.',
  reload: true,
});
