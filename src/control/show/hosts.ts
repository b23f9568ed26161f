import { lastChange } from '../../store/objectKeys.js';
import { type Applied, readApplied, readSeen, type Seen } from '../../store/presence.js';
import type { Store } from '../../store/store.js';
import { formatIpv4 } from '../../types/ipv4.js';
import { formatMac } from '../../types/mac.js';
import type { HostRow } from '../../types/showObjects.js';
import type { KnownHost } from '../dvr/hostWatch.js';
import { inTime } from '../dvr/inTime.js';
import type { Shown } from './shown.js';

/** What is known of the gateways of a cloud. */
export interface ShownLife {
  readonly store: Pick<Store, 'range'>;
  readonly others: { readonly hosts: ReadonlyMap<string, KnownHost> };
  /** Other hosts use the same store. */
  readonly shared: boolean;
}

interface Told {
  readonly applied: ReadonlyMap<string, Applied>;
  readonly seen: ReadonlyMap<string, Seen>;
  readonly newest: { readonly revision: number; readonly at: number } | undefined;
}

/** The hosts of the objects, and how they are: what nobody watches is read now, and is left out when the store does not answer. */
export async function showHosts({ objects: shown, life }: Pick<Shown, 'objects' | 'life'>): Promise<HostRow[]> {
  if (shown === undefined) return [];
  const { objects, host: self } = shown;
  const told = life === undefined ? undefined : await inTime<Told | undefined>(read(life.store as Store), undefined);
  const ports = new Map<string, number>();
  for (const { host } of objects.lports) if (host !== undefined) ports.set(host, (ports.get(host) ?? 0) + 1);
  return objects.hosts.map(({ name, vtep, mode, mac, physnets }) => ({
    ...{ name, vtep: vtep === undefined ? '' : formatIpv4(vtep), mode, mac: mac === undefined ? '' : formatMac(mac) },
    ...{ physnets: [...physnets], ports: ports.get(name) ?? 0, self: name === self },
    ...stateOf(name, self, life, told),
    ...progressOf(told, name),
  }));
}

async function read(store: Store): Promise<Told> {
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
    const { boot, silentSince } = known;
    const { bootId, version } = boot;
    if (silentSince === undefined) return { state: 'alive', stateSeconds: secondsSince(boot.since), bootId, version };
    return { state: boot.leaving ? 'stopped' : 'silent', stateSeconds: secondsSince(silentSince), bootId, version };
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
