import { Kind, type PipelineContext } from '../pipeline/context.js';
import { answerByReset } from '../resolve/answerByReset.js';
import { Verdict } from '../shared/verdict.js';
import { Lport } from '../tables/lports.js';
import { METADATA_ADDRESS, METADATA_PORT, MetadataMac, PROXY_PORT_WIRE, Stand, standAt, standOf } from '../tables/metadata.js';
import { bucketTake } from '../tables/tokenBuckets.js';
import { delta16, delta32, fold, moveFinished, movePartial } from '../wire/checksum.js';
import { Ethernet, EtherType, etherTypeAt, macHead, macTail, macWrite } from '../wire/ethernet.js';
import {
  FragmentBits,
  Ipv4,
  ipv4Check,
  ipv4Destination,
  ipv4HeaderLength,
  ipv4Source,
  ipv4TotalLength,
  Protocol,
} from '../wire/ipv4.js';
import { swap32 } from '../wire/memory.js';
import { Tcp, TcpFlag, tcpFits } from '../wire/tcp.js';
import { VirtioFlag, virtioFlagsAndGso } from '../wire/virtioNet.js';
import { deliver, fitsNetwork, sendBySlot } from './exit.js';

/**
 * Metadata (dvr.md 2.15): TCP to 169.254.169.254:80 that enters a router is taken from its path before any rule or route, and goes to the
 * proxy of this host, from an address that stands for the port and its fixed address. Nothing else is ever written to the TAP between
 * them, and only what the proxy answers comes back. No state: both directions are rewritten by one table.
 */

/** A packet to the metadata address, which `cx.router` would route. Continue: it is not what the endpoint serves. */
export function toMetadata(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  if (m.u8[ip + Ipv4.Protocol] !== Protocol.Tcp) return Verdict.Continue;
  if (cx.kind[f] === Kind.Fragment) return Verdict.DropMetadataFragment;
  const ports = cx.ports[f]!;
  if (ports >>> 16 !== METADATA_PORT) return Verdict.Continue;
  const { metadata } = cx.switching;
  const flags = m.u8[ip + ipv4HeaderLength(m, ip) + Tcp.Flags]!;
  if (metadata.slot < 0) return refuse(cx, f, flags, Verdict.DropMetadataNoProxy);
  // By the device it came from: an address alone says nothing, tenants share them. And by the router it is sent to, of several on the network.
  const asked = cx.offsets[f]!;
  const row = standOf(metadata, cx.lport, ipv4Source(m, ip), macHead(m, asked), macTail(m, asked));
  if (row < 0) return refuse(cx, f, flags, Verdict.DropMetadataSource);
  const opens = (flags & (TcpFlag.Syn | TcpFlag.Ack)) === TcpFlag.Syn;
  if (opens && !bucketTake(cx.metadataTokens, cx.lport, cx.now, metadata.perSecond, metadata.burst))
    return Verdict.DropMetadataRate;
  const frame = cx.offsets[f]!;
  rewrite(cx, frame, ip, metadata.rows[row + Stand.Address]!, metadata.proxy, Tcp.DestinationPort, PROXY_PORT_WIRE);
  macWrite(m, frame, MetadataMac.Head, MetadataMac.KernelTail);
  macWrite(m, frame + Ethernet.Source, MetadataMac.Head, MetadataMac.OwnTail);
  sendBySlot(cx, metadata.slot, frame, cx.end[f]! - frame);
  return Verdict.Metadata;
}

/**
 * So that a guest that asks learns at once that nobody answers. What comes from elsewhere is no guest's question, and a router
 * that has nothing here answers none.
 */
function refuse(cx: PipelineContext, f: number, flags: number, verdict: Verdict): Verdict {
  if (cx.lport >= 0 && cx.rif[f]! >= 0 && (flags & TcpFlag.Rst) === 0) answerByReset(cx, f, flags);
  return verdict;
}

/** A frame from the TAP to the proxy: to the port that the destination stands for, as if the metadata address had sent it through the router. */
export function fromMetadata(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const ip = frame + Ethernet.Header;
  const end = frame + cx.lengths[f]!;
  if (cx.tags[f] !== 0 || etherTypeAt(m, frame + Ethernet.Type) !== EtherType.Ipv4) return Verdict.DropMetadataStray;
  if (ipv4Check(m, ip, end) !== Verdict.Continue) return Verdict.DropMetadataStray;
  const { metadata, lports } = cx.switching;
  if (!isAnswer(cx, ip, metadata.proxy)) return Verdict.DropMetadataStray;
  const row = standAt(metadata, swap32(ipv4Destination(m, ip)));
  if (row < 0) return Verdict.DropMetadataStray;
  const lport = metadata.rows[row + Stand.Lport]!;
  const length = ip + ipv4TotalLength(m, ip) - frame;
  cx.network = lports.rows[lport * Lport.Words + Lport.Network]!;
  if (!fitsNetwork(cx, frame, length)) return Verdict.DropNetworkMtu;
  rewrite(cx, frame, ip, METADATA_ADDRESS, metadata.rows[row + Stand.Fixed]!, Tcp.SourcePort, METADATA_PORT);
  macWrite(m, frame, lports.rows[lport * Lport.Words + Lport.MacA]!, lports.rows[lport * Lport.Words + Lport.MacB]!);
  macWrite(m, frame + Ethernet.Source, metadata.rows[row + Stand.MacA]!, metadata.rows[row + Stand.MacB]!);
  deliver(cx, lport, frame, length);
  return Verdict.MetadataAnswered;
}

/** Whole TCP from the proxy's address and port. */
function isAnswer(cx: PipelineContext, ip: number, proxy: number): boolean {
  const m = cx.memory;
  const l4 = ip + ipv4HeaderLength(m, ip);
  return (
    m.u8[ip + Ipv4.Protocol] === Protocol.Tcp &&
    (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) === 0 &&
    ipv4Source(m, ip) === proxy &&
    tcpFits(m, l4, ip + ipv4TotalLength(m, ip)) &&
    m.u16[(l4 + Tcp.SourcePort) >> 1] === PROXY_PORT_WIRE
  );
}

/** Gives a TCP packet other addresses and the port at `portAt` of its header another value; all as loaded, checksums by difference. */
function rewrite(
  cx: PipelineContext,
  frame: number,
  ip: number,
  source: number,
  destination: number,
  portAt: number,
  port: number,
): void {
  const m = cx.memory;
  const l4 = ip + ipv4HeaderLength(m, ip);
  const addresses = fold(delta32(ipv4Source(m, ip), source) + delta32(ipv4Destination(m, ip), destination));
  m.i32[(ip + Ipv4.Source) >> 2] = source;
  m.i32[(ip + Ipv4.Destination) >> 2] = destination;
  const check = (ip + Ipv4.Checksum) >> 1;
  m.u16[check] = moveFinished(m.u16[check]!, addresses);
  const sum = (l4 + Tcp.Checksum) >> 1;
  const partial = (virtioFlagsAndGso(m, frame) & VirtioFlag.NeedsChecksum) !== 0;
  const both = fold(addresses + delta16(m.u16[(l4 + portAt) >> 1]!, port));
  m.u16[sum] = partial ? movePartial(m.u16[sum]!, addresses) : moveFinished(m.u16[sum]!, both);
  m.u16[(l4 + portAt) >> 1] = port;
}
