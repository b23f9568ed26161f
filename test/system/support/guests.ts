import { drawn } from './draw.js';

/** Guests of a cloud, as its tests describe them. */

/** A guest: a namespace with the kernel side of its port's TAP, or an end of a veth pair whose other end `p-NAME` is with its host. */
export interface Vm {
  readonly name: string;
  readonly host: string;
  readonly mac: string;
  /** "10.0.0.11/24" */
  readonly address: string;
  readonly gateway: string;
  /** "fd00::11/64": it speaks IPv6, by these addresses and the link-local one of its MAC. Without the key it does not. */
  readonly ipv6?: readonly string[];
  /** Its device is a veth end: "packet: p-NAME, netns: @HOST" in the objects. */
  readonly packet?: boolean;
}

/** Numbers of workers that a cloud is tried with in this run: those asked for by `npm test -- --workers`, else one or all of these. */
export function cloudWorkers(...numbers: readonly number[]): readonly number[] {
  const asked = process.env.WINDROSE_TEST_WORKERS;
  return asked === undefined ? drawn('', numbers) : asked.split(',').map(Number);
}

/** A guest with a MAC of the tenants' base (its last two octets given) in a /24, behind the first address of it. */
export function guestOf(name: string, host: string, mac: string, address: string): Vm {
  return { name, host, mac: `fa:16:3e:00:${mac}`, address: `${address}/24`, gateway: address.replace(/\d+$/, '1') };
}

const PORT = /name: (\w+), network: \w+, mac: "fa:16:3e:00:(..:..)", addresses: \[([\d.]+)\], host: (\w+), tap: /g;

/** The guests of a file of objects, whose ports stand in one line each, with TAPs. */
export function guestsIn(objects: string): Vm[] {
  return [...objects.matchAll(PORT)].map(([, name, mac, address, host]) => guestOf(name!, host!, mac!, address!));
}
