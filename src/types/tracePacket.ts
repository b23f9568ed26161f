import { isFault, type Parsed } from './parsed.js';
import { CLIENT_PORT, readProtocol } from './trace.js';

/**
 * `windrose trace --packet 'in=lan,src=1.1.1.1,dst=8.8.8.8,proto=udp,dport=53'`: a packet in one word. It is turned into the words
 * of types/trace, which read the values.
 */

interface Key {
  /** What a value may be, for messages. */
  readonly value: string;
  /** The word of types/trace that takes the value as it stands. */
  readonly word?: string;
}

/** Keys of a packet, in the order in which messages name them. */
const PACKET_KEYS = {
  in: { value: 'an interface, as "show ifaces" names it, or a port of a network, as "show lports" does', word: 'iface' },
  src: { value: 'an IPv4 address' },
  dst: { value: 'an IPv4 address' },
  proto: { value: 'tcp, udp, icmp, or another protocol by name or number', word: 'proto' },
  sport: { value: 'a port from 0 to 65535' },
  dport: { value: 'a port from 0 to 65535' },
  id: { value: 'the identifier of an ICMP echo, 0 to 65535', word: 'id' },
  ttl: { value: 'hops, 0 to 255', word: 'ttl' },
  tos: { value: 'an octet, such as 0x10', word: 'tos' },
  len: { value: 'octets of the IPv4 packet', word: 'length' },
  df: { value: '1 or 0; alone it is 1', word: 'df' },
  vlan: { value: 'the id of its tag, 0 for none', word: 'vlan' },
  flags: { value: 'letters of TCP flags, such as SA', word: 'flags' },
  network: { value: 'a network, as "show networks" names it, that it comes in on from the fabric', word: 'network' },
  host: { value: 'the host it comes from, as "show hosts" names it', word: 'host' },
  smac: { value: 'a MAC address', word: 'smac' },
  dmac: { value: 'a MAC address', word: 'dmac' },
} as const satisfies Readonly<Record<string, Key>>;

type KeyName = keyof typeof PACKET_KEYS;

const NEEDED = ['dst', 'proto'] as const;
const LONGEST_ECHO = 40;

/** Words of types/trace for a packet. A fault is a whole sentence without its full stop, and says what is possible. */
export function packetWords(text: string): Parsed<URLSearchParams> {
  const given = new Map<KeyName, string>();
  for (const part of text.split(',')) {
    const [, name = '', , value] = /^\s*([^=]*?)\s*(=\s*(.*?)\s*)?$/.exec(part) ?? [];
    if (name === '' && value === undefined && given.size > 0 && part.trim() === '')
      return { fault: 'the packet has a comma too many' };
    if (!isKey(name)) return { fault: unknownKey(name, value !== undefined) };
    if (given.has(name)) return { fault: `${name} is given twice` };
    if (value === undefined && name !== 'df') return { fault: `${name} has no value: ${howTo(name)}` };
    if (value === '') return { fault: `${name} is empty: it is ${PACKET_KEYS[name].value}` };
    given.set(name, value ?? '1');
  }
  if (!given.has('in') && !given.has('network'))
    return { fault: `in is missing: ${howTo('in')}; or network=... for what comes from the fabric` };
  if (given.has('in') && given.has('network')) return { fault: 'in and network: a packet comes in by one of them' };
  const missing = NEEDED.find((name) => !given.has(name));
  if (missing !== undefined) return { fault: `${missing} is missing: ${howTo(missing)}` };
  if (given.has('network') && !given.has('src')) return { fault: `src is missing: ${howTo('src')}` };
  return wordsOf(given);
}

function wordsOf(given: ReadonlyMap<KeyName, string>): Parsed<URLSearchParams> {
  const protocol = readProtocol(given.get('proto')!);
  if (isFault(protocol)) return protocol;
  const isPorted = protocol.value === 6 || protocol.value === 17;
  if (isPorted && !given.has('dport')) return { fault: `dport is missing: ${howTo('dport')}` };
  const stray = (['sport', 'dport'] as const).find((name) => !isPorted && given.has(name));
  if (stray !== undefined) {
    const id = protocol.value === 1 ? '; icmp has id' : '';
    return { fault: `${stray} is of tcp and udp only${id}` };
  }
  for (const name of ['src', 'dst', 'sport', 'dport'] as const)
    if (given.get(name)?.includes(':'))
      return { fault: `${name}: "${echo(given.get(name)!)}" is not ${PACKET_KEYS[name].value}` };
  const words = new URLSearchParams();
  const end = (address: string, port: string): string => (isPorted ? `${address}:${port}` : address);
  words.set('from', end(given.get('src') ?? '', given.get('sport') ?? String(CLIENT_PORT)));
  words.set('to', end(given.get('dst')!, given.get('dport') ?? ''));
  for (const [name, value] of given) {
    const key: Key = PACKET_KEYS[name];
    if (key.word !== undefined) words.set(key.word, value);
  }
  return { value: words };
}

function howTo(name: KeyName): string {
  return `write ${name}=..., ${PACKET_KEYS[name].value}`;
}

function isKey(name: string): name is KeyName {
  return Object.hasOwn(PACKET_KEYS, name);
}

function unknownKey(name: string, hasValue: boolean): string {
  const all = Object.keys(PACKET_KEYS).join(', ');
  const made = `a packet is made of KEY=VALUE with commas between; keys are ${all}`;
  if (name === '') return made;
  if (!hasValue) return `"${echo(name)}" has no "=": ${made}`;
  return `"${echo(name)}" is no key of a packet${name === 'port' ? ' (dport and sport are)' : ''}; there are ${all}`;
}

function echo(text: string): string {
  return text.slice(0, LONGEST_ECHO);
}
