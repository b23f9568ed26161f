/** struct virtio_net_hdr, 10 octets, little-endian. */
export interface VirtioFields {
  needsChecksum?: boolean;
  dataValid?: boolean;
  /** 1 TCPv4, 4 TCPv6, 5 UDP_L4, 0x81 TCPv4 with ECN; 0 = none. */
  gso?: number;
  headerLength?: number;
  gsoSize?: number;
  start?: number;
  offset?: number;
}

export function virtio(f: VirtioFields = {}): Uint8Array {
  const octets = new Uint8Array(10);
  const view = new DataView(octets.buffer);
  octets[0] = ((f.needsChecksum ?? false) ? 1 : 0) | ((f.dataValid ?? false) ? 2 : 0);
  octets[1] = f.gso ?? 0;
  view.setUint16(2, f.headerLength ?? 0, true);
  view.setUint16(4, f.gsoSize ?? 0, true);
  view.setUint16(6, f.start ?? 0, true);
  view.setUint16(8, f.offset ?? 0, true);
  return octets;
}

export function readVirtio(octets: Uint8Array): Required<VirtioFields> {
  const view = new DataView(octets.buffer, octets.byteOffset, 10);
  return {
    needsChecksum: (octets[0]! & 1) !== 0,
    dataValid: (octets[0]! & 2) !== 0,
    gso: octets[1]!,
    headerLength: view.getUint16(2, true),
    gsoSize: view.getUint16(4, true),
    start: view.getUint16(6, true),
    offset: view.getUint16(8, true),
  };
}

/** Header of a frame whose L4 checksum at `start` + `offset` is left to the device. */
export function partial(start: number, offset: 6 | 16): Uint8Array {
  return virtio({ needsChecksum: true, start, offset });
}

/** Header of a TCP super-frame without tag, IP or TCP options. */
export function tso(gsoSize: number, l4 = 34): Uint8Array {
  return virtio({ needsChecksum: true, gso: 1, headerLength: l4 + 20, gsoSize, start: l4, offset: 16 });
}

/** Header of a UDP super-frame (USO). */
export function uso(gsoSize: number, l4 = 34): Uint8Array {
  return virtio({ needsChecksum: true, gso: 5, headerLength: l4 + 8, gsoSize, start: l4, offset: 6 });
}

/** Header of a TCP super-frame over IPv6, without extension headers or TCP options. */
export function tso6(gsoSize: number, l4 = 54): Uint8Array {
  return virtio({ needsChecksum: true, gso: 4, headerLength: l4 + 20, gsoSize, start: l4, offset: 16 });
}
