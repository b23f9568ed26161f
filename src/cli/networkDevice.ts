import { WindroseError } from '../errors/catalog.js';
import type { IfaceRow } from '../types/show.js';
import type { HostRow, LportRow, NetworkRow, PhysnetRow } from '../types/showObjects.js';

/** What an operator reads of a gateway's networks (`/v1/show/...`). */
export interface NetworkRows {
  readonly lports: readonly LportRow[];
  readonly networks: readonly NetworkRow[];
  readonly physnets: readonly PhysnetRow[];
  readonly hosts: readonly HostRow[];
}

/** What capturing has to know of a device. */
export type ListenedDevice = Pick<IfaceRow, 'name' | 'device' | 'netns' | 'vlan' | 'mtu'>;

/** Frames of a physical network are of any of its networks. */
const WHOLE_IP = 65_535;

/** The device of the port, or of the physical network, with that name; undefined: there is none. Throws a WindroseError when it is at another host. */
export function networkDevice({ lports, networks, physnets, hosts }: NetworkRows, name: string): ListenedDevice | undefined {
  const port = lports.find((one) => one.name === name);
  if (port === undefined) {
    const physnet = physnets.find((one) => one.name === name && one.device !== '');
    return physnet && { name, device: physnet.device, netns: physnet.netns, vlan: 0, mtu: WHOLE_IP };
  }
  const here = hosts.some(({ name: host, self }) => self && host === port.host);
  if (!here) throw new WindroseError('LPORT_ELSEWHERE', name, port.host === '' ? 'no host' : `host ${port.host}`);
  // "tap tapa1"
  const device = port.device.slice(port.device.indexOf(' ') + 1);
  if (device === '') throw new WindroseError('LPORT_ELSEWHERE', name, 'this host without a device');
  const mtu = networks.find((one) => one.name === port.network)?.mtu ?? WHOLE_IP;
  return { name, device, netns: port.netns, vlan: 0, mtu };
}
