import { parseIpv4, type WireIpv4 } from './ipv4.js';
import { isFault, type Parsed } from './parsed.js';
import { PROTOCOLS } from './trace.js';

/**
 * `windrose route get`: where would a packet go? The words are those of ip-route(8), the same on the command line and as parameters
 * of `GET /v1/route`; both sides read them here.
 */
export interface RouteGetRequest {
  readonly destination: WireIpv4;
  /** Undefined: of the router's own packets the routes choose it; forwarded ones have 0.0.0.0. */
  readonly source: WireIpv4 | undefined;
  /** Interface it comes in by; undefined: the router itself sends it. */
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  /** Octet of the header. */
  readonly tos: number;
  /** 32 bits. */
  readonly mark: number;
  /** 0 = not said. */
  readonly protocol: number;
  /** Host order; -1 = not said. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Of the router's own packets. */
  readonly uid: number;
}

/** What strerror(3) says of the kernel's answer. */
export type RouteGetError = 'Network is unreachable' | 'No route to host' | 'Permission denied' | 'Invalid argument';

export interface RouteGetAnswer {
  /** Null: there is a route that sends the packet somewhere. */
  readonly error: RouteGetError | null;
  /** `ip route get` prints these; empty or null where it prints nothing. */
  readonly type: string;
  readonly destination: string;
  readonly from: string;
  readonly via: string;
  readonly dev: string;
  /** Empty for table main. */
  readonly table: string;
  /** Source of the router's own packets. */
  readonly src: string;
  readonly uid: number | null;
  readonly iif: string;
  readonly mtu: { readonly octets: number; readonly lock: boolean } | null;
  /** Every way of a multipath route, "via A dev D"; which one a flow takes is a matter of its hash. */
  readonly ways: readonly string[];
  /** What was looked at, in order, and what it said; the last one decided. */
  readonly steps: readonly { readonly rule: string; readonly found: string }[];
}

const WORDS = ['to', 'from', 'iif', 'oif', 'tos', 'mark', 'ipproto', 'sport', 'dport', 'uid'] as const;

/** Reads the words of a request. A fault is a whole sentence without its full stop. */
export function parseRouteGet(asked: URLSearchParams): Parsed<RouteGetRequest> {
  for (const word of asked.keys()) {
    if (!(WORDS as readonly string[]).includes(word))
      return { fault: `"${word.slice(0, 40)}" is no word of route get; there are ${WORDS.join(', ')}` };
    if (asked.getAll(word).length > 1) return { fault: `${word} is given twice` };
  }
  const to = address(asked.get('to'), 'the destination');
  if (isFault(to)) return to;
  if (to.value === undefined) return { fault: 'the destination is missing' };
  const from = address(asked.get('from'), 'from');
  if (isFault(from)) return from;
  const numbers: Record<string, number> = {};
  for (const [word, most, none] of NUMBERS) {
    const value = number(asked.get(word), word, most, none);
    if (isFault(value)) return value;
    numbers[word] = value.value;
  }
  const protocol = asked.get('ipproto');
  if (protocol !== null && Object.hasOwn(PROTOCOLS, protocol)) numbers.ipproto = PROTOCOLS[protocol]!;
  else if (protocol !== null && !/^\d{1,3}$/.test(protocol))
    return { fault: `ipproto: "${protocol.slice(0, 40)}" is no protocol: a number, ${Object.keys(PROTOCOLS).join(', ')}` };
  const { tos, mark, ipproto, sport, dport, uid } = numbers as Record<(typeof NUMBERS)[number][0], number>;
  return {
    value: {
      destination: to.value,
      source: from.value,
      iif: asked.get('iif') ?? undefined,
      oif: asked.get('oif') ?? undefined,
      tos,
      mark: mark | 0,
      protocol: ipproto,
      sourcePort: sport,
      destinationPort: dport,
      uid,
    },
  };
}

/** Word, greatest value, value when it is not given. */
const NUMBERS = [
  ['tos', 255, 0],
  ['mark', 0xffff_ffff, 0],
  ['ipproto', 255, 0],
  ['sport', 65_535, -1],
  ['dport', 65_535, -1],
  ['uid', 0xffff_ffff, 0],
] as const;

function number(text: string | null, word: string, most: number, none: number): Parsed<number> {
  if (text === null || (word === 'ipproto' && !/^\d/.test(text))) return { value: none };
  const value = Number(text);
  if (/^(\d{1,10}|0x[0-9a-fA-F]{1,8})$/.test(text) && value <= most) return { value };
  return { fault: `${word}: "${text.slice(0, 40)}" is not a whole number from 0 to ${most}` };
}

function address(text: string | null, which: string): Parsed<WireIpv4 | undefined> {
  if (text === null) return { value: undefined };
  const parsed = parseIpv4(text);
  return isFault(parsed) ? { fault: `${which} "${text.slice(0, 40)}" ${parsed.fault}` } : parsed;
}
