/** What a parser of text answers: the value, or why there is none. The reason reads as the end of a sentence. */
export type Parsed<T> = { readonly value: T } | Fault;

export interface Fault {
  readonly fault: string;
  /** The text is well-formed, and what it names does not exist. */
  readonly missing?: true;
  /** The word that was probably meant. */
  readonly meant?: string | undefined;
}

/** Narrows to the failed case. */
export function isFault<T>(parsed: Parsed<T>): parsed is Fault {
  return 'fault' in parsed;
}
