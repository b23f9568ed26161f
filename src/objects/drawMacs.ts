import { createHash } from 'node:crypto';
import { formatIpv4, type WireIpv4 } from '../types/ipv4.js';
import { formatMac, type Mac } from '../types/mac.js';
import type { Objects } from './model.js';

/** First octets of MACs of ports (dvr.md 1.1). */
const PORT_BASE = [0xfa, 0x16, 0x3e] as const;

/** A MAC for what `key` names; every attempt gives another one. */
export type MacDraw = (key: string, attempt: number) => Mac;

/**
 * Drawn from the key and not at random: hosts that read the same file, each into a store of its own, come to the same MACs. Two keys of
 * one network meet about once in 2^24 / ports^2 times, and then one of them has its second draw.
 */
export const drawByKey: MacDraw = (key, attempt) => {
  const drawn = createHash('sha256').update(`${attempt} ${key}`).digest();
  return Uint8Array.of(...PORT_BASE, ...drawn.subarray(0, 3));
};

/** What a MAC is drawn from, and kept by. */
export const macKey = {
  lport: (network: string, name: string): string => `lport/${network}/${name}`,
  rif: (router: string, subnet: string): string => `rif/${router}/${subnet}`,
  snat: (router: string, subnet: string): string => `sg/${router}/${subnet}`,
  gateway: (router: string, network: string): string => `gw/${router}/${network}`,
  floating: (network: string, address: WireIpv4): string => `fip/${network}/${formatIpv4(address)}`,
  exit: (network: string, host: string): string => `fg/${network}/${host}`,
};

export interface WantedMac {
  readonly key: string;
  /** On which the MAC is to be unique. */
  readonly network: string;
  /** What the file says. */
  readonly mac: Mac | undefined;
}

/**
 * MACs in the order in which they are wanted: what the file says, else what holds now, else a drawn one. `reserved`: macOn of
 * those that are taken.
 */
export function drawMacs(
  wanted: readonly WantedMac[],
  before: Objects | undefined,
  reserved: ReadonlySet<string>,
  draw: MacDraw,
): readonly Mac[] {
  const kept = before === undefined ? new Map<string, Mac>() : keptMacs(before);
  const all = wanted.map(({ key, network, mac }) => ({ key, network, mac: mac ?? kept.get(key) }));
  const taken = new Set(reserved);
  for (const { network, mac } of all) if (mac !== undefined) taken.add(macOn(network, mac));
  const drawn = new Map<string, Mac>();
  // By their keys, not in the order of the file, which a person may change.
  const open = all.filter(({ mac }) => mac === undefined).sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key, network } of open) if (!drawn.has(key)) drawn.set(key, drawFree(key, network, taken, draw));
  return all.map(({ key, mac }) => mac ?? drawn.get(key)!);
}

/** The first draw that is not taken, which it is afterwards. */
export function drawFree(key: string, network: string, taken: Set<string>, draw: MacDraw): Mac {
  let attempt = 0;
  let mac = draw(key, attempt);
  while (taken.has(macOn(network, mac))) mac = draw(key, ++attempt);
  taken.add(macOn(network, mac));
  return mac;
}

/** A MAC on a network, for a set of those that are taken. */
export function macOn(network: string, mac: Mac): string {
  return `${network} ${formatMac(mac)}`;
}

function keptMacs({ lports, rifs, routers, floatingIps }: Objects): Map<string, Mac> {
  return new Map([
    ...lports.map(({ network, name, mac }) => [macKey.lport(network, name), mac] as const),
    ...rifs.map(({ router, subnet, mac }) => [macKey.rif(router, subnet), mac] as const),
    ...rifs.flatMap(({ router, subnet, snat }) => (snat === undefined ? [] : [[macKey.snat(router, subnet), snat.mac] as const])),
    ...routers.flatMap(({ name, gateways }) => gateways.map(({ network, mac }) => [macKey.gateway(name, network), mac] as const)),
    ...floatingIps.map(({ network, address, mac }) => [macKey.floating(network, address), mac] as const),
  ]);
}
