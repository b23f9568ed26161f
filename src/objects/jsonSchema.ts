import { orLines, orShortZone, toJson } from '../config/jsonSchema.js';
import { objectsSchema } from './schema.js';

/** The JSON Schema (draft 2020-12) of a file of objects, for editors; made from the same schema the loader uses (config/jsonSchema.ts). */
export function objectsJsonSchema(): object {
  const root = toJson(objectsSchema);
  const { routes, rules, gateways } = root.properties!.routers!.items!.properties!;
  orLines(routes!);
  orLines(rules!);
  orShortZone(gateways!.items!.properties!.zones!);
  return root;
}
