import type { LportObject, Objects } from '../../src/objects/model.js';

/** The same objects, with something else of one port. */
export function withPort(objects: Objects, name: string, to: Partial<LportObject>): Objects {
  return { ...objects, lports: objects.lports.map((port) => (port.name === name ? { ...port, ...to } : port)) };
}

/** A port is about to move to a host, then bound there. */
export function migratingTo(objects: Objects, name: string, host: string): Objects {
  return withPort(objects, name, { migratingTo: host });
}

export function boundTo(objects: Objects, name: string, host: string): Objects {
  return withPort(objects, name, { host, migratingTo: undefined });
}
