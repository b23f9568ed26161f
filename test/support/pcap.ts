/** libpcap files (microseconds, Ethernet), read in either byte order and written little-endian with the time counted in packets. */
const MAGIC = 0xa1b2c3d4;
const HEADER = 24;
const RECORD = 16;

export function readPcap(file: Uint8Array): Uint8Array[] {
  return readBursts(file).flat();
}

/** Packets with one time stand together: they came in one burst. */
export function readBursts(file: Uint8Array): Uint8Array[][] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = view.getUint32(0, true) === MAGIC;
  if (!little && view.getUint32(0, false) !== MAGIC) throw new Error('not a pcap file with microseconds');
  if (view.getUint32(20, little) !== 1) throw new Error('link type is not Ethernet');
  const bursts: Uint8Array[][] = [];
  let time = '';
  for (let at = HEADER; at < file.length; ) {
    const length = at + RECORD > file.length ? Number.POSITIVE_INFINITY : view.getUint32(at + 8, little);
    if (at + RECORD + length > file.length) throw new Error('the last packet is cut short');
    const stamp = `${view.getUint32(at, little)}.${view.getUint32(at + 4, little)}`;
    if (stamp !== time) bursts.push([]);
    time = stamp;
    bursts.at(-1)!.push(file.slice(at + RECORD, at + RECORD + length));
    at += RECORD + length;
  }
  return bursts;
}

export function writePcap(frames: readonly Uint8Array[]): Uint8Array {
  const file = new Uint8Array(HEADER + frames.reduce((sum, frame) => sum + RECORD + frame.length, 0));
  const view = new DataView(file.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 0xffff, true);
  view.setUint32(20, 1, true);
  let at = HEADER;
  for (const [i, frame] of frames.entries()) {
    view.setUint32(at, i, true);
    view.setUint32(at + 8, frame.length, true);
    view.setUint32(at + 12, frame.length, true);
    file.set(frame, at + RECORD);
    at += RECORD + frame.length;
  }
  return file;
}
