import { z } from 'zod';
import type { Parsed } from '../types/parsed.js';
import { defaulted, optional, required, withForm } from './keys.js';
import { name, scalar, text } from './scalar.js';

/** Keys of `store`: where the objects of distributed routers are kept. Passwords and private keys stand in files of their own (D27). */

const path = (example: string) => name(/^\/[^\0]{1,4000}$/, 'an absolute path', example, 'absolute path');

/** Where etcd listens to its clients when nobody says otherwise. */
const ETCD_PORT = 2379;
/** Stands in place of a user and a password in a URL. */
export const REDACTED_USER = '***@';
const SCHEMES = /^https?:\/\//;

/** "http://10.0.0.1" -> "http://10.0.0.1:2379" */
function readEndpoint(raw: string): Parsed<string> {
  if (!SCHEMES.test(raw)) {
    const fault = 'does not begin with http:// or https://';
    return raw.includes('://') ? { fault } : { fault, meant: `https://${raw}` };
  }
  let url: URL;
  try {
    url = new URL(raw);
  } catch {
    return { fault: 'is not a URL' };
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return { fault: 'has more than a host and a port' };
  // URL drops the port that is the usual one of its scheme.
  const port = /:(\d+)\/?$/.exec(raw)?.[1] ?? (url.port || String(ETCD_PORT));
  // A password may stand there: a check refuses it, without printing it as a fault of the value would.
  const user = url.username === '' && url.password === '' ? '' : REDACTED_USER;
  return { value: `${url.protocol}//${user}${url.hostname}:${Number(port)}` };
}

const endpoint = scalar(text(readEndpoint), { form: 'URL', example: 'https://192.0.2.10:2379' });

const tlsShape = {
  ca: required(path('/etc/windrose/etcd-ca.pem'), {
    doc: 'File with the certificates (PEM) that those of the endpoints must be signed by.',
    reload: false,
  }),
  certificate: optional(path('/etc/windrose/etcd.pem'), 'none is shown', {
    doc: 'File with the certificate this gateway shows; together with key.',
    reload: false,
  }),
  key: optional(path('/etc/windrose/etcd-key.pem'), 'none', {
    doc: 'File with the private key of certificate; nobody but its owner and group may read it.',
    reload: false,
  }),
};

const etcdShape = {
  endpoints: required(withForm(z.array(endpoint).min(1), 'list of URLs'), {
    doc: 'Members of the cluster, one after the other when one does not answer; all http or all https.',
    reload: false,
  }),
  prefix: defaulted(name(/^[^\0]{0,254}\/$/, 'a prefix that ends with /', '/windrose/', 'text that ends with /'), '/windrose/', {
    doc: 'What all keys begin with; the same for all hosts of a cloud, another for each cloud on the cluster.',
    reload: false,
  }),
  tls: optional(z.strictObject(tlsShape), 'with https the certificates the system trusts', {
    doc: 'Certificates for https.',
    reload: false,
    children: tlsShape,
  }),
  user: optional(name(/^[^\0]{1,255}$/, 'a name', 'windrose'), 'no user', {
    doc: 'User of etcd; together with passwordFile.',
    reload: false,
  }),
  passwordFile: optional(path('/etc/windrose/etcd-password'), 'none', {
    doc: 'File whose first line is the password; nobody but its owner and group may read it.',
    reload: false,
  }),
};

export const storeShape = {
  directory: optional(path('/var/lib/windrose/gw1'), '/var/lib/windrose/<name>', {
    doc: 'Where objects are kept by this host for itself; only with host.',
    reload: false,
  }),
  etcd: optional(z.strictObject(etcdShape), 'the directory', {
    doc: 'An etcd v3 in which all hosts keep their objects together, instead of a directory; only with host.',
    form: 'mapping',
    reload: false,
    children: etcdShape,
  }),
};
