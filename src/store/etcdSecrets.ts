import { readFileSync, statSync } from 'node:fs';
import { WindroseError } from '../errors/catalog.js';
import type { EtcdAccess } from '../types/etcdAccess.js';

/** What the files of the configuration hold (D27). It goes to the client and nowhere else: no log, no listing, no error has any of it. */
export interface EtcdSecrets {
  readonly credentials?: { readonly rootCertificate: Buffer; readonly privateKey?: Buffer; readonly certChain?: Buffer };
  readonly auth?: { readonly username: string; readonly password: string };
}

/** Octets of a file: no certificate chain is longer. */
const LONGEST = 1024 * 1024;
/** Permissions a secret may not have: any of others, and to write of the group. */
const TOO_OPEN = 0o027;

/** Reads the files. Throws STORE_SECRET for one that cannot be read, is empty, or holds a secret and is open to others. */
export function readEtcdSecrets({ tls, user, passwordFile }: EtcdAccess): EtcdSecrets {
  const read = (key: string, path: string, secret: boolean): Buffer => readOne(`${path} (store.etcd.${key})`, path, secret);
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

function readOne(what: string, path: string, secret: boolean): Buffer {
  try {
    const { mode, size } = statSync(path);
    if (secret && (mode & TOO_OPEN) !== 0)
      throw new WindroseError('STORE_SECRET', what, `has mode ${(mode & 0o7777).toString(8).padStart(4, '0')}, open to others`);
    if (size > LONGEST) throw new WindroseError('STORE_SECRET', what, `has ${size} octets`);
    const content = readFileSync(path);
    if (content.length === 0) throw new WindroseError('STORE_SECRET', what, 'is empty');
    return content;
  } catch (error) {
    if (error instanceof WindroseError) throw error;
    throw new WindroseError('STORE_SECRET', what, `cannot be read, ${(error as NodeJS.ErrnoException).code}`, error);
  }
}

/** Editors end a file with a line end that is no part of the password. */
function firstLine(content: Buffer): string {
  return content.toString('utf8').split(/\r?\n/)[0]!;
}
