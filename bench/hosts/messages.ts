import type { EtcdAccess } from '../../src/types/etcdAccess.js';

/** What the bench tells a process of simulated hosts; the first message is `begin`. */
export type Order =
  | { readonly kind: 'begin'; readonly hosts: readonly SimulatedHost[]; readonly presence: boolean }
  | { readonly kind: 'usage' }
  | { readonly kind: 'end' };

export interface SimulatedHost {
  readonly name: string;
  /** Each by a connection of its own. */
  readonly access: EtcdAccess;
}

/** What it says. Times are milliseconds of the monotonic clock, which all processes of a machine share. */
export type Said =
  /** It is there, and has no host yet. */
  | { readonly kind: 'empty'; readonly usage: Usage }
  /** A host has its first view. */
  | { readonly kind: 'ready'; readonly host: string; readonly tookMs: number; readonly knownPorts: number }
  /** A host has a new view, with tables. */
  | { readonly kind: 'view'; readonly host: string; readonly revision: number; readonly at: number }
  | { readonly kind: 'usage'; readonly usage: Usage };

export interface Usage {
  /** Of the process since its start. */
  readonly cpuMs: number;
  readonly rssOctets: number;
}

/** Milliseconds of the monotonic clock. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
