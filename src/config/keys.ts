import type { z } from 'zod';

/**
 * Every key of the file carries its own documentation; docs/configuration.md and the JSON Schema are printed from it, so a key
 * cannot exist without a sentence, a default and an answer to "does a reload take it?".
 */
export interface KeyDoc {
  /** One sentence for an operator. */
  readonly doc: string;
  /** What one writes: "duration", "IPv4 prefix", "list". */
  readonly form: string;
  /** Text of the default; "required" or what happens without the key. */
  readonly absent: string;
  readonly unit?: string;
  /** True: `reload` applies a change. False: only a restart does. */
  readonly reload: boolean;
  /** Keys below this one. */
  readonly children?: KeyShape;
}

export type KeyShape = Readonly<Record<string, z.ZodType>>;

/** What the author of a key writes; `form` comes from the value's parser when it has one. */
export type KeyText = Omit<KeyDoc, 'absent' | 'form'> & { readonly form?: string };

const docs = new WeakMap<z.ZodType, KeyDoc>();
const forms = new WeakMap<z.ZodType, string>();

/** Names how a value is written; kept beside the schema so that each key need not repeat it. */
export function withForm<S extends z.ZodType>(schema: S, form: string): S {
  forms.set(schema, form);
  return schema;
}

function documented<T>(schema: z.ZodType<T>, inner: z.ZodType, text: KeyText, absent: string): z.ZodType<T> {
  const described: z.ZodType<T> = schema.meta({ ...inner.meta(), description: text.doc });
  docs.set(described, { ...text, absent, form: text.form ?? forms.get(inner) ?? 'mapping' });
  return described;
}

/** A key that must be there. */
export function required<T>(schema: z.ZodType<T>, text: KeyText): z.ZodType<T> {
  return documented(schema, schema, text, 'required');
}

/** A key with a default, written as an operator would write it; it passes through the same parser. */
export function defaulted<T>(schema: z.ZodType<T>, value: unknown, text: KeyText): z.ZodType<T> {
  const shown = typeof value === 'object' ? '' : String(value);
  return documented(schema.prefault(value as never) as unknown as z.ZodType<T>, schema, text, shown);
}

/** A key one may leave out; `absent` says what happens then. */
export function optional<T>(schema: z.ZodType<T>, absent: string, text: KeyText): z.ZodType<T | undefined> {
  return documented(schema.optional(), schema, text, absent);
}

/** The documentation of a key's schema. Throws for a schema that was not made here: a fault of the program. */
export function docOf(schema: z.ZodType): KeyDoc {
  const found = docs.get(schema);
  if (found === undefined) throw new Error('a configuration key without documentation');
  return found;
}
