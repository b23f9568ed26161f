import { objectChanges } from '../../../objects/difference.js';
import { takesServices } from '../../../objects/hostAbilities.js';
import type { KindKey } from '../../../objects/kindNames.js';
import type { LoadedObjects, Standing } from '../../../objects/load.js';
import type { HostObject, Objects } from '../../../objects/model.js';
import { entriesOf } from '../../../objects/objectEntries.js';
import { largeRemoval } from '../../../objects/removal.js';
import { withoutObjects } from '../../../objects/remove.js';
import { applyObjects, readStore } from '../../../store/objectStore.js';
import { type Boot, readAlive } from '../../../store/presence.js';
import type { Store } from '../../../store/store.js';
import type { ApplyHow, ApplyReport, DrainHow, ObjectsAnswer, RemoveHow } from '../../../types/apply.js';
import { formatIpv4 } from '../../../types/ipv4.js';
import { candidatesAmong } from '../placement/snatPlacement.js';

/** What is done to the objects of a store, by a gateway or by an operator's tool without one. All throw what the store throws. */

export interface How extends ApplyHow {
  /** What the file is called; of a deletion the kind. */
  readonly file: string;
  /** Host that must be there afterwards: the one that is asked. */
  readonly host?: string;
}

/** Makes the objects what `read` gives. */
export async function applyTo(store: Store, how: How, read: (standing: Standing) => LoadedObjects): Promise<ApplyReport> {
  let loaded: LoadedObjects = { issues: [] };
  let removes: string | undefined;
  const { dryRun, merge = false, sure = false } = how;
  const alive = merge || sure ? new Map<string, Boot>() : (await readAlive(store)).alive;
  const report = await change(store, how, (before) => {
    loaded = read({ before, merge });
    const after = loaded.objects;
    removes = merge || sure || after === undefined ? undefined : largeRemoval(before, after, runsAmong(alive));
    // That the host which is asked is not in the file is told alone: it is that of another cloud.
    const isOther = how.host !== undefined && after?.hosts.some(({ name }) => name === how.host) === false;
    return { after, refused: removes === undefined || dryRun || isOther ? [] : [`${removes}: ${MEANT}`] };
  });
  return { ...report, issues: loaded.issues, removes };
}

const MEANT = '--merge adds to what is there and removes nothing; --yes where it is meant';

/** Removes objects of a kind by their names; of hosts without `force` only those that do not run. */
export async function removeFrom(
  store: Store,
  how: Pick<How, 'file' | 'host'> & RemoveHow,
  kind: KindKey,
  names: readonly string[],
): Promise<ApplyReport> {
  const own = how.host !== undefined && names.includes(how.host) ? [how.host] : [];
  const others = names.filter((name) => name !== how.host);
  const running = kind !== 'hosts' || how.force === true ? [] : await thoseThatRun(store, others);
  return change(store, how, (before) => {
    const { after, refused } = withoutObjects(before, kind, names, how.cascade);
    const there = new Set(before.hosts.map(({ name }) => name));
    const live = running.filter((host) => there.has(host)).map(liveHost);
    return { after, refused: [...refused, ...(kind === 'hosts' ? own.map(ownHost) : []), ...live] };
  });
}

/** Makes a host draining, or ends that: nothing else of it changes. What no other host may have would stop: that takes `force`, and is warned of. */
export async function drainIn(store: Store, how: How & DrainHow, name: string, draining: boolean): Promise<ApplyReport> {
  let alone: readonly string[] = [];
  const report = await change(store, how, (before) => {
    const host = before.hosts.find((one) => one.name === name);
    if (host === undefined) return { after: before, refused: [noSuchHost(name, before)] };
    if (draining && !takesServices(host)) return { after: before, refused: [nothingToDrain(host)] };
    const after = { ...before, hosts: before.hosts.map((one) => (one === host ? { ...one, draining } : one)) };
    const [had, has] = [candidatesAmong(before), candidatesAmong(after)];
    alone = before.routers
      .filter((router) => had(router).includes(name) && has(router).length === 0)
      .map((router) => router.name);
    return { after, refused: alone.length > 0 && how.force !== true ? [lastOf(alone)] : [] };
  });
  const warnings = report.ok ? alone.map((router) => onlyHere(router, name)) : [];
  return { ...report, warnings: [...(report.warnings ?? []), ...warnings], stops: report.ok ? alone : [] };
}

function noSuchHost(name: string, { hosts }: Objects): string {
  return `there is no host ${name}; there are ${hosts.map((one) => one.name).join(', ') || 'none'}`;
}

function nothingToDrain({ name, mode }: HostObject): string {
  return `host ${name} is of mode ${mode}, and never has what is on one host at a time; to empty it, bind its ports to other hosts`;
}

/** Routers that a refusal names. */
const MOST_NAMED = 5;

function lastOf(routers: readonly string[]): string {
  const more = routers.length > MOST_NAMED ? ` and ${routers.length - MOST_NAMED} more` : '';
  const named = `router${routers.length > 1 ? 's' : ''} ${routers.slice(0, MOST_NAMED).join(', ')}${more}`;
  return `no other host may have ${named}: SNAT and what else is on one host at a time would stop; let another host have it first ("mode: dvr_snat" and the physnets of the gateways), or give --force`;
}

function onlyHere(router: string, host: string): string {
  return `no other host may have router ${router}: what it has on one host at a time stops while ${host} is draining`;
}

/** All objects, as a file of objects has them. */
export async function objectsOf(store: Store): Promise<ObjectsAnswer> {
  const { objects, revision } = await readStore(store);
  return { revision, objects: entriesOf(objects) };
}

interface Wish {
  /** Undefined: there are none, which is said elsewhere. */
  readonly after: Objects | undefined;
  readonly refused: readonly string[];
}

async function change(store: Store, { file, dryRun, host }: How, wish: (before: Objects) => Wish): Promise<ApplyReport> {
  let changes: readonly string[] = [];
  let refused: readonly string[] = [];
  let ok = false;
  let concerned: Concerned = { going: [], moved: [] };
  const { revision, steps } = await applyObjects(store, (before) => {
    const { after, refused: said } = wish(before);
    refused = after === undefined || host === undefined || said.length > 0 ? said : without(host, after);
    ok = after !== undefined && refused.length === 0;
    changes = ok ? objectChanges(before, after!) : [];
    concerned = { going: ok ? goneHosts(before, after!) : [], moved: ok ? movedHosts(before, after!) : [] };
    return dryRun || !ok ? undefined : after;
  });
  const warnings = await ofThoseThatRun(store, concerned);
  return { ok, dryRun, file, issues: [], changes, refused, warnings, revision, steps };
}

/** Hosts that may run and be told something by it. */
interface Concerned {
  readonly going: readonly string[];
  /** New ones, and those with another vtep. */
  readonly moved: readonly HostObject[];
}

function movedHosts(before: Objects, after: Objects): HostObject[] {
  const old = new Map(before.hosts.map((host) => [host.name, host]));
  return after.hosts.filter((host) => !old.has(host.name) || old.get(host.name)!.vtep !== host.vtep);
}

function goneHosts(before: Objects, after: Objects): string[] {
  const stay = new Set(after.hosts.map(({ name }) => name));
  return before.hosts.map(({ name }) => name).filter((name) => !stay.has(name));
}

/** The change is made: that nobody says who runs does not make it fail. */
async function ofThoseThatRun(store: Store, { going, moved }: Concerned): Promise<string[]> {
  if (going.length + moved.length === 0) return [];
  const alive = await readAlive(store).then(
    (read) => read.alive,
    () => new Map<string, Boot>(),
  );
  const runs = runsAmong(alive);
  return [
    ...going.filter(runs).map((host) => `host ${host} runs; it will forward nothing of networks`),
    ...moved.flatMap(({ name, vtep }) => {
      const announced = runs(name) ? alive.get(name)?.vtep : undefined;
      const told = vtep === undefined ? '' : formatIpv4(vtep);
      return announced === undefined || announced === told ? [] : [otherVtep(name, announced || 'none', told || 'none')];
    }),
  ];
}

function otherVtep(host: string, runs: string, told: string): string {
  return `host ${host} runs with the vtep ${runs}, and the objects say ${told}: no tunnel leads to it or from it until both are one; set host.vtep.address in its configuration and restart it, or write vtep: ${runs}`;
}

/** Those with a live lease that are not about to end. */
async function thoseThatRun(store: Store, hosts: readonly string[]): Promise<string[]> {
  const { alive } = await readAlive(store);
  return hosts.filter(runsAmong(alive));
}

function runsAmong(alive: ReadonlyMap<string, Boot>): (host: string) => boolean {
  return (host) => alive.get(host)?.leaving === false;
}

function liveHost(host: string): string {
  return `host ${host} runs, and its ports would be bound to no host; move them, drain it and stop its gateway first, or give --force`;
}

function ownHost(host: string): string {
  return `host ${host} is this gateway's own; stop it, then delete the host at another one (or with --config)`;
}

/** A file without this host is that of another cloud. */
function without(host: string, { hosts }: Objects): string[] {
  if (hosts.some(({ name }) => name === host)) return [];
  const there = hosts.map(({ name }) => name).join(', ') || 'none';
  return [
    `this host, ${host}, is not among the hosts (${there}); keep it under hosts, or stop this gateway if the host is to go`,
  ];
}
