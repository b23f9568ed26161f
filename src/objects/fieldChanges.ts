/**
 * What differs between two trees of an object, a line for each key: "host: h1 -> h2", "vtep: 192.0.2.1 (removed)", "gateways[ext].hosts: + h2".
 * Of lists only the elements that come and go are told; mappings in a list are known by a key of theirs. null, undefined and an empty list are
 * nothing.
 */
export function fieldChanges(before: unknown, after: unknown, path = ''): string[] {
  if (isNothing(before) && isNothing(after)) return [];
  if (isNothing(before)) return [`${path}: ${told(after)} (added)`];
  if (isNothing(after)) return [`${path}: ${told(before)} (removed)`];
  if (Array.isArray(before) && Array.isArray(after)) return ofLists(before, after, path);
  if (isMapping(before) && isMapping(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => fieldChanges(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  const [was, is] = [told(before), told(after)];
  return was === is ? [] : [`${path}: ${was} -> ${is}`];
}

/** A value with its keys, of which there may be any: "subnet ext4 address 192.168.1.21". */
export function told(value: unknown): string {
  if (isNothing(value)) return 'none';
  if (Array.isArray(value)) return value.map(told).join(', ');
  if (!isMapping(value)) return String(value);
  const there = Object.entries(value).filter(([, one]) => !isNothing(one));
  return there.map(([key, one]) => `${key} ${told(one)}`).join(' ');
}

type Mapping = Readonly<Record<string, unknown>>;

function ofLists(before: readonly unknown[], after: readonly unknown[], path: string): string[] {
  const [was, is] = identities(before, after);
  const [apart, within] = [new Set(was), new Set(is)];
  const gone = was.filter((one) => !within.has(one));
  const come = is.filter((one) => !apart.has(one));
  const isMade = isMapping(before[0]) || isMapping(after[0]);
  if (was.length === 1 && is.length === 1 && gone.length === 1 && !isMade) return [`${path}: ${gone[0]} -> ${come[0]}`];
  const name = (all: readonly unknown[], keys: readonly string[], key: string): string => {
    const one = all[keys.indexOf(key)];
    return isMapping(one) ? told(one) : key;
  };
  const inPlace = isMade ? was.filter((key) => within.has(key)) : [];
  return [
    ...gone.map((key) => `${path}: - ${name(before, was, key)}`),
    ...inPlace.flatMap((key) => fieldChanges(before[was.indexOf(key)], after[is.indexOf(key)], `${path}[${key}]`)),
    ...come.map((key) => `${path}: + ${name(after, is, key)}`),
    ...orderOf(was, is, come, path),
  ];
}

/** A line when the order is not the one of before with what came at the end. */
function orderOf(was: readonly string[], is: readonly string[], come: readonly string[], path: string): string[] {
  const there = new Set(is);
  const expected = [...was.filter((one) => there.has(one)), ...come];
  return expected.every((one, i) => one === is[i]) ? [] : [`${path}: order is now ${is.join(', ')}`];
}

/** What the elements of two lists are known by: all of what they say, where less is not enough to tell those of a list apart. */
function identities(before: readonly unknown[], after: readonly unknown[]): [string[], string[]] {
  const [was, is] = [before.map(identity), after.map(identity)];
  const areApart = (keys: readonly string[]): boolean => new Set(keys).size === keys.length;
  return areApart(was) && areApart(is) ? [was, is] : [before.map(told), after.map(told)];
}

/** What an element of a list is known by, when the rest of it changes. */
function identity(element: unknown): string {
  if (!isMapping(element)) return told(element);
  const { name, protocol, port, network, address } = element;
  if (protocol !== undefined) return `${told(protocol)} ${told(port)}`;
  return told(name ?? network ?? address ?? element);
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}
