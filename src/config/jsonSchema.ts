import { z } from 'zod';
import { rootSchema } from './schema.js';

/** The JSON Schema (draft 2020-12) of the file, for editors; made from the same schema the loader uses. */
export function jsonSchema(): object {
  return z.toJSONSchema(rootSchema, { io: 'input', unrepresentable: 'any' });
}
