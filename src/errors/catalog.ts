import type { CatalogEntry } from './catalogEntry.js';
import { ofNetworks } from './networkCatalog.js';

const CONTAINER = 'In docker: --cap-add NET_ADMIN --cap-add NET_RAW --device /dev/net/tun.';
const SYSTEMD = 'In a systemd unit: AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW.';

/**
 * Every operational error: its code, the sentence that names the object and what the system said, and what to do about it.
 * Packet faults are verdict counters instead; faults in the configuration are issues with a place (src/config/issues.ts).
 */
export const catalog = {
  TAP_PERMISSION: {
    says: (what, detail) => `cannot open TAP "${what}" (${detail}): the process has no CAP_NET_ADMIN.`,
    remedy: `Run it as root or grant the capability. ${CONTAINER} ${SYSTEMD}`,
  },
  PACKET_PERMISSION: {
    says: (what, detail) => `cannot open a packet socket on "${what}" (${detail}): the process has no CAP_NET_RAW.`,
    remedy: `Run it as root or grant the capability. ${CONTAINER} ${SYSTEMD}`,
  },
  DEVICE_PERMISSION: {
    says: (what, detail) => `cannot set up device "${what}" (${detail}): the process has no CAP_NET_ADMIN.`,
    remedy: `Run it as root or grant the capability. ${CONTAINER} ${SYSTEMD}`,
  },
  TUN_FORBIDDEN: {
    says: (what, detail) => `cannot open TAP "${what}" (${detail}): the process may not open /dev/net/tun.`,
    remedy: `Run it as root, or give it the device and the capability. ${CONTAINER} ${SYSTEMD}`,
  },
  TUN_MISSING: {
    says: (what, detail) => `cannot open TAP "${what}" (${detail}): there is no /dev/net/tun.`,
    remedy: 'Load it with "modprobe tun". In docker: --device /dev/net/tun. In a systemd unit: DeviceAllow=/dev/net/tun rw.',
  },
  TAP_BUSY: {
    says: (what, detail) => `cannot open TAP "${what}" (${detail}): another process has it open.`,
    remedy: 'Stop that process ("fuser /dev/net/tun" names it) or use another device name.',
  },
  TAP_KIND: {
    says: (what, detail) =>
      `cannot open TAP "${what}" (${detail}): a device of this name exists and is no TAP with these queues.`,
    remedy: 'See it with "ip -d link show"; remove it with "ip link del", or use another device name.',
  },
  DEVICE_MISSING: {
    says: (what, detail) => `there is no device "${what}" (${detail}).`,
    remedy: 'List the devices with "ip link", in a namespace with "ip -n NAME link".',
  },
  EXCLUSIVE_REFUSED: {
    says: (what, detail) => `cannot keep the frames of device "${what}" from the kernel (${detail}).`,
    remedy:
      '"exclusive: true" needs Linux 6.6 and CAP_BPF with CAP_NET_ADMIN: in docker --user 0 --cap-add BPF --cap-add NET_ADMIN, in a systemd unit AmbientCapabilities=CAP_BPF CAP_NET_ADMIN and SystemCallFilter=bpf. Without it, take the addresses and forwarding of the device away from the kernel.',
  },
  NETNS_MISSING: {
    says: (what, detail) => `cannot enter the network namespace ${what} (${detail}): it does not exist.`,
    remedy: 'List the namespaces with "ip netns"; create one with "ip netns add NAME".',
  },
  NETNS_PERMISSION: {
    says: (what, detail) => `cannot enter the network namespace ${what} (${detail}): the process has no CAP_SYS_ADMIN.`,
    remedy: 'Run it as root, in docker with --cap-add SYS_ADMIN, in a systemd unit with AmbientCapabilities=CAP_SYS_ADMIN.',
  },
  VTEP_ADDRESS: {
    says: (what, detail) => `no tunnel endpoint can be opened at ${what} (${detail}): this host does not have the address.`,
    remedy:
      'Correct "host.vtep", or give the host the address first ("ip addr add", in a systemd unit After=network-online.target): the fabric is asked for at the start only.',
  },
  VTEP_BUSY: {
    says: (what, detail) =>
      `no tunnel endpoint can be opened at ${what} (${detail}): another gateway or program has UDP port 4789 there.`,
    remedy:
      'Give this gateway an address or a network namespace of its own in "host.vtep", or stop the other one: "ss -Hulnp sport = 4789" in that namespace finds it; a VXLAN device of the kernel is one too ("ip -d link show type vxlan").',
  },
  IFACE_FAILED: {
    says: (what, detail) => `cannot open ${what}: ${detail}.`,
    remedy: 'See the device with "ip -d link show" and the kernel log with "dmesg".',
  },
  ADDON_MISSING: {
    says: (what, detail) => `the native addon cannot be loaded${what === '' ? '' : ` from ${what}`} (${detail}).`,
    remedy: 'Build it with "npm run build:native" under the Node that runs the gateway.',
  },
  ROOT_MISSING: {
    says: (what) => `${what} needs root.`,
    remedy: 'Run it with sudo.',
  },
  CPU_FORBIDDEN: {
    says: (what, detail) => `no worker can run on CPU ${what}: this process may use ${detail}.`,
    remedy: 'Correct "cpus", or widen what the process may use (taskset, CPUAffinity= of the unit, --cpuset-cpus of docker).',
  },
  CONFIG_FAULTY: {
    says: (what, detail) => `${what} has ${detail}.`,
    remedy: 'Correct what is listed above; "windrose check FILE" lists it again.',
  },
  CONFIG_IS_OBJECTS: {
    says: (what) => `${what} is a file of objects, not a configuration (host, store).`,
    remedy: 'Give the configuration of a gateway; "windrose apply FILE" takes files of objects.',
  },
  GATEWAY_RUNS: {
    says: (what, detail) => `gateway "${what}" already runs (${detail}).`,
    remedy: 'Change it with "windrose reload"; stop it, or give this one another "name".',
  },
  CONTROL_IN_USE: {
    says: (what) => `another gateway answers on the control socket ${what}.`,
    remedy: 'Stop it, or give this one another "name" or "control.socket".',
  },
  CONTROL_UNWRITABLE: {
    says: (what, detail) => `cannot create the control socket ${what} (${detail}).`,
    remedy: 'Check that its directory can be written, or set "control.socket".',
  },
  CONTROL_AMBIGUOUS: {
    says: (what, detail) => `several gateways have a control socket in ${what}: ${detail}.`,
    remedy: 'Say which one you mean with --name NAME.',
  },
  CONTROL_LEFT: {
    says: (what, detail) => `no gateway runs: nobody listens on the control sockets left in ${what} (${detail}).`,
    remedy: 'Start one with "windrose run --config FILE", or name a socket elsewhere with --socket.',
  },
  CONTROL_SILENT: {
    says: (what, detail) => `no gateway answers on the control socket ${what} (${detail}).`,
    remedy: 'Start it with "windrose run --config FILE", or name another with --name or --socket.',
  },
  CONTROL_BUSY: {
    says: (what, detail) => `the gateway behind ${what} runs, and closed the connection before its answer (${detail}).`,
    remedy: 'Ask again: it ends just now, or others have all the connections that it takes, and silent ones end within 5 s.',
  },
  CONTROL_LATE: {
    says: (what, detail) => `the gateway behind ${what} runs, and did not answer in time (${detail}).`,
    remedy: 'Ask again; when it stays so, see its log and how busy its machine is.',
  },
  CONTROL_FORBIDDEN: {
    says: (what, detail) => `may not use the control socket ${what} (${detail}).`,
    remedy: 'Use sudo, or join the group of the socket ("ls -l" shows it).',
  },
  CONTROL_FAULT: {
    says: (what, detail) => `the gateway behind ${what} refused: ${detail}.`,
    remedy: 'See its log.',
  },
  WORDS_REFUSED: {
    says: (what) => `${what}.`,
    remedy: 'The --help of the command says what it takes.',
  },
  NOT_THERE: {
    says: (what) => `${what}.`,
    remedy:
      '"windrose show ifaces", "show zones", "show routers" and "show lports" list what there is; the last two say at which host.',
  },
  METRICS_IN_USE: {
    says: (what, detail) => `cannot serve metrics on ${what} (${detail}): something else listens there.`,
    remedy: 'Set "metrics.listen" to another address:port, or "metrics: off".',
  },
  METRICS_ADDRESS: {
    says: (what, detail) => `cannot serve metrics on ${what} (${detail}).`,
    remedy: 'Set "metrics.listen" to an address of this machine, or "metrics: off".',
  },
  PART_MISSING: {
    says: (what, detail) => `this build has no ${what} (${detail}).`,
    remedy: 'Build it completely with "npm run build".',
  },
  RELOAD_REFUSED: {
    says: (what, detail) => `${what} was not taken over (${detail}); nothing has changed.`,
    remedy: 'Correct what is listed above; "windrose reload --dry-run" lists it again.',
  },
  RELOAD_FAILED: {
    says: (what, detail) => `${what} could not be taken over (${detail}); nothing has changed.`,
    remedy: 'Remove the cause listed above and reload again.',
  },
  SELECTOR_FAULTY: {
    says: (what, detail) => `cannot select by "${what}": ${detail}.`,
    remedy: 'Write pairs such as "src 1.1.0.0/16 proto tcp"; "windrose show --help" lists the words.',
  },
  CONFIRMATION_MISSING: {
    says: (what) => `${what} asks before it ends sessions, and there is no terminal to ask on.`,
    remedy: 'Add --yes.',
  },
  SHOW_UNKNOWN: {
    says: (what, detail) => `there is nothing called "${what}" to show${detail === '' ? '' : ` (${detail})`}.`,
    remedy:
      'One of: ifaces, neighbors, rules, routes, probes, zones, pools, sessions, workers, drops, top, inside-hosts, mappings, statics, config, networks, subnets, lports, routers, rifs, floating-ips, hosts, hostmacs, fdb, physnets, tunnels, metadata.',
  },
  IFACE_UNKNOWN: {
    says: (what, detail) => `the gateway has no interface "${what}"${detail === '' ? '' : `; it has ${detail}`}.`,
    remedy: 'See them with "windrose show ifaces", ports of networks with "windrose show lports".',
  },
  CAPTURE_MISSING: {
    says: (what, detail) => `capturing needs the package ${what}, which cannot be loaded (${detail}).`,
    remedy: 'Build it: "npm run build:capture" in the folder of the program; run by root it installs libpcap-dev as well.',
  },
  CAPTURE_FILTER: {
    says: (what, detail) => `libpcap refuses the filter "${what}" (${detail}).`,
    remedy: 'Its words are those of tcpdump; "man pcap-filter" explains them.',
  },
  CAPTURE_FILE: {
    says: (what, detail) => `cannot write the capture to ${what} (${detail}).`,
    remedy: 'Check the path and the permissions of its folder.',
  },
  CAPTURE_FAILED: {
    says: (what, detail) => `cannot capture on ${what}: ${detail}.`,
    remedy: 'See the device with "ip -d link show".',
  },
  ...ofNetworks,
} as const satisfies Readonly<Record<string, CatalogEntry>>;

export type ErrorCode = keyof typeof catalog;

/** An error from the catalogue. `message` is the sentence, `remedy` what to do. */
export class WindroseError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, what: string, detail = '', cause?: unknown) {
    const entry: CatalogEntry = catalog[code];
    super(entry.says(what, detail), cause === undefined ? undefined : { cause });
    this.name = 'WindroseError';
    this.code = code;
    this.remedy = entry.remedy;
  }
}
