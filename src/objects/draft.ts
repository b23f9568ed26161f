import type { Path } from '../config/issues.js';
import { type Placed, placed } from '../config/placed.js';
import type { PartialOf } from '../config/readEntries.js';
import { hostOrder, network, type WireIpv4, wireOrder } from '../types/ipv4.js';
import type { Mac } from '../types/mac.js';
import { drawMacs, type MacDraw } from './drawMacs.js';
import type { HostEntry } from './kinds/host.js';
import type { LportEntry } from './kinds/lport.js';
import type { NetworkEntry } from './kinds/network.js';
import type { RouterEntry } from './kinds/router.js';
import type { SubnetEntry } from './kinds/subnet.js';
import type { LportObject, Objects } from './model.js';
import type { ObjectEntries, objectItems } from './schema.js';

export type PartialObjects = PartialOf<ObjectEntries, keyof typeof objectItems>;

/** A subnet whose gateway is settled: undefined is none. */
export interface SubnetDraft extends Omit<SubnetEntry, 'gateway'> {
  readonly gateway: WireIpv4 | undefined;
}

/** An interface with the router it is of; no address: nothing says which. */
export interface RifDraft {
  readonly name: string;
  readonly router: string;
  readonly subnet: string;
  readonly address: WireIpv4 | undefined;
  readonly mac: Mac;
}

export interface LportDraft extends LportEntry {
  readonly mac: Mac;
}

/** What the checks look at: everything that could be read, with its place, and with the MACs it will have. */
export interface ObjectsDraft {
  readonly hosts: readonly Placed<HostEntry>[];
  readonly networks: readonly Placed<NetworkEntry>[];
  readonly subnets: readonly Placed<SubnetDraft>[];
  readonly lports: readonly Placed<LportDraft>[];
  readonly routers: readonly Placed<RouterEntry>[];
  readonly rifs: readonly Placed<RifDraft>[];
  /** Ports that are bound already where the file has them migrate to, which is what it becomes of them. */
  readonly doneMigrations: readonly Path[];
  /** Undefined: it could not be read. */
  readonly underlayMtu: number | undefined;
  /** Whether all of a kind could be read: then a name that is not there is really not there. */
  readonly complete: Readonly<Record<keyof typeof objectItems, boolean>>;
}

const LONGEST_RIF_NAME = 32;

/** Collects what could be read. `before`: what holds now, whose MACs are kept. */
export function objectsDraft(entries: PartialObjects, before: Objects | undefined, draw: MacDraw): ObjectsDraft {
  const subnets = placed(entries.subnets, 'subnets').map(({ value, path }) => ({ value: withGateway(value), path }));
  const routers = placed(entries.routers, 'routers');
  const bound = new Map(before?.lports.map((port) => [port.name, port]));
  const done: Path[] = [];
  const lports = placed(entries.lports, 'lports').map((entry) => {
    if (!isDone(entry.value, bound.get(entry.value.name))) return entry;
    done.push(entry.path);
    return { value: whereItWent(entry.value), path: entry.path };
  });
  const gateways = new Map(subnets.map(({ value }) => [value.name, value.gateway]));
  const networkOf = new Map(subnets.map(({ value }) => [value.name, value.network]));
  const rifs = routers.flatMap(({ value: router, path }) =>
    router.interfaces.map((entry, i) => ({
      value: {
        ...entry,
        name: entry.name ?? `qr-${entry.subnet}`.slice(0, LONGEST_RIF_NAME),
        router: router.name,
        address: entry.address ?? gateways.get(entry.subnet),
      },
      path: [...path, 'interfaces', i] as Path,
    })),
  );
  const macs = drawMacs(
    lports.map(({ value }) => value),
    rifs.map(({ value }) => ({ ...value, network: networkOf.get(value.subnet) ?? '' })),
    before,
    draw,
  );
  const whole = (key: keyof typeof objectItems): boolean => entries[key] !== undefined && !entries[key].includes(undefined);
  return {
    hosts: placed(entries.hosts, 'hosts'),
    networks: placed(entries.networks, 'networks'),
    subnets,
    lports: lports.map(({ value, path }, i) => ({ value: { ...value, mac: macs.lports[i]! }, path })),
    routers,
    rifs: rifs.map(({ value, path }, i) => ({ value: { ...value, mac: macs.rifs[i]! }, path })),
    doneMigrations: done,
    underlayMtu: entries.underlayMtu,
    complete: {
      hosts: whole('hosts'),
      networks: whole('networks'),
      subnets: whole('subnets'),
      lports: whole('lports'),
      routers: whole('routers'),
    },
  };
}

/** A file with a migration may be applied again after it: that moves no guest back to where it came from. */
function isDone({ network, migratingTo }: LportEntry, before: LportObject | undefined): boolean {
  if (migratingTo === undefined || before === undefined || before.network !== network) return false;
  return before.host === migratingTo && before.migratingTo === undefined;
}

function whereItWent(entry: LportEntry): LportEntry {
  const { migratingTo, migratingNetns = entry.netns } = entry;
  return { ...entry, host: migratingTo, netns: migratingNetns, migratingTo: undefined, migratingNetns: undefined };
}

/** The first address, unless the file says another one, or that there is none. */
function withGateway({ gateway, ...subnet }: SubnetEntry): SubnetDraft {
  const first = subnet.cidr.length >= 31 ? undefined : wireOrder(hostOrder(network(subnet.cidr).address) + 1);
  return { ...subnet, gateway: gateway === 'none' ? undefined : (gateway ?? first) };
}
