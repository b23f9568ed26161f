import type { Random } from './random.js';
import { addressIn, prefix } from './ruleLines.js';
import { BROADCASTS, NAMES, NEIGHBORS, OWN } from './topology.js';

/** One look-up: what a packet has in it, and where it comes from. */
export interface Question {
  readonly destination: string;
  /** Undefined: of the router's own, without a source yet. */
  readonly source: string | undefined;
  /** Undefined: the router sends it. */
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  readonly tos: number;
  readonly mark: number;
  /** 1, 6 or 17: `ip route get` knows no others. */
  readonly protocol: number;
  /** 0: not said. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Of the router's own only. */
  readonly uid: number;
}

/** `prefixes`: those that the rules and routes name; most look-ups are about an address in one of them. */
export function question(random: Random, prefixes: readonly string[]): Question {
  const forwarded = random.chance(70);
  const protocol = random.pick([17, 17, 6, 1]);
  const port = (): number => (protocol === 1 ? 0 : random.pick([0, 53, 80, 443, 1, 1500, 2000, 65_534, 65_535]));
  return {
    destination: destination(random, prefixes),
    source: forwarded ? source(random, prefixes) : random.chance(30) ? random.pick(OWN) : undefined,
    iif: forwarded ? random.pick(NAMES) : undefined,
    oif: !forwarded && random.chance(35) ? random.pick(NAMES) : undefined,
    tos: random.chance(60) ? 0 : random.pick([0x10, 0x08, 0x1c, 0x18, 0xb8, 0x04, 0xfc, 0x20, 0x30]),
    mark: random.chance(60) ? 0 : random.pick([1, 0x10, 0x1ff, 0x8000_0000, 0xffff_ffff, 0x55, 5]),
    protocol,
    sourcePort: port(),
    destinationPort: port(),
    uid: forwarded || random.chance(50) ? 0 : random.pick([1, 50, 100, 101, 8, 4_294_967_294]),
  };
}

/** As `ip route get` wants it. */
export function routeGetLine(asked: Question): string {
  const words = [asked.destination];
  if (asked.source !== undefined) words.push('from', asked.source);
  if (asked.iif !== undefined) words.push('iif', asked.iif);
  if (asked.oif !== undefined) words.push('oif', asked.oif);
  if (asked.tos !== 0) words.push('tos', `0x${asked.tos.toString(16)}`);
  if (asked.mark !== 0) words.push('mark', String(asked.mark));
  words.push('ipproto', String(asked.protocol));
  if (asked.sourcePort !== 0) words.push('sport', String(asked.sourcePort));
  if (asked.destinationPort !== 0) words.push('dport', String(asked.destinationPort));
  if (asked.iif === undefined) words.push('uid', String(asked.uid));
  return words.join(' ');
}

/** Never 0/8, 127/8, a group or the broadcast address: what both sides drop, or treat, before they look at a route. */
function destination(random: Random, prefixes: readonly string[]): string {
  for (;;) {
    const kind = random.below(100);
    const address =
      kind < 75
        ? addressIn(random, random.pick(prefixes))
        : kind < 85
          ? random.pick(NEIGHBORS)[0]
          : kind < 92
            ? random.pick([...OWN, ...BROADCASTS, '10.0.1.0', '10.0.2.0'])
            : addressIn(random, prefix(random));
    if (isOrdinary(address)) return address;
  }
}

function source(random: Random, prefixes: readonly string[]): string {
  for (;;) {
    const kind = random.below(100);
    const address =
      kind < 60
        ? addressIn(random, random.pick(prefixes))
        : kind < 80
          ? random.pick(NEIGHBORS)[0]
          : addressIn(random, prefix(random));
    if (isOrdinary(address) && !OWN.includes(address) && !BROADCASTS.includes(address)) return address;
  }
}

function isOrdinary(address: string): boolean {
  const first = Number(address.split('.')[0]);
  return first !== 0 && first !== 127 && first < 224;
}
