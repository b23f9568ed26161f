import { lastChange } from '../../store/objectKeys.js';
import { type Applied, readApplied, readSeen, type Seen } from '../../store/presence.js';
import type { Store } from '../../store/store.js';
import { formatIpv4 } from '../../types/ipv4.js';
import { formatMac } from '../../types/mac.js';
import type { HostRow } from '../../types/showObjects.js';
import { inTime } from '../dvr/mirror/inTime.js';
import { NO_SNAT_HOSTS } from '../dvr/placement/snatPlacement.js';
import type { HostWatch, KnownHost } from '../dvr/presence/hostWatch.js';
import { withAll } from './objects.js';
import type { Shown } from './shown.js';

/** What is known of the gateways of a cloud. */
export interface ShownLife {
  readonly store: Pick<Store, 'range'>;
  readonly others: Pick<HostWatch, 'hosts'> & { readonly lostSince?: number | undefined };
  /** Other hosts use the same store. */
  readonly shared: boolean;
}

interface Told {
  readonly applied: ReadonlyMap<string, Applied>;
  readonly seen: ReadonlyMap<string, Seen>;
  readonly newest: { readonly revision: number; readonly at: number } | undefined;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * The hosts of the objects and how they are, then those that run and are not among them: what nobody watches is read now, and is
 * left out when the store does not answer.
 */
export async function showHosts(shown: Pick<Shown, 'objects' | 'life'>): Promise<HostRow[]> {
  const { life } = shown;
  // Both at once: a store that says nothing is waited for no longer than once.
  const [all, told] = await Promise.all([withAll(shown), life === undefined ? undefined : toldBy(life)]);
  if (all.objects === undefined) return [];
  const { objects, host: self, snatHosts = NO_SNAT_HOSTS, lasting = NONE } = all.objects;
  const ports = new Map<string, number>();
  for (const { host } of objects.lports) if (host !== undefined) ports.set(host, (ports.get(host) ?? 0) + 1);
  const services = new Map<string, number>();
  const kept = new Map<string, number>();
  for (const [router, host] of snatHosts) {
    services.set(host, (services.get(host) ?? 0) + 1);
    if (lasting.has(router)) kept.set(host, (kept.get(host) ?? 0) + 1);
  }
  const rows = objects.hosts.map(({ name, vtep, mode, mac, physnets, draining = false }): HostRow => {
    const state = stateOf(name, self, life, told);
    return {
      ...{
        name,
        named: true,
        vtep: vtep === undefined ? '' : formatIpv4(vtep),
        mode,
        mac: mac === undefined ? '' : formatMac(mac),
      },
      ...{ physnets: [...physnets], ports: ports.get(name) ?? 0, self: name === self },
      ...{ draining, services: services.get(name) ?? 0, kept: state.state === 'silent' ? (kept.get(name) ?? 0) : 0 },
      ...state,
      ...progressOf(told, name),
    };
  });
  const strangers = strangersOf(life, new Set(rows.map(({ name }) => name))).map((name) => ({
    ...{
      name,
      named: false,
      vtep: '',
      mode: '',
      mac: '',
      physnets: [],
      ports: 0,
      self: name === self,
      draining: false,
      services: 0,
      kept: 0,
    },
    ...stateOf(name, self, life, told),
    ...progressOf(told, name),
  }));
  return [...rows, ...strangers];
}

/** How each host of the objects is. */
export async function hostStates({
  objects,
  life,
}: Pick<Shown, 'objects' | 'life'>): Promise<ReadonlyMap<string, HostRow['state']>> {
  const told = life === undefined ? undefined : await toldBy(life);
  const hosts = objects?.objects.hosts ?? [];
  return new Map(hosts.map(({ name }) => [name, stateOf(name, objects!.host, life, told).state]));
}

/** Gateways that run as hosts nobody has named; one that was taken out of the objects and has gone is missed by nobody. */
function strangersOf(life: ShownLife | undefined, named: ReadonlySet<string>): string[] {
  return [...(life?.others.hosts ?? [])]
    .filter(([name, { silentSince }]) => silentSince === undefined && !named.has(name))
    .map(([name]) => name)
    .sort();
}

/**
 * How the gateway of a host is, and since when, milliseconds since 1970. Nobody knows it of another host while the store says nothing; that this
 * one runs needs no store.
 */
export function presenceOf(
  { boot, silentSince, unsureSince }: KnownHost,
  isSelf: boolean,
  lostSince: number | undefined,
): { readonly state: 'alive' | 'starting' | 'stopped' | 'silent' | 'unknown'; readonly since: number } {
  const alive = { state: boot.starting === true ? 'starting' : 'alive', since: boot.since } as const;
  if (isSelf) return alive;
  const nobodyKnowsSince = lostSince ?? unsureSince;
  if (nobodyKnowsSince !== undefined) return { state: 'unknown', since: nobodyKnowsSince };
  if (silentSince === undefined) return alive;
  return { state: boot.leaving ? 'stopped' : 'silent', since: silentSince };
}

/** Undefined: the store does not answer; one that is known to be away is not asked. */
async function toldBy({ store, others }: ShownLife): Promise<Told | undefined> {
  return others.lostSince === undefined ? inTime<Told | undefined>(read(store), undefined) : undefined;
}

async function read(store: ShownLife['store']): Promise<Told> {
  const [applied, seen, newest] = await Promise.all([readApplied(store), readSeen(store), lastChange(store)]);
  return { applied, seen, newest };
}

function stateOf(
  name: string,
  self: string,
  life: ShownLife | undefined,
  told: Told | undefined,
): Pick<HostRow, 'state' | 'stateSeconds' | 'bootId' | 'version'> {
  const known = life?.others.hosts.get(name);
  if (known !== undefined) {
    const { bootId, version } = known.boot;
    const { state, since } = presenceOf(known, name === self, life!.others.lostSince);
    return { state, stateSeconds: secondsSince(since), bootId, version };
  }
  const seen = told?.seen.get(name);
  const none = { stateSeconds: null, bootId: seen?.bootId ?? '', version: '' };
  if (told === undefined || life === undefined || (!life.shared && name !== self)) return { state: 'unknown', ...none };
  if (seen === undefined) return { state: 'never', ...none };
  // It was away when this gateway began: when it went without a word nobody has written down.
  return seen.left === undefined
    ? { state: 'silent', ...none }
    : { state: 'stopped', ...none, stateSeconds: secondsSince(seen.left) };
}

function progressOf(told: Told | undefined, name: string): Pick<HostRow, 'applied' | 'behind' | 'lag'> {
  const applied = told?.applied.get(name)?.revision ?? null;
  if (told === undefined || applied === null) return { applied, behind: null, lag: null };
  const { newest } = told;
  if (newest === undefined || applied >= newest.revision) return { applied, behind: 0, lag: 0 };
  return { applied, behind: newest.revision - applied, lag: secondsSince(newest.at) };
}

/** Clocks of hosts differ. */
function secondsSince(ms: number): number {
  return Math.max(0, Date.now() - ms) / 1000;
}
