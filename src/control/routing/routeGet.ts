import { TABLE_MAIN } from '../../config/routingConfig.js';
import { fibLookup } from '../../routing/fibLookup.js';
import { FibError, FibKey, FibNexthop, FibResult, FibRoute, FibType, RIF_ANY, RIF_LO } from '../../tables/fib.js';
import type { HashKey } from '../../tables/hash.js';
import { formatIpv4 } from '../../types/ipv4.js';
import type { Parsed } from '../../types/parsed.js';
import type { RouteGetAnswer, RouteGetError, RouteGetRequest } from '../../types/routeGet.js';
import { considered } from './considered.js';
import { type RouteGetSource, rifName, text, typeName, waysOf } from './fibText.js';
import { takePath } from './takePath.js';

/**
 * Where a packet would go: the engine's own answer (routing/fibLookup.ts), in the words of `ip route get`, and which rules and
 * routes it looked at. Reads only. `hashKey`: that of the workers, by which a multipath route spreads; without it the first
 * usable way is told. A fault is a sentence about the request.
 */
export function routeGet(built: RouteGetSource, request: RouteGetRequest, hashKey?: HashKey): Parsed<RouteGetAnswer> {
  const { fib } = built.snapshot;
  const key = new Int32Array(FibKey.Words);
  const iif = rifNumber(built, request.iif, 'iif');
  const oif = rifNumber(built, request.oif, 'oif');
  if (typeof iif !== 'number') return iif;
  if (typeof oif !== 'number') return oif;
  key[FibKey.Source] = request.source ?? 0;
  key[FibKey.Destination] = request.destination;
  key[FibKey.Tos] = request.tos;
  key[FibKey.Iif] = request.iif === undefined ? RIF_LO : iif;
  key[FibKey.Oif] = request.oif === undefined ? RIF_ANY : oif;
  key[FibKey.Mark] = request.mark;
  key[FibKey.Protocol] = request.protocol;
  key[FibKey.SourcePort] = request.sourcePort;
  key[FibKey.DestinationPort] = request.destinationPort;
  key[FibKey.Uid] = request.iif === undefined ? request.uid : 0;
  const result = new Int32Array(FibResult.Words);
  const found = fibLookup(fib, key, result);
  if (hashKey !== undefined && request.oif === undefined) takePath(fib, hashKey, found, key, result);
  return { value: { ...answer(built, request, found, result), steps: considered(built, key, found, result) } };
}

function answer(
  built: RouteGetSource,
  request: RouteGetRequest,
  found: number,
  result: Int32Array,
): Omit<RouteGetAnswer, 'steps'> {
  const { fib } = built.snapshot;
  const at = found * FibRoute.Words;
  const type = found < 0 ? 0 : fib.routes[at + FibRoute.Type]!;
  const nothing = { type: '', via: '', dev: '', table: '', src: '', uid: null, iif: '', mtu: null, ways: [], from: '' };
  const destination = formatIpv4(request.destination);
  const error = errorOf(found, type);
  if (error !== null) return { ...nothing, error, destination };
  const way = result[FibResult.Nexthop]! * FibNexthop.Words;
  const forwarded = request.iif !== undefined;
  const toUs = type === FibType.Local || (type === FibType.Broadcast && forwarded);
  const gateway = fib.nexthops[way + FibNexthop.Gateway]!;
  const table = fib.routes[at + FibRoute.Table]! >>> 0;
  const octets = fib.routes[at + FibRoute.Mtu]!;
  return {
    error: null,
    type: typeName(type),
    destination,
    from: request.source === undefined ? '' : formatIpv4(request.source),
    via: gateway === 0 ? '' : text(gateway),
    dev: toUs ? 'lo' : rifName(built, fib.nexthops[way + FibNexthop.Rif]!),
    table: table === TABLE_MAIN ? '' : (built.config.tableNames.get(table) ?? String(table)),
    src: forwarded || request.source !== undefined ? '' : sourceOf(built, request, at, way, type),
    uid: forwarded ? null : request.uid,
    iif: request.iif ?? '',
    mtu: octets === 0 ? null : { octets, lock: fib.routes[at + FibRoute.MtuLocked] !== 0 },
    ways: waysOf(built, at),
  };
}

/** The kernel's answer to `ip route get`, as strerror(3) has it. */
function errorOf(found: number, type: number): RouteGetError | null {
  if (found === FibError.Prohibit || type === FibType.Prohibit) return 'Permission denied';
  if (found === FibError.Blackhole || type === FibType.Blackhole) return 'Invalid argument';
  if (type === FibType.Unreachable) return 'No route to host';
  return found < 0 ? 'Network is unreachable' : null;
}

/** Source of a packet of the router's own: the route's, else the interface's address nearest to the next hop. */
function sourceOf(built: RouteGetSource, request: RouteGetRequest, at: number, way: number, type: number): string {
  const { fib } = built.snapshot;
  const chosen = fib.routes[at + FibRoute.Source]!;
  if (chosen !== 0) return text(chosen);
  if (type === FibType.Local) return formatIpv4(request.destination);
  const rif = built.rifs.find(({ index }) => index === fib.nexthops[way + FibNexthop.Rif]);
  // inet_select_addr: the address in whose subnet the gateway is, else the interface's first, else the first of all.
  const gateway = fib.nexthops[way + FibNexthop.Gateway]!;
  const near = rif?.config.addresses.find(({ address, mask }) => gateway !== 0 && (address & mask) === (gateway & mask));
  const own = near ?? rif?.config.addresses[0] ?? built.rifs.flatMap(({ config }) => config.addresses)[0];
  return own === undefined ? '' : formatIpv4(own.address);
}

function rifNumber(built: RouteGetSource, name: string | undefined, word: string): Parsed<never> | number {
  if (name === undefined || name === 'lo') return RIF_LO;
  const rif = built.rifs.find(({ config }) => config.name === name);
  if (rif !== undefined) return rif.index;
  const names = built.rifs.map(({ config }) => config.name).join(', ');
  return { fault: `${word}: there is no interface "${name.slice(0, 40)}"; there are ${names}`, missing: true };
}
