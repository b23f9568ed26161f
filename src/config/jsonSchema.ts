import { z } from 'zod';
import { PROTOCOLS } from './perProtocol.js';
import { rootSchema } from './schema.js';
import { metricsMapping } from './tuningSchema.js';
import { filteringShape, localAddressMapping, mappingShape, overloadShape } from './zoneSchema.js';

export interface Node {
  [key: string]: unknown;
  properties?: Record<string, Node>;
  items?: Node;
}

export const toJson = (schema: z.ZodType): Node =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as unknown as Node;

/** A list whose items may be lines of text as well. */
export function orLines(list: Node): void {
  list.items = { anyOf: [{ type: 'string' }, list.items!] };
}

/** What a zone has a short form of. */
export function orShortZone(zones: Node): void {
  const zone = zones.items!.properties!;
  const orOne = ({ description, ...list }: Node, one: Node): Node => ({ description, anyOf: [one, list] });
  zone.match = orOne(zone.match!, { type: 'string' });
  const protocol: Node = { enum: PROTOCOLS };
  zone.protocols = orOne({ ...zone.protocols, items: protocol }, protocol);
  const withState = toJson(localAddressMapping);
  delete withState.$schema;
  zone.localAddresses!.items = { anyOf: [{ type: 'string' }, withState] };
  for (const [key, shape] of Object.entries({ mapping: mappingShape, filtering: filteringShape, overload: overloadShape })) {
    const { properties, ...long } = toJson(z.strictObject<z.core.$ZodShape>(shape));
    delete long.$schema;
    const { description: _, ...short } = properties!.tcp!;
    zone[key] = { ...zone[key], anyOf: [short, { ...long, properties: properties! }] };
  }
}

/**
 * The JSON Schema (draft 2020-12) of the file, for editors; made from the same schema the loader uses. Where the loader takes a
 * short form as well (a route or rule as a line, one prefix instead of a list, one mapping for all protocols, `metrics: off`),
 * the short form is added here.
 */
export function jsonSchema(): object {
  const root = toJson(rootSchema);
  const { routes, rules, zones, metrics } = root.properties!;
  orLines(routes!);
  orLines(rules!);
  orShortZone(zones!);
  const mapping = toJson(metricsMapping);
  delete mapping.$schema;
  root.properties!.metrics = { ...metrics, anyOf: [{ enum: ['off', false] }, mapping] };
  return root;
}
