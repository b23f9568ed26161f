import { z } from 'zod';
import { rootSchema } from './schema.js';
import { metricsMapping } from './tuningSchema.js';
import { localAddressMapping } from './zoneSchema.js';

interface Node {
  [key: string]: unknown;
  properties?: Record<string, Node>;
  items?: Node;
}

const toJson = (schema: z.ZodType): Node => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as unknown as Node;

/**
 * The JSON Schema (draft 2020-12) of the file, for editors; made from the same schema the loader uses. Where the loader takes a
 * short form as well (a route as a line, one prefix instead of a list, `metrics: off`), the short form is added here.
 */
export function jsonSchema(): object {
  const root = toJson(rootSchema);
  const { routes, zones, metrics } = root.properties!;
  routes!.items = { anyOf: [{ type: 'string' }, routes!.items!] };
  const match = zones!.items!.properties!.match!;
  const { description, ...list } = match;
  zones!.items!.properties!.match = { description, anyOf: [{ type: 'string' }, list] };
  const withState = toJson(localAddressMapping);
  delete withState.$schema;
  zones!.items!.properties!.localAddresses!.items = { anyOf: [{ type: 'string' }, withState] };
  const mapping = toJson(metricsMapping);
  delete mapping.$schema;
  root.properties!.metrics = { ...metrics, anyOf: [{ enum: ['off', false] }, mapping] };
  return root;
}
