/**
 * How an etcd v3 is reached. Keys and passwords stand in files, which are named here and read when the store is opened (D27), so nothing of
 * this is a secret.
 */
export interface EtcdAccess {
  /** "https://192.0.2.10:2379"; all of them members of one cluster, all with the same scheme. */
  readonly endpoints: readonly string[];
  /** What all keys of these hosts begin with; ends with a slash. */
  readonly prefix: string;
  /** Absolute paths of PEM files; certificate and key together or not at all. */
  readonly tls: { readonly ca: string; readonly certificate: string | undefined; readonly key: string | undefined } | undefined;
  readonly user: string | undefined;
  /** Absolute path; there with `user` only. */
  readonly passwordFile: string | undefined;
}
