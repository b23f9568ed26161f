import { loadConfig } from '../../src/config/load.js';
import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import { EventCounts } from '../../src/control/events/counts.js';
import { CountsOfProxy } from '../../src/control/metadata/proxyCounts.js';
import { startedStatus } from '../../src/control/reload/status.js';
import { SessionCensus } from '../../src/control/sessionCensus.js';
import type { Shown } from '../../src/control/show/shown.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { SessionState } from '../../src/pipeline/tcpState.js';
import { ControlWord, WorkerState } from '../../src/shared/control.js';
import type { CounterEvent } from '../../src/shared/counters.js';
import { publishElsewhere } from '../../src/tables/elsewhere.js';
import { Random } from '../../src/tables/hash.js';
import { Adjacency, type NeighborState, neighborInsert, neighborWriteHeader } from '../../src/tables/neighbors.js';
import { countSession, poolOf } from '../../src/tables/portBlocks.js';
import { portTake } from '../../src/tables/portTake.js';
import { sessionPublish } from '../../src/tables/sessionIndices.js';
import { Session, sessionTake } from '../../src/tables/sessions.js';
import { allocateState, stateOf } from '../../src/tables/state.js';
import { parseIpv4, type WireIpv4 } from '../../src/types/ipv4.js';
import { isFault } from '../../src/types/parsed.js';
import { heldAs } from './heldDevices.js';

/** A gateway without devices and threads: real tables, written by the test. Ticks stand at NOW. */

export const NOW = 10_000;

const CONFIG = `
name: made
ifaces:
  - { name: lan, tap: t0, role: inside, addresses: [10.0.0.1/16] }
  - name: wan
    tap: t1
    role: outside
    addresses: [100.10.0.1/16]
  - name: trunk
    packet: t2
    netns: other
    role: outside
    vlans:
      - { id: 7, name: wan7, role: outside, addresses: [100.7.0.1/24], mtu: 1400 }
routes:
  - default via 100.10.9.9
  - 10.9.0.0/16 via 100.7.0.9
  - blackhole 10.66.0.0/16
  - unreachable 10.67.0.0/16
zones:
  - { name: one, match: [10.0.1.0/24, 10.0.7.0/24], localAddresses: [100.10.2.1] }
  - { name: none, match: 10.0.2.0/24, localAddresses: [] }
  - { name: rest, match: 10.0.0.0/8, localAddresses: [100.10.2.2, 100.10.2.3], ports: 2000-2127 }
metrics: { listen: 127.0.0.1:0 }
`;

export type Made = ReturnType<typeof makeGateway>;

export function makeGateway({ sessions = 64, workers = 1 } = {}) {
  const { config, issues } = loadConfig(CONFIG, 'made');
  if (config === undefined) throw new Error(issues.map((issue) => issue.message).join('; '));
  const buffers = allocateState({ workers, sessions, neighbors: 16, addresses: 8, hosts: 1024 }, { k0: 1, k1: 2 });
  const states = Array.from({ length: workers }, (_, id) => stateOf(buffers, id));
  for (const { control } of states) {
    control[ControlWord.State] = WorkerState.Running;
    control[ControlWord.ClockTick] = NOW;
    control[ControlWord.Acknowledged] = 1;
  }
  const index = new StateIndex(states[0]!.ports);
  const built = buildSnapshot(config, [1500, 1500, 9000], index, 1, 1);
  const links = {
    devices: () => config.ifaces.map((iface) => heldAs(iface)),
    state: ({ name }: { name: string }) => (name === 'trunk' ? ('GONE' as const) : ('UP' as const)),
    kernelDrops: ({ name }: { name: string }) => (name === 'lan' ? undefined : 3),
    tunnelDrops: () => 6,
    tunnelDevice: () => ({ device: 'fab', mtu: 1400 }),
    steeredBy: ({ name }: { name: string }) => (name === 'lan' ? ('kernel' as const) : ('software' as const)),
    returns: ({ name }: { name: string }) => (name === 'wan' ? 2 : 0),
    side: ({ name }: { name: string }) => ({ exclusive: name === 'trunk', promiscuous: false, accepts: [] }),
    ring: () => ({ ringSlots: 4096, ringRefused: '' }),
    offloads: () => ({ rx: ['csum', 'tso'], tx: ['csum', 'tso'], coalesce: true }),
  };
  const pulse = { heartbeatAgeMs: (): number => 4, busyRatio: (): number => 0.123456, polledRatio: (): number => 0.045678 };
  const reloads = startedStatus(1_700_000_000_000);
  const census = new SessionCensus(states);
  const shown = {
    built,
    states,
    index,
    reloads,
    configFile: 'made.yaml',
    links,
    pulse,
    census,
    events: new EventCounts(),
    metadata: new CountsOfProxy(),
  } satisfies Shown;
  return { ...shown, shown: shown as Shown, random: new Random({ k0: 1, k1: 2 }) };
}

export function ip(text: string): WireIpv4 {
  const parsed = parseIpv4(text);
  if (isFault(parsed)) throw new Error(text);
  return parsed.value;
}

export interface MadeSession {
  readonly worker?: number;
  readonly protocol: 1 | 6 | 17;
  readonly inside: string;
  readonly insidePort: number;
  readonly remote: string;
  readonly remotePort: number;
  readonly zone: string;
  readonly external: string;
  readonly state?: SessionState;
  readonly idleTicks?: number;
}

/** A session as the worker makes it: port, row, indices. Returns the row and the external port. */
export function addSession({ states, index, random }: Made, s: MadeSession): { row: number; port: number } {
  const worker = s.worker ?? 0;
  const { sessions, ports } = states[worker]!;
  const address = index.addresses().get(ip(s.external))!;
  const port = portTake(ports, worker, poolOf(ports, s.protocol, address), random);
  const row = sessionTake(sessions, 0);
  const r = sessions.rows;
  r[row + Session.InsideAddress] = ip(s.inside);
  r[row + Session.RemoteAddress] = ip(s.remote);
  r[row + Session.OutwardPorts] = wire(s.insidePort) | (wire(s.remotePort) << 16);
  r[row + Session.ExternalAddress] = ip(s.external);
  r[row + Session.InwardPorts] = wire(s.remotePort) | (wire(port) << 16);
  r[row + Session.Meta] = s.protocol | ((s.state ?? SessionState.Open) << 8) | (index.zone(s.zone) << 16);
  r[row + Session.LastSeen] = NOW - (s.idleTicks ?? 0);
  r[row + Session.EpochPool] = address << 16;
  sessionPublish(sessions, row);
  countSession(ports, worker, poolOf(ports, s.protocol, address), 0, 1);
  return { row, port };
}

export function addNeighbor(
  { states, built }: Made,
  dev: string,
  address: string,
  state: NeighborState,
  ageTicks: number,
  worker = 0,
): void {
  const t = states[worker]!.neighbors;
  const rif = built.rifs.find(({ config }) => config.name === dev)!;
  const row = neighborInsert(t, rif.index, ip(address), NOW - ageTicks);
  neighborWriteHeader(t, row, new Uint8Array([2, 0, 0, 0, 0xab, 1]), 0, rif.config.mac, 0, rif.vlan);
  t.rows[row + Adjacency.State] = state;
}

/** What the home of an inside host keeps of a session that another worker has. */
export function addElsewhere({ states, index }: Made, s: Omit<MadeSession, 'external' | 'state'>, owner: number): void {
  const { sessions } = states[s.worker ?? 0]!;
  const row = sessionTake(sessions, 0);
  const r = sessions.rows;
  r[row + Session.InsideAddress] = ip(s.inside);
  r[row + Session.RemoteAddress] = ip(s.remote);
  r[row + Session.OutwardPorts] = wire(s.insidePort) | (wire(s.remotePort) << 16);
  r[row + Session.Meta] = s.protocol | (SessionState.Elsewhere << 8) | (index.zone(s.zone) << 16);
  r[row + Session.LastSeen] = NOW;
  r[row + Session.EpochPool] = owner << 16;
  publishElsewhere(sessions, row);
}

export function count({ states }: Made, event: CounterEvent, value: number, worker = 0): void {
  states[worker]!.counters.events[event] = value;
}

function wire(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8);
}
