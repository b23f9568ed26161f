/** Items by a key, each list in their order. */
export function grouped<T, K>(all: Iterable<T>, key: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) {
    const of = key(one);
    const known = groups.get(of);
    if (known === undefined) groups.set(of, [one]);
    else known.push(one);
  }
  return groups;
}
