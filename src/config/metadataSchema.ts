import { z } from 'zod';
import type { Parsed } from '../types/parsed.js';
import { prefix } from './addressing.js';
import { defaulted, optional, required, withForm } from './keys.js';
import { integer, name, scalar, text } from './scalar.js';
import { REDACTED_USER } from './storeSchema.js';

/** Keys of `host.metadata`: where guests get what they have to know about themselves (dvr.md 2.15). */

const path = (example: string) => name(/^\/[^\0]{1,4000}$/, 'an absolute path', example, 'absolute path');

/** Longest path of a unix socket (sun_path). */
const LONGEST_SOCKET = 107;

/** "http://127.0.0.1:8775", "https://nova.example:8775", "unix:/run/metadata.sock" */
function readMetadataEndpoint(raw: string): Parsed<string> {
  if (raw.startsWith('unix:')) {
    const socket = raw.slice('unix:'.length);
    if (!/^\/[^\0]+$/.test(socket)) return { fault: 'has no absolute path behind unix:' };
    return socket.length > LONGEST_SOCKET ? { fault: `has a path of more than ${LONGEST_SOCKET} octets` } : { value: raw };
  }
  if (!/^https?:\/\//.test(raw)) {
    const fault = 'does not begin with http://, https:// or unix:';
    return raw.includes('://') ? { fault } : { fault, meant: `http://${raw}` };
  }
  let url: URL;
  try {
    url = new URL(raw);
  } catch {
    return { fault: 'is not a URL' };
  }
  // A check refuses it, without printing it as a fault of the value would.
  if (url.username !== '' || url.password !== '') return { value: `${url.protocol}//${REDACTED_USER}${url.host}` };
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return { fault: 'has more than a host and a port' };
  return { value: url.origin };
}

export const metadataShape = {
  endpoint: required(
    withForm(
      scalar(text(readMetadataEndpoint), { form: 'URL, or unix:PATH', example: 'http://127.0.0.1:8775' }),
      'URL, or unix:PATH',
    ),
    {
      doc: 'Who answers the requests of guests to http://169.254.169.254, asked from the namespace of the process.',
      reload: true,
    },
  ),
  secretFile: optional(path('/etc/windrose/metadata.secret'), 'requests are not signed', {
    doc: 'File whose first line is the secret that the endpoint knows too; nobody but its owner and group may read it.',
    reload: true,
  }),
  caFile: optional(path('/etc/windrose/metadata-ca.pem'), 'with https the certificates the system trusts', {
    doc: "File with the certificates (PEM) that the endpoint's must be signed by.",
    reload: true,
  }),
  connections: defaulted(integer(1, 1024), 16, {
    doc: 'Connections a port may have at the same time.',
    reload: true,
  }),
  newPerSecond: defaulted(integer(1, 1000), 16, {
    doc: 'New connections of a port per second; twice as many at once.',
    reload: true,
  }),
  range: defaulted(prefix(), '100.100.0.0/16', {
    doc: 'Addresses that stand for fixed addresses of ports towards the endpoint, on a TAP of this host alone; guests never see them.',
    reload: false,
  }),
  netns: optional(name(/^[^\0]{1,255}$/, 'a namespace name or path', 'metadata', 'name or path'), "the process's own", {
    doc: 'Network namespace of that TAP: a name under /run/netns or an absolute path.',
    reload: false,
  }),
};

export const metadataSchema = z.strictObject(metadataShape);
