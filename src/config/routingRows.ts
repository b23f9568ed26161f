import { formatIpv4 } from '../types/ipv4.js';
import type { RouteRow, RuleRow } from '../types/showRouting.js';
import { dsfieldText, hexText, ipProtocolText, protoText, realmText, scopeText } from './ipNames.js';
import { prefixText } from './ipValues.js';
import type { PortMatch, RouteConfig, RuleConfig } from './routingConfig.js';
import { tableText } from './tableNames.js';

/** A configured rule or route -> the words ip(8) has for it. */

const PORT_BITS = 0xffff;
const DSCP_BITS = 0x3f;

/** What a rule depends on beyond itself. */
export interface RuleWorld {
  readonly names: ReadonlyMap<number, string>;
  readonly devices: ReadonlySet<string>;
  readonly priorities: ReadonlySet<number>;
}

export function ruleRow(rule: RuleConfig, { names, devices, priorities }: RuleWorld): RuleRow {
  const { action, dscp, mark, uids, iif = '', oif = '', ipProtocol, realms, suppressGroup, tunnelId } = rule;
  const detached = (name: string): boolean => name !== '' && name !== 'lo' && !devices.has(name);
  const target = action.type === 'goto' ? action.priority : null;
  return {
    priority: rule.priority,
    not: rule.not,
    from: rule.from === undefined ? 'all' : prefixText(rule.from),
    to: rule.to === undefined ? '' : prefixText(rule.to),
    tos: rule.tos === undefined ? '' : dsfieldText(rule.tos),
    dscp: dscp === undefined ? '' : dscp.mask === DSCP_BITS ? String(dscp.value) : `${hexText(dscp.value)}/${hexText(dscp.mask)}`,
    fwmark: mark === undefined ? '' : markText(mark),
    iif,
    iifDetached: detached(iif),
    oif,
    oifDetached: detached(oif),
    uidrange: uids === undefined ? '' : `${uids.low}-${uids.high}`,
    ipproto: ipProtocol === undefined ? '' : ipProtocolText(ipProtocol),
    sport: portText(rule.sport),
    dport: portText(rule.dport),
    tunId: tunnelId === undefined ? '' : String(tunnelId),
    table: 'table' in action ? tableText(names, action.table) : '',
    suppressPrefixlength: rule.suppressPrefixLength ?? null,
    suppressIfgroup: suppressGroup === undefined ? '' : suppressGroup === 0 ? 'default' : String(suppressGroup),
    realms: realms === undefined ? '' : realmsText(realms.from, realms.to),
    action: action.type,
    mapTo: action.type === 'nat' ? formatIpv4(action.address) : '',
    goto: target,
    unresolved: target !== null && !priorities.has(target),
    proto: rule.protocol === 0 ? '' : protoText(rule.protocol),
  };
}

export function routeRow(route: RouteConfig, names: ReadonlyMap<number, string>): RouteRow {
  const { to, tos, source, realm = 0, mtu } = route;
  return {
    type: route.type,
    to: to.length === 0 ? 'default' : prefixText(to),
    tos: tos === 0 ? '' : dsfieldText(tos),
    nexthops: route.nexthops.map(({ via, dev = '', weight, onlink }) => {
      return { via: via === undefined ? '' : formatIpv4(via), dev, weight, onlink };
    }),
    table: tableText(names, route.table),
    proto: protoText(route.protocol),
    scope: scopeText(route.scope),
    src: source === undefined ? '' : formatIpv4(source),
    metric: route.metric,
    realm: realm === 0 ? '' : realmsText(Math.floor(realm / 65_536), realm % 65_536),
    mtu: mtu?.octets ?? 0,
    mtuLocked: mtu?.lock ?? false,
  };
}

function markText({ value, mask }: { readonly value: number; readonly mask: number }): string {
  return mask === 0xffff_ffff ? hexText(value) : `${hexText(value)}/${hexText(mask)}`;
}

function portText(port: PortMatch | undefined): string {
  if (port === undefined) return '';
  if ('mask' in port) return port.mask === PORT_BITS ? String(port.value) : `${port.value}/${hexText(port.mask)}`;
  return port.low === port.high ? String(port.low) : `${port.low}-${port.high}`;
}

function realmsText(from: number, to: number): string {
  return from === 0 ? realmText(to) : `${realmText(from)}/${realmText(to)}`;
}
