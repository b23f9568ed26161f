/** Words of what is asked of a store, and what comes of it. */

export const REQUESTS = ['range', 'transact', 'grant', 'keepalive', 'revoke'] as const;
/** `conflict`: a transaction whose comparison did not hold. */
export const RESULTS = ['ok', 'conflict', 'failed'] as const;
/** Why a watch ended, upon which what it follows is read again. */
export const RELISTS = ['compacted', 'broken'] as const;

export type RequestKind = (typeof REQUESTS)[number];
export type RequestResult = (typeof RESULTS)[number];
export type RelistCause = (typeof RELISTS)[number];

/** Upper bounds of the histogram of durations, seconds. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
