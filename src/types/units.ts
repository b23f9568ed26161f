import type { Brand } from './brand.js';

/** A length of time in milliseconds. */
export type Millis = Brand<number, 'Millis'>;

/** A length of time in microseconds. */
export type Micros = Brand<number, 'Micros'>;

/** A number of octets. */
export type Octets = Brand<number, 'Octets'>;
