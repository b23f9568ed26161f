import type { IWatchResponse } from 'etcd3';
import type { EtcdClient } from './etcdClient.js';
import { fromEtcdError } from './etcdErrors.js';
import type { Keys } from './etcdTransaction.js';
import { type Change, CompactedError, type Watcher } from './store.js';

/** What a stream of the client has, as far as it is used here. */
interface Stream {
  on(event: 'data', heard: (response: IWatchResponse) => void): this;
  on(event: 'error', heard: (error: Error) => void): this;
  on(event: 'end', heard: () => void): this;
  write(request: object): void;
  cancel(): void;
}

/**
 * One watch, by a stream of its own. The client's watchers begin anew by themselves after a break, behind the revision that the store had when
 * they were made, so events of the past that were still under way are lost: here a break is the end of the watch (D35).
 */
export function watchEtcd(client: EtcdClient, keys: Keys, prefix: string, from: number, watcher: Watcher): { close(): void } {
  const root = keys.of('').length;
  let open = true;
  let stream: Stream | undefined;
  const end = (error: Error): void => {
    if (!open) return;
    open = false;
    stream?.cancel();
    watcher.failed(error);
  };
  const heard = ({ canceled, cancel_reason, compact_revision, events }: IWatchResponse): void => {
    if (!open) return;
    const compacted = Number(compact_revision);
    if (compacted > 0) end(new CompactedError(compacted));
    else if (canceled) end(fromEtcdError(new Error(`the watch was ended (${cancel_reason})`), client.where));
    else
      for (const [revision, changes] of byRevision(events, root))
        if (open && changes.length > 0) watcher.changed(revision, changes);
  };
  const begin = async (): Promise<void> => {
    const made = (await client.read((etcd) => etcd.watchClient.watch())) as unknown as Stream;
    // Errors that come after the end are heard too: nobody else would.
    made.on('error', (error) => end(fromEtcdError(error, client.where)));
    made.on('end', () => end(fromEtcdError(new Error('the watch was ended'), client.where)));
    if (!open) {
      made.cancel();
      return;
    }
    stream = made;
    made.on('data', heard);
    made.write({ create_request: { ...keys.range(prefix), start_revision: from } });
  };
  begin().catch(end);
  return {
    close: () => {
      open = false;
      stream?.cancel();
    },
  };
}

/** An answer holds whole revisions, in order. The mark of the root is nobody's key. */
function byRevision(events: IWatchResponse['events'], root: number): Map<number, Change[]> {
  const revisions = new Map<number, Change[]>();
  for (const { type, kv } of events) {
    const revision = Number(kv.mod_revision);
    const changes = revisions.get(revision) ?? [];
    revisions.set(revision, changes);
    if (kv.key.length > root)
      changes.push({ key: kv.key.toString('utf8', root), value: type === 'Put' ? kv.value.toString('utf8') : undefined });
  }
  return revisions;
}
