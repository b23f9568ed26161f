import { z } from 'zod';
import { addressWithLength, deviceName, ifaceName, mac } from './addressing.js';
import { defaulted, optional, required, withForm } from './keys.js';
import { flag, flagOrAuto, integer, name, oneOf } from './scalar.js';

/** Keys of `ifaces` and of `vlans` below them. */

const SMALLEST_MTU = 576;
const LARGEST_MTU = 65535;

const role = () => oneOf('inside', 'outside');
const addresses = () => withForm(z.array(addressWithLength()), 'list of IPv4 address/length');
const mtu = () => integer(SMALLEST_MTU, LARGEST_MTU);

const group = () => integer(0, 0x7fff_ffff);
const reversePath = () => oneOf('off', 'loose', 'strict');
const GROUP = 'Number of the interface group, for suppress_ifgroup.';
const REVERSE_PATH =
  'What a source is checked by: off, loose (some route leads back to it), strict (a route out of this interface does).';

const vlanShape = {
  id: required(integer(1, 4094), { doc: '802.1Q VLAN id of the tagged frames this router interface takes.', reload: true }),
  name: optional(ifaceName(), 'interface name, dot, id', { doc: 'Name in routes, listings and metrics.', reload: true }),
  role: optional(role(), "the interface's role", { doc: 'Side of the NAT this link is on.', reload: true }),
  mac: optional(mac(), "the interface's MAC", { doc: 'Virtual MAC of the gateway on this VLAN.', reload: true }),
  mtu: optional(mtu(), "the interface's MTU", {
    doc: 'Largest IP packet on this VLAN.',
    unit: 'octets',
    reload: true,
  }),
  addresses: defaulted(addresses(), [], {
    doc: 'Router addresses on this VLAN, each with the length of its subnet.',
    reload: true,
  }),
  group: optional(group(), "the interface's group", { doc: GROUP, reload: true }),
  reversePath: optional(reversePath(), "the interface's", { doc: REVERSE_PATH, reload: true }),
};

export const ifaceShape = {
  name: optional(ifaceName(), 'the device name', { doc: 'Name in routes, listings and metrics.', reload: true }),
  tap: optional(deviceName(), 'exactly one of tap and packet', {
    doc: 'Creates, or attaches to, the TAP device of this name; the peer sits on the kernel side of it.',
    form: 'device name',
    reload: true,
  }),
  packet: optional(deviceName(), 'exactly one of tap and packet', {
    doc: 'Opens packet sockets on this existing device.',
    form: 'device name',
    reload: true,
  }),
  netns: optional(name(/^[^\0]{1,255}$/, 'a namespace name or path', 'client', 'name or path'), "the process's own", {
    doc: 'Network namespace of the device: a name under /run/netns or an absolute path.',
    reload: true,
  }),
  role: required(role(), { doc: 'Side of the NAT this link is on.', reload: true }),
  mac: optional(mac(), 'derived from the names of gateway and interface', {
    doc: "Virtual MAC of the gateway on this link, never the device's own.",
    reload: true,
  }),
  mtu: optional(mtu(), "the device's MTU", {
    doc: "Largest IP packet on this link. Left out, it is the device's, and follows it when that is changed in the kernel; set, it stands, and the log says when the device has another. A TAP gets it when it is opened, so changing it here needs a restart.",
    unit: 'octets',
    reload: true,
  }),
  addresses: defaulted(addresses(), [], { doc: 'Router addresses, each with the length of its subnet.', reload: true }),
  group: defaulted(group(), 0, { doc: GROUP, reload: true }),
  reversePath: defaulted(reversePath(), 'off', { doc: REVERSE_PATH, reload: true }),
  offloads: optional(flag(), 'true', {
    doc: 'TAP only: what the kernel may hand over: super-frames of up to 64 KiB and partial checksums, or wire packets only.',
    reload: false,
  }),
  sendOffloads: optional(flag(), 'true', {
    doc: 'Send super-frames and partial checksums as far as the kernel takes them; false: they are cut and completed here.',
    reload: true,
  }),
  coalesce: optional(flag(), 'true', {
    doc: 'Join TCP segments and UDP datagrams that follow each other in a burst into super-frames for this device, where it takes them.',
    reload: true,
  }),
  txQueueLength: optional(integer(64, 1_000_000), '16384', {
    doc: 'TAP only: queue of the device towards the gateway.',
    unit: 'frames',
    reload: false,
  }),
  promiscuous: optional(flagOrAuto(), 'auto', {
    doc: "Packet only: receive frames to any MAC; auto: to the gateway's own, by the device's filter where it has one.",
    reload: true,
  }),
  exclusive: optional(flag(), 'false', {
    doc: 'Packet only: keep what arrives from the kernel, so that only the gateway answers and forwards it. Linux 6.6.',
    reload: true,
  }),
  vlans: defaulted(withForm(z.array(z.strictObject(vlanShape)), 'list of mappings'), [], {
    doc: 'Tagged router interfaces on the same device.',
    reload: true,
    children: vlanShape,
  }),
};

export const ifaceSchema = z.strictObject(ifaceShape);

/** An interface as the file has it. */
export type IfaceEntry = z.output<typeof ifaceSchema>;
