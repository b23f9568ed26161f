import { WindroseError } from '../errors/catalog.js';
import { CompactedError } from './store.js';

/**
 * What etcd and the way to it say, as an operator can use it. The client turns status codes into classes of its own names; etcd's own
 * reasons are sentences that stay the same from version to version (etcd, api/v3rpc/rpctypes/error.go).
 */

/** Sentences of etcd that say who asks may not. */
const DENIED = /permission denied|authentication failed|invalid auth token|user name is empty|authentication is not enabled/;
/** A limit of the cluster, or its disk. */
const REFUSED = /too many operations|space exceeded|too many requests|corrupt cluster/;
/** Of the server, or of the transport below it. */
const TOO_LARGE = /request is too large|larger than max/;
/** The token is of an earlier state of users and roles: a new one is asked for by a new client. */
const OUTDATED = /revision in header is old|invalid auth token/;

/** Whether another endpoint, or the same one by a new connection, may give another answer. */
export function isPassing(error: Error): boolean {
  return (
    OUTDATED.test(error.message) ||
    !(DENIED.test(error.message) || REFUSED.test(error.message) || TOO_LARGE.test(error.message) || isAnswer(error))
  );
}

/** Who asks may not, wherever it is asked. */
export function isDenied(error: Error): boolean {
  return !isPassing(error) && DENIED.test(error.message);
}

/** About revisions: nothing is wrong with the way to it. */
function isAnswer({ message }: Error): boolean {
  return /mvcc: required revision|duplicate key|key is not provided|requested lease not found/.test(message);
}

/** `where`: the endpoints. */
export function fromEtcdError(error: Error, where: string): Error {
  const { message } = error;
  if (error instanceof WindroseError) return error;
  if (/required revision has been compacted/.test(message)) return new CompactedError();
  if (/required revision is a future revision/.test(message)) return new RangeError('the revision has not been');
  const detail = detailOf(message);
  if (DENIED.test(message)) return new WindroseError('STORE_DENIED', where, detail, error);
  if (TOO_LARGE.test(message)) return new WindroseError('STORE_TOO_LARGE', where, detail, error);
  if (REFUSED.test(message) || isAnswer(error)) return new WindroseError('STORE_REFUSED', where, detail, error);
  return new WindroseError('STORE_UNREACHABLE', where, detail, error);
}

/** What a connection says that was never there: nothing was sent. */
const UNSENT = /No connection established|ECONNREFUSED|the store is closed/;

/** The same of a change that was sent: without an answer nobody knows whether it was made. */
export function fromEtcdWriteError(error: Error, where: string): Error {
  const known = fromEtcdError(error, where);
  const lost = known instanceof WindroseError && known.code === 'STORE_UNREACHABLE' && !UNSENT.test(error.message);
  return lost ? new WindroseError('STORE_UNANSWERED', where, detailOf(error.message), error) : known;
}

/** What TLS says of an endpoint that has none. */
const PLAIN = /disconnected before secure TLS|wrong version number|packet length too long/;

/** "14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED ..." -> what the system said, on one line, without an end. */
function detailOf(message: string): string {
  const said = message
    .replace(/^(\w*Error: )?\d+ [A-Z_]+: /, '')
    .replace(/^No connection established\. Last error: (Error: )?/, '');
  const text = said.replace(/^etcdserver: /, '').replace(/Resolution note:\s*$/, '');
  // What the client says of a stream that ended with its connection.
  if (text === 'null') return 'the connection was closed';
  const line = text
    .replaceAll(/\s+/g, ' ')
    .replace(/[. ]+$/, '')
    .slice(0, 300);
  return PLAIN.test(text) ? `${line}; does the endpoint speak http?` : line;
}
