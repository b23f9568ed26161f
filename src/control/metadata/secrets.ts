import type { MetadataConfig } from '../../config/config.js';
import { firstLine, readGuarded } from '../../store/secretFile.js';
import type { ProxySettings } from './proxy/messages.js';

/** What the proxy goes by, files read (D27): it goes to its process and nowhere else. Throws METADATA_SECRET. */
export function readSettings({ endpoint, secretFile, caFile, connections }: MetadataConfig): ProxySettings {
  const read = (key: string, path: string, secret: boolean): Buffer =>
    readGuarded('METADATA_SECRET', `${path} (host.metadata.${key})`, path, secret);
  return {
    ...{ endpoint, connections },
    secret: secretFile === undefined ? undefined : firstLine(read('secretFile', secretFile, true)),
    ca: caFile === undefined ? undefined : read('caFile', caFile, false).toString('utf8'),
  };
}
