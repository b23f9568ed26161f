import type { Etcd3, ILeaseKeepAliveResponse } from 'etcd3';
import type { EtcdClient, EtcdStream } from './etcdClient.js';
import type { Lease } from './store.js';

/**
 * Until an answer is given up, and its endpoint with all that is under way there: as long as other calls are. A lease of 10 s that is renewed every 3
 * is asked for again then, a second before it may be over.
 */
const ANSWER_MS = 5000;

/** A lease that etcd has granted. Its calls fail as those of the store do. */
export async function grantLease(client: EtcdClient, seconds: number): Promise<Lease> {
  const { ID: id } = await client.write((etcd) => etcd.leaseClient.leaseGrant({ TTL: seconds }));
  return {
    id,
    // Doing it twice does no harm, so it is repeated as readings are.
    keepAlive: () => client.read((etcd) => renewed(etcd, id)),
    revoke: async () => {
      await client.write((etcd) => etcd.leaseClient.leaseRevoke({ ID: id }));
    },
  };
}

/**
 * One question by a stream of its own. The client's own leases go on with theirs after a break without saying so, and give up one that was
 * late; whoever holds a lease has to know.
 */
async function renewed(etcd: Etcd3, id: string): Promise<boolean> {
  const stream = (await etcd.leaseClient.leaseKeepAlive()) as unknown as EtcdStream<ILeaseKeepAliveResponse>;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(() => reject(new Error('14 UNAVAILABLE: no answer about a lease'))), ANSWER_MS);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      // A stream that is cancelled before its end makes the client close all connections, with the watches on them.
      stream.end();
      stream.cancel();
      settle();
    };
    // The cancelled stream ends with an error that nobody needs.
    stream.on('error', (error) => end(() => reject(error)));
    stream.on('end', () => end(() => reject(new Error('14 UNAVAILABLE: the stream of a lease was ended'))));
    stream.on('data', ({ TTL }) => end(() => resolve(Number(TTL) > 0)));
    stream.write({ ID: id });
  });
}
