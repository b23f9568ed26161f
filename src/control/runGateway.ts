import { pino } from 'pino';
import type { Config } from '../config/config.js';
import { whyNotToPoll } from '../config/settle.js';
import { Gateway } from './gateway.js';
import { logFaults } from './loggingFaults.js';
import { thisMachine } from './machine.js';
import { notifySystemd } from './notify.js';
import { refuseSecond } from './refuseSecond.js';
import { Servers } from './servers.js';
import { StopSignals } from './stopSignals.js';
import { ToldToStop } from './toldToStop.js';

export interface RunOptions {
  readonly configFile: string;
  /** How long it goes on forwarding after the first SIGTERM or SIGINT. */
  readonly drainMs?: number;
}

/** `windrose run`: forwards until SIGTERM or SIGINT. Resolves when everything is closed again; rejects with why it could not go on. */
export async function runGateway(config: Config, options: RunOptions): Promise<void> {
  const log = pino({ level: config.log.level, base: { name: config.name }, timestamp: pino.stdTimeFunctions.isoTime });
  let giveUp: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  // Heard below, once the gateway runs; a failure before that must not end the process on its own.
  failed.catch(() => {});
  const signals = new StopSignals(log, options.drainMs ?? 0);
  const faultsUnheard = logFaults(log);
  let servers: Servers | undefined;
  let gateway: Gateway;
  try {
    // Before a device is opened: those of the other are busy, which would be said of the device.
    await refuseSecond(config);
    gateway = await Gateway.start(
      config,
      options.configFile,
      log,
      (error) => giveUp(error),
      async (opened) => {
        servers = await Servers.start(opened, options.configFile, () => signals.draining);
      },
      signals.stopped,
    );
  } catch (error) {
    await servers?.stop();
    if (!(error instanceof ToldToStop)) throw error;
    log.info({ signal: await signals.stopped }, 'stopped before it was ready');
    signals.close();
    faultsUnheard();
    return;
  }
  const ifaces = config.ifaces.map((iface) => iface.name);
  const { workers, cpus, idle } = gateway.built.config;
  const threads = { workers, ...(cpus.length === 0 ? {} : { cpus }), spin: idle.spin };
  const reason = config.idle.spin === 'auto' ? whyNotToPoll(thisMachine(), gateway.states.length) : undefined;
  if (reason !== undefined) log.info({ reason }, 'idle workers sleep at once; idle.spin makes them poll all the same');
  const { host: side } = gateway;
  const host = side && { host: side.book.host, lports: side.view.lports.length, revision: side.revision };
  log.info({ ifaces, zones: config.zones.length, ...host, ...threads, ...servers?.addresses() }, 'ready');
  await notifySystemd(log, '--ready', `--status=forwarding, ${ifaces.length} interfaces`);
  try {
    const signal = await Promise.race([signals.stopped, failed]);
    log.info({ signal }, 'stopping');
  } finally {
    await notifySystemd(log, 'STOPPING=1');
    await servers?.stop();
    await gateway.stop();
    log.info('stopped');
    signals.close();
    faultsUnheard();
  }
}
