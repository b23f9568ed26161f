import { WindroseError } from '../errors/catalog.js';
import type { Claim } from '../objects/claims.js';
import type {
  GatewayObject,
  HostObject,
  LportObject,
  NetworkObject,
  Objects,
  RifObject,
  RouterObject,
  SubnetObject,
} from '../objects/model.js';
import { readRecord } from '../objects/recordShapes.js';
import { type Mac, parseMac } from '../types/mac.js';
import { isFault } from '../types/parsed.js';
import { CLAIM, claimsIn } from './claimStore.js';
import { withGateways, withSnat } from './joined.js';
import { FLOATING, GATEWAYS, HOST_MAC, keyOfFloatingIp, SCHEMA, SCHEMA_VERSION, SNAT } from './objectKeys.js';
import { RecordSet } from './recordSet.js';
import { SNAT_SERVICE, type SnatOwner, snatOwnerIn } from './snatStore.js';
import type { KeyValue, Store } from './store.js';

/** A record that cannot be used. */
export interface BadRecord {
  readonly key: string;
  readonly why: string;
}

type AnySet = Pick<RecordSet<unknown>, 'prefix' | 'put' | 'delete' | 'keysBelow' | 'bad'>;

/**
 * Part of a store in memory: records as they were read, parsed once each. Only what changes is parsed again, and objects that did not change
 * stay the same ones. What is put together leaves out what cannot be read, and what refers to something that is not there: a watch may be
 * ahead of another, and a record of somebody's hand must stop nobody (dvr.md 5.7).
 */
export class ObjectMirror {
  readonly #hosts = new RecordSet(
    'host/',
    (value) => readRecord.host(JSON.parse(value)),
    keyIs('host', ({ name }) => name),
  );
  readonly #macs = new RecordSet<Mac>(HOST_MAC, readMac);
  readonly #networks = new RecordSet(
    'net/',
    parsed(readRecord.network),
    keyIs('net', ({ name }) => name),
  );
  readonly #subnets = new RecordSet('subnet/', parsed(readRecord.subnet), keyIs('subnet', inNetwork));
  readonly #lports = new RecordSet(
    'port/',
    (value) => this.#shared(readRecord.lport(JSON.parse(value))),
    keyIs('port', inNetwork),
  );
  readonly #routers = new RecordSet(
    'router/',
    parsed(readRecord.router),
    keyIs('router', ({ name }) => name),
  );
  readonly #rifs = new RecordSet(
    'rif/',
    parsed(readRecord.rif),
    keyIs('rif', ({ router, subnet }: RifObject) => `${router}/${subnet}`),
  );
  readonly #gateways = new RecordSet(
    GATEWAYS,
    parsed(readRecord.gateways),
    keyIs('gw', ({ router }) => router),
  );
  readonly #snats = new RecordSet(
    SNAT,
    parsed(readRecord.snat),
    keyIs('sg', ({ router, subnet }) => `${router}/${subnet}`),
  );
  readonly #floatingIps = new RecordSet(FLOATING, parsed(readRecord.floatingIp), keyOfFloatingIp);
  readonly #claims = new RecordSet<Claim>(CLAIM, (_, item) => readClaim(item));
  readonly #services = new RecordSet<SnatOwner>(SNAT_SERVICE, (_, item) => readSnatOwner(item));
  /** Ports of hosts by network: "hostport/<host>/<network>/<port>". */
  readonly #bound = new RecordSet<string>('hostport/', (_, { key }) => key.split('/')[2]!);
  readonly #schema = new RecordSet<number>(SCHEMA, Number, () => SCHEMA);
  readonly #sets: readonly AnySet[] = [
    ...[this.#hosts, this.#macs, this.#networks, this.#subnets, this.#lports, this.#routers, this.#rifs],
    ...[this.#gateways, this.#snats, this.#floatingIps, this.#claims, this.#bound, this.#schema, this.#services],
  ];
  /** Names of networks and hosts, each once: thousands of ports have them, and they are compared over and over. */
  readonly #words = new Map<string, string>();
  #changes = 0;
  #made: { readonly changes: number; readonly objects: Objects } | undefined;

  /** Counts what has changed: objects are the same as long as this is. */
  get changes(): number {
    return this.#changes;
  }

  /** A key has this value since `item.modRevision`. */
  put(item: KeyValue): void {
    if (this.#setOf(item.key)?.put(item) === true) this.#changes++;
  }

  delete(key: string): void {
    if (this.#setOf(key)?.delete(key) === true) this.#changes++;
  }

  /** Makes what is below a prefix exactly these; how many keys were others. */
  replace(prefix: string, items: readonly KeyValue[]): number {
    const before = this.#changes;
    const there = new Set(items.map(({ key }) => key));
    for (const set of this.#sets) for (const key of set.keysBelow(prefix)) if (!there.has(key)) this.delete(key);
    for (const item of items) this.put(item);
    return this.#changes - before;
  }

  /** Networks with ports of the hosts whose `hostport/` is here. */
  boundNetworks(): Set<string> {
    return new Set(this.#bound.values());
  }

  /** Records that cannot be read. */
  bad(): BadRecord[] {
    return this.#sets.flatMap((set) => set.bad());
  }

  /** Throws STORE_NEWER for a layout of a later version. */
  checkSchema(): void {
    for (const version of this.#schema.values())
      if (!(version <= SCHEMA_VERSION))
        throw new WindroseError('STORE_NEWER', SCHEMA, `layout ${version}, this program knows ${SCHEMA_VERSION}`);
  }

  /** Sorted by key, whatever the order in which they came. The same ones until something changes. */
  objects(): Objects {
    if (this.#made?.changes !== this.#changes) this.#made = { changes: this.#changes, objects: this.#putTogether() };
    return this.#made.objects;
  }

  claims(): Claim[] {
    return this.#claims.values();
  }

  /** Which host has the SNAT service of each router. */
  snatOwners(): SnatOwner[] {
    return this.#services.values();
  }

  #putTogether(): Objects {
    const networks = this.#networks.values();
    const networkNames = namesOf(networks);
    const subnets = once(this.#subnets.values().filter(({ network }) => networkNames.has(network)));
    const subnetNames = namesOf(subnets);
    const routers = withGateways(this.#routers.values(), this.#wholeGateways(networkNames, subnetNames));
    const routerNames = namesOf(routers);
    const leads = new Set(routers.flatMap(({ name, gateways }) => gateways.map(({ network }) => `${name} ${network}`)));
    const macs = this.#macs.byKey();
    return {
      hosts: this.#hosts.values().map((host): HostObject => ({ ...host, mac: macs.get(`${HOST_MAC}${host.name}`) })),
      networks,
      subnets,
      lports: once(this.#lports.values().filter(({ network }) => networkNames.has(network))),
      routers,
      rifs: withSnat(
        once(this.#rifs.values().filter(({ router, subnet }) => routerNames.has(router) && subnetNames.has(subnet))),
        this.#snats.values(),
      ),
      floatingIps: once(
        this.#floatingIps
          .values()
          .filter(
            ({ network, router }) => networkNames.has(network) && (router === undefined || leads.has(`${router} ${network}`)),
          ),
      ),
    };
  }

  /** Those whose networks are there. Without its first one a router has none: the others are ways of some sources only. */
  #wholeGateways(networks: ReadonlySet<string>, subnets: ReadonlySet<string>): ReturnType<typeof readRecord.gateways>[] {
    const isThere = ({ network, subnet }: GatewayObject): boolean => networks.has(network) && subnets.has(subnet);
    return this.#gateways.values().map(({ router, gateways }) => {
      const [first] = gateways;
      return { router, gateways: first === undefined || !isThere(first) ? [] : gateways.filter(isThere) };
    });
  }

  #shared(port: LportObject): LportObject {
    const word = (text: string): string => {
      const known = this.#words.get(text);
      if (known === undefined) this.#words.set(text, text);
      return known ?? text;
    };
    return { ...port, network: word(port.network), host: port.host === undefined ? undefined : word(port.host) };
  }

  #setOf(key: string): AnySet | undefined {
    return this.#sets.find(({ prefix }) => key.startsWith(prefix));
  }
}

/** All objects of a store, as a mirror of all of it would have them. Throws when the store does not answer. */
export async function readWhole(store: Store): Promise<Objects> {
  const mirror = new ObjectMirror();
  mirror.replace('', (await store.range('')).items);
  return mirror.objects();
}

const parsed =
  <T>(read: (record: unknown) => T) =>
  (value: string): T =>
    read(JSON.parse(value));

/** A record under another key than its own would be two of one name. */
function keyIs<T>(prefix: string, rest: (object: T) => string): (object: T) => string {
  return (object) => `${prefix}/${rest(object)}`;
}

function inNetwork({ network, name }: SubnetObject | LportObject): string {
  return `${network}/${name}`;
}

function readMac(value: string): Mac {
  const mac = parseMac(String(JSON.parse(value)));
  if (isFault(mac)) throw new Error(mac.fault);
  return mac.value;
}

function readClaim(item: KeyValue): Claim {
  const [claim] = claimsIn([item]);
  if (claim === undefined) throw new Error('is no claim');
  return claim;
}

function readSnatOwner(item: KeyValue): SnatOwner {
  const owner = snatOwnerIn(item);
  if (owner === undefined) throw new Error('does not say which host has the SNAT service');
  return owner;
}

function namesOf(all: readonly (NetworkObject | RouterObject | SubnetObject)[]): Set<string> {
  return new Set(all.map(({ name }) => name));
}

/** A name is unique within its kind. A port that changes networks may be seen in both for an instant. */
function once<T extends { readonly name: string }>(all: readonly T[]): T[] {
  return [...new Map(all.map((one) => [one.name, one])).values()];
}
