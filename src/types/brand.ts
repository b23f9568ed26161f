declare const brand: unique symbol;

/**
 * A value that looks like any other `T` but must not be mixed up with it. The brand vanishes at run time. Brands are made in
 * three places only: an accessor of a header, a parser of text, a builder in a test.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
