import { Verdict } from '../../shared/verdict.js';
import { swapPort } from '../../tables/portBlocks.js';
import { GATEWAY_ROUTER } from '../../tables/rifs.js';
import { Ethernet, EtherType, etherTypeAt } from '../../wire/ethernet.js';
import { Icmp, isIcmpError, isTranslatedError } from '../../wire/icmp.js';
import {
  FragmentBits,
  Ipv4,
  ipv4Check,
  ipv4Destination,
  ipv4FragmentOffset,
  ipv4HeaderLength,
  ipv4Source,
  ipv4TotalLength,
  Protocol,
} from '../../wire/ipv4.js';
import { Arena, type FrameMemory, frameMemoryIn, recordOctets } from '../../wire/memory.js';
import { Tcp, tcpFits, tcpHeaderLength } from '../../wire/tcp.js';
import { Udp } from '../../wire/udp.js';
import { GsoType, Virtio, VirtioFlag, virtioClear } from '../../wire/virtioNet.js';
import type { Arrival } from './arrival.js';
import { type Flow, flowOf } from './flow.js';
import { quotedFlow } from './quotedFlow.js';
import type { Packet } from './writePacket.js';

/** The shortest frame that names a type, and the longest: 65,535 octets of IPv4, Ethernet header and tag. */
export const LEAST_FRAME_OCTETS = 14;
export const MOST_FRAME_OCTETS = 65_553;

/** A frame as it was captured, headers read. */
export interface CapturedFrame {
  readonly octets: Uint8Array;
  /** 802.1Q VLAN id, 0 = untagged. */
  readonly vlan: number;
  readonly isIpv4: boolean;
  /** A fragment behind the first: which flow it belongs to stands in none of its headers. */
  readonly isLaterFragment: boolean;
  /** Octets of data in each segment of a super-frame, 0 = it is none. */
  readonly segment: number;
  readonly m: FrameMemory;
  /** Offset of the IPv4 header. */
  readonly ip: number;
  /** True: the headers up to the ports are sound, so that there is a flow to tell of. */
  readonly isSound: boolean;
}

/** `octets` are LEAST_FRAME_OCTETS to MOST_FRAME_OCTETS, a tag stands among them. `segment`: see CapturedFrame. */
export function readFrame(octets: Uint8Array, segment: number): CapturedFrame {
  const m = frameMemoryIn(new SharedArrayBuffer(recordOctets(Arena.MaxFrame)));
  const frame = Arena.FrameStart;
  m.u8.set(octets, frame);
  const isTagged = etherTypeAt(m, frame + Ethernet.Type) === EtherType.Vlan && octets.length >= Ethernet.TaggedHeader;
  const ip = frame + (isTagged ? Ethernet.TaggedHeader : Ethernet.Header);
  const end = frame + octets.length;
  const isIpv4 = etherTypeAt(m, ip - 2) === EtherType.Ipv4;
  const isWell = isIpv4 && ipv4Check(m, ip, end) === Verdict.Continue;
  const isLaterFragment = isWell && ipv4FragmentOffset(m, ip) !== 0;
  const vlan = isTagged ? ((m.u8[frame + 14]! & 0x0f) << 8) | m.u8[frame + 15]! : 0;
  const isSound = isWell && !isLaterFragment && hasL4(m, ip);
  const common = { octets, vlan, isIpv4, isLaterFragment, m, ip, isSound };
  return { ...common, segment: isSound && canBeSegmented(m, ip) ? segment : 0 };
}

function canBeSegmented(m: FrameMemory, ip: number): boolean {
  const protocol = m.u8[ip + Ipv4.Protocol];
  const isWhole = (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) === 0;
  return isWhole && (protocol === Protocol.Tcp || protocol === Protocol.Udp);
}

function hasL4(m: FrameMemory, ip: number): boolean {
  const l4 = ip + ipv4HeaderLength(m, ip);
  const end = ip + ipv4TotalLength(m, ip);
  const protocol = m.u8[ip + Ipv4.Protocol];
  if (protocol === Protocol.Tcp) return tcpFits(m, l4, end);
  return (protocol !== Protocol.Udp && protocol !== Protocol.Icmp) || end - l4 >= Udp.Header;
}

/** How it comes in, to `router`; `inside`: from there. */
export function arrivalOf(captured: CapturedFrame, packet: Packet | undefined, inside: boolean, router: number): Arrival {
  const { octets } = captured;
  return {
    flow: captureFlow(captured, packet, inside, router),
    // Where a packet socket reports a tag beside the frame, the capture has put it back.
    tag: 0,
    put: (m, frame) => {
      m.u8.set(octets, frame);
      virtioClear(m, frame);
      if (captured.segment > 0) writeGso(m, frame, captured);
      return octets.length;
    },
  };
}

function captureFlow(
  { m, ip, isIpv4, isLaterFragment }: CapturedFrame,
  packet: Packet | undefined,
  inside: boolean,
  router: number,
): Flow {
  const nobody = { router, protocol: 0, source: 0, destination: 0, ports: 0, onlyStatic: true };
  if (packet === undefined) {
    if (!isIpv4 || !isLaterFragment) return nobody;
    return { ...nobody, protocol: m.u8[ip + Ipv4.Protocol]!, source: ipv4Source(m, ip), destination: ipv4Destination(m, ip) };
  }
  if (packet.protocol !== Protocol.Icmp || !isIcmpError(packet.icmpType)) return flowOf(packet, inside, router);
  const quoted = isTranslatedError(packet.icmpType) ? quotedFlow(m, ip, inside, router) : undefined;
  return quoted ?? { ...nobody, protocol: packet.protocol, source: packet.source, destination: packet.destination };
}

/** The virtio-net header that a super-frame has on its way from the kernel: checksum left open, segments of this size (OFF-5). */
function writeGso(m: FrameMemory, frame: number, { m: read, ip: at, octets, segment }: CapturedFrame): void {
  const ip = at - Arena.FrameStart;
  const tcp = read.u8[at + Ipv4.Protocol] === Protocol.Tcp;
  const l4 = ip + ipv4HeaderLength(read, at);
  const headers = l4 + (tcp ? tcpHeaderLength(read, at + l4 - ip) : Udp.Header);
  if (headers >= octets.length) return;
  const virtio = frame - Arena.VirtioHeader;
  m.u8[virtio + Virtio.Flags] = VirtioFlag.NeedsChecksum;
  m.u8[virtio + Virtio.GsoType] = tcp ? GsoType.Tcp4 : GsoType.UdpL4;
  m.u16[(virtio + Virtio.HeaderLength) >> 1] = headers;
  m.u16[(virtio + Virtio.GsoSize) >> 1] = segment;
  m.u16[(virtio + Virtio.ChecksumStart) >> 1] = l4;
  m.u16[(virtio + Virtio.ChecksumOffset) >> 1] = tcp ? Tcp.Checksum : Udp.Checksum;
}

/** What the headers say; undefined when they are not sound. */
export function packetIn({ m, ip, isSound, segment }: CapturedFrame): Packet | undefined {
  if (!isSound) return undefined;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const l4 = ip + ipv4HeaderLength(m, ip);
  const ported = protocol === Protocol.Tcp || protocol === Protocol.Udp;
  const icmp = protocol === Protocol.Icmp;
  const id = icmp ? swapPort(m.u16[(l4 + Icmp.Id) >> 1]!) : -1;
  const bits = m.u16[(ip + Ipv4.FlagsFragment) >> 1]!;
  return {
    protocol,
    source: ipv4Source(m, ip),
    destination: ipv4Destination(m, ip),
    sourcePort: ported ? swapPort(m.u16[l4 >> 1]!) : id,
    destinationPort: ported ? swapPort(m.u16[(l4 + 2) >> 1]!) : id,
    ttl: m.u8[ip + Ipv4.Ttl]!,
    tos: m.u8[ip + Ipv4.Tos]!,
    length: ipv4TotalLength(m, ip),
    dontFragment: (bits & FragmentBits.DontFragment) !== 0,
    tcpFlags: protocol === Protocol.Tcp ? m.u8[l4 + Tcp.Flags]! & 0x3f : 0,
    icmpType: icmp ? m.u8[l4]! : 0,
    seen: {
      icmpCode: icmp ? m.u8[l4 + Icmp.Code]! : 0,
      isFirstFragment: (bits & FragmentBits.NotWhole) !== 0,
      segment,
      quoted: icmp && isTranslatedError(m.u8[l4]!) ? quotedFlow(m, ip, true, GATEWAY_ROUTER) : undefined,
    },
  };
}
