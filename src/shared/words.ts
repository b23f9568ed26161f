/** Words that several threads see, all 0. */
export function sharedWords(count: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(count * 4));
}

/** The same with these values. */
export function sharedWordsOf(values: ArrayLike<number>): Int32Array<SharedArrayBuffer> {
  const words = sharedWords(values.length);
  words.set(values);
  return words;
}
