import { formatIpv4, type WireIpv4 } from '../../types/ipv4.js';
import { type Draft, type Placed, placed } from '../draft.js';
import { formatPath, type Path, type Report } from '../issues.js';
import { expand } from '../resolve.js';
import type { StaticEntry } from '../staticSchema.js';
import { martian } from './addresses.js';
import { once } from './ifaces.js';
import { reachable } from './zoneAddresses.js';

/** Static mappings: complete, each external endpoint once, one external address for a host (STA-5), nothing that is used otherwise. */
export function checkStaticMappings(draft: Draft, report: Report): void {
  const mappings = placed(draft.entries.staticMappings, 'staticMappings');
  if (mappings.length === 0) return;
  const sound = mappings.filter((one) => complete(one, report));
  named(mappings, report);
  const outside = draft.rifs.filter(({ value }) => value.role === 'outside').flatMap(({ value }) => value.addresses);
  if (draft.ifacesComplete && outside.length === 0)
    report(
      'error',
      ['staticMappings'],
      'there are static mappings but no interface with the role outside has an address',
      'Give the interface towards the outer network "role: outside" and an address.',
    );
  const own = ownAddresses(draft);
  const local = localAddresses(draft);
  const routed = draft.ifacesComplete && outside.length > 0 ? outside : undefined;
  for (const { value: mapping, path } of sound) {
    usable(mapping.external.address, [...path, 'external'], own, report);
    usable(mapping.inside.address, [...path, 'inside'], own, report);
    const taken = mapping.protocol === undefined ? local.get(mapping.external.address) : undefined;
    if (taken !== undefined)
      report(
        'error',
        [...path, 'external'],
        `${formatIpv4(mapping.external.address)} is already ${formatPath(taken)}, and the host would have its ports to itself`,
        'Use an address of no zone, or map single ports with "protocol".',
        taken,
      );
    else if (martian(mapping.external.address) === undefined && routed !== undefined && !local.has(mapping.external.address))
      reachable([mapping.external.address], [...path, 'external'], routed, report);
  }
  endpoints(sound, report);
}

/** A protocol goes with two ports, and no protocol with none. */
function complete({ value: { protocol, external, inside }, path }: Placed<StaticEntry>, report: Report): boolean {
  let sound = true;
  for (const [key, { address, port }] of Object.entries({ external, inside })) {
    if ((port === 0) === (protocol === undefined)) continue;
    sound = false;
    const at = formatIpv4(address);
    if (protocol === undefined)
      report(
        'error',
        [...path, key],
        `${at}:${port} has a port, and the mapping no protocol`,
        'Add "protocol: tcp" or "protocol: udp"; to map the whole host, remove the ports.',
      );
    else
      report(
        'error',
        [...path, key],
        `${at} has no port, and the mapping is one of ${protocol}`,
        `Write ${at}:PORT; to map the whole host, remove the protocol and both ports.`,
      );
  }
  return sound;
}

function named(mappings: readonly Placed<StaticEntry>[], report: Report): void {
  const remedy = 'Give each static mapping its own name.';
  once(
    mappings,
    (mapping) => mapping.name ?? '',
    () => 'name',
    'name',
    remedy,
    report,
  );
}

function usable(address: WireIpv4, path: Path, own: ReadonlyMap<WireIpv4, Path>, report: Report): void {
  const why = martian(address);
  const mine = own.get(address);
  if (why !== undefined) report('error', path, `${formatIpv4(address)} ${why}`, 'Use an address a host can have.');
  else if (mine !== undefined)
    report(
      'error',
      path,
      `${formatIpv4(address)} is already ${formatPath(mine)}`,
      "The addresses of router interfaces are the gateway's own; use another one.",
      mine,
    );
}

/** Every external endpoint once; of whole hosts, every inside address once as well. Of ports a second one to an inside port is a warning. */
function endpoints(mappings: readonly Placed<StaticEntry>[], report: Report): void {
  const hosts = new Map<WireIpv4, Path>();
  const externals = new Map<WireIpv4, Path>();
  for (const { value, path } of mappings) {
    if (value.protocol !== undefined) continue;
    const { inside, external } = value;
    const other = hosts.get(inside.address);
    if (other === undefined) hosts.set(inside.address, path);
    else
      report(
        'error',
        [...path, 'inside'],
        `${formatIpv4(inside.address)} has an external address by ${formatPath(other)}`,
        'A host has one external address (STA-5); map further ones by port.',
        other,
      );
    const before = externals.get(external.address);
    if (before === undefined) externals.set(external.address, path);
    else already(formatIpv4(external.address), before, [...path, 'external'], report);
  }
  const ports = new Map<string, Path>();
  const targets = new Map<string, Path>();
  for (const { value, path } of mappings) {
    const { protocol, external } = value;
    if (protocol === undefined) continue;
    const text = `${protocol} ${formatIpv4(external.address)}:${external.port}`;
    const before = externals.get(external.address) ?? ports.get(text);
    if (before === undefined) {
      ports.set(text, path);
      sameTarget(value, path, targets, report);
    } else already(text, before, [...path, 'external'], report);
  }
}

/** One inside port behind two external ones: which of them an answer belongs to, only the remote endpoint can tell. */
function sameTarget({ protocol, inside }: StaticEntry, path: Path, targets: Map<string, Path>, report: Report): void {
  const text = `${protocol} ${formatIpv4(inside.address)}:${inside.port}`;
  const before = targets.get(text);
  if (before === undefined) targets.set(text, path);
  else
    report(
      'warning',
      [...path, 'inside'],
      `${text} is already the inside side of ${formatPath(before)}: a remote endpoint that uses both gets no answer through the second`,
      'Use another inside port.',
      before,
    );
}

function already(what: string, before: Path, path: Path, report: Report): void {
  report('error', path, `${what} is already the external side of ${formatPath(before)}`, 'Keep one of the two.', before);
}

function ownAddresses({ rifs }: Draft): Map<WireIpv4, Path> {
  return new Map(
    rifs.flatMap(({ value, path }) =>
      value.addresses.map(({ address }, i): [WireIpv4, Path] => [address, [...path, 'addresses', i]]),
    ),
  );
}

/** Addresses of every zone, whatever their state. */
function localAddresses({ zones, entries }: Draft): Map<WireIpv4, Path> {
  const found = new Map<WireIpv4, Path>();
  for (const { path } of zones)
    for (const [i, { address }] of entries.zones![Number(path[1])]!.localAddresses.entries())
      for (const one of expand(address)) found.set(one, [...path, 'localAddresses', i]);
  return found;
}
