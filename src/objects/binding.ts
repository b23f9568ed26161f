import type { LportDevice, LportObject } from './model.js';

/** True where a port is bound, and where it is about to be (dvr.md 2.16). */
export function isNeededOn({ host, migratingTo }: LportObject, on: string): boolean {
  return host === on || migratingTo === on;
}

/** The port's device on a host it is bound to or migrating to; undefined: it has none there. */
export function deviceOn(port: LportObject, on: string): LportDevice | undefined {
  if (port.device === undefined || !isNeededOn(port, on)) return undefined;
  return port.host === on ? port.device : { ...port.device, netns: port.migratingNetns };
}

/** The port as it is once it is bound where it was migrating to. */
export function arrived(port: LportObject): LportObject {
  if (port.migratingTo === undefined) return port;
  const device = deviceOn(port, port.migratingTo);
  return { ...port, host: port.migratingTo, device, migratingTo: undefined, migratingNetns: undefined };
}
