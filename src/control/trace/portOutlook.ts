import type { PipelineContext } from '../../pipeline/context.js';
import { Choice } from '../../resolve/choice.js';
import { firstAddress } from '../../resolve/firstAddress.js';
import { heldFor, recyclable, Stage } from '../../resolve/portWalk.js';
import { isUsable } from '../../resolve/sharePort.js';
import { Host } from '../../tables/hosts.js';
import { BLOCKS, poolOf, portSpaceOf, swapPort, unavailable } from '../../tables/portBlocks.js';
import { Session } from '../../tables/sessions.js';
import type { State } from '../../tables/state.js';
import { Mode, Zone } from '../../tables/zones.js';
import type { Flow } from './flow.js';

/** Where a new session of a zone would get its port. */
export interface PortOutlook {
  /** Which of the zone's addresses is tried first, 0 to count - 1. */
  readonly start: number;
  /** Index of the address that has one, among the snapshot's; -1: none has. */
  readonly chosen: number;
  /** How far the search goes; Stage.Count: to its end, in vain. */
  readonly stage: Stage;
}

/** What looks through the eyes of one worker, at tables that it must not change. */
export interface Eye {
  readonly cx: PipelineContext;
  readonly states: readonly State[];
}

/** Lets the eye see what `worker` sees in a router's name. Only the rotation cursors are copies: firstAddress moves them. */
function lookAs({ cx, states }: Eye, worker: number, router: number): PipelineContext {
  cx.enterRouter(router);
  const state = states[worker]!;
  cx.attach({ ...state, cursors: state.cursors.slice() });
  cx.worker = worker;
  return cx;
}

/** The search of resolve/createSession.ts, without taking anything. `host`: words of the host's row. `z`: first word of the zone's. */
export function portOutlook(eye: Eye, home: number, flow: Flow, z: number, host: Int32Array): PortOutlook {
  const cx = lookAs(eye, home, flow.router);
  cx.hosts = { ...cx.hosts, rows: host.length === Host.Words ? host : new Int32Array(Host.Words) };
  cx.choice[Choice.Host] = 0;
  const start = firstAddress(cx, z, flow.protocol, flow.source);
  const { zones } = cx;
  const first = zones.rows[z + Zone.First]!;
  const count = zones.rows[z + Zone.Count]!;
  const modes = zones.rows[z + Zone.Modes]! >>> (portSpaceOf(flow.protocol) * 8);
  let best = { start, chosen: -1, stage: Stage.Count };
  for (let i = 0; i < count && best.stage > Stage.Free; i++) {
    const at = first + ((start + i) % count);
    const stage = stageOf(eye, flow, zones.addresses[at]!, zones.pools[at]!, modes, best.stage);
    if (stage < best.stage) best = { start, chosen: at, stage };
  }
  return best;
}

/** The first stage, below `limit`, at which the address has a port for the flow. */
function stageOf(eye: Eye, flow: Flow, external: number, address: number, modes: number, limit: Stage): Stage {
  const pool = poolOf(eye.states[0]!.ports, flow.protocol, address);
  const remotePort = flow.ports >>> 16;
  const overload = (modes & Mode.Overload) !== 0;
  const anyWorker = (has: (cx: PipelineContext) => boolean): boolean =>
    eye.states.some((_, worker) => has(lookAs(eye, worker, flow.router)));
  /** True when the port of a session that ends serves this flow then. */
  const gives = (cx: PipelineContext, row: number): boolean => {
    if (row < 0) return false;
    const r = cx.sessions.rows;
    const port = swapPort(r[row + Session.InwardPorts]! >>> 16);
    // One that was reserved since goes to nobody.
    if ((unavailable(cx.ports64, pool, port >> 6, (port >> 5) & 1) & (1 << (port & 31))) !== 0) return false;
    if (cx.ports64.sharers[pool * 65_536 + port] === 0) return true;
    const same = r[row + Session.RemoteAddress] === flow.destination && (r[row + Session.InwardPorts]! & 0xffff) === remotePort;
    return overload && same;
  };
  if (limit > Stage.Free && hasFree(eye, pool)) return Stage.Free;
  if (limit > Stage.Share && overload && anyWorker((cx) => hasShareable(cx, pool, external, flow.destination, remotePort)))
    return Stage.Share;
  if (limit > Stage.Held && anyWorker((cx) => gives(cx, heldFor(cx, pool, flow.destination, remotePort)))) return Stage.Held;
  if (limit > Stage.Recycle && anyWorker((cx) => gives(cx, recyclable(cx, pool, flow.source, flow.destination, remotePort))))
    return Stage.Recycle;
  return Stage.Count;
}

/** True when some port of the pool is neither in use nor reserved: whoever has its block gives it (tables/portTake.ts). */
function hasFree({ states }: Eye, pool: number): boolean {
  const p = states[0]!.ports;
  for (let block = p.range[pool * 2]! >> 6; block <= p.range[pool * 2 + 1]! >> 6; block++) {
    const at = pool * BLOCKS + block;
    const isHeld = p.owner[at] !== 0;
    for (let half = 0; half < 2; half++)
      if (((isHeld ? p.taken[at * 2 + half]! : 0) | unavailable(p, pool, block, half)) !== -1) return true;
  }
  return false;
}

/** Ends after as many steps as there are sessions with this remote, and one more. */
function hasShareable(cx: PipelineContext, pool: number, external: number, remote: number, remotePort: number): boolean {
  const p = cx.ports64;
  for (let block = p.range[pool * 2]! >> 6; block <= p.range[pool * 2 + 1]! >> 6; block++) {
    if (p.owner[pool * BLOCKS + block] !== cx.worker + 1) continue;
    for (let port = block << 6; port < (block + 1) << 6; port++)
      if (isUsable(cx, pool, external, port, remote, remotePort)) return true;
  }
  return false;
}
