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
  /** Of the store, now. */
  readonly revision: number;
}
