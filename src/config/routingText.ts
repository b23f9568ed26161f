import type { NexthopRow, RouteRow, RuleRow } from '../types/showRouting.js';
import { scopeText } from './ipNames.js';
import { usualScope } from './resolveRouting.js';
import type { RouteConfig, RuleConfig } from './routingConfig.js';
import { TABLE_LOCAL, TABLE_MAIN } from './routingConfig.js';
import { routeRow, ruleRow } from './routingRows.js';

/** Rules and routes as text: byte for byte what `ip rule` and `ip route show` of iproute2 6.1 print, and as lines of the file. */

const said = (word: string, value: string): string[] => (value === '' ? [] : [word, value]);
const flagged = (word: string, value: boolean): string[] => (value ? [word] : []);

/** "32766:\tfrom all lookup main" */
export function ruleListing(row: RuleRow): string {
  return `${row.priority}:\t${[...selectorWords(row), ...actionWords(row), ...said('proto', row.proto === 'kernel' ? '' : row.proto)].join(' ')}`;
}

function selectorWords(row: RuleRow): string[] {
  return [
    ...flagged('not', row.not),
    'from',
    row.from,
    ...said('to', row.to),
    ...said('tos', row.tos),
    ...said('dscp', row.dscp),
    ...said('fwmark', row.fwmark),
    ...said('iif', row.iif),
    ...flagged('[detached]', row.iifDetached),
    ...said('oif', row.oif),
    ...flagged('[detached]', row.oifDetached),
    ...said('uidrange', row.uidrange),
    ...said('ipproto', row.ipproto),
    ...said('sport', row.sport),
    ...said('dport', row.dport),
    ...said('tun_id', row.tunId),
  ];
}

function actionWords(row: RuleRow): string[] {
  // ip(8) shows suppressors behind a table only.
  const lookup = row.table === '' ? [] : ['lookup', row.table, ...suppressorWords(row)];
  const others = row.action === 'lookup' || row.action === 'nat' || row.action === 'goto' ? [] : [row.action];
  return [
    ...lookup,
    ...said('realms', row.realms),
    ...said('map-to', row.mapTo),
    ...(row.goto === null ? [] : ['goto', String(row.goto)]),
    ...flagged('[unresolved]', row.unresolved),
    ...others,
  ];
}

function suppressorWords({ suppressPrefixlength, suppressIfgroup }: RuleRow): string[] {
  return [
    ...(suppressPrefixlength === null ? [] : ['suppress_prefixlength', String(suppressPrefixlength)]),
    ...said('suppress_ifgroup', suppressIfgroup),
  ];
}

/** A line of `rules` that gives the rule again, in a file that has these names of tables. */
export function ruleText(rule: RuleConfig, names: ReadonlyMap<number, string>): string {
  const row = { ...ruleRow(rule, { ...ALONE, names }), iifDetached: false, oifDetached: false, unresolved: false };
  const hidden = row.table === '' ? suppressorWords(row) : [];
  return [...selectorWords(row), ...actionWords(row), ...hidden, ...said('proto', row.proto), 'pref', String(row.priority)].join(
    ' ',
  );
}

const ALONE = { devices: new Set<string>(), priorities: new Set<number>() };

/** "default via 10.0.0.3 dev qr-blue ", with its blank; several lines for several ways. `table`: the table is said, unless it is main. */
export function routeListing(row: RouteRow, table: boolean): string {
  const [way] = row.nexthops;
  const one = row.nexthops.length === 1 ? way : undefined;
  const words = [
    ...flagged(row.type, row.type !== 'unicast'),
    row.to,
    ...said('tos', row.tos),
    ...said('via', one?.via ?? ''),
    ...said('dev', one?.dev ?? ''),
    ...said('table', table && row.table !== 'main' ? row.table : ''),
    ...said('proto', row.proto === 'boot' ? '' : row.proto),
    ...said('scope', row.scope === 'global' ? '' : row.scope),
    ...said('src', row.src),
    ...(row.metric === 0 ? [] : ['metric', String(row.metric)]),
    ...(one === undefined ? [] : flagWords(one)),
    ...said(row.realm.includes('/') ? 'realms' : 'realm', row.realm),
    ...mtuWords(row),
  ];
  const ways = one === undefined ? row.nexthops.map((each) => `\n\tnexthop ${nexthopWords(each).join(' ')} `) : [];
  return `${words.join(' ')} ${ways.join('')}`;
}

function mtuWords({ mtu, mtuLocked }: RouteRow): string[] {
  return mtu === 0 ? [] : ['mtu', ...flagged('lock', mtuLocked), String(mtu)];
}

/** In the order of print_rt_flags. */
function flagWords({ dead, onlink, linkdown }: NexthopRow): string[] {
  return [...flagged('dead', dead === true), ...flagged('onlink', onlink), ...flagged('linkdown', linkdown === true)];
}

function nexthopWords(way: NexthopRow): string[] {
  const { via, dev, weight } = way;
  return [...said('via', via), ...said('dev', dev), 'weight', String(weight), ...flagWords(way)];
}

/** A line of `routes` that gives the route again, in a file that has these names of tables. */
export function routeText(route: RouteConfig, names: ReadonlyMap<number, string>): string {
  const { type, table, scope, nexthops } = route;
  const row = routeRow(route, names);
  const several = nexthops.length > 1;
  const usual = usualScope(type, several || nexthops.some(({ via }) => via !== undefined));
  const usualTable = type === 'local' || type === 'broadcast' ? TABLE_LOCAL : TABLE_MAIN;
  const listed = routeListing({ ...row, scope: 'global', nexthops: several ? [] : row.nexthops, table: 'main' }, false);
  return [
    listed.trim(),
    ...(table === usualTable ? [] : ['table', row.table]),
    ...(scope === usual ? [] : ['scope', scopeText(scope)]),
    ...(several ? row.nexthops.flatMap((way) => ['nexthop', ...nexthopWords(way)]) : []),
  ].join(' ');
}
