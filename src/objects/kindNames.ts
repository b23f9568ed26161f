import type { objectItems } from './schema.js';

/** Kinds of objects, by their keys in a file of objects, and what else they are called. */
export type KindKey = keyof typeof objectItems;

const KIND_NAMES: Readonly<Record<KindKey, readonly string[]>> = {
  hosts: ['host', 'hypervisor', 'hypervisors'],
  networks: ['network', 'net', 'nets'],
  subnets: ['subnet'],
  lports: ['lport', 'port', 'ports'],
  routers: ['router'],
  floatingIps: ['floating ip', 'floating-ip', 'floating-ips', 'floatingip', 'fip', 'fips'],
};

export const KIND_KEYS = Object.keys(KIND_NAMES) as readonly KindKey[];

/** "lport" for a sentence. */
export function singular(kind: KindKey): string {
  return KIND_NAMES[kind][0]!;
}

/** The kind a word means; undefined: none. */
export function kindOf(word: string): KindKey | undefined {
  const asked = word.toLowerCase();
  return KIND_KEYS.find((key) => key.toLowerCase() === asked || KIND_NAMES[key].includes(asked));
}

/** The same of any key of a file of objects. */
export function kindWord(key: string): string {
  return key in KIND_NAMES ? singular(key as KindKey) : key;
}
