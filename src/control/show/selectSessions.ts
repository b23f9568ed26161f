import { anySession, type SessionFilter } from '../../pipeline/sessionSweep.js';
import { SessionState, sessionStateNames } from '../../pipeline/tcpState.js';
import { STATIC_ZONE } from '../../shared/counters.js';
import { network, parsePrefix } from '../../types/ipv4.js';
import { isFault, type Parsed } from '../../types/parsed.js';
import { protocolNumber } from '../../types/protocols.js';
import { isSelector, type SelectorWord, selectorsOf } from '../../types/selectors.js';
import { STATIC_NAME } from './sessions.js';

type Part = Partial<SessionFilter>;

/** Characters of a value that a fault repeats. */
const LONGEST_ECHO = 40;
/** Zones that a fault lists. */
const MOST_NAMED = 8;

/**
 * Selectors, of those in `words` -> what the workers look for. Every selector narrows; none means every session. `others` are parameters that mean
 * something else. A fault is the end of a sentence that starts with the word.
 */
export function selectSessions(
  asked: URLSearchParams,
  zones: ReadonlyMap<string, number>,
  others: readonly string[] = [],
  words: readonly SelectorWord[] = selectorsOf.sessions,
  routers: ReadonlyMap<string, number> = new Map(),
): Parsed<SessionFilter> {
  let filter = anySession;
  for (const [word, text] of asked) {
    if (others.includes(word)) continue;
    const shown = word.slice(0, LONGEST_ECHO);
    if (!isSelector(word) || !words.includes(word)) return { fault: `"${shown}" selects nothing; there are ${words.join(', ')}` };
    if (asked.getAll(word).length > 1) return { fault: `${word} is given twice` };
    const part =
      word === 'router' ? router(text.trim(), routers) : read(word, text.trim(), zones, words !== selectorsOf['inside-hosts']);
    if (isFault(part)) return { ...part, fault: `${word}: "${text.slice(0, LONGEST_ECHO)}" ${part.fault}` };
    filter = { ...filter, ...part.value };
  }
  return { value: filter };
}

/** `statics`: static mappings are a zone one may ask for; a host is in none by them. */
function read(
  word: Exclude<SelectorWord, 'router'>,
  text: string,
  zones: ReadonlyMap<string, number>,
  statics: boolean,
): Parsed<Part> {
  switch (word) {
    case 'src':
      return prefix(text, (inside, insideMask) => ({ inside, insideMask }));
    case 'dst':
      return prefix(text, (remote, remoteMask) => ({ remote, remoteMask }));
    case 'external':
      return prefix(text, (external, externalMask) => ({ external, externalMask }));
    case 'proto':
      return protocol(text);
    case 'state':
      return oneOf(text, states, (state) => ({ state }));
    case 'zone': {
      const zone = zones.get(text) ?? (text === STATIC_NAME ? STATIC_ZONE : undefined);
      if (zone !== undefined) return { value: { zone } };
      const known = [...zones.keys()].slice(0, MOST_NAMED);
      if (zones.size > MOST_NAMED) known.push('...');
      if (statics) known.push(`${STATIC_NAME} (static mappings)`);
      const offer = known.length === 0 ? '' : `; there are ${known.join(', ')}`;
      return { fault: `is no zone this gateway has or had${offer}`, missing: true };
    }
    case 'sport':
      return port(text, (insidePort) => ({ insidePort }));
    case 'dport':
      return port(text, (remotePort) => ({ remotePort }));
    case 'eport':
      return port(text, (externalPort) => ({ externalPort }));
  }
}

function router(text: string, routers: ReadonlyMap<string, number>): Parsed<Part> {
  const number = routers.get(text);
  if (number !== undefined) return { value: { router: number } };
  const known = [...routers.keys()].slice(0, MOST_NAMED);
  if (routers.size > MOST_NAMED) known.push('...');
  return {
    fault: `has no SNAT service on this host${known.length === 0 ? '' : `; there are ${known.join(', ')}`}`,
    missing: true,
  };
}

const states: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(sessionStateNames)
    .map(([state, name]) => [name.toLowerCase(), Number(state)] as const)
    .filter(([, state]) => state !== SessionState.Elsewhere && state !== SessionState.Held),
);

function prefix(text: string, part: (address: number, mask: number) => Part): Parsed<Part> {
  const parsed = parsePrefix(text, true);
  if (isFault(parsed)) return parsed;
  const { address, mask } = network(parsed.value);
  return { value: part(address, mask) };
}

function protocol(text: string): Parsed<Part> {
  const number = protocolNumber(text);
  return number === undefined
    ? { fault: 'is not one of icmp, tcp, udp, gre, esp, sctp, ... or a number' }
    : { value: { protocol: number } };
}

function oneOf(text: string, words: Readonly<Record<string, number>>, part: (value: number) => Part): Parsed<Part> {
  const word = text.toLowerCase();
  if (!Object.hasOwn(words, word)) return { fault: `is not one of ${Object.keys(words).join(', ')}` };
  return { value: part(words[word]!) };
}

function port(text: string, part: (port: number) => Part): Parsed<Part> {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) return { fault: 'is not a port (0 to 65535)' };
  return { value: part(Number(text)) };
}
