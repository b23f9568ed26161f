import { ENCAPSULATION } from '../../../objects/kinds/network.js';
import { SegType } from '../../../tables/networks.js';
import type { TraceStep } from '../../../types/trace.js';
import { mtuCommand } from '../../dvr/underlay.js';
import type { Shown } from '../../show/shown.js';
import type { Left } from './leftFrames.js';

const ETHERNET = 14;

/** What is said of frames that the device under the tunnel does not take: no verdict knows it, the kernel refuses them afterwards. */
export function underlayStep({ networks, links }: Pick<Shown, 'networks' | 'links'>, left: readonly Left[]): TraceStep[] {
  const tunnel = networks?.tunnels[0];
  const longest = left.reduce((most, one) => Math.max(most, outerOctets(one)), 0);
  if (tunnel === undefined || longest === 0) return [];
  const under = links.tunnelDevice(tunnel);
  if (under === undefined || longest <= under.mtu) return [];
  const { device, mtu } = under;
  const how = mtuCommand(tunnel.netns, device, longest);
  const found = `LOST: ${longest} octets with the tunnel header, and ${device}, which has ${tunnel.address}, takes ${mtu}: the kernel refuses it (send_too_long). ${how}`;
  return [{ step: 'underlay', found }];
}

/** Of the IP packet around a frame in a tunnel; 0 of any other. */
function outerOctets({ tunnel, octets }: Left): number {
  if (tunnel === undefined) return 0;
  return octets - ETHERNET + ENCAPSULATION[tunnel.type === SegType.Gre ? 'gre' : 'vxlan'];
}
