import type { EtcdAccess } from '../types/etcdAccess.js';
import { firstLine, readGuarded } from './secretFile.js';

/** What the files of the configuration hold (D27). It goes to the client and nowhere else: no log, no listing, no error has any of it. */
export interface EtcdSecrets {
  readonly credentials?: { readonly rootCertificate: Buffer; readonly privateKey?: Buffer; readonly certChain?: Buffer };
  readonly auth?: { readonly username: string; readonly password: string };
}

/** Reads the files. Throws STORE_SECRET for one that cannot be read, is empty, or holds a secret and is open to others. */
export function readEtcdSecrets({ tls, user, passwordFile }: EtcdAccess): EtcdSecrets {
  const read = (key: string, path: string, secret: boolean): Buffer =>
    readGuarded('STORE_SECRET', `${path} (store.etcd.${key})`, path, secret);
  return {
    ...(tls === undefined
      ? {}
      : {
          credentials: {
            rootCertificate: read('tls.ca', tls.ca, false),
            ...(tls.certificate === undefined ? {} : { certChain: read('tls.certificate', tls.certificate, false) }),
            ...(tls.key === undefined ? {} : { privateKey: read('tls.key', tls.key, true) }),
          },
        }),
    ...(user === undefined || passwordFile === undefined
      ? {}
      : { auth: { username: user, password: firstLine(read('passwordFile', passwordFile, true)) } }),
  };
}
