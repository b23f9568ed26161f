import { formatIpv4, wireOrder } from '../../types/ipv4.js';
import type { MetadataRow } from '../../types/showObjects.js';
import type { Shown } from './shown.js';

/** Who asks the metadata endpoint of this host, and how it went; no rows without an endpoint. */
export function showMetadata({ built, metadata }: Pick<Shown, 'built' | 'metadata'>): MetadataRow[] {
  return built.stands.map(({ port, fixed, address, router }) => {
    const { connections, requests, refused, status } = metadata.port(port.name);
    return {
      ...{ port: port.name, network: port.network, address: formatIpv4(fixed), router },
      standIn: formatIpv4(wireOrder(address)),
      ...{ instance: port.instance, project: port.project ?? '' },
      ...{ connections, requests, refused, status: status === 0 ? null : status },
    };
  });
}
