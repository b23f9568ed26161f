import { WindroseError } from '../errors/catalog.js';
import type { IfaceRow } from '../types/show.js';
import type { HostRow, LportRow, NetworkRow, PhysnetRow, TunnelRow } from '../types/showObjects.js';

/** What an operator reads of a gateway's networks (`/v1/show/...`). */
export interface NetworkRows {
  readonly lports: readonly LportRow[];
  readonly networks: readonly NetworkRow[];
  readonly physnets: readonly PhysnetRow[];
  readonly hosts: readonly HostRow[];
  readonly tunnels: readonly TunnelRow[];
}

/** What capturing has to know of a device. */
export type ListenedDevice = Pick<IfaceRow, 'name' | 'device' | 'netns' | 'vlan' | 'mtu'>;

/** Frames of a physical network are of any of its networks. */
const WHOLE_IP = 65_535;

/**
 * The device of the port, or of the physical network, with that name; undefined: there is none. Throws a WindroseError when it is at another host,
 * or a tunnel.
 */
export function networkDevice(
  { lports, networks, physnets, hosts, tunnels }: NetworkRows,
  name: string,
): ListenedDevice | undefined {
  const port = lports.find((one) => one.name === name);
  if (port === undefined) {
    const physnet = physnets.find((one) => one.name === name && one.device !== '');
    const tunnel = tunnels.find((one) => one.name === name);
    if (physnet === undefined && tunnel !== undefined) throw new WindroseError('TUNNEL_DEVICE', name, howToCapture(tunnel));
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

/** Outside of all networks: frames as the underlay has them. In words, since the device may be any that has the address. */
function howToCapture({ name, address, netns }: TunnelRow): string {
  const ip = netns === '' ? 'ip' : netns.startsWith('/') ? `nsenter --net=${netns} ip` : `ip -n ${netns}`;
  const enter = netns === '' ? '' : netns.startsWith('/') ? `nsenter --net=${netns} ` : `ip netns exec ${netns} `;
  const filter = name === 'vxlan' ? 'udp port 4789' : 'proto gre';
  return `"${ip} -br addr show to ${address}" names the device that has its address, and "${enter}tcpdump -ni DEVICE ${filter}" captures there`;
}
