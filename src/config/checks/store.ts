import type { Draft } from '../draft.js';
import type { Path, Report } from '../issues.js';
import { REDACTED_USER } from '../storeSchema.js';

/** The store of a host: one place, and what is needed to get into it. */
export function checkStore({ entries: { store } }: Draft, report: Report): void {
  const { directory, etcd } = store ?? {};
  if (etcd === undefined) return;
  const at = (...path: Path): Path => ['store', 'etcd', ...path];
  if (directory !== undefined)
    report('error', ['store', 'directory'], 'stands beside etcd; a store is one of the two', 'Remove one of directory and etcd.');
  const { endpoints = [], tls, user, passwordFile } = etcd;
  const secure = (url: string): boolean => url.startsWith('https:');
  endpoints.forEach((url, i) => {
    const first = endpoints.indexOf(url);
    if (url.includes(REDACTED_USER))
      report('error', at('endpoints', i), 'has a user or a password in it', 'Write "user" and "passwordFile" in "store.etcd".');
    else if (first < i)
      report('error', at('endpoints', i), `${url} is already endpoints[${first}]`, 'Write each member of the cluster once.');
    else if (secure(url) !== secure(endpoints[0]!))
      report('error', at('endpoints', i), 'mixes http and https', 'Write all endpoints with the same scheme.');
  });
  if (tls !== undefined && endpoints.length > 0 && !endpoints.some(secure))
    report('error', at('tls'), 'is for https, and the endpoints are http', 'Write https:// in the endpoints, or remove tls.');
  together(tls, ['certificate', 'key'], at('tls'), report);
  together({ user, passwordFile }, ['user', 'passwordFile'], at(), report);
  if (user !== undefined && endpoints.length > 0 && !endpoints.every(secure))
    report('warning', at('user'), 'sends its password over http, for everybody on the way to read', 'Use https with tls.');
}

/** Two keys that are nothing without each other. */
function together<K extends string>(
  mapping: Readonly<Partial<Record<K, string | undefined>>> | undefined,
  [a, b]: readonly [K, K],
  at: Path,
  report: Report,
): void {
  if (mapping === undefined || (mapping[a] === undefined) === (mapping[b] === undefined)) return;
  const [there, missing] = mapping[a] === undefined ? [b, a] : [a, b];
  report('error', [...at, there], `needs ${missing} beside it`, `Write ${missing} too, or remove ${there}.`);
}
