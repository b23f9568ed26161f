import { arpInput } from '../pipeline/arpInput.js';
import type { PipelineContext } from '../pipeline/context.js';
import { copyArp } from '../pipeline/handoff.js';
import { Verdict } from '../shared/verdict.js';
import { L2Kind } from '../tables/l2.js';
import { Allowed, Lport } from '../tables/lports.js';
import { Network } from '../tables/networks.js';
import { Fabric } from '../tables/switching.js';
import { vtepOf } from '../tables/vteps.js';
import { Arp, ArpOperation, arpOperation, arpSenderIp, arpTargetIp } from '../wire/arp.js';
import { Ethernet, macHead, macTail, macWrite } from '../wire/ethernet.js';
import { Arena, copyRecord } from '../wire/memory.js';
import { deliver, sendToHost } from './exit.js';
import { rifWith, standAt } from './networkRifs.js';

/**
 * Questions of replicas (DVR probes, dvr.md 2.11). A router that needs a neighbour nobody knows asks by ARP in the name of its host: sender MAC is
 * the host MAC, sender address the router's. The host where somebody may have the address asks it in the router's name and passes the
 * answer on to the host that asked.
 */

/** Rows of 8 int32, 64 of them: whose questions are open. */
const enum Asked {
  /** Network + 1. */
  Network = 0,
  Address,
  /** Host MAC of who asks. */
  MacA,
  MacB,
  /** L2Kind << 24 | VTEP. */
  Where,
  Tick,
  Words = 8,
}

/** A question is open for a second. */
const OPEN_TICKS = 10;

/** A peer's question, or an answer to one of ours: `arp` stands in frame `f`. */
export function probeFromFabric(cx: PipelineContext, f: number, arp: number): Verdict {
  return arpOperation(cx.memory, arp) === ArpOperation.Request ? question(cx, f, arp) : answerToUs(cx, f, arp);
}

function question(cx: PipelineContext, f: number, arp: number): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const target = arpTargetIp(m, arp);
  const rif = rifWith(cx, arpSenderIp(m, arp));
  const at = rowOf(cx, target);
  cx.asks[at + Asked.Network] = cx.network + 1;
  cx.asks[at + Asked.Address] = target;
  cx.asks[at + Asked.MacA] = macHead(m, frame + Ethernet.Source);
  cx.asks[at + Asked.MacB] = macTail(m, frame + Ethernet.Source);
  const wire = cx.switching.fabric[cx.iface] === Fabric.Physnet;
  cx.asks[at + Asked.Where] = wire ? L2Kind.Wire << 24 : (L2Kind.Remote << 24) | vtepOf(cx.switching.vteps, cx.sources[f]!);
  cx.asks[at + Asked.Tick] = cx.now;
  const w = cx.rifs.macWords;
  macWrite(m, frame + Ethernet.Source, w[rif << 1]!, w[(rif << 1) + 1]!);
  macWrite(m, arp + Arp.SenderMac, w[rif << 1]!, w[(rif << 1) + 1]!);
  return askPorts(cx, frame, cx.lengths[f]!, target) ? Verdict.Flooded : Verdict.DropArpUnknown;
}

/** Asks the ports that may have an address. */
function askPorts(cx: PipelineContext, frame: number, length: number, target: number): boolean {
  const { networks, lports } = cx.switching;
  const first = networks.rows[cx.network * Network.Words + Network.Ports]!;
  const end = first + networks.rows[cx.network * Network.Words + Network.PortCount]!;
  let asked = 0;
  for (let i = first; i < end; i++) {
    const port = networks.ports[i]!;
    const row = port * Lport.Words;
    const allowed = lports.rows[row + Lport.Allowed]!;
    for (let k = 0; k < lports.rows[row + Lport.AllowedCount]!; k++) {
      const at = allowed + k * Allowed.Words;
      if (((target ^ lports.allowed[at + Allowed.Address]!) & lports.allowed[at + Allowed.Mask]!) !== 0) continue;
      deliver(cx, port, frame, length);
      asked++;
      break;
    }
  }
  return asked > 0;
}

/** To the router that asked: in its own name again, and noted as any answer, by whichever worker has asked. */
function answerToUs(cx: PipelineContext, f: number, arp: number): Verdict {
  const m = cx.memory;
  const rif = rifWith(cx, arpTargetIp(m, arp));
  if (rif < 0) return Verdict.DropHostMacDst;
  const w = cx.rifs.macWords;
  macWrite(m, cx.offsets[f]!, w[rif << 1]!, w[(rif << 1) + 1]!);
  macWrite(m, arp + Arp.TargetMac, w[rif << 1]!, w[(rif << 1) + 1]!);
  standAt(cx, f, rif);
  if (cx.handoff.workers > 1) copyArp(cx, f, rif);
  return arpInput(cx, f);
}

/**
 * A port's answer to a router, which another host has asked for: a copy goes there, to its host MAC. The question is with the worker that
 * received it; the others see the answer as well (replica.ts).
 */
export function answerToHost(cx: PipelineContext, f: number, arp: number): void {
  const m = cx.memory;
  const address = arpSenderIp(m, arp);
  const at = rowOf(cx, address);
  const a = cx.asks;
  if (a[at + Asked.Network] !== cx.network + 1 || a[at + Asked.Address] !== address) return;
  if (rifWith(cx, arpTargetIp(m, arp)) < 0) return;
  a[at + Asked.Network] = 0;
  if (((cx.now - a[at + Asked.Tick]!) | 0) > OPEN_TICKS) return;
  const length = cx.lengths[f]!;
  const copy = cx.scratch.take(length);
  if (copy < 0) return;
  copyRecord(m.i32, (copy - Arena.FrameStart) >> 2, m.i32, (cx.offsets[f]! - Arena.FrameStart) >> 2, length);
  macWrite(m, copy, a[at + Asked.MacA]!, a[at + Asked.MacB]!);
  macWrite(m, copy + Ethernet.Header + Arp.TargetMac, a[at + Asked.MacA]!, a[at + Asked.MacB]!);
  sendToHost(cx, cx.network, a[at + Asked.Where]! >>> 24, a[at + Asked.Where]! & 0xff_ffff, copy, length);
}

function rowOf(cx: PipelineContext, address: number): number {
  const h = Math.imul(address ^ cx.network, 0x45d9_f3b3) >>> 26;
  return h * Asked.Words;
}
