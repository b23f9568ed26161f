import type { Config } from '../config/config.js';
import { loadConfigFile } from '../config/load.js';
import type { ApplyReport, ObjectsAnswer, ObjectTools } from '../types/apply.js';
import { getJson, postFile, postJson, type SocketChoice, socketPath } from './controlClient.js';
import { faultyConfig } from './faultyConfig.js';
import { loadPart } from './run.js';

/** Which objects: those of a gateway that runs, or of the store that a configuration names. */
export interface ObjectsChoice extends SocketChoice {
  readonly config?: string | undefined;
}

/** What control/dvr/mirror/directStore.ts offers. */
interface DirectModule {
  directObjects(config: Config, file: string): ObjectTools;
}

/** Throws a WindroseError when the configuration is faulty or no gateway can be meant. */
export async function objectTools({ config: file, ...choice }: ObjectsChoice): Promise<ObjectTools> {
  if (file === undefined) return throughGateway(await socketPath(choice));
  const { config, issues } = loadConfigFile(file);
  if (config === undefined) throw faultyConfig(file, issues);
  const direct = await loadPart<DirectModule>('../control/dvr/mirror/directStore.js', 'store');
  return direct.directObjects(config, file);
}

function throughGateway(socket: string): ObjectTools {
  const dry = (dryRun: boolean) => (dryRun ? { dry: '1' } : {});
  return {
    apply: async (text, file, { dryRun, merge = false, sure = false }) => {
      const flags = { ...dry(dryRun), ...(merge ? { merge: '1' } : {}), ...(sure ? { sure: '1' } : {}) };
      const words = new URLSearchParams({ file, ...flags });
      return (await postFile(socket, `/v1/apply?${words}`, Buffer.from(text))) as ApplyReport;
    },
    remove: async (kind, names, { dryRun, cascade = false, force = false }) => {
      const words = new URLSearchParams({
        kind,
        ...dry(dryRun),
        ...(cascade ? { cascade: '1' } : {}),
        ...(force ? { force: '1' } : {}),
      });
      return (await postFile(socket, `/v1/delete?${words}`, Buffer.from(names.join('\n')))) as ApplyReport;
    },
    drain: async (host, draining, { dryRun, force = false }) => {
      const words = new URLSearchParams({
        host,
        ...dry(dryRun),
        ...(draining ? {} : { end: '1' }),
        ...(force ? { force: '1' } : {}),
      });
      return (await postJson(socket, `/v1/drain?${words}`)) as ApplyReport;
    },
    entries: async () => (await getJson(socket, '/v1/objects')) as ObjectsAnswer,
  };
}
