/**
 * Two hosts with an underlay between them, and guests: one on the first host, and on the second one in the same network and one in another.
 *
 *   guest a [ wrbg ] -- host 1 [ wrbu ] ===== veth ===== [ wrbu ] host 2 -- [ wrbg ] guest b, network red,  10.77.0.0/24
 *                                                                        -- [ wrbg ] guest c, network blue, 10.78.0.0/24
 */
import { onCleanUp, run } from '../system/processes.js';
import { inside } from '../system/topology.js';

export const GUEST_DEVICE = 'wrbg';
export const UNDERLAY_DEVICE = 'wrbu';
/** VNIs. */
export const RED = 1001;
export const BLUE = 1002;
/** Outer headers with the inner Ethernet header: what a network's MTU is less than that of the underlay. */
const TUNNEL_OCTETS = 50;

export interface Guest {
  readonly namespace: string;
  readonly address: string;
  readonly mac: string;
  readonly gateway: string;
  /** VNI of its network. */
  readonly network: number;
}

export interface Host {
  readonly namespace: string;
  /** Of its tunnel endpoint, which the kernel has on the underlay device. */
  readonly address: string;
  readonly guests: readonly Guest[];
}

export interface Hosts {
  readonly mtu: number;
  readonly one: Host;
  readonly two: Host;
  readonly a: Guest;
  readonly b: Guest;
  readonly c: Guest;
}

export function guestMtu({ mtu }: Hosts): number {
  return mtu - TUNNEL_OCTETS;
}

/** Makes namespaces and underlay, `mtu` octets wide. Guests have no device yet. */
export function addHosts(subject: string, mtu: number): Hosts {
  const namespace = (label: string): string => {
    const name = `wrb${process.pid}-${subject}-${label}`;
    run('ip', 'netns', 'add', name);
    onCleanUp(() => run('ip', 'netns', 'del', name));
    inside(name, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    run('ip', '-n', name, 'link', 'set', 'lo', 'up');
    return name;
  };
  const red = { gateway: '10.77.0.1', network: RED };
  const a = { namespace: namespace('a'), address: '10.77.0.11', mac: '02:00:00:00:4d:0b', ...red };
  const b = { namespace: namespace('b'), address: '10.77.0.12', mac: '02:00:00:00:4d:0c', ...red };
  const c = {
    namespace: namespace('c'),
    address: '10.78.0.13',
    mac: '02:00:00:00:4e:0d',
    gateway: '10.78.0.1',
    network: BLUE,
  };
  const one = { namespace: namespace('1'), address: '192.0.2.1', guests: [a] };
  const two = { namespace: namespace('2'), address: '192.0.2.2', guests: [b, c] };
  const ends = ['peer', 'name', UNDERLAY_DEVICE, 'netns', two.namespace];
  run('ip', '-n', one.namespace, 'link', 'add', UNDERLAY_DEVICE, 'mtu', String(mtu), 'type', 'veth', ...ends);
  for (const host of [one, two]) run('ip', '-n', host.namespace, 'link', 'set', UNDERLAY_DEVICE, 'mtu', String(mtu), 'up');
  return { mtu, one, two, a, b, c };
}

/** Puts the tunnel endpoint's address onto a device of the host, /24. */
export function addEndpoint({ namespace, address }: Host, device = UNDERLAY_DEVICE): void {
  run('ip', '-n', namespace, 'addr', 'add', `${address}/24`, 'dev', device);
}

/** A veth pair from a guest into its host, where it has this name; up on both sides. */
export function addGuestLink({ namespace }: Host, guest: Guest, name: string): void {
  const ends = ['peer', 'name', name, 'netns', namespace];
  run('ip', '-n', guest.namespace, 'link', 'add', GUEST_DEVICE, 'type', 'veth', ...ends);
  run('ip', '-n', namespace, 'link', 'set', name, 'up');
}

/** MAC, address, MTU and default route of a guest, on the device that is there by now. */
export function addressGuest(hosts: Hosts, { namespace, mac, address, gateway }: Guest): void {
  const mtu = String(guestMtu(hosts));
  run('ip', '-n', namespace, 'link', 'set', GUEST_DEVICE, 'address', mac, 'mtu', mtu, 'up');
  run('ip', '-n', namespace, 'addr', 'add', `${address}/24`, 'dev', GUEST_DEVICE);
  run('ip', '-n', namespace, 'route', 'add', 'default', 'via', gateway);
}

/** Returns when guest a reaches both others by packets of full size; throws after 5 s. */
export function untilReached(hosts: Hosts): void {
  const size = String(guestMtu(hosts) - 28);
  for (const { address } of [hosts.b, hosts.c]) {
    for (let attempt = 1; ; attempt++) {
      try {
        inside(hosts.a.namespace, 'ping', '-c', '1', '-W', '1', '-M', 'do', '-s', size, '-q', address);
        break;
      } catch (error) {
        if (attempt === 5) throw error;
      }
    }
  }
}
