import { Verdict } from '../shared/verdict.js';

/**
 * What createSession, the walk and the owner of a port settle between them before a row is filled (`cx.choice`): addresses as
 * loaded, the port in host order.
 */
export const enum Choice {
  /** Index of the local address among the port pools; STATIC_POOL for a static mapping. */
  Address = 0,
  External,
  Port,
  /** SessionFlag bits. */
  Flags,
  /** Zone state index. */
  Zone,
  /** Adjacency towards the remote; -1: openSession looks for it. */
  Adjacency,
  /** SessionState it begins in. */
  State,
  /** Row of the inside host in `hosts`, -1 when another worker is its home. */
  Host,
  /** The cursor's value for this session; -1 = none taken. */
  Start,
  /** Step of the walk. */
  Step,
  /** 1: the port is a new one for the host; 0: its mapping has it already. */
  NewPort,
  /** With NewPort 0: a session of the mapping. */
  Mapping,
  /** Hash of the outward tuple; of the inside endpoint, where the session is to have a mapping (tables/sessionIndices.ts). */
  OutwardHash,
  InsideHash,
  /** Ticks within which the session must end unless the inside answers; 0 = its timer says. Taken back once it is opened. */
  Remaining,
  /** What looking early at an index loaded. */
  Touched,
  Words = 16,
}

/** Pool index of sessions by a static mapping, whose ports are of no pool. */
export const STATIC_POOL = 0xffff;

/** Why no row was opened. ASKED: the frame went to the owner of a port, and `cx.asked` is its verdict. */
export const enum Declined {
  TableFull = -1,
  PortsExhausted = -2,
  Asked = -3,
  HostLimit = -4,
  HostRate = -5,
  HostsFull = -6,
  /** The router has its share of the sessions, of the hosts with sessions (tables/routerShares.ts). */
  RouterSessions = -7,
  RouterHosts = -8,
}

/** The verdict of a refusal that is one of the session table, the ports, or the host's limits. */
export function declinedVerdict(declined: number): Verdict {
  if (declined === Declined.TableFull) return Verdict.DropSessionsFull;
  if (declined === Declined.RouterSessions) return Verdict.DropRouterSessionsFull;
  if (declined === Declined.RouterHosts) return Verdict.DropRouterHostsFull;
  if (declined === Declined.HostLimit) return Verdict.DropHostLimit;
  if (declined === Declined.HostRate) return Verdict.DropHostRate;
  return declined === Declined.HostsFull ? Verdict.DropHostsFull : Verdict.DropPortsExhausted;
}
