/**
 * Super-frames: the kernel hands over many segments of TCP or UDP as one packet, larger than the MTU. A capture does not tell how
 * large the segments are; no larger than the MTU, at any rate.
 */

const ETHERNET = 14;
const TAG = 4;
const MIN_IPV4 = 20;
const MIN_TCP = 20;
const UDP = 8;

/** What a line about a captured frame says of a super-frame; empty for any other. On its way out it came so, or the gateway joined it. */
export function superFrameText(frame: Uint8Array, mtu: number): string {
  const segment = segmentOf(frame, mtu);
  if (segment === 0) return '';
  const ip = ETHERNET + (frame[12] === 0x81 ? TAG : 0);
  const octets = ((frame[ip + 2]! << 8) | frame[ip + 3]!) - (mtu - segment);
  return ` {super-frame: ${Math.ceil(octets / segment)} or more segments with at most ${segment} octets of data}`;
}

/** Octets of data in the largest segment that an MTU lets through; 0 for a frame that is no super-frame. */
export function segmentOf(frame: Uint8Array, mtu: number): number {
  const tagged = frame[12] === 0x81 && frame[13] === 0;
  const ip = frame.subarray(ETHERNET + (tagged ? TAG : 0));
  const isIpv4 = frame[(tagged ? TAG : 0) + 12] === 8 && frame[(tagged ? TAG : 0) + 13] === 0 && ip.length >= MIN_IPV4;
  if (!isIpv4 || ((ip[2]! << 8) | ip[3]!) <= mtu) return 0;
  const header = (ip[0]! & 15) * 4;
  if (ip[9] === 17) return Math.max(0, mtu - header - UDP);
  if (ip[9] !== 6 || ip.length < header + MIN_TCP) return 0;
  return Math.max(0, mtu - header - (ip[header + 12]! >> 4) * 4);
}
