/**
 * Three hosts on a fabric, guests, and an upstream on an external network that two of the hosts are connected to.
 *
 *   guest a, floating address -- host 1 [ wrbu ]--\                    /-- [ wrbe ] host 1
 *   guest b, red; c, blue ------ host 2 [ wrbu ]---( bridge: fabric )  ( bridge wrbx: upstream 198.51.100.1 )
 *   guest d, red --------------- host n [ wrbu ]--/                    \-- [ wrbe ] host n, which translates for b and d
 */
import { onCleanUp, run } from '../system/processes.js';
import { inside } from '../system/topology.js';

export const GUEST_DEVICE = 'wrbg';
export const UNDERLAY_DEVICE = 'wrbu';
export const EXTERNAL_DEVICE = 'wrbe';
/** The upstream's own device: a bridge, of which the cables to the hosts are ports. */
const UPSTREAM_DEVICE = 'wrbx';
export const UNDERLAY_MTU = 1500;
/** What is left of it in a VXLAN tunnel. */
export const GUEST_MTU = UNDERLAY_MTU - 50;
/** VNIs. */
export const RED = 1001;
export const BLUE = 1002;
/** What everything is sent to. */
export const UPSTREAM = '198.51.100.1';
export const FLOATING = '198.51.100.77';
export const GATEWAY = '198.51.100.21';

export interface Guest {
  readonly namespace: string;
  readonly address: string;
  readonly mac: string;
  /** VNI of its network. */
  readonly network: number;
}

export interface Host {
  /** Of objects: h1, h2, n. */
  readonly name: string;
  readonly namespace: string;
  /** Of its tunnel endpoint, which the kernel has on the underlay device. */
  readonly address: string;
  readonly guests: readonly Guest[];
  /** The upstream's end of its cable to the external network; none: it has no such cable. */
  readonly upstreamPort?: string;
}

export interface Hosts {
  readonly one: Host;
  readonly two: Host;
  readonly n: Host;
  readonly upstream: string;
  readonly a: Guest;
  readonly b: Guest;
  readonly c: Guest;
  readonly d: Guest;
}

/** Makes namespaces, fabric, and external network. Guests have no device yet. */
export function addHosts(subject: string): Hosts {
  const namespace = (label: string): string => {
    const name = `wrb${process.pid}-${subject}-${label}`;
    run('ip', 'netns', 'add', name);
    onCleanUp(() => run('ip', 'netns', 'del', name));
    inside(name, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    run('ip', '-n', name, 'link', 'set', 'lo', 'up');
    return name;
  };
  const guest = (label: string, network: number, last: number): Guest => ({
    namespace: namespace(label),
    address: `10.${network === RED ? 77 : 78}.0.${last}`,
    mac: `02:00:00:00:4d:${last}`,
    network,
  });
  const [a, b, c, d] = [guest('a', RED, 11), guest('b', RED, 12), guest('c', BLUE, 13), guest('d', RED, 14)];
  const one = { name: 'h1', namespace: namespace('1'), address: '192.0.2.1', guests: [a], upstreamPort: 'p1' };
  const two = { name: 'h2', namespace: namespace('2'), address: '192.0.2.2', guests: [b, c] };
  const n = { name: 'n', namespace: namespace('n'), address: '192.0.2.3', guests: [d], upstreamPort: 'pn' };
  const [fabric, upstream] = [namespace('f'), namespace('u')];
  addBridge(fabric, 'br0');
  addBridge(upstream, UPSTREAM_DEVICE);
  run('ip', '-n', upstream, 'addr', 'add', `${UPSTREAM}/24`, 'dev', UPSTREAM_DEVICE);
  for (const { name, namespace: own, address, upstreamPort } of [one, two, n] as readonly Host[]) {
    addCable(own, UNDERLAY_DEVICE, fabric, `f${name}`, 'br0');
    run('ip', '-n', own, 'addr', 'add', `${address}/24`, 'dev', UNDERLAY_DEVICE);
    if (upstreamPort !== undefined) addCable(own, EXTERNAL_DEVICE, upstream, upstreamPort, UPSTREAM_DEVICE);
  }
  return { one, two, n, upstream, a, b, c, d };
}

function addBridge(namespace: string, name: string): void {
  run('ip', '-n', namespace, 'link', 'add', name, 'type', 'bridge');
  run('ip', '-n', namespace, 'link', 'set', name, 'up');
}

function addCable(namespace: string, device: string, far: string, port: string, bridge: string): void {
  const ends = ['peer', 'name', port, 'netns', far];
  run('ip', '-n', namespace, 'link', 'add', device, 'mtu', String(UNDERLAY_MTU), 'type', 'veth', ...ends);
  run('ip', '-n', namespace, 'link', 'set', device, 'up');
  run('ip', '-n', far, 'link', 'set', 'dev', port, 'mtu', String(UNDERLAY_MTU), 'master', bridge, 'up');
}

/** MAC, address, MTU and default route of a guest, on the device that is there by now. */
export function addressGuest({ namespace, mac, address }: Guest, gateway: string): void {
  run('ip', '-n', namespace, 'link', 'set', GUEST_DEVICE, 'address', mac, 'mtu', String(GUEST_MTU), 'up');
  run('ip', '-n', namespace, 'addr', 'add', `${address}/24`, 'dev', GUEST_DEVICE);
  run('ip', '-n', namespace, 'route', 'add', 'default', 'via', gateway);
}

/** Returns when packets of full size pass by every way that is measured; throws after 10 s. */
export function untilReached({ a, b, c, d }: Hosts): void {
  const ways = [
    [a, UPSTREAM],
    [b, UPSTREAM],
    [d, UPSTREAM],
    [a, c.address],
  ] as const;
  for (const [{ namespace }, to] of ways) {
    for (let attempt = 1; ; attempt++) {
      try {
        inside(namespace, 'ping', '-c', '1', '-W', '1', '-M', 'do', '-s', String(GUEST_MTU - 28), '-q', to);
        break;
      } catch (error) {
        if (attempt === 10) throw error;
      }
    }
  }
}
