import type { StoreCounts } from '../../store/counts.js';
import type { State } from '../../tables/state.js';
import type { Built } from '../buildSnapshot.js';
import type { TurnedAway } from '../dvr/view/fitView.js';
import type { EventCounts } from '../events/counts.js';
import type { CountsOfProxy } from '../metadata/proxyCounts.js';
import type { ReloadStatus } from '../reload/status.js';
import type { SessionCensus } from '../sessionCensus.js';
import type { StateIndex } from '../stateIndex.js';
import type { ShownLife } from './hosts.js';
import type { LinkWatch } from './links.js';
import type { ShownNetworks } from './netDevices.js';
import type { ShownObjects } from './objects.js';
import type { WorkerPulse } from './pulse.js';

/**
 * What `show` and the metrics read of a gateway. Nothing here is written by them, and no worker is stopped: they read the
 * memory the workers write.
 */
export interface Shown {
  /** The configuration in use, compiled; another object after each reload. */
  readonly built: Built;
  /** One per worker. */
  readonly states: readonly State[];
  readonly reloads: ReloadStatus;
  readonly configFile: string;
  readonly index: StateIndex;
  readonly links: Pick<
    LinkWatch,
    'devices' | 'state' | 'kernelDrops' | 'tunnelDrops' | 'tunnelDevice' | 'returns' | 'side' | 'steeredBy' | 'offloads' | 'ring'
  >;
  readonly pulse: Pick<WorkerPulse, 'heartbeatAgeMs' | 'busyRatio' | 'polledRatio'>;
  /** The process was told to stop and forwards until its drain is over. Absent: it cannot be told. */
  readonly draining?: boolean;
  readonly events: Pick<EventCounts, 'written' | 'dropped'>;
  /** Undefined: the gateway is no host of distributed routers. */
  readonly objects?: ShownObjects | undefined;
  /** Undefined likewise. */
  readonly networks?: ShownNetworks | undefined;
  /** Undefined likewise: what is known of the gateways of its cloud. */
  readonly life?: ShownLife | undefined;
  /** Undefined likewise: how the store of the objects is. */
  readonly store?: ShownStore | undefined;
  /** Undefined likewise: the SNAT services of this host's routers, and its floating IPs. */
  readonly snat?: ShownSnat | undefined;
  /** What the metadata proxy counts. */
  readonly metadata: Pick<CountsOfProxy, 'totals' | 'connections' | 'failure' | 'port'>;
  readonly census: Pick<SessionCensus, 'latest' | 'current'>;
}

export interface ShownSnat {
  /** Routers with a gateway and a replica here, and those this host may have as a whole; whether it has their SNAT service, or all of them. */
  readonly routers: readonly { readonly name: string; readonly here: boolean }[];
  /** Services that came and went; undefined: the objects say where they are. */
  readonly moves: { readonly here: number; readonly away: number } | undefined;
  /** Floating IPs that this host has no number for. */
  readonly withoutNumber: number;
  /** What of the objects this host has no room for. */
  readonly withoutRoom: readonly TurnedAway[];
}

export interface ShownStore {
  readonly reachable: boolean;
  /** Of the objects that were read last. */
  readonly read: number;
  /** Of those that the workers go by. */
  readonly applied: number;
  /** Seconds that objects which were read wait to be gone by; 0: none do. */
  readonly waiting: number;
  /** The lease of this host is held. */
  readonly held: boolean;
  readonly counts: StoreCounts;
  /** Keys of which audits found that they were others than watches had told. */
  readonly differences: number;
}
