import type { PipelineContext } from '../pipeline/context.js';
import { Host, hostTake, hostToken, mayBegin } from '../tables/hosts.js';
import { portSpaceOf } from '../tables/portBlocks.js';
import { Zone } from '../tables/zones.js';
import { Choice, Declined } from './choice.js';

/**
 * Limits of an inside host (LIM-1, LIM-2, EXH-1), looked at by its home before anything is taken for it. A limit of 0 is none.
 * 0: go on, with the host's row in `cx.choice`. `paid`: the frame comes back from another worker and has had its token.
 */
export function admitHost(cx: PipelineContext, z: number, inside: number, protocol: number, paid: boolean): Declined | 0 {
  const t = cx.hosts;
  const limits = cx.zones.rows;
  const row = hostTake(t, inside, cx.router);
  cx.choice[Choice.Host] = row;
  if (row < 0) return Declined.HostsFull;
  if (!mayBegin(t, row)) return Declined.RouterHosts;
  if (exceeds(t.rows[row + Host.Sessions]!, limits[z + Zone.HostSessions]!)) return Declined.HostLimit;
  if (protocol === 6 && exceeds(t.rows[row + Host.HalfOpen]!, limits[z + Zone.HostHalfOpen]!)) return Declined.HostLimit;
  const rate = limits[z + Zone.HostRate]!;
  if (!paid && rate !== 0 && !hostToken(t, row, cx.now, rate, limits[z + Zone.HostBurst]!)) return Declined.HostRate;
  return 0;
}

/** True when the host may have another external port. */
export function mayHavePort(cx: PipelineContext, z: number, protocol: number): boolean {
  const used = cx.hosts.rows[cx.choice[Choice.Host]! + Host.Ports + portSpaceOf(protocol)]!;
  return !exceeds(used, cx.zones.rows[z + Zone.HostPorts]!);
}

/** A limit of 0 is none. */
export function exceeds(used: number, limit: number): boolean {
  return limit !== 0 && used >= limit;
}
