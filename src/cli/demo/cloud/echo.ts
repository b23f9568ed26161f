/** Echo requests and replies in captured frames, alone or in a VXLAN datagram; answers to questions for addresses. */

/** What of a frame the walks of dvr.md 2 tell. */
export interface Echo {
  /** MACs. */
  readonly source: string;
  readonly destination: string;
  readonly from: string;
  readonly to: string;
  readonly ttl: number;
  readonly reply: boolean;
  /** Around it: network and tunnel endpoints; none on a guest's device and on the external network. */
  readonly tunnel?: Tunnel;
}

export interface Tunnel {
  readonly vni: number;
  readonly from: string;
  readonly to: string;
  /** Its datagrams may not be fragmented. */
  readonly df: boolean;
}

const VXLAN_PORT = 4789;
/** Ethernet, IPv4, UDP and VXLAN headers, none with options. */
const ETHERNET = 14;
const IPV4 = 20;
const TUNNEL = ETHERNET + IPV4 + 8 + 8;
/** In the first octet of flags and fragment offset. */
const DF = 0x40;
const UDP = 17;
const ICMP = 1;

/** What is within a VXLAN datagram, and the tunnel; undefined of any other frame. */
export function unwrap(frame: Uint8Array): { readonly inner: Uint8Array; readonly tunnel: Tunnel } | undefined {
  if (frame.length < TUNNEL || !isIpv4(frame, UDP) || word(frame, ETHERNET + IPV4 + 2) !== VXLAN_PORT) return undefined;
  const vni = word(frame, TUNNEL - 4) * 256 + frame[TUNNEL - 2]!;
  return { inner: frame.subarray(TUNNEL), tunnel: { vni, ...addresses(frame), df: (frame[ETHERNET + 6]! & DF) !== 0 } };
}

/** undefined of a frame that is neither an echo request nor a reply. */
export function readEcho(frame: Uint8Array, tunnel?: Tunnel): Echo | undefined {
  const type = frame[ETHERNET + IPV4];
  if (frame.length < ETHERNET + IPV4 + 8 || !isIpv4(frame, ICMP) || (type !== 0 && type !== 8)) return undefined;
  return {
    ...{ source: mac(frame, 6), destination: mac(frame, 0), ...addresses(frame), ttl: frame[ETHERNET + 8]!, reply: type === 0 },
    ...(tunnel === undefined ? {} : { tunnel }),
  };
}

/** An answer to a question for an address (ARP); undefined of any other frame, and of an announcement that nobody asked for. */
export function readAnswer(frame: Uint8Array): { readonly mac: string; readonly address: string } | undefined {
  if (frame.length < ETHERNET + 28 || word(frame, 12) !== 0x0806 || word(frame, ETHERNET + 6) !== 2) return undefined;
  const address = frame.subarray(ETHERNET + 14, ETHERNET + 18).join('.');
  const target = frame.subarray(ETHERNET + 24, ETHERNET + 28).join('.');
  return address === target ? undefined : { mac: mac(frame, ETHERNET + 8), address };
}

/** Whether a frame is an IPv4 packet without options, of any protocol or of this one. */
export function isIpv4(frame: Uint8Array, protocol?: number): boolean {
  const right = word(frame, 12) === 0x0800 && frame[ETHERNET] === 0x45;
  return right && (protocol === undefined || frame[ETHERNET + 9] === protocol);
}

function addresses(frame: Uint8Array): { from: string; to: string } {
  const at = ETHERNET + 12;
  return { from: frame.subarray(at, at + 4).join('.'), to: frame.subarray(at + 4, at + 8).join('.') };
}

function mac(frame: Uint8Array, at: number): string {
  return Array.from(frame.subarray(at, at + 6), (octet) => octet.toString(16).padStart(2, '0')).join(':');
}

function word(frame: Uint8Array, at: number): number {
  return frame[at]! * 256 + frame[at + 1]!;
}
