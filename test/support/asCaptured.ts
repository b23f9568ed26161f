import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { pseudoHeaderSum } from '../../src/wire/checksum.js';
import { Protocol } from '../../src/wire/ipv4.js';
import { type Decoded, decode } from './decode.js';
import { wireIp } from './octets.js';
import { virtio } from './virtio.js';

/** Octets of IPv4 in the largest wire packet of a golden case. */
const MTU = 1500;

/**
 * A frame of a capture with the virtio-net header that it must have had. A capture does not keep it, but it shows: a checksum that
 * is the sum of the pseudo header is partial (D32), and a packet above the MTU is a super-frame, of segments as large as fit.
 */
export function asCaptured(octets: Uint8Array): MemoryFrame {
  const d = decode(octets);
  const tcp = d.tcp !== undefined;
  if (d.ipv4 === undefined || (d.tcp ?? d.udp) === undefined) return { octets };
  const start = (d.vlan === undefined ? 14 : 18) + d.ipv4.ihl * 4;
  const offset = tcp ? 16 : 6;
  if (!isPartial(octets, d, start, start + offset)) return { octets };
  const needs = { needsChecksum: true, start, offset };
  if (d.ipv4.totalLength <= MTU) return { octets, virtio: virtio(needs) };
  const headerLength = octets.length - d.payload.length;
  const gsoSize = MTU - (headerLength - start + d.ipv4.ihl * 4);
  return { octets, virtio: virtio({ ...needs, gso: tcp ? 1 : 5, headerLength, gsoSize }) };
}

function isPartial(octets: Uint8Array, { ipv4, tcp }: Decoded, start: number, field: number): boolean {
  const { src, dst, totalLength, ihl } = ipv4!;
  const protocol = tcp === undefined ? Protocol.Udp : Protocol.Tcp;
  if (field + 2 > octets.length || start > octets.length) return false;
  return (
    (octets[field]! | (octets[field + 1]! << 8)) === pseudoHeaderSum(wireIp(src), wireIp(dst), protocol, totalLength - ihl * 4)
  );
}
