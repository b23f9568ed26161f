/** A host of a distributed router in memory, for the benches: tables and context as in production, no devices. */
import { loadConfig } from '../../src/config/load.js';
import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import { snatHostsOf } from '../../src/control/dvr/placement/snatPlacement.js';
import { hostViewOf } from '../../src/control/dvr/view/hostViewOf.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { readObjects } from '../../src/objects/load.js';
import { MAX_BURST } from '../../src/pipeline/burst.js';
import type { PipelineContext } from '../../src/pipeline/context.js';
import { Outlet } from '../../src/pipeline/outlet.js';
import { sendFromRouter } from '../../src/switching/fromRouter.js';
import { FIRST_LPORT } from '../../src/tables/rifs.js';
import { allocateState, stateOf } from '../../src/tables/state.js';
import { type Mac, parseMac } from '../../src/types/mac.js';
import { Arena } from '../../src/wire/memory.js';
import { writeFlowFrame } from '../../src/worker/syntheticFrames.js';
import { FRAME_OCTETS, FrameRing } from './frames.js';
import { KEY, warmContext } from './world.js';

export const VXLAN_SLOT = 20;
export const PHYSNET_SLOT = 22;
const PORTS = 1024;
const SESSIONS = 4096;

function macOf(text: string): Mac {
  const parsed = parseMac(text);
  if (!('value' in parsed)) throw new Error(text);
  return parsed.value;
}

/** Host `name` of these objects, whose MAC is `mac`. What comes by tunnel comes from `peer`, of segment `vni`. */
export function networkWorld(
  text: string,
  name: string,
  mac: string,
  { peer, vni }: { peer: number; vni: number },
): PipelineContext {
  const { objects, issues } = readObjects(text, 'bench');
  const { config } = loadConfig(`name: bench\nifaces: []\nhost: { name: ${name} }\n`, 'bench');
  if (objects === undefined || config === undefined) throw new Error(`the bench is faulty: ${issues[0]?.message}`);
  const own = stateOf(allocateState({ workers: 1, sessions: SESSIONS, neighbors: 1024, addresses: 4, hosts: 64 }, KEY), 0);
  const host = { name, mac: macOf(mac), prefix: { mac: macOf('fa:16:3f:00:00:00'), octets: 3 } } as const;
  const view = hostViewOf(objects, host, [], undefined, snatHostsOf(objects));
  const slots = { physnets: [], physnet: () => PHYSNET_SLOT, vxlan: VXLAN_SLOT, gre: -1, macRefreshMs: 0 };
  const { snapshot } = buildSnapshot(config, [], new StateIndex(own.ports), 1, 1, [], undefined, view, slots);
  const cx = warmContext(own, snapshot, true);
  cx.outlets = Array.from({ length: FIRST_LPORT + 64 }, () => new Outlet());
  cx.toNetwork = sendFromRouter;
  cx.sources.fill(peer);
  cx.segments.fill(vni);
  return cx;
}

/** UDP of 64 octets: addresses as loaded, MACs as text. Ports are of the source, or with `answers` of the destination. */
export interface Way {
  readonly iface: number;
  readonly source: number;
  readonly destination: number;
  readonly sourceMac: string;
  readonly destinationMac: string;
}

export const octetsOf = (text: string): Uint8Array => Uint8Array.from(text.split(':'), (octet) => Number.parseInt(octet, 16));

/** Frames of 1,024 source ports. */
export function framesOf(cx: PipelineContext, way: Way, bursts: number): FrameRing {
  const ring = new FrameRing(bursts);
  ring.burstIface.fill(way.iface);
  for (let n = 0; n < bursts * MAX_BURST; n++) {
    writeFlowFrame(cx.memory, Arena.FrameStart, {
      ...way,
      sourceMac: octetsOf(way.sourceMac),
      destinationMac: octetsOf(way.destinationMac),
      sourcePort: n % PORTS,
      destinationPort: 0x3500,
      protocol: 17,
      tcpFlags: 0,
      reply: false,
      payload: FRAME_OCTETS - 42,
    });
    ring.store(cx, Math.floor(n / MAX_BURST), n % MAX_BURST);
  }
  return ring;
}
