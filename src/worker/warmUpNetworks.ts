import type { PipelineContext } from '../pipeline/context.js';
import { L2, L2Kind, l2Find } from '../tables/l2.js';
import { Allowed, Lport } from '../tables/lports.js';
import { macHeadOf, macOfWords, macTailOf } from '../tables/macWords.js';
import { Adjacency, NeighborState } from '../tables/neighbors.js';
import { Network } from '../tables/networks.js';
import { Rif } from '../tables/rifs.js';
import { Fabric } from '../tables/switching.js';
import { Arp, ArpOperation, arpWriteHead, arpWriteSenderIp } from '../wire/arp.js';
import { Arena } from '../wire/memory.js';
import { TcpFlag } from '../wire/tcp.js';
import { GsoType, VirtioFlag, virtioClear } from '../wire/virtioNet.js';
import { writeFlowFrame } from './syntheticFrames.js';

/** Record stride of these frames: the super-frame is the largest. */
const STRIDE = 2048;
const COUNT = 32;
const BROADCAST = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

/** What a frame is made of: read from the tables of the warm-up's networks, so that nothing about them is said twice. */
export interface End {
  readonly mac: Uint8Array;
  readonly address: number;
}

/** True when the warm-up's world has networks: this gateway is a host of distributed routers (D7). */
export function hasNetworks(cx: PipelineContext): boolean {
  return cx.switching.lports.count > 0;
}

/**
 * Fills the burst with what the first port sends: to ports here and elsewhere, on its network and beyond, to the router, to
 * everybody. Returns how many.
 */
export function fillFromPort(cx: PipelineContext): number {
  const { rows } = cx.switching.lports;
  const own = endOfPort(cx, 0);
  const network = rows[Lport.Network]!;
  const gateway = gatewayOf(cx, network);
  const others = neighbors(cx).filter(({ address }) => address !== own.address);
  cx.iface = rows[Lport.Iface]!;
  let f = 0;
  for (; f < COUNT; f++) {
    const to = others[f % others.length]!;
    const bridged = f % 3 === 0 && isOn(cx, network, to.mac);
    flow(cx, f, own, bridged ? to : { ...to, mac: gateway.mac }, f % 8 < 5);
    if (f % 8 === 4) flow(cx, f, own, { mac: f % 16 === 4 ? BROADCAST : gateway.mac, address: gateway.address }, false);
    if (f % 8 === 7) ask(cx, f, own, f % 16 === 7 ? gateway.address : to.address);
  }
  return f;
}

/** The same from another host: bridged there, routed there, asked of everybody. Returns how many. */
export function fillFromFabric(cx: PipelineContext): number {
  const { lports, vteps, fabric, networks, hostMacs } = cx.switching;
  const to = endOfPort(cx, 0);
  const network = lports.rows[Lport.Network]!;
  const [from] = neighbors(cx).filter(({ mac, address }) => address !== to.address && isOn(cx, network, mac));
  const peer = Uint8Array.of(hostMacs[2]!, hostMacs[2]! >> 8, hostMacs[3]!, 1, 2, 3);
  cx.iface = fabric.indexOf(Fabric.Vxlan);
  for (let f = 0; f < COUNT; f++) {
    flow(
      cx,
      f,
      { mac: f % 2 === 0 ? peer : from!.mac, address: from!.address },
      f % 16 === 5 ? { ...to, mac: BROADCAST } : to,
      f % 4 < 2,
    );
    virtioClear(cx.memory, cx.offsets[f]!);
    cx.sources[f] = vteps.addresses[0]!;
    cx.segments[f] = networks.rows[network * Network.Words + Network.SegId]!;
  }
  return COUNT;
}

/** A port of this host, by its number. */
export function endOfPort(cx: PipelineContext, port: number): End {
  const { rows, allowed } = cx.switching.lports;
  const row = port * Lport.Words;
  const address = allowed[rows[row + Lport.Allowed]! + Allowed.Address]!;
  return { mac: macOfWords(rows[row + Lport.MacA]!, rows[row + Lport.MacA + 1]!), address };
}

/** The first router interface of a network. */
export function gatewayOf(cx: PipelineContext, network: number): End {
  const { rifs, rows } = cx.switching.networks;
  return endOfRif(cx, rifs[rows[network * Network.Words + Network.Rifs]!]!);
}

export function endOfRif({ rifs }: PipelineContext, rif: number): End {
  return { mac: rifs.macs.slice(rif * 8, rif * 8 + 6), address: rifs.rows[rif * Rif.Words + Rif.Address]! };
}

/** Permanent neighbours of the routers' interfaces: the ports of all hosts. */
function neighbors(cx: PipelineContext): End[] {
  const { rows } = cx.neighbors;
  const ends: End[] = [];
  for (let row = 0; row < rows.length; row += Adjacency.Words) {
    if (rows[row + Adjacency.State] !== NeighborState.Permanent) continue;
    const mac = macOfWords(rows[row + Adjacency.Header0]!, rows[row + Adjacency.Header1]!);
    ends.push({ mac, address: rows[row + Adjacency.Address]! });
  }
  return ends;
}

function isOn(cx: PipelineContext, network: number, mac: Uint8Array): boolean {
  const { l2 } = cx.switching;
  const at = l2Find(l2, network, macHeadOf(mac), macTailOf(mac));
  return at >= 0 && l2.slots[at + L2.Where]! >>> 24 !== L2Kind.Rif;
}

/** TCP, now and then a super-frame, or an echo request. */
export function flow(cx: PipelineContext, f: number, from: End, to: End, tcp: boolean): void {
  const m = cx.memory;
  const frame = f * STRIDE + Arena.FrameStart;
  const large = tcp && f % 8 === 1;
  cx.offsets[f] = frame;
  cx.tags[f] = 0;
  cx.lengths[f] = writeFlowFrame(m, frame, {
    destinationMac: to.mac,
    sourceMac: from.mac,
    protocol: tcp ? 6 : 1,
    source: from.address,
    destination: to.address,
    sourcePort: 0x1000 + f,
    destinationPort: 0x5000,
    tcpFlags: TcpFlag.Ack,
    reply: false,
    payload: large ? 1600 : 18,
  });
  if (!large) return;
  const h = (frame - Arena.VirtioHeader) >> 1;
  m.u16[h] = VirtioFlag.NeedsChecksum | (GsoType.Tcp4 << 8);
  m.u16[h + 1] = 54;
  m.u16[h + 2] = 400;
  m.u16[h + 3] = 34;
  m.u16[h + 4] = 16;
}

function ask(cx: PipelineContext, f: number, from: End, target: number): void {
  const m = cx.memory;
  const frame = f * STRIDE + Arena.FrameStart;
  const arp = frame + 14;
  m.u8.fill(0, frame, frame + 60);
  m.u8.set(BROADCAST, frame);
  m.u8.set(from.mac, frame + 6);
  m.u16[(frame + 12) >> 1] = 0x0608;
  arpWriteHead(m, arp, ArpOperation.Request);
  m.u8.set(from.mac, arp + Arp.SenderMac);
  arpWriteSenderIp(m, arp, from.address);
  m.i32[(arp + Arp.TargetIp) >> 2] = target;
  virtioClear(m, frame);
  cx.offsets[f] = frame;
  cx.lengths[f] = 60;
  cx.tags[f] = 0;
}
