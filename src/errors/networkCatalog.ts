import type { CatalogEntry } from './catalogEntry.js';

/** Errors about objects of distributed routers and their store: a part of the catalogue (catalog.ts). */
export const ofNetworks = {
  LPORT_ELSEWHERE: {
    says: (what, detail) => `port "${what}" has no device here: it is bound to ${detail}.`,
    remedy: 'Capture on the host it is bound to; "windrose show lports" says which.',
  },
  TUNNEL_DEVICE: {
    says: (what, detail) => `the tunnels "${what}" have no device of their own: ${detail}.`,
    remedy: 'What is inside of them is captured at the ports: "windrose show lports" lists those of this host.',
  },
  STORE_IN_USE: {
    says: (what, detail) => `another process has the store ${what} open${detail === '' ? '' : ` (${detail})`}.`,
    remedy: 'Stop that gateway, or give this one a directory of its own: "store: { directory: PATH }".',
  },
  STORE_UNWRITABLE: {
    says: (what, detail) => `cannot use the store ${what} (${detail}).`,
    remedy: 'Check the path, the permissions, and the room on the disk.',
  },
  STORE_CORRUPT: {
    says: (what, detail) => `the store is damaged at ${what} (${detail}).`,
    remedy:
      'In an etcd put a whole record under that key, or delete it, with etcdctl. Of a directory restore a copy, or move it away: a gateway with an objects file fills a new one by it.',
  },
  STORE_NEWER: {
    says: (what, detail) => `the store was written by a newer version, see ${what} (${detail}).`,
    remedy: 'Update this program. One that runs goes on with the objects it has read; it changes nothing and takes nothing over.',
  },
  STORE_UNREACHABLE: {
    says: (what, detail) => `the store at ${what} does not answer (${detail}).`,
    remedy: 'Check "etcdctl endpoint health", the way there, and "store.etcd" in the configuration.',
  },
  STORE_UNANSWERED: {
    says: (what, detail) => `the store at ${what} has not answered a change (${detail}), which may have been made or not.`,
    remedy: 'When "etcdctl endpoint health" is good again, "windrose diff FILE" tells; doing it again does no harm.',
  },
  STORE_HALFWAY: {
    says: (what, detail) => `only the first ${what} of the change were made: ${detail}.`,
    remedy: 'Do the same again when the cause is gone: it goes on behind them.',
  },
  STORE_DENIED: {
    says: (what, detail) => `the store at ${what} refuses this user (${detail}).`,
    remedy:
      'Check "store.etcd.user" and "passwordFile"; the user needs a role that may read and write the prefix: "etcdctl role grant-permission ROLE readwrite PREFIX --prefix".',
  },
  STORE_REFUSED: {
    says: (what, detail) => `the store at ${what} refuses the request (${detail}).`,
    remedy:
      'Out of space: compact and defragment it, then "etcdctl alarm disarm". Otherwise "etcdctl endpoint status" and its log say more.',
  },
  STORE_TOO_LARGE: {
    says: (what, detail) => `the store at ${what} does not take so much at once (${detail}).`,
    remedy:
      'Raise --max-request-bytes of etcd, or apply the objects in parts with --merge. Ports that come or go are split by themselves.',
  },
  METADATA_SECRET: {
    says: (what, detail) => `cannot use the file ${what}: it ${detail}.`,
    remedy: 'Give the path of a file this process may read; with a secret nobody else may: "chmod 640 FILE".',
  },
  STORE_SECRET: {
    says: (what, detail) => `cannot use the file ${what}: it ${detail}.`,
    remedy: 'Give the path of a file this process may read; with a key or a password nobody else may: "chmod 640 FILE".',
  },
  NO_STORE: {
    says: (what) => `the configuration ${what} has no store of objects: it has no "host".`,
    remedy: 'Give the configuration of a gateway that is a host of distributed routers.',
  },
  DELETE_REFUSED: {
    says: (what, detail) => `the ${what} were not deleted (${detail}); nothing has changed.`,
    remedy: 'Correct what is listed above; "windrose get" lists what there is.',
  },
  DRAIN_REFUSED: {
    says: (what, detail) => `host ${what} stays as it is (${detail}).`,
    remedy: '"windrose show hosts" lists hosts and what they have.',
  },
  DRAIN_STAYS: {
    says: (what, detail) => `host ${what} is draining, and no other host has taken what it had (${detail}).`,
    remedy:
      'Another host has to be alive, of mode dvr_snat and among the hosts of the gateway; "windrose undrain" has it taken again.',
  },
  KIND_UNKNOWN: {
    says: (what) => `there is no kind of objects called "${what}".`,
    remedy: 'Kinds: hosts, networks, subnets, lports, routers, floatingIps.',
  },
  OBJECTS_MISSING: {
    says: (what, detail) => `there are no ${what} called ${detail}.`,
    remedy: '"windrose get KIND" lists those there are.',
  },
  APPLY_UNREADABLE: {
    says: (what, detail) => `the file of objects ${what} ${detail.replace(/^the file /, '')}.`,
    remedy: 'Give the path of such a file; docs/objects.md has an example.',
  },
  APPLY_REFUSED: {
    says: (what, detail) => `the objects of ${what} were not taken over (${detail}); nothing has changed.`,
    remedy: 'Correct what is listed above; "windrose apply --dry-run" lists it again.',
  },
  APPLY_LATE: {
    says: (what, detail) => `the objects of ${what} are taken over, and not every host that lives follows yet: ${detail}.`,
    remedy:
      '"windrose show hosts" has LAG; the log of such a host says what holds it up. Those that are SILENT or STOPPED are not waited for.',
  },
  HOST_TAKEN: {
    says: (what, detail) => `another gateway runs as host ${what} (${detail}).`,
    remedy:
      'Stop that one, or give this one a name of its own under "host". One that has died without a word is forgotten 10 s later.',
  },
  ACTIVATE_REFUSED: {
    says: (what, detail) => `port "${what}" was not activated: ${detail}.`,
    remedy:
      'A port that is migrating has "h1 -> h2" as its host in "windrose show lports"; "migratingTo" in its objects begins it.',
  },
  HOST_MAC_EXHAUSTED: {
    says: (what, detail) => `host ${what} found no MAC that no other host has (${detail}).`,
    remedy: 'Write its MAC in the objects: "mac: fa:16:3f:...".',
  },
  OBJECTS_REFUSED: {
    says: (what, detail) => `the objects in ${what} are refused (${detail}).`,
    remedy: 'Correct the file: "windrose check" on the configuration that names it lists all of its faults.',
  },
} as const satisfies Readonly<Record<string, CatalogEntry>>;
