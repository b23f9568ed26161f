import { formatIpv4, type WireIpv4, wireOrder } from '../../../types/ipv4.js';

/** Priorities of the rules that lead floating addresses out of their host (dvr.md 4.1): 32768 to 72767, one each. */
const FIRST_PRIORITY = 32_768;
export const PRIORITIES = 40_000;
/** Link-local pairs (dvr.md 1.1): the /31 of 169.254.64.0/18; the even address is the router's, the odd one the exit's. */
const FIRST_LINK = 0xa9fe_4000;
export const PAIRS = 8192;
/** Numbers that are remembered for nobody at present: beyond these whoever has been away longest is forgotten, or the record would only grow. */
export const MOST_UNUSED = 4096;

/** A floating address that leaves by this host. */
export interface FloatingPlace {
  readonly address: WireIpv4;
  /** External network. */
  readonly network: string;
  readonly router: string;
}

/** Who has which number, the earliest first. Also those that are in use no more: whoever comes back has it again. */
export interface RememberedNumbers {
  /** "<network> <address>" -> priority */
  readonly priorities: ReadonlyMap<string, number>;
  /** "<router> <network>" -> number of the pair, from 0 on */
  readonly pairs: ReadonlyMap<string, number>;
}

export const NO_NUMBERS: RememberedNumbers = { priorities: new Map(), pairs: new Map() };

export interface LinkPair {
  /** Of the router's side (rfp-). */
  readonly router: WireIpv4;
  /** Of the exit's (fpr-). */
  readonly exit: WireIpv4;
}

/** Numbers of floating addresses on one host; undefined: there was none left, which concerns nobody else (pitfall 24). */
export class FloatingNumbers {
  constructor(
    /** All that is remembered; the same one as long as nothing was added. */
    readonly remembered: RememberedNumbers,
    /** Those that have no priority or no pair. */
    readonly without: readonly FloatingPlace[],
  ) {}

  /** Of the rule "from <fixed address> lookup 16". */
  priority(network: string, address: WireIpv4): number | undefined {
    return this.remembered.priorities.get(priorityKey({ network, address }));
  }

  /** Between a router's replica and the exit of an external network. */
  pair(router: string, network: string): LinkPair | undefined {
    const number = this.remembered.pairs.get(pairKey({ router, network }));
    return number === undefined ? undefined : linkPair(number);
  }
}

/** Both addresses of the pair of this number. */
export function linkPair(number: number): LinkPair {
  const even = FIRST_LINK + 2 * number;
  return { router: wireOrder(even), exit: wireOrder(even + 1) };
}

/**
 * Numbers for these floating addresses: those they had, or the first that nobody has had. When none of these is left, whoever has been remembered
 * longest without being there gives up its own.
 */
export function numbersOf(
  places: readonly FloatingPlace[],
  before: RememberedNumbers,
  room: { readonly priorities: number; readonly pairs: number } = { priorities: PRIORITIES, pairs: PAIRS },
  /** Pairs that are needed without a floating address. */
  links: readonly Pick<FloatingPlace, 'router' | 'network'>[] = [],
): FloatingNumbers {
  const priorities = allot(places.map(priorityKey), before.priorities, FIRST_PRIORITY, room.priorities);
  const pairs = allot([...places, ...links].map(pairKey), before.pairs, 0, room.pairs);
  const same = priorities === before.priorities && pairs === before.pairs;
  const without = places.filter((place) => !priorities.has(priorityKey(place)) || !pairs.has(pairKey(place)));
  return new FloatingNumbers(same ? before : { priorities, pairs }, without);
}

/** Of a record those that are of the pools. */
export function withinPools({ priorities, pairs }: RememberedNumbers): RememberedNumbers {
  const within = (numbers: ReadonlyMap<string, number>, first: number, count: number): ReadonlyMap<string, number> =>
    new Map([...numbers].filter(([, number]) => number >= first && number < first + count));
  return { priorities: within(priorities, FIRST_PRIORITY, PRIORITIES), pairs: within(pairs, 0, PAIRS) };
}

/** `count` numbers from `first` on. */
function allot(
  wanted: readonly string[],
  before: ReadonlyMap<string, number>,
  first: number,
  count: number,
): ReadonlyMap<string, number> {
  const keys = new Set(wanted);
  const fresh = [...keys].filter((key) => !before.has(key));
  if (fresh.length === 0) return before;
  const after = new Map(before);
  const taken = new Set(before.values());
  const away = [...before.keys()].filter((key) => !keys.has(key));
  const forgotten = away.splice(0, Math.max(0, away.length - MOST_UNUSED));
  for (const key of forgotten) {
    taken.delete(after.get(key)!);
    after.delete(key);
  }
  const unused = away.values();
  let next = first;
  for (const key of fresh) {
    while (next < first + count && taken.has(next)) next++;
    if (next < first + count) {
      after.set(key, next++);
      continue;
    }
    const { value: given } = unused.next();
    if (given === undefined) break;
    after.set(key, before.get(given)!);
    after.delete(given);
  }
  return after;
}

function priorityKey({ network, address }: Pick<FloatingPlace, 'network' | 'address'>): string {
  return `${network} ${formatIpv4(address)}`;
}

function pairKey({ router, network }: Pick<FloatingPlace, 'router' | 'network'>): string {
  return `${router} ${network}`;
}
