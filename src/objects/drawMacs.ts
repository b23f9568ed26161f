import { createHash } from 'node:crypto';
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

interface Wanted {
  readonly name: string;
  /** On which the MAC is to be unique. */
  readonly network: string;
  /** What the file says. */
  readonly mac: Mac | undefined;
}

export interface WantedRif extends Wanted {
  readonly router: string;
  readonly subnet: string;
}

/** MACs of ports and router interfaces, in their order: what the file says, else what holds now, else a drawn one. */
export function drawMacs(
  lports: readonly Wanted[],
  rifs: readonly WantedRif[],
  before: Objects | undefined,
  draw: MacDraw,
): { readonly lports: readonly Mac[]; readonly rifs: readonly Mac[] } {
  const kept = new Map<string, Mac>();
  for (const port of before?.lports ?? []) kept.set(lportKey(port), port.mac);
  for (const rif of before?.rifs ?? []) kept.set(rifKey(rif), rif.mac);
  const all = [
    ...lports.map((one) => ({ ...one, key: lportKey(one) })),
    ...rifs.map((one) => ({ ...one, key: rifKey(one) })),
  ].map(({ key, network, mac }) => ({ key, network, mac: mac ?? kept.get(key) }));
  const taken = new Set(all.flatMap(({ network, mac }) => (mac === undefined ? [] : [`${network} ${formatMac(mac)}`])));
  const drawn = new Map<string, Mac>();
  // By their keys, not in the order of the file, which a person may change.
  const open = all.filter(({ mac }) => mac === undefined).sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key, network } of open) {
    if (drawn.has(key)) continue;
    let attempt = 0;
    let mac = draw(key, attempt);
    while (taken.has(`${network} ${formatMac(mac)}`)) mac = draw(key, ++attempt);
    taken.add(`${network} ${formatMac(mac)}`);
    drawn.set(key, mac);
  }
  const macs = all.map(({ key, mac }) => mac ?? drawn.get(key)!);
  return { lports: macs.slice(0, lports.length), rifs: macs.slice(lports.length) };
}

const lportKey = ({ network, name }: { readonly network: string; readonly name: string }): string => `lport/${network}/${name}`;
const rifKey = ({ router, subnet }: { readonly router: string; readonly subnet: string }): string => `rif/${router}/${subnet}`;
