import { parseIpv4, type WireIpv4 } from './ipv4.js';
import { type Mac, parseMac } from './mac.js';
import { isFault, type Parsed } from './parsed.js';
import type { TraceFrame } from './traceFrame.js';

/**
 * `windrose trace`: one packet that is not sent, and what would become of it. The words are the same on the command line and as
 * parameters of `GET /v1/trace`; both sides read them here. A number may be written as 0x10, too.
 */
export interface TraceRequest {
  /** Interface it comes in by, as `show ifaces` names it; a port of a network, or its device; or a network. Empty: `network` says it. */
  readonly iface: string;
  /** Network whose frame comes in from the fabric, from `host` where tunnels lead there; empty: `iface` says it. */
  readonly network: string;
  readonly host: string;
  /** Of a frame on a network; undefined: what an honest sender would write. */
  readonly sourceMac: Mac | undefined;
  readonly destinationMac: Mac | undefined;
  /** IPv4 protocol number. */
  readonly protocol: number;
  readonly source: WireIpv4;
  readonly destination: WireIpv4;
  /** TCP and UDP ports in host order; identifiers of ICMP queries; -1 = not given. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly ttl: number;
  /** Octet of the IPv4 header: differentiated services and ECN. */
  readonly tos: number;
  /** Octets of the IPv4 packet; undefined: headers only. */
  readonly length: number | undefined;
  readonly dontFragment: boolean;
  /** 802.1Q VLAN id of the frame, 0 = untagged; undefined: as the interface says. */
  readonly vlan: number | undefined;
  /** Bits of the TCP header; undefined: SYN from inside; from outside ACK where a session matches, else SYN. */
  readonly tcpFlags: number | undefined;
}

/** A request as it is written: of a port with one address the source may be left out. */
export interface TraceWords extends Omit<TraceRequest, 'source'> {
  readonly source: WireIpv4 | undefined;
}

export interface TraceStep {
  /** One word: which part of the gateway looks. */
  readonly step: string;
  /** What it finds, as the end of a line. */
  readonly found: string;
}

export interface TraceAnswer {
  readonly steps: readonly TraceStep[];
  /** A reason of `show drops`, or translated, routed, echo_answered, queued. */
  readonly verdict: string;
  readonly dropped: boolean;
  /** What the verdict means for this packet. */
  readonly says: string;
  /** Where to look next; empty when there is nothing to look for. */
  readonly look: string;
  /** The packet as it leaves; null when it does not. A port of null is chosen only when a session is made. */
  readonly leaves: TraceLeaves | null;
  /** The frame that came in beside the one that leaves; null when none does. */
  readonly frame: TraceFrame | null;
  /** The command that goes on at the host the packet leaves for; empty: none does. */
  readonly ask: string;
}

export interface TraceLeaves {
  /** A port where it is delivered on a network; "vxlan" or "gre" where it goes to another host, or the physical network. */
  readonly iface: string;
  /** Network it leaves on, and the host it leaves for; empty: on none, for none that is known. */
  readonly network: string;
  readonly host: string;
  readonly source: string;
  readonly sourcePort: number | null;
  readonly destination: string;
  readonly destinationPort: number | null;
  readonly ttl: number;
  /** IPv4 packets that leave for it: more than one when it is fragmented, or a super-frame that is cut. A super-frame that stays whole is one. */
  readonly packets: number;
  /**
   * A super-frame stays whole or is cut for a device that takes none (or because its segments have to be fragmented); a packet is joinable when
   * it leaves as part of one should others of its flow come in the same burst.
   */
  readonly superFrame: 'none' | 'whole' | 'cut' | 'joinable';
  /** Packets on the wire. */
  readonly segments: number;
}

export const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, gre: 47, esp: 50, sctp: 132 };
/** Bits by the letters tcpdump(8) writes. */
const TCP_FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32 };
/** Octets of headers, options not counted. */
const IPV4_HEADER = 20;
const L4_HEADER: Readonly<Record<number, number>> = { 1: 8, 6: 20, 17: 8 };
const LARGEST_PACKET = 65_535;
/** The first port that IANA leaves to clients: what a client would come from. */
export const CLIENT_PORT = 49_152;
const LONGEST_ECHO = 40;

/** Octets of the smallest packet of this protocol. */
export function smallestPacket(protocol: number): number {
  return IPV4_HEADER + (L4_HEADER[protocol] ?? 0);
}

/** Name of a protocol number where it has one. */
export function protocolName(protocol: number): string {
  return Object.keys(PROTOCOLS).find((name) => PROTOCOLS[name] === protocol) ?? `protocol ${protocol}`;
}

/** Letters of TCP flags as tcpdump(8) writes them; "none" for none. */
export function tcpFlagLetters(flags: number): string {
  return (
    Object.keys(TCP_FLAGS).reduce((said, letter) => ((flags & TCP_FLAGS[letter]!) === 0 ? said : said + letter), '') || 'none'
  );
}

/** Reads the words of a request. A fault is a whole sentence without its full stop. */
export function parseTrace(asked: URLSearchParams): Parsed<TraceWords> {
  const known = [
    ...['iface', 'network', 'host', 'smac', 'dmac', 'proto', 'from', 'to'],
    ...['ttl', 'tos', 'length', 'df', 'vlan', 'flags', 'id'],
  ];
  for (const word of asked.keys()) {
    if (!known.includes(word)) return { fault: `"${echo(word)}" is no word of a trace; there are ${known.join(', ')}` };
    if (asked.getAll(word).length > 1) return { fault: `${word} is given twice` };
  }
  const iface = asked.get('iface') ?? '';
  const network = asked.get('network') ?? '';
  if (iface === '' && network === '') return { fault: 'the interface is missing' };
  if (iface !== '' && network !== '') return { fault: 'the packet comes in by an interface or from a network, not both' };
  const protocol = readProtocol(asked.get('proto') ?? '');
  if (isFault(protocol)) return protocol;
  const source = readSource(asked.get('from') ?? '', protocol.value, iface !== '');
  if (isFault(source)) return source;
  const destination = readEndpoint(asked.get('to') ?? '', protocol.value, 'the destination');
  if (isFault(destination)) return destination;
  const ttl = readNumber(asked.get('ttl'), 'ttl', 0, 255);
  const length = readNumber(asked.get('length'), 'length', smallestPacket(protocol.value), LARGEST_PACKET);
  const tos = readNumber(asked.get('tos'), 'tos', 0, 255);
  const id = readNumber(asked.get('id'), 'id', 0, 65_535);
  const vlan = readNumber(asked.get('vlan'), 'vlan', 0, 4094);
  const tcpFlags = readFlags(asked.get('flags'), protocol.value);
  const [sourceMac, destinationMac] = [readMac(asked.get('smac'), 'smac'), readMac(asked.get('dmac'), 'dmac')];
  const df = asked.get('df') ?? '0';
  if (df !== '0' && df !== '1') return { fault: `df: "${echo(df)}" is neither 0 nor 1` };
  if (isFault(ttl)) return ttl;
  if (isFault(length)) return length;
  if (isFault(tos)) return tos;
  if (isFault(id)) return id;
  if (id.value !== undefined && (protocol.value !== 1 || source.value.port >= 0 || destination.value.port >= 0))
    return { fault: 'id is of ICMP only, and stands in place of ADDRESS:IDENTIFIER' };
  if (isFault(vlan)) return vlan;
  if (isFault(tcpFlags)) return tcpFlags;
  if (isFault(sourceMac)) return sourceMac;
  if (isFault(destinationMac)) return destinationMac;
  return {
    value: {
      ...{ iface, network, host: asked.get('host') ?? '', sourceMac: sourceMac.value, destinationMac: destinationMac.value },
      protocol: protocol.value,
      source: source.value.address,
      destination: destination.value.address,
      sourcePort: id.value ?? source.value.port,
      destinationPort: id.value ?? destination.value.port,
      ttl: ttl.value ?? 64,
      tos: tos.value ?? 0,
      length: length.value,
      dontFragment: df === '1',
      vlan: vlan.value,
      tcpFlags: tcpFlags.value,
    },
  };
}

export function readProtocol(text: string): Parsed<number> {
  const word = text.toLowerCase();
  if (Object.hasOwn(PROTOCOLS, word)) return { value: PROTOCOLS[word]! };
  if (/^\d{1,3}$/.test(word) && Number(word) <= 255) return { value: Number(word) };
  return { fault: `the protocol "${echo(text)}" is not one of ${Object.keys(PROTOCOLS).join(', ')}, or a number from 0 to 255` };
}

/** As an endpoint; where the packet comes in by an interface, ":40000" or nothing is the interface's own address. */
function readSource(text: string, protocol: number, mayLack: boolean): Parsed<{ address: WireIpv4 | undefined; port: number }> {
  if (!mayLack || (text !== '' && !text.startsWith(':'))) return readEndpoint(text, protocol, 'the source');
  const [, port] = /^:(\d{1,5})$/.exec(text) ?? [];
  if (text !== '' && (port === undefined || Number(port) > 65_535))
    return { fault: `the source "${echo(text)}" has a port that is not 0 to 65535` };
  return { value: { address: undefined, port: port === undefined ? (isPorted(protocol) ? CLIENT_PORT : -1) : Number(port) } };
}

/** "1.1.1.1:40000". TCP and UDP need the port, ICMP may have an identifier, other protocols have neither. */
function readEndpoint(text: string, protocol: number, which: string): Parsed<{ address: WireIpv4; port: number }> {
  if (text === '') return { fault: `${which} is missing` };
  const colon = text.indexOf(':');
  const address = parseIpv4(colon < 0 ? text : text.slice(0, colon));
  if (isFault(address)) return { fault: `${which} "${echo(text)}" ${address.fault}` };
  const ported = isPorted(protocol);
  if (colon < 0) {
    if (ported) return { fault: `${which} "${echo(text)}" has no port (write it as ${echo(text)}:PORT)` };
    return { value: { address: address.value, port: -1 } };
  }
  if (!ported && protocol !== 1) return { fault: `${which} "${echo(text)}" has a port, and ${protocolName(protocol)} has none` };
  const port = text.slice(colon + 1);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    return { fault: `${which} "${echo(text)}" has a port that is not 0 to 65535` };
  return { value: { address: address.value, port: Number(port) } };
}

function isPorted(protocol: number): boolean {
  return protocol === 6 || protocol === 17;
}

function readNumber(text: string | null, word: string, least: number, most: number): Parsed<number | undefined> {
  if (text === null) return { value: undefined };
  const value = Number(text);
  if (/^(\d{1,5}|0x[0-9a-f]{1,4})$/i.test(text) && value >= least && value <= most) return { value };
  return { fault: `${word}: "${echo(text)}" is not a whole number from ${least} to ${most}` };
}

function readMac(text: string | null, word: string): Parsed<Mac | undefined> {
  if (text === null) return { value: undefined };
  const mac = parseMac(text);
  return isFault(mac) ? { fault: `${word}: "${echo(text)}" ${mac.fault}` } : mac;
}

function readFlags(text: string | null, protocol: number): Parsed<number | undefined> {
  if (text === null) return { value: undefined };
  if (protocol !== 6) return { fault: 'flags are of TCP only' };
  const letters = text.toUpperCase();
  if (letters === 'NONE') return { value: 0 };
  if (!/^[FSRPAU]{1,6}$/.test(letters))
    return { fault: `flags: "${echo(text)}" is not made of the letters F, S, R, P, A, U, nor "none"` };
  return { value: [...letters].reduce((bits, letter) => bits | TCP_FLAGS[letter]!, 0) };
}

function echo(text: string): string {
  return text.slice(0, LONGEST_ECHO);
}
