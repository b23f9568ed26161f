/**
 * A frame in fields, as it comes in or leaves: what a trace compares. Ports in host order; null: the frame has none, or it is not
 * known yet.
 */
export interface FrameFields {
  /** "02:00:00:00:00:01"; null: of a packet that nobody sent, or of a neighbour that has not answered. */
  readonly sourceMac: string | null;
  readonly destinationMac: string | null;
  /** 802.1Q VLAN id, 0 = untagged. */
  readonly vlan: number;
  readonly source: string;
  readonly destination: string;
  /** Octet of the IPv4 header: differentiated services and ECN. */
  readonly tos: number;
  readonly ttl: number;
  /** Octets of the IPv4 packet. */
  readonly length: number;
  /** IPv4 protocol number. */
  readonly protocol: number;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  /** Identifier of an ICMP query or of the answer to one. */
  readonly icmpId: number | null;
  /** Endpoints of the packet that an ICMP error quotes: "192.0.2.10:2003". */
  readonly quotedSource: string | null;
  readonly quotedDestination: string | null;
  /** Largest segment that a TCP SYN announces. */
  readonly mss: number | null;
}

/** The frame that came in and the first one that leaves for it. */
export interface TraceFrame {
  readonly before: FrameFields;
  readonly after: FrameFields;
  /** Its external port or identifier is chosen only when the session is made. */
  readonly isPortOpen: boolean;
}

/** A header of the frame with all that changed in it: "ttl 64 -> 63". */
export interface ChangedHeader {
  readonly header: string;
  readonly changes: readonly string[];
}

const L4_HEADERS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp' };
const CHOSEN_LATER = 'chosen when the session is made';

/** What changes on the way through the gateway, header by header; headers that stay are left out. */
export function changedHeaders({ before, after, isPortOpen }: TraceFrame): ChangedHeader[] {
  const field = (what: string, from: string | number | null, to: string | number | null, open = false): string[] => {
    if (open && from !== null) return [`${what} ${from} -> ${CHOSEN_LATER}`];
    return from === to || (from === null && to === null) ? [] : [`${what} ${from ?? '(its)'} -> ${to ?? '(not known yet)'}`];
  };
  const tag = (vlan: number): string => (vlan === 0 ? 'untagged' : String(vlan));
  const dscp = (tos: number): string => `${tos >> 2}`;
  const headers: readonly ChangedHeader[] = [
    {
      header: 'eth',
      changes: [
        ...field('source', before.sourceMac, after.sourceMac),
        ...field('destination', before.destinationMac, after.destinationMac),
      ],
    },
    { header: 'vlan', changes: field('id', tag(before.vlan), tag(after.vlan)) },
    {
      header: 'ipv4',
      changes: [
        ...field('source', before.source, after.source),
        ...field('destination', before.destination, after.destination),
        ...field('dscp', dscp(before.tos), dscp(after.tos)),
        ...field('ecn', before.tos & 3, after.tos & 3),
        ...field('ttl', before.ttl, after.ttl),
        ...field('length', before.length, after.length),
      ],
    },
    {
      header: L4_HEADERS[before.protocol] ?? 'payload',
      changes: [
        ...field('source port', before.sourcePort, after.sourcePort, isPortOpen),
        ...field('destination port', before.destinationPort, after.destinationPort),
        ...field('identifier', before.icmpId, after.icmpId, isPortOpen),
        ...field('mss', before.mss, after.mss),
        ...field('quoted source', before.quotedSource, after.quotedSource),
        ...field('quoted destination', before.quotedDestination, after.quotedDestination),
      ],
    },
  ];
  return headers.filter(({ changes }) => changes.length > 0);
}
