import { exitMacs } from '../../../objects/exitMac.js';
import { isHostMac, isOwnHostMac } from '../../../tables/hostMacs.js';
import { L2, L2Kind, l2Find } from '../../../tables/l2.js';
import { macHeadOf, macTailOf } from '../../../tables/macWords.js';
import { Network } from '../../../tables/networks.js';
import { RifFlag } from '../../../tables/rifs.js';
import { formatIpv4 } from '../../../types/ipv4.js';
import type { Mac } from '../../../types/mac.js';
import type { BuiltRif } from '../../buildRifs.js';
import type { BuiltRouter } from '../../dvr/tables/buildRouters.js';
import type { LportView } from '../../dvr/view/hostView.js';
import { gatewayRifName, snatRifName } from '../../dvr/view/servicesOf.js';
import type { Shown } from '../../show/shown.js';

/** What this host knows of who has a MAC of a network (dvr.md 1.2, I1), from the table the engine asks. */
export interface Whereabouts {
  readonly kind: L2Kind;
  /** "a3, port of this host" */
  readonly found: string;
  readonly port: LportView | undefined;
  readonly rif: BuiltRif | undefined;
  /** Another host that has it, where that is known. */
  readonly host: string;
  /** Router whose SNAT service has it there. */
  readonly service: string;
}

export type Reads = Pick<Shown, 'built' | 'index' | 'objects'>;

export function whereaboutsOf(shown: Reads, network: number, mac: Mac): Whereabouts {
  const { view, snapshot, rifs } = shown.built;
  const { l2 } = snapshot.switching;
  const at = l2Find(l2, network, macHeadOf(mac), macTailOf(mac));
  const where = at < 0 ? 0 : l2.slots[at + L2.Where]!;
  const kind: L2Kind = where >>> 24;
  const none = { kind, port: undefined, rif: undefined, host: '', service: '' };
  const number = where & 0xff_ffff;
  if (kind === L2Kind.Port) {
    const port = view.lports.find(({ name }) => shown.index.lport(name) === number);
    return { ...none, port, found: `port ${port?.name ?? number} of this host` };
  }
  if (kind === L2Kind.Rif) {
    const rif = rifs.find(({ index }) => index === number);
    return { ...none, rif, found: rif === undefined ? 'a router interface' : rifText(shown, rif) };
  }
  const name = networkName(shown, network);
  const remote = view.macs.find((one) => one.network === name && equal(one.mac, mac));
  if (remote === undefined) return { ...none, found: kind === L2Kind.None ? nobody(shown, network, mac) : 'beyond the fabric' };
  const who = remote.service !== undefined ? serviceOf(shown, name, mac) : { name: portAt(shown, name, mac), router: '' };
  const via = kind === L2Kind.Wire ? 'the physical network' : segmentText(shown, network);
  return {
    ...none,
    host: remote.host,
    service: who.router,
    found: `${who.name}${who.name === '' ? '' : ' '}at host ${remote.host}, by ${via}`,
  };
}

/** "VXLAN 1001" */
export function segmentText({ built, index }: Reads, network: number): string {
  const found = built.view.networks.find(({ name }) => index.network(name) === network);
  if (found === undefined) return '';
  const { type, id, physnet } = found;
  if (type === 'vxlan') return `VXLAN ${id}`;
  if (type === 'gre') return `GRE ${id}`;
  return type === 'vlan' ? `VLAN ${id} of ${physnet}` : type === 'flat' ? `${physnet}, untagged` : 'this host alone';
}

export function networkName({ built, index }: Reads, network: number): string {
  return built.view.networks.find(({ name }) => index.network(name) === network)?.name ?? '';
}

/** "qr-blue of router r", "sg-blue of snat-r, the SNAT service of r on this host" */
export function rifText({ built }: Reads, rif: BuiltRif): string {
  const router = built.routers.find(({ number }) => number === rif.router);
  const of = router === undefined ? '' : ` of ${routerText(router)}`;
  return `${rif.config.name}${of}`;
}

export function routerText({ view }: BuiltRouter): string {
  if ('router' in view) return `${view.name}, the SNAT service of ${view.router} on this host`;
  return 'floating' in view ? `${view.name}, the exit of this host to ${view.network}` : `router ${view.name}`;
}

/** True when frames to the interface are decided by sessions. */
export function isService({ flags = 0 }: BuiltRif): boolean {
  return (flags & (RifFlag.Unique | RifFlag.Exit)) === RifFlag.Unique;
}

export function equal(a: Mac, b: Mac): boolean {
  return a.every((octet, i) => octet === b[i]);
}

function portAt({ objects }: Reads, network: string, mac: Mac): string {
  return objects?.objects.lports.find((port) => port.network === network && equal(port.mac, mac))?.name ?? '';
}

/** Interface and router of a SNAT service that another host has. */
function serviceOf({ objects }: Reads, network: string, mac: Mac): { readonly name: string; readonly router: string } {
  if (objects === undefined) return { name: 'a SNAT service', router: '' };
  const { rifs, routers } = objects.objects;
  const inside = rifs.find(({ snat }) => snat !== undefined && equal(snat.mac, mac));
  if (inside !== undefined)
    return { name: `${snatRifName(inside)} of the SNAT service of ${inside.router}`, router: inside.router };
  for (const { name, gateways } of routers) {
    const gateway = gateways.find((one) => one.network === network && equal(one.mac, mac));
    if (gateway !== undefined)
      return { name: `${gatewayRifName(name, gateways, gateway)} of the SNAT service of ${name}`, router: name };
  }
  return { name: 'a SNAT service', router: '' };
}

/** What a MAC is that has no entry of its own on the network. */
function nobody(shown: Reads, network: number, mac: Mac): string {
  const { hostMacs, networks } = shown.built.snapshot.switching;
  const [a, b] = [macHeadOf(mac), macTailOf(mac)];
  if (isOwnHostMac(hostMacs, a, b)) return 'the host MAC of this host';
  if (isHostMac(hostMacs, a, b)) return `the host MAC of ${hostOfMac(shown, mac) || 'another host'}`;
  const external = atExit(shown, networkName(shown, network), mac);
  if (external !== '') return external;
  const onWire = networks.rows[network * Network.Words + Network.Physnet]! >= 0;
  return onWire ? `of somebody on ${segmentText(shown, network)}, whom the objects do not name` : 'of nobody';
}

/** Of what hosts send to an external network with: the exit of one, a gateway, or a floating IP with a MAC of its own. */
function atExit(shown: Reads, network: string, mac: Mac): string {
  const all = shown.objects?.objects;
  if (all?.networks.some(({ name, external }) => name === network && external === true) !== true) return '';
  const [host] = [...exitMacs(all, network)].find(([, own]) => equal(own, mac)) ?? [];
  if (host !== undefined) return `the exit of host ${host} to ${network}`;
  const floating = all.floatingIps.find((one) => one.network === network && equal(one.mac, mac));
  if (floating !== undefined) return `floating IP ${formatIpv4(floating.address)}`;
  const of = serviceOf(shown, network, mac);
  return of.router === '' ? '' : of.name;
}

export function hostOfMac({ built: { view } }: Reads, mac: Mac): string {
  return view.vteps.find((one) => one.mac !== undefined && equal(one.mac, mac))?.host ?? '';
}

/** "192.0.2.1 > 192.0.2.3": both ends of the tunnel to a host; own end where the objects say it. */
export function tunnelText({ built: { view }, objects }: Reads, host: string): string {
  const own = objects?.objects.hosts.find(({ name }) => name === view.host)?.vtep;
  const to = view.vteps.find((one) => one.host === host)?.address;
  return `${own === undefined ? view.host : formatIpv4(own)} > ${to === undefined ? host : formatIpv4(to)}`;
}
