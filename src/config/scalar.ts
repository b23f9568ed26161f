import { z } from 'zod';
import { isFault, type Parsed } from '../types/parsed.js';
import { withForm } from './keys.js';

/**
 * One value of the file: read from whatever YAML made of it, refused with a sentence that shows it. The sentence starts with
 * the value ("1.2.100.300" is not ...); the remedy names the form and an example.
 */
export interface ScalarForm {
  /** "IPv4 prefix" */
  readonly form: string;
  /** A value that is right, as one writes it. */
  readonly example: string;
  /** JSON Schema type, for editors. */
  readonly json?: 'string' | 'integer' | 'number' | 'boolean' | readonly string[];
}

const LONGEST_SHOWN = 60;

/** The value as a person would recognise it, short and on one line. */
export function showValue(raw: unknown): string {
  if (raw === null || raw === undefined) return 'an empty value';
  if (Array.isArray(raw)) return 'a list';
  if (typeof raw === 'object') return 'a mapping';
  if (typeof raw !== 'string') return String(raw);
  const cut = raw.length > LONGEST_SHOWN ? `${raw.slice(0, LONGEST_SHOWN)}...` : raw;
  return JSON.stringify(cut);
}

/** A schema around a reader that returns a value or the end of a sentence. A missing key is refused as missing. */
export function scalar<T>(read: (raw: unknown) => Parsed<T>, about: ScalarForm): z.ZodType<T> {
  const schema = z.unknown().transform((raw, cx): T => {
    const parsed: Parsed<T> = raw === undefined ? { fault: 'is missing' } : raw === null ? { fault: 'has no value' } : read(raw);
    if (!isFault(parsed)) return parsed.value;
    const expected = `Expected: ${about.form}, for example ${about.example}.`;
    const remedy = parsed.meant === undefined ? expected : `Did you mean "${parsed.meant}"?`;
    const message = raw === undefined || raw === null ? parsed.fault : `${showValue(raw)} ${parsed.fault}`;
    cx.addIssue({ code: 'custom', message, params: { remedy } });
    return z.NEVER;
  });
  return withForm(
    schema.meta({ type: about.json ?? 'string', examples: [about.example] }) as unknown as z.ZodType<T>,
    about.form,
  );
}

/** A reader of text: numbers that YAML made of unquoted text count as their text. */
export function text<T>(parse: (text: string) => Parsed<T>): (raw: unknown) => Parsed<T> {
  return (raw) => {
    if (typeof raw === 'string') return parse(raw.trim());
    return typeof raw === 'number' ? parse(String(raw)) : { fault: 'is not text' };
  };
}

/** A name: text that YAML did not take for something else, of the given pattern. `rule` ends the sentence "is not ...". */
export function name(pattern: RegExp, rule: string, example: string, form = 'name'): z.ZodType<string> {
  return scalar(
    (raw) => {
      if (typeof raw !== 'string') return { fault: 'is not text (put it in quotes)' };
      return pattern.test(raw) ? { value: raw } : { fault: `is not ${rule}` };
    },
    { form, example },
  );
}

/** A whole number from `low` to `high`. */
export function integer(low: number, high: number): z.ZodType<number> {
  return scalar(
    (raw) => {
      if (typeof raw !== 'number' || !Number.isInteger(raw)) return { fault: 'is not a whole number' };
      return raw < low || raw > high ? { fault: `is not between ${low} and ${high}` } : { value: raw };
    },
    { form: `number from ${low} to ${high}`, example: String(low), json: 'integer' },
  );
}

/** true or false. */
export function flag(): z.ZodType<boolean> {
  return scalar((raw) => (typeof raw === 'boolean' ? { value: raw } : { fault: 'is neither true nor false' }), {
    form: 'true or false',
    example: 'true',
    json: 'boolean',
  });
}

/** true, false or auto. */
export function flagOrAuto(): z.ZodType<boolean | 'auto'> {
  return scalar(
    (raw) => (typeof raw === 'boolean' || raw === 'auto' ? { value: raw } : { fault: 'is none of true, false and auto' }),
    { form: 'true, false or auto', example: 'auto', json: ['boolean', 'string'] },
  );
}

/** One of a few words. */
export function oneOf<W extends string>(...words: readonly [W, ...W[]]): z.ZodType<W> {
  return scalar(
    (raw) => {
      const found = words.find((word) => word === raw);
      return found === undefined ? { fault: `is not one of ${words.join(', ')}` } : { value: found };
    },
    { form: words.join(' | '), example: words[0] },
  );
}
