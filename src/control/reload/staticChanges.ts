import type { Config, StaticMappingConfig } from '../../config/config.js';
import { endpointText } from '../../config/words.js';

/** What a reload does to static mappings; a mapping with another endpoint is another mapping, its name does not matter. */
export interface StaticChanges {
  /** Their sessions end in the same operation (STA-4). */
  readonly gone: readonly StaticMappingConfig[];
  /** Dynamic mappings that use their external endpoint end (STA-3). */
  readonly come: readonly StaticMappingConfig[];
}

export function staticChanges(before: Config, after: Config): StaticChanges {
  const without = (list: readonly StaticMappingConfig[], other: readonly StaticMappingConfig[]) => {
    const known = new Set(other.map(keyOf));
    return list.filter((mapping) => !known.has(keyOf(mapping)));
  };
  return {
    gone: without(before.staticMappings, after.staticMappings),
    come: without(after.staticMappings, before.staticMappings),
  };
}

function keyOf({ protocol, external, inside }: StaticMappingConfig): string {
  return `${protocol} ${endpointText(external)} ${endpointText(inside)}`;
}
