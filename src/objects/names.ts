import type { z } from 'zod';
import { name } from '../config/scalar.js';

/** Names of objects. A UUID is a name as any other. */

/** A host's name in the database of the reference has as many octets. */
const LONGEST = 255;

/** "blue", "44015de0-f772-4af9-a47f-5a057b28fd72" */
export function objectName(example: string, form = 'name'): z.ZodType<string> {
  return name(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/, `a name (1 to ${LONGEST} letters, digits, _ . -)`, example, form);
}
