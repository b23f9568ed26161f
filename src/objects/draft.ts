import type { Path } from '../config/issues.js';
import { type Placed, placed } from '../config/placed.js';
import type { PartialOf } from '../config/readEntries.js';
import { formatIpv4 } from '../types/ipv4.js';
import type { Mac } from '../types/mac.js';
import { draftMacs } from './draftMacs.js';
import type { MacDraw } from './drawMacs.js';
import { type FloatingIpDraft, FloatingTargets } from './floatingDraft.js';
import { type GatewayDraft, writtenGateways } from './gatewayDraft.js';
import type { HostEntry } from './kinds/host.js';
import type { LportEntry } from './kinds/lport.js';
import type { NetworkEntry } from './kinds/network.js';
import type { RouterEntry } from './kinds/router.js';
import type { LportObject, Objects } from './model.js';
import { type RifDraft, writtenRifs } from './rifDraft.js';
import type { ObjectEntries, objectItems } from './schema.js';
import { settleAddresses } from './settleAddresses.js';
import { type SubnetDraft, subnetDraft } from './subnetDraft.js';

export type PartialObjects = PartialOf<ObjectEntries, keyof typeof objectItems>;

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
  readonly gateways: readonly Placed<GatewayDraft>[];
  readonly floatingIps: readonly Placed<FloatingIpDraft>[];
  /** Ports that are bound already where the file has them migrate to, which is what it becomes of them. */
  readonly doneMigrations: readonly Path[];
  /** Places of SNAT services (of their interfaces), gateways and floating IPs whose address nobody wrote, and that had it before. */
  readonly keptAddresses: ReadonlySet<Path>;
  /** Undefined: it could not be read. */
  readonly underlayMtu: number | undefined;
  /** Whether all of a kind could be read: then a name that is not there is really not there. */
  readonly complete: Readonly<Record<keyof typeof objectItems, boolean>>;
}

/** Collects what could be read. `before`: what holds now, whose MACs and addresses are kept. */
export function objectsDraft(entries: PartialObjects, before: Objects | undefined, draw: MacDraw): ObjectsDraft {
  const hosts = placed(entries.hosts, 'hosts');
  const networks = placed(entries.networks, 'networks');
  const subnets = placed(entries.subnets, 'subnets').map(({ value, path }) => ({ value: subnetDraft(value), path }));
  const routers = placed(entries.routers, 'routers');
  const bound = new Map(before?.lports.map((port) => [port.name, port]));
  const done: Path[] = [];
  const lports = placed(entries.lports, 'lports').map((entry) => {
    if (!isDone(entry.value, bound.get(entry.value.name))) return entry;
    done.push(entry.path);
    return { value: whereItWent(entry.value), path: entry.path };
  });
  const written = {
    ...{ hosts, subnets, lports },
    rifs: writtenRifs(routers, subnets),
    gateways: writtenGateways(routers, subnets),
    floatingIps: placed(entries.floatingIps, 'floatingIps').map(({ value, path }) => ({
      value: {
        ...value,
        address: value.address,
        name: value.name ?? (value.address === undefined ? '' : formatIpv4(value.address)),
      },
      path,
    })),
  };
  const { rifs, gateways, floatingIps, stays } = settleAddresses(written, before);
  const targets = new FloatingTargets({ subnets, lports, rifs, gateways });
  const macs = draftMacs({ ...{ hosts, networks, subnets, lports, rifs, gateways }, floatingIps }, before, draw);
  let snats = 0;
  const whole = (key: keyof typeof objectItems): boolean => entries[key] !== undefined && !entries[key].includes(undefined);
  return {
    ...{ hosts, networks, subnets, routers },
    lports: lports.map(({ value, path }, i) => ({ value: { ...value, mac: macs.lports[i]! }, path })),
    rifs: rifs.map(({ value, path }, i) => {
      const snat = value.snat && { address: value.snat.address, mac: macs.snats[snats++]! };
      return { value: { ...value, mac: macs.rifs[i]!, snat }, path };
    }),
    gateways: gateways.map(({ value, path }, i) => ({ value: { ...value, mac: macs.gateways[i]! }, path })),
    floatingIps: floatingIps.map(({ value, path }, i) => ({
      value: { ...targets.settle(value), mac: macs.floatingIps[i]! },
      path,
    })),
    doneMigrations: done,
    keptAddresses: stays,
    underlayMtu: entries.underlayMtu,
    complete: {
      hosts: whole('hosts'),
      networks: whole('networks'),
      subnets: whole('subnets'),
      lports: whole('lports'),
      routers: whole('routers'),
      floatingIps: whole('floatingIps'),
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
