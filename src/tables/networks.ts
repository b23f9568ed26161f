import { flowHash, type HashKey } from './hash.js';
import { linearSlots } from './linearSlots.js';

/**
 * Networks of a distributed router as this host knows them (dvr.md 1.1). Snapshot, built by main. A network's number is dense and
 * belongs to its name for the life of the process.
 */

/** How a network crosses the fabric. */
export const enum SegType {
  /** It does not. */
  Local = 0,
  /** Untagged on a physical network. */
  Flat,
  Vlan,
  Vxlan,
  Gre,
}

/** Rows of 16 int32. */
export const enum Network {
  /** See SegType. */
  SegType = 0,
  /** VLAN id, VNI, or GRE key (unsigned); 0 for the others. */
  SegId,
  /** Slot of the physical network's device; -1: it has none, or this host is not connected to it. */
  Physnet,
  /** Largest IP packet, octets. */
  Mtu,
  /** See NetworkFlag. */
  Flags,
  /** First element and number of its lports on this host in `Networks.ports`. */
  Ports,
  PortCount,
  /** First element and number of the other hosts it is present on, in `Networks.vteps`: who gets what is flooded. */
  Vteps,
  VtepCount,
  /** First element and number of its router interfaces in `Networks.rifs`. */
  Rifs,
  RifCount,
  Words = 16,
}

export const enum NetworkFlag {
  /** A frame to a MAC that nobody has is flooded (tunnels) instead of dropped. */
  FloodUnknown = 1,
  /** ARP for an address that nobody has is dropped instead of flooded. */
  StrictArp = 2,
  /** Router interfaces with MACs of this host alone are on it, which learn from what is said to all. */
  Unique = 4,
  /** It leads out of the cloud: others than ours are on it. */
  External = 8,
}

/** A slot of `Networks.bySegment`: SegType, SegId, network + 1. Linear probing, at most half full. */
const enum SegmentSlot {
  SegType = 0,
  SegId,
  Network,
  Words = 4,
}

export interface Networks {
  readonly count: number;
  readonly rows: Int32Array;
  readonly ports: Int32Array;
  readonly vteps: Int32Array;
  readonly rifs: Int32Array;
  readonly bySegment: Int32Array;
  /** [slot of a physical network's device << 12 | VLAN id, 0 = untagged]: network + 1. */
  readonly byVlan: Uint16Array;
  readonly key: HashKey;
}

/** The network a tunnel header names, or -1. */
export function networkOfSegment(t: Networks, segType: SegType, segId: number): number {
  if (t.count === 0) return -1;
  const mask = t.bySegment.length / SegmentSlot.Words - 1;
  for (let s = segmentHash(t.key, segType, segId) & mask; ; s = (s + 1) & mask) {
    const at = s * SegmentSlot.Words;
    const network = t.bySegment[at + SegmentSlot.Network]!;
    if (network === 0) return -1;
    if (t.bySegment[at + SegmentSlot.SegId] === segId && t.bySegment[at + SegmentSlot.SegType] === segType) return network - 1;
  }
}

/** The network of a tag (0 = untagged) on a physical network's device, or -1. */
export function networkOfVlan(t: Networks, slot: number, vlan: number): number {
  return t.byVlan[(slot << 12) | vlan]! - 1;
}

/** Puts a network into `bySegment`, which main builds. */
export function addSegment(slots: Int32Array, key: HashKey, segType: SegType, segId: number, network: number): void {
  const mask = slots.length / SegmentSlot.Words - 1;
  let s = segmentHash(key, segType, segId) & mask;
  while (slots[s * SegmentSlot.Words + SegmentSlot.Network] !== 0) s = (s + 1) & mask;
  slots[s * SegmentSlot.Words + SegmentSlot.SegType] = segType;
  slots[s * SegmentSlot.Words + SegmentSlot.SegId] = segId;
  slots[s * SegmentSlot.Words + SegmentSlot.Network] = network + 1;
}

/** Words of `bySegment` for so many networks. */
export function segmentWords(count: number): number {
  return linearSlots(count) * SegmentSlot.Words;
}

function segmentHash(key: HashKey, segType: SegType, segId: number): number {
  return flowHash(key, segId, 0, 0, segType);
}
