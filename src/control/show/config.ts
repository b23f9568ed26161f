import { configTree, configYaml } from '../../config/configYaml.js';
import type { ConfigRow } from '../../types/show.js';
import type { Shown } from './shown.js';

/** The configuration in use, one row. It names files that hold secrets and never shows what they hold (D27). */
export function showConfig({ built, reloads, configFile }: Pick<Shown, 'built' | 'reloads' | 'configFile'>): ConfigRow[] {
  return [
    {
      generation: built.snapshot.generation,
      configFile,
      takenOverAt: new Date(reloads.lastSuccessAtMs).toISOString(),
      yaml: configYaml(built.config),
      config: configTree(built.config),
    },
  ];
}
