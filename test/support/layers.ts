import { be16, be32, ipOctets, joined, macOctets, naiveSum, pseudoHeader } from './octets.js';

/**
 * Packets layer by layer: `packet(eth({...}), ipv4({...}), udp({...}), payload)`. The same layers are the expectation of
 * `expectFrame`: there only the fields that are given count. Numbers are in host order, addresses are text.
 */
export interface Layer<F = object> {
  readonly name: string;
  readonly given: F;
  /** Header and payload. `outer` is the layer around this one, `inner` the one within. */
  build(payload: Uint8Array, outer: Layer | undefined, inner: Layer | undefined): Uint8Array;
}

export interface EthFields {
  dst?: string;
  src?: string;
  /** EtherType; taken from the next layer when omitted. */
  type?: number;
}
export interface VlanFields {
  id?: number;
  priority?: number;
  type?: number;
  /** EtherType of the tag itself, 0x8100 when omitted. */
  tpid?: number;
}
export interface Ipv4Fields {
  src?: string;
  dst?: string;
  ttl?: number;
  protocol?: number;
  tos?: number;
  id?: number;
  df?: boolean;
  mf?: boolean;
  /** Fragment offset in octets. */
  offset?: number;
  /** Padded to a multiple of four. */
  options?: readonly number[];
  version?: number;
  /** Header length in 32-bit words. */
  ihl?: number;
  totalLength?: number;
  checksum?: number;
}
/** 'none' = 0; 'partial' = the pseudo-header sum only, as in front of a virtio-net header that needs a checksum. */
export type SumMode = number | 'none' | 'partial';
export interface UdpFields {
  sport?: number;
  dport?: number;
  length?: number;
  checksum?: SumMode;
}
export interface TcpFields {
  sport?: number;
  dport?: number;
  seq?: number;
  ack?: number;
  /** Letters of F S R P A U, E and C for ECN-Echo and CWR. */
  flags?: string;
  window?: number;
  options?: readonly number[];
  /** Header length in 32-bit words. */
  dataOffset?: number;
  /** The four bits between data offset and CWR. */
  reserved?: number;
  urgent?: number;
  checksum?: SumMode;
}
export interface IcmpFields {
  type?: number;
  code?: number;
  id?: number;
  seq?: number;
  /** Next-hop MTU of a 3/4: the place of the sequence number. */
  mtu?: number;
  checksum?: number;
}
export interface ArpFields {
  op?: 1 | 2;
  senderMac?: string;
  senderIp?: string;
  targetMac?: string;
  targetIp?: string;
}

export const FLAG_LETTERS = 'FSRPAUEC';
const ETHER_TYPES: Readonly<Record<string, number>> = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100 };
const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17 };

export function packet(...layers: readonly (Layer | Uint8Array | string)[]): Uint8Array {
  const all = layers.map((l) => (l instanceof Uint8Array || typeof l === 'string' ? raw(l) : l));
  return all.reduceRight<Uint8Array>((payload, l, i) => l.build(payload, all[i - 1], all[i + 1]), new Uint8Array(0));
}

export function raw(data: Uint8Array | string): Layer<{ data: Uint8Array }> {
  const octets = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  return { name: 'payload', given: { data: octets }, build: (payload) => joined(octets, payload) };
}

export function eth(f: EthFields = {}): Layer<EthFields> {
  return {
    name: 'eth',
    given: f,
    build: (payload, _outer, inner) =>
      joined(
        macOctets(f.dst ?? 'ff:ff:ff:ff:ff:ff'),
        macOctets(f.src ?? '02:00:00:00:00:99'),
        be16(f.type ?? ((inner?.given as VlanFields | undefined)?.tpid || ETHER_TYPES[inner?.name ?? '']) ?? 0x0800),
        payload,
      ),
  };
}

export function vlan(f: VlanFields = {}): Layer<VlanFields> {
  return {
    name: 'vlan',
    given: f,
    build: (payload, _outer, inner) =>
      joined(be16(((f.priority ?? 0) << 13) | (f.id ?? 1)), be16(f.type ?? ETHER_TYPES[inner?.name ?? ''] ?? 0x0800), payload),
  };
}

export function arp(f: ArpFields = {}): Layer<ArpFields> {
  return {
    name: 'arp',
    given: f,
    build: (payload) =>
      joined(
        [0, 1, 8, 0, 6, 4],
        be16(f.op ?? 1),
        macOctets(f.senderMac ?? '02:00:00:00:00:99'),
        ipOctets(f.senderIp ?? '0.0.0.0'),
        macOctets(f.targetMac ?? '00:00:00:00:00:00'),
        ipOctets(f.targetIp ?? '0.0.0.0'),
        payload,
      ),
  };
}

export function ipv4(f: Ipv4Fields = {}): Layer<Ipv4Fields> {
  return {
    name: 'ipv4',
    given: f,
    build(payload, _outer, inner) {
      const options = Array.from(f.options ?? []);
      while (options.length % 4 !== 0) options.push(0);
      const header = joined(
        ((f.version ?? 4) << 4) | (f.ihl ?? 5 + options.length / 4),
        f.tos ?? 0,
        be16(f.totalLength ?? 20 + options.length + payload.length),
        be16(f.id ?? 0x1234),
        be16(((f.df ?? false) ? 0x4000 : 0) | ((f.mf ?? false) ? 0x2000 : 0) | ((f.offset ?? 0) >> 3)),
        f.ttl ?? 64,
        f.protocol ?? PROTOCOLS[inner?.name ?? ''] ?? 253,
        [0, 0],
        ipOctets(f.src ?? '0.0.0.0'),
        ipOctets(f.dst ?? '0.0.0.0'),
        options,
      );
      header.set(be16(f.checksum ?? ~naiveSum(header) & 0xffff), 10);
      return joined(header, payload);
    },
  };
}

/** Writes the L4 checksum at `at` of a segment, over the addresses of the IPv4 layer around it. */
function finish(
  segment: Uint8Array,
  at: number,
  mode: SumMode | undefined,
  outer: Layer | undefined,
  protocol: number,
): Uint8Array {
  const ip = (outer?.given ?? {}) as Ipv4Fields;
  const pseudo = pseudoHeader(ipOctets(ip.src ?? '0.0.0.0'), ipOctets(ip.dst ?? '0.0.0.0'), protocol, segment.length);
  let sum: number;
  if (typeof mode === 'number') sum = mode;
  else if (mode === 'none') sum = 0;
  else if (mode === 'partial') sum = naiveSum(pseudo);
  else sum = ~naiveSum(segment, naiveSum(pseudo)) & 0xffff;
  if (mode === undefined && protocol === 17 && sum === 0) sum = 0xffff;
  segment.set(be16(sum), at);
  return segment;
}

export function udp(f: UdpFields = {}): Layer<UdpFields> {
  return {
    name: 'udp',
    given: f,
    build: (payload, outer) =>
      finish(
        joined(be16(f.sport ?? 1000), be16(f.dport ?? 53), be16(f.length ?? 8 + payload.length), [0, 0], payload),
        6,
        f.checksum,
        outer,
        17,
      ),
  };
}

export function tcp(f: TcpFields = {}): Layer<TcpFields> {
  return {
    name: 'tcp',
    given: f,
    build(payload, outer) {
      const options = Array.from(f.options ?? []);
      while (options.length % 4 !== 0) options.push(1);
      const flags = Array.from(f.flags ?? 'A').reduce((bits, letter) => bits | (1 << FLAG_LETTERS.indexOf(letter)), 0);
      const segment = joined(
        be16(f.sport ?? 1000),
        be16(f.dport ?? 80),
        be32(f.seq ?? 1),
        be32(f.ack ?? 0),
        ((f.dataOffset ?? 5 + options.length / 4) << 4) | (f.reserved ?? 0),
        flags,
        be16(f.window ?? 65_535),
        [0, 0],
        be16(f.urgent ?? 0),
        options,
        payload,
      );
      return finish(segment, 16, f.checksum, outer, 6);
    },
  };
}

export function icmp(f: IcmpFields = {}): Layer<IcmpFields> {
  return {
    name: 'icmp',
    given: f,
    build(payload) {
      const message = joined(f.type ?? 8, f.code ?? 0, [0, 0], be16(f.id ?? 0), be16(f.mtu ?? f.seq ?? 0), payload);
      message.set(be16(f.checksum ?? ~naiveSum(message) & 0xffff), 2);
      return message;
    },
  };
}
