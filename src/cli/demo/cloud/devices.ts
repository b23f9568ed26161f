import type { Guest, Host } from './topology.js';

/** Names of devices in a demo. */

/** The device of a guest's port, in its namespace. */
export function tapOf(guest: Guest): string {
  return `tap-${guest.name}`;
}

/** A host's port of the external network's bridge. */
export function externalLink({ name }: Host): string {
  return `${name}x`;
}

/** A host's end of that link: its physical network. */
export const TRUNK = 'trunk';
export const PHYSNET = 'physnet1';

/** The upstream router's device. */
export const UPLINK = 'up0';
