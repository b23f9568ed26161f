import type { IfaceConfig } from '../config/config.js';
import type { OpenedIface } from '../io/addon.js';
import { Lacks } from '../shared/offloads.js';

/** TUN_F_* of linux/if_tun.h: what the kernel may hand over through a TAP. */
const enum TunFlag {
  Checksum = 0x01,
  Tso4 = 0x02,
  Uso4 = 0x20,
}

/** Offloads of a device, in words: what comes in through it, and what may be sent through it, undone by us otherwise. */
export interface Offloads {
  readonly rx: readonly string[];
  readonly tx: readonly string[];
  /** Segments are joined for it; datagrams where it takes `uso`. */
  readonly coalesce: boolean;
}

/**
 * What a device cannot be left to do. The kernel behind TAPs and packet sockets completes checksums and cuts super-frames of TCP whatever
 * the device is able to, and those of UDP since Linux 6.2: a TAP that took the bit for them says so, of others `release`
 * (uname -r) does. What it refuses after all is found out when it does (OFF-16, io/nativeIface.ts).
 */
export function lacksOf({ kind, offloads, sendOffloads }: IfaceConfig, { offloadBits }: OpenedIface, release: string): number {
  if (!sendOffloads) return Lacks.All;
  const uso = kind === 'tap' && offloads ? (offloadBits & TunFlag.Uso4) !== 0 : isSince(release, 6, 2);
  return uso ? 0 : Lacks.Uso;
}

/** The same in words, in the order of `show ifaces`. A packet socket gets what the device and its peer send, super-frames included. */
export function offloadsOf(config: IfaceConfig, opened: OpenedIface, release: string): Offloads {
  const bits =
    config.kind === 'tap' ? opened.offloadBits : TunFlag.Checksum | TunFlag.Tso4 | (isSince(release, 6, 2) ? TunFlag.Uso4 : 0);
  const lacks = lacksOf(config, opened, release);
  return {
    rx: words((bits & TunFlag.Checksum) !== 0, (bits & TunFlag.Tso4) !== 0, (bits & TunFlag.Uso4) !== 0),
    coalesce: config.coalesce && (lacks & (Lacks.Checksum | Lacks.Tso)) === 0,
    tx: words((lacks & Lacks.Checksum) === 0, (lacks & Lacks.Tso) === 0, (lacks & Lacks.Uso) === 0),
  };
}

function words(checksum: boolean, tso: boolean, uso: boolean): string[] {
  return [...(checksum ? ['csum'] : []), ...(tso ? ['tso'] : []), ...(uso ? ['uso'] : [])];
}

/** True for a kernel of this version or a later one. */
export function isSince(release: string, major: number, minor: number): boolean {
  const [a, b] = release.split('.').map((part) => Number.parseInt(part, 10));
  return a! > major || (a === major && b! >= minor);
}
