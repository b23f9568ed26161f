/** Command line of benches that measure the gateway and others in turns, between hosts that have a CPU each. */
import { parseArgs } from 'node:util';

export interface TurnsOptions {
  rounds: number;
  seconds: number;
  only: string[];
  subjects: string[];
  pin: string[];
  against: string | undefined;
  hurry: boolean;
  merge: boolean;
  write: boolean;
  /** As written, where the bench takes it. */
  mtu: string | undefined;
}

/** What one bench takes: its cases and subjects, what `--pin` looks like and is without being said, and whether it takes `--mtu`. */
export interface TurnsChoice {
  readonly cases: readonly string[];
  readonly subjects: readonly string[];
  readonly pin: string;
  readonly pinForm: string;
  readonly mtu?: boolean;
}

/** "a,b" as its parts. */
export function list(value = ''): string[] {
  return value.split(',').filter((part) => part !== '');
}

/** The options, 'help', or a sentence that says what is wrong. */
export function parseTurns(
  args: string[],
  { cases, subjects, pin: usual, pinForm, mtu = false }: TurnsChoice,
): TurnsOptions | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const texts = { rounds: text, seconds: text, only: text, subjects: text, pin: text, against: text, mtu: text };
  let given: Partial<Record<keyof typeof texts, string>> & {
    hurry?: boolean;
    merge?: boolean;
    'no-write'?: boolean;
    help?: boolean;
  };
  try {
    given = parseArgs({ args, options: { ...texts, hurry: flag, merge: flag, 'no-write': flag, help: flag } }).values;
  } catch (error) {
    return (error as Error).message;
  }
  if (given.help) return 'help';
  if (given.mtu !== undefined && !mtu) return "Unknown option '--mtu'";
  const [rounds, seconds] = [Number(given.rounds ?? 5), Number(given.seconds ?? 2)];
  const [only, wanted, pin] = [list(given.only), list(given.subjects), (given.pin ?? usual).split('/')];
  if (![rounds, seconds].every((n) => Number.isInteger(n) && n >= 1)) return '--rounds and --seconds take whole numbers from 1';
  if (pin.length !== 2) return `--pin takes ${pinForm}, e.g. 0/1`;
  const unknown = [...only.filter((n) => !cases.includes(n)), ...wanted.filter((n) => !subjects.includes(n))];
  if (unknown.length > 0) return `unknown: ${unknown.join(', ')}`;
  return {
    ...{ rounds, seconds, only, subjects: wanted, pin, against: given.against, mtu: given.mtu },
    ...{ hurry: given.hurry === true, merge: given.merge === true, write: given['no-write'] !== true },
  };
}
