import type { EventRecord } from './record.js';

/** Why an output did not take records. */
export type OutputLoss = 'failed' | 'slow';

/** Where records go. Nothing in it waits: what cannot be taken is counted and told as a gap later. */
export interface EventOutput {
  /** Value of the metrics' label `output`. */
  readonly name: 'file' | 'ipfix';
  write(record: EventRecord): void;
  /** The records of one reading are complete. */
  flush(): void;
  /** Writes what it still has; then it is closed. */
  close(): Promise<void>;
}

/** What became of records: counters of the metrics, and one log line per change of state. */
export interface OutputWatch {
  written(record: EventRecord): void;
  lost(records: number, loss: OutputLoss): void;
  /** It fails, with the reason, or works again. */
  state(error: Error | undefined): void;
}
