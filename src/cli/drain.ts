import { setTimeout as pause } from 'node:timers/promises';
import { WindroseError } from '../errors/catalog.js';
import { takesServices } from '../objects/hostAbilities.js';
import type { HostMode } from '../objects/model.js';
import type { ApplyReport } from '../types/apply.js';
import type { HostRow, RouterRow } from '../types/showObjects.js';
import { tellChanges, tellOutcome, tellRefusal } from './apply.js';
import { getJson, socketPath } from './controlClient.js';
import { Exit } from './fail.js';
import { type ObjectsChoice, objectTools } from './objectTools.js';
import { print } from './print.js';
import { unlessInterrupted } from './unlessInterrupted.js';

export interface DrainOptions extends ObjectsChoice {
  readonly dryRun?: true | undefined;
  /** Also what no other host may have, which stops. */
  readonly force?: true | undefined;
  /** False: it is not waited for. Undefined for an end of draining, which moves nothing. */
  readonly wait?: boolean | undefined;
  /** Seconds it is waited for at most. */
  readonly timeout?: number | undefined;
  readonly output: 'text' | 'json';
}

/** A service that went from one host to another. */
interface Move {
  readonly router: string;
  readonly from: string;
  readonly to: string;
}

/** Between two looks at where services are. */
const LOOK_MS = 250;
/** Seconds. A service moves within a few; that of a host that does not answer when its lease of 10 s is over. */
const MOST = 30;

/** Makes a host draining and says what has moved where; or ends that, which moves nothing. */
export async function drain(host: string, draining: boolean, options: DrainOptions): Promise<Exit> {
  const { dryRun = false, force, output, config } = options;
  const tools = await objectTools(options);
  const isText = output === 'text';
  const work = async (): Promise<Exit> => {
    const waits = draining && !dryRun && options.wait !== false && config === undefined;
    const socket = waits ? await socketPath(options) : '';
    const had = waits ? await servicesOf(socket, host) : new Set<string>();
    const report = await tools.drain(host, draining, { dryRun, force });
    if (isText) tellReport(report, host);
    const moves: Move[] = [];
    // Nobody takes these.
    const { stops = [] } = report;
    for (const router of stops) had.delete(router);
    const left =
      waits && report.ok ? await settled(socket, host, had, { moves, stops, isText, most: options.timeout ?? MOST }) : [];
    if (!isText) {
      print(`${JSON.stringify({ ...report, moves, left }, null, 2)}\n`);
      return report.ok && left.length === 0 ? Exit.Done : Exit.Failed;
    }
    if (left.length > 0) throw new WindroseError('DRAIN_STAYS', host, left.map((router) => `router ${router}`).join(', '));
    if (waits) print(await summary(socket, host, moves.length));
    else if (!draining && !dryRun) print(`what is elsewhere stays there; ${host} takes what has no host from now on\n`);
    return Exit.Done;
  };
  return dryRun ? work() : unlessInterrupted(work, 'windrose show hosts');
}

function tellReport(report: ApplyReport, host: string): void {
  tellRefusal(report);
  if (!report.ok) throw new WindroseError('DRAIN_REFUSED', host, 'see above');
  tellChanges(report);
  if (report.changes.length === 0) print('no difference\n');
  tellOutcome(report);
}

interface Settling {
  readonly moves: Move[];
  /** Routers that no other host may have. */
  readonly stops: readonly string[];
  readonly isText: boolean;
  /** Seconds. */
  readonly most: number;
}

/** Waits until others have all that the host had, and gives what nobody has by then. */
async function settled(
  socket: string,
  host: string,
  had: ReadonlySet<string>,
  { moves, stops, isText, most }: Settling,
): Promise<string[]> {
  const waiting = new Set(had);
  let told = '';
  for (const end = performance.now() + most * 1000; ; await pause(LOOK_MS)) {
    const rows = await routers(socket);
    for (const { name, snatHost } of rows) if (snatHost === host && !stops.includes(name)) waiting.add(name);
    const now = new Map(rows.map(({ name, snatHost }) => [name, snatHost]));
    for (const router of [...waiting].sort()) {
      const to = now.get(router);
      if (to === host || to === '') continue;
      waiting.delete(router);
      // Undefined: the router was deleted meanwhile.
      if (to === undefined) continue;
      moves.push({ router, from: host, to });
      if (isText) print(`router ${router}: ${host} -> ${to}\n`);
    }
    if (waiting.size === 0 || performance.now() > end) return [...waiting];
    const reason = isText ? whyNobodyTakes(host, await hosts(socket)) : '';
    if (reason !== '' && reason !== told) print(`${reason}\n`);
    told = reason;
  }
}

/** What is waited for where no other host takes anything at present; empty: one may. */
function whyNobodyTakes(host: string, rows: readonly HostRow[]): string {
  const others = rows.filter(
    ({ name, mode, draining }) => name !== host && !draining && takesServices({ mode: mode as HostMode }),
  );
  if (others.length === 0 || others.some(({ state }) => state === 'alive')) return '';
  const states = others.map(({ name, state }) => `${name} is ${state}`).join(', ');
  return `${host} keeps what it has until another host forwards: ${states}`;
}

async function summary(socket: string, host: string, moved: number): Promise<string> {
  const ports = (await hosts(socket)).find(({ name }) => name === host)?.ports ?? 0;
  const services = `${moved} SNAT service${moved === 1 ? '' : 's'} moved`;
  const stay =
    ports === 0
      ? ''
      : `; ${ports} port${ports === 1 ? ' stays' : 's stay'} there with ${ports === 1 ? 'its' : 'their'} floating IPs`;
  return `${host} is drained: ${services}${stay}\n`;
}

async function servicesOf(socket: string, host: string): Promise<Set<string>> {
  return new Set((await routers(socket)).filter(({ snatHost }) => snatHost === host).map(({ name }) => name));
}

async function routers(socket: string): Promise<RouterRow[]> {
  return (await getJson(socket, '/v1/show/routers')) as RouterRow[];
}

async function hosts(socket: string): Promise<HostRow[]> {
  return (await getJson(socket, '/v1/show/hosts')) as HostRow[];
}
