/** Values of keys, of which somebody may have written any by hand: none of these throws. */

/** The fields of a record; none, when it is no record. */
export function recordIn(value: string): Readonly<Record<string, unknown>> {
  const parsed = parse(value);
  return typeof parsed === 'object' && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : {};
}

/** The name or MAC that a key leads to; empty, when it is no text. */
export function textIn(value: string): string {
  const parsed = parse(value);
  return typeof parsed === 'string' ? parsed : '';
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
