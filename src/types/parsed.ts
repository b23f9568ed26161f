/** What a parser of text answers: the value, or why there is none. The reason reads as the end of a sentence. */
export type Parsed<T> = { readonly value: T } | { readonly fault: string };

/** Narrows to the failed case. */
export function isFault<T>(parsed: Parsed<T>): parsed is { readonly fault: string } {
  return 'fault' in parsed;
}
