import type { Logger } from 'pino';
import type { EventOutput, OutputLoss, OutputWatch } from './output.js';
import { type EventRecord, eventName, eventNames } from './record.js';

/** Why a record is not where it should be, as the metrics say it. */
export type DropReason = 'ring_full' | 'output_failed' | 'output_slow';

/** What became of records since the start, for the metrics. */
export class EventCounts {
  readonly #written = new Map<string, Map<string, number>>();
  readonly #dropped = new Map<string, Map<DropReason, number>>();

  constructor() {
    for (const output of OUTPUTS) {
      this.#written.set(output, new Map(eventNames.map((name) => [name, 0])));
      this.#dropped.set(output, new Map([['output_failed', 0] as const, ['output_slow', 0] as const]));
    }
    this.#dropped.set(EVERY_OUTPUT, new Map([['ring_full', 0] as const]));
  }

  written(): Iterable<readonly [output: string, event: string, count: number]> {
    return entries(this.#written);
  }

  dropped(): Iterable<readonly [output: string, reason: string, count: number]> {
    return entries(this.#dropped);
  }

  /** A ring was full: no output has the records. */
  ringFull(lost: number): void {
    this.#drop(EVERY_OUTPUT, 'ring_full', lost);
  }

  /** Counts for an output, and logs when it begins to fail and when it works again, once each. */
  watch(output: EventOutput['name'], log: Logger, about: Readonly<Record<string, unknown>>): OutputWatch {
    const written = this.#written.get(output)!;
    let failing = false;
    return {
      written: (record: EventRecord) => {
        const name = eventName(record);
        written.set(name, written.get(name)! + 1);
      },
      lost: (records: number, loss: OutputLoss) => this.#drop(output, loss === 'slow' ? 'output_slow' : 'output_failed', records),
      state: (error) => {
        if ((error !== undefined) === failing) return;
        failing = error !== undefined;
        if (error === undefined) log.info(about, `event records are written to the ${NOUNS[output]} again`);
        else log.error({ ...about, failure: error.message }, `event records cannot be written to the ${NOUNS[output]}`);
      },
    };
  }

  #drop(output: string, reason: DropReason, count: number): void {
    const of = this.#dropped.get(output)!;
    of.set(reason, of.get(reason)! + count);
  }
}

const OUTPUTS = ['file', 'ipfix'] as const;
const EVERY_OUTPUT = 'all';
const NOUNS = { file: 'file', ipfix: 'collector' } as const satisfies Record<EventOutput['name'], string>;

function* entries<K extends string>(
  of: ReadonlyMap<string, ReadonlyMap<K, number>>,
): Iterable<readonly [string, string, number]> {
  for (const [output, counts] of of) for (const [key, count] of counts) yield [output, key, count];
}
