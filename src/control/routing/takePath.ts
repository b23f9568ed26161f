import { keyHash, multipathSelect } from '../../routing/multipath.js';
import { type Fib, FibResult, FibRoute } from '../../tables/fib.js';
import type { HashKey } from '../../tables/hash.js';

/** Of a multipath route: the way that a packet with this key takes, put into `result` as a worker does (resolve/way.ts). */
export function takePath(fib: Fib, hashKey: HashKey, found: number, key: Int32Array, result: Int32Array): void {
  if (found < 0 || fib.routes[found * FibRoute.Words + FibRoute.Nexthops]! < 2) return;
  const path = multipathSelect(fib, found, keyHash(fib.policy, hashKey, key));
  if (path >= 0) result[FibResult.Nexthop] = path;
}
