import type { ServerResponse } from 'node:http';
import type { SessionFilter } from '../pipeline/sessionSweep.js';
import type { ActivateReport } from '../types/activate.js';
import type { ObjectTools } from '../types/apply.js';
import { isFault } from '../types/parsed.js';
import type { ReloadReport } from '../types/reload.js';
import { parseRouteGet } from '../types/routeGet.js';
import { selectorsOf } from '../types/selectors.js';
import { DEFAULT_ROWS } from '../types/show.js';
import { ACTIVATE_PATH } from './activateApi.js';
import { APPLY_PATH, answerApply, answerDelete, answerDrain, DELETE_PATH, DRAIN_PATH } from './applyApi.js';
import { type Answer, answerFault, answerJson } from './boundedServer.js';
import { routeGet } from './routing/routeGet.js';
import { routeGetSource } from './routing/routeGetSource.js';
import { answerRows } from './show/answerRows.js';
import { showNeighbors } from './show/neighbors.js';
import { isPaged, pageOf } from './show/pages.js';
import { servicesByRouter } from './show/routerNames.js';
import { routingOrWhere } from './show/routerScope.js';
import { showRoutes, tableOf } from './show/routes.js';
import { isShowNoun, showRows } from './show/rows.js';
import { showRules } from './show/rules.js';
import { selectSessions } from './show/selectSessions.js';
import type { Shown } from './show/shown.js';
import { sessionLimit, sessionTotal } from './show/totals.js';
import { answerTrace } from './traceApi.js';

/** Rows answered at most with `?limit=`. */
const MOST_ROWS = 1_000_000;
/** Characters of a word that an error repeats. */
const LONGEST_ECHO = 40;

/** What the gateway says about itself. */
export interface Info {
  readonly name: string;
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly configFile: string;
  readonly generation: number;
  readonly workers: number;
  /** Sessions there are: `show sessions` may list fewer. */
  readonly sessions: number;
  readonly sessionsLimit: number;
}

/** What the control socket can do beside showing. */
export interface Operations {
  reload(dryRun: boolean): Promise<ReloadReport>;
  /** How many sessions the filter means. */
  count(filter: SessionFilter): Promise<number>;
  /** Ends them; how many there were. */
  purge(filter: SessionFilter): Promise<number>;
  /** What is done to objects. */
  readonly objects: ObjectTools;
  /** Binds a port where it is migrating to. */
  activate(port: string): Promise<ActivateReport>;
}

/**
 *   GET  /v1/info            -> Info
 *   GET  /v1/show/<noun>     -> array of rows (types/show); `sessions`, `mappings` and `inside-hosts` take selectors (types/selectors)
 *                               and ?limit=; with ?cursor=start they answer a page, { rows, next }: next is the cursor of the page
 *                               behind it, or null. `sessions` says in the header windrose-total how many there are in all.
 *                               `routes` takes ?table= with a number, a name or all; it is main when left out; `routes`, `rules` and
 *                               `neighbors` take ?router= with the name of a router of this host; without it the first two are the gateway's.
 *   GET  /v1/sessions/count  -> { count } of the sessions that the selectors mean
 *   POST /v1/sessions/purge  -> { ended }; ends them
 *   GET  /v1/trace           -> TraceAnswer for the packet that the words of types/trace describe; nothing is sent or changed
 *   GET  /v1/route           -> RouteGetAnswer for the words of types/routeGet
 *   POST /v1/trace           -> TraceAnswer for the frame in the body, as it came in by ?iface= (traceApi.ts)
 *   POST /v1/apply           -> ApplyReport for the file of objects in the body, which is called ?file= (applyApi.ts)
 *   POST /v1/activate        -> ActivateReport for ?port=
 *   POST /v1/delete          -> ApplyReport for the objects ?kind= whose names are in the body, a line each
 *   POST /v1/drain           -> ApplyReport; ?host= drains, with ?end=1 no more
 *   GET  /v1/objects         -> ObjectsAnswer: all objects, as a file of objects has them
 *   POST /v1/reload          -> ReloadReport; ?dry=1 changes nothing
 *
 * Errors are {"error": "..."} with 400, 404, 405 or 413.
 */
export function controlApi(shown: Shown, about: () => Omit<Info, 'sessions' | 'sessionsLimit'>, operations: Operations): Answer {
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const changes = ['/v1/reload', ACTIVATE_PATH, '/v1/sessions/purge', APPLY_PATH, DELETE_PATH, DRAIN_PATH].includes(pathname);
    if (pathname === '/v1/trace') await answerTrace(request, searchParams, shown, response);
    else if (changes !== (request.method === 'POST')) {
      response.setHeader('allow', changes ? 'POST' : 'GET, HEAD');
      answerJson(response, 405, { error: `${request.method} is not offered here` });
    } else if (pathname === '/v1/info') {
      const counts = { sessions: sessionTotal(shown.states), sessionsLimit: sessionLimit(shown.states) };
      answerJson(response, 200, { ...about(), ...counts } satisfies Info);
    } else if (pathname === '/v1/reload') {
      answerJson(response, 200, await operations.reload(searchParams.get('dry') === '1'));
    } else if (pathname === ACTIVATE_PATH) {
      answerJson(response, 200, await operations.activate(searchParams.get('port') ?? ''));
    } else if (pathname === APPLY_PATH) await answerApply(request, searchParams, operations.objects.apply, response);
    else if (pathname === DELETE_PATH) await answerDelete(request, searchParams, operations.objects.remove, response);
    else if (pathname === DRAIN_PATH) await answerDrain(searchParams, operations.objects.drain, response);
    else if (pathname === '/v1/objects') answerJson(response, 200, await operations.objects.entries());
    else if (pathname === '/v1/route') answerRoute(searchParams, shown, response);
    else if (pathname.startsWith('/v1/sessions/')) await answerSelected(pathname, searchParams, shown, operations, response);
    else await answerShow(pathname, searchParams, shown, response);
  };
}

async function answerSelected(
  pathname: string,
  asked: URLSearchParams,
  { index, built }: Shown,
  operations: Operations,
  response: ServerResponse,
): Promise<void> {
  const filter = selectSessions(asked, index.zoneNames(), [], selectorsOf.sessions, servicesByRouter(built));
  if (isFault(filter)) answerFault(response, filter);
  else if (pathname === '/v1/sessions/count') answerJson(response, 200, { count: await operations.count(filter.value) });
  else if (pathname === '/v1/sessions/purge') answerJson(response, 200, { ended: await operations.purge(filter.value) });
  else nothingAt(pathname, response);
}

async function answerShow(pathname: string, asked: URLSearchParams, shown: Shown, response: ServerResponse): Promise<void> {
  const noun = /^\/v1\/show\/([^/]+)$/.exec(pathname)?.[1];
  if (noun === undefined) return nothingAt(pathname, response);
  if (!isShowNoun(noun))
    return answerJson(response, 404, { error: `there is nothing called "${noun.slice(0, LONGEST_ECHO)}" to show` });
  const limit = rowLimit(asked.get('limit'));
  if (limit === undefined) return answerJson(response, 400, { error: `limit is a whole number from 1 to ${MOST_ROWS}` });
  const paged = isPaged(noun);
  const filter = paged
    ? selectSessions(asked, shown.index.zoneNames(), ['limit', 'cursor'], selectorsOf[noun], servicesByRouter(shown.built))
    : undefined;
  if (filter !== undefined && isFault(filter)) return answerFault(response, filter);
  if (noun === 'sessions') response.setHeader('windrose-total', sessionTotal(shown.states));
  const cursor = paged ? asked.get('cursor') : null;
  if (paged && cursor !== null) {
    const page = pageOf(noun, shown, limit, filter?.value, cursor);
    if (page === undefined) return answerJson(response, 400, { error: 'cursor is "start" or what the last page gave as next' });
    return answerRows(response, page.rows, page.next);
  }
  const table = noun === 'routes' ? tableOf(asked.get('table'), shown.built.config.tableNames) : undefined;
  if (table !== undefined && isFault(table)) return answerFault(response, table);
  const router = asked.get('router');
  const isRouters = noun === 'routes' || noun === 'rules' || (noun === 'neighbors' && router !== null);
  const routing = isRouters ? await routingOrWhere(shown, router) : undefined;
  if (routing === undefined) return answerRows(response, await showRows(noun, shown, limit, filter?.value));
  if (isFault(routing)) return answerFault(response, routing);
  const of = { built: routing.value };
  if (noun === 'neighbors') await answerRows(response, showNeighbors(shown, routing.value));
  else await answerRows(response, noun === 'rules' ? showRules(of) : showRoutes(of, table!.value));
}

function answerRoute(asked: URLSearchParams, { built, states }: Shown, response: ServerResponse): void {
  const request = parseRouteGet(asked);
  const answer = isFault(request)
    ? request
    : routeGet(routeGetSource(built, request.value), request.value, states[0]!.sessions.key);
  if (isFault(answer)) answerFault(response, answer);
  else answerJson(response, 200, answer.value);
}

function nothingAt(pathname: string, response: ServerResponse): void {
  answerJson(response, 404, { error: `there is nothing at ${pathname.slice(0, LONGEST_ECHO)}` });
}

/** Undefined when it is no such number. */
function rowLimit(text: string | null): number | undefined {
  if (text === null) return DEFAULT_ROWS;
  const limit = Number(text);
  return /^\d{1,7}$/.test(text) && limit >= 1 && limit <= MOST_ROWS ? limit : undefined;
}
