import type { MetadataConfig } from '../../src/config/config.js';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { decode } from './decode.js';
import { MAC, prefix } from './dvrSample.js';
import { eth, type Ipv4Fields, ipv4, packet, type TcpFields, tcp } from './layers.js';

/** Requests of guest a1 for metadata, and what the proxy sends back. */

export const METADATA = '169.254.169.254';
export const GUEST = '10.0.0.11';
export const CONFIG: MetadataConfig = {
  ...{ endpoint: 'http://127.0.0.1:8775', secretFile: undefined, caFile: undefined, netns: undefined },
  ...{ connections: 16, newPerSecond: 2 },
  range: prefix('100.100.0.0/16'),
};

export function ask(fields: TcpFields = {}, from: string = MAC.a1, to: string = MAC.gA, outer: Ipv4Fields = {}): Uint8Array {
  return packet(
    eth({ src: from, dst: to }),
    ipv4({ src: GUEST, dst: METADATA, ...outer }),
    tcp({ sport: 40_000, dport: 80, flags: 'S', ...fields }),
  );
}

export const ends = ({ octets }: Pick<MemoryFrame, 'octets'>) => {
  const { eth: e, ipv4: i, tcp: t } = decode(octets);
  return [e!.src, e!.dst, `${i!.src}:${t!.sport}`, `${i!.dst}:${t!.dport}`, t!.flags];
};

/** The proxy answers who stands behind an address. */
export function answerTo(stands: string, fields: TcpFields = {}): Uint8Array {
  return packet(
    eth({ src: '02:00:64:64:00:01', dst: '02:00:64:64:00:02' }),
    ipv4({ src: '100.100.0.1', dst: stands }),
    tcp({ sport: 9697, dport: 40_000, flags: 'SA', ...fields }),
  );
}
