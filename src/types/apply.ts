import type { ReportedIssue } from './reload.js';

/** What the control socket answers to `POST /v1/apply`. */
export interface ApplyReport {
  /** The objects are those of the file, or would be. */
  readonly ok: boolean;
  readonly dryRun: boolean;
  /** Name of the file, as whoever sent it calls it. */
  readonly file: string;
  /** Faults and warnings of the file, by place. */
  readonly issues: readonly ReportedIssue[];
  /** The difference to the objects that were there, a line for each object: + - ~. */
  readonly changes: readonly string[];
  /** Why a file without faults cannot be taken over. */
  readonly refused: readonly string[];
  /** What happens to others by it, a sentence each. */
  readonly warnings?: readonly string[];
  /** Of a drain: routers that no other host may have, so what they have on one host at a time stops. */
  readonly stops?: readonly string[];
  /**
   * "removes 14 of 16 objects (host h2, which runs; network blue; lport a1; ...)": so much that it is done only when that is said to be meant.
   * Undefined: it removes little, or nothing.
   */
  readonly removes?: string | undefined;
  /** It failed for what `refused` says, and is not refused: the store does not answer, or does not take it. */
  readonly failed?: true;
  /** Of the store, now. */
  readonly revision: number;
  /** Changes of the store that it took; more than one: it was larger than the store takes at once, and each of them was seen. */
  readonly steps?: number;
}

/** What the control socket answers to `GET /v1/objects`: the objects as a file of objects has them. */
export interface ObjectsAnswer {
  /** Of the store, that they are the state of. */
  readonly revision: number;
  /** Kind ("lports") -> objects by the keys of the file; `underlayMtu` where networks need it. */
  readonly objects: Readonly<Record<string, unknown>>;
}

export interface RemoveHow {
  readonly dryRun: boolean;
  /** Ports go although floating IPs lead to them. */
  readonly cascade?: boolean | undefined;
  /** Hosts go although they run. */
  readonly force?: boolean | undefined;
}

export interface DrainHow {
  readonly dryRun: boolean;
  /** Also where no other host may have a router's service, which stops. */
  readonly force?: boolean | undefined;
}

export interface ApplyHow {
  readonly dryRun: boolean;
  /** Objects that the file does not name stay. */
  readonly merge?: boolean | undefined;
  /** It is done however much it removes. */
  readonly sure?: boolean | undefined;
}

/** What can be done to objects, through a gateway or without one. All reject with a WindroseError. */
export interface ObjectTools {
  /** `file`: what the text is called. */
  apply(text: string, file: string, how: ApplyHow): Promise<ApplyReport>;
  /** `kind`: key in a file of objects. */
  remove(kind: string, names: readonly string[], how: RemoveHow): Promise<ApplyReport>;
  /** Makes a host draining, or ends that. */
  drain(host: string, draining: boolean, how: DrainHow): Promise<ApplyReport>;
  entries(): Promise<ObjectsAnswer>;
}
