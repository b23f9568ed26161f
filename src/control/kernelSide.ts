import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { IfaceConfig } from '../config/config.js';

/**
 * What the kernel itself would do with frames of a packet interface (D30). A packet socket only gets copies: a kernel with an
 * address on the device answers ARP, ping and TCP beside the gateway, and one that forwards there routes the same packets once
 * more, untranslated.
 */

const run = promisify(execFile);
/** ip(8) answers within milliseconds; a start or a reload never waits longer for a warning. */
const DEADLINE_MS = 2000;

interface AddrShown {
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

interface NetconfShown {
  readonly family?: string;
  readonly forwarding?: boolean;
}

/**
 * One sentence with its remedy for every device of a packet interface whose kernel side is not quiet. One that is
 * exclusive keeps its frames from the kernel anyway. A device that cannot be looked at (no ip(8), no right to enter the namespace, gone) has none: the gateway works without this look.
 */
export async function kernelWarnings(ifaces: readonly IfaceConfig[]): Promise<string[]> {
  const devices = ifaces.filter((iface) => iface.kind === 'packet' && !iface.exclusive);
  const found = await Promise.all(devices.map((iface) => lookAt(iface).catch(() => [])));
  return found.flat();
}

async function lookAt({ name, device, netns }: IfaceConfig): Promise<string[]> {
  const [shown, netconf] = await Promise.all([
    ip<AddrShown>(netns, 'addr', 'show', 'dev', device),
    ip<NetconfShown>(netns, 'netconf', 'show', 'dev', device),
  ]);
  const addresses = shown.flatMap((one) => one.addr_info ?? []).flatMap(({ local, prefixlen }) => `${local}/${prefixlen}`);
  const forwarding = netconf.filter((one) => one.forwarding).map(({ family }) => (family === 'inet6' ? 'ipv6' : 'ipv4'));
  const what = `device "${device}"${netns === undefined ? '' : ` in namespace ${netns}`} of interface ${name}`;
  const warnings: string[] = [];
  if (addresses.length > 0) warnings.push(`${what}: ${addressWarning(device, addresses)}`);
  if (forwarding.length > 0) warnings.push(`${what}: ${forwardingWarning(device, forwarding)}`);
  return warnings;
}

function addressWarning(device: string, addresses: readonly string[]): string {
  const v4 = addresses.some((address) => !address.includes(':'));
  const v6 = addresses.some((address) => address.includes(':'));
  const remedies = [
    ...(v4 ? [`"ip -4 addr flush dev ${device}"`] : []),
    ...(v6 ? [`"sysctl -w net/ipv6/conf/${device}/disable_ipv6=1"`] : []),
  ];
  return `the kernel has addresses on it (${addresses.join(', ')}) and answers there beside the gateway. Take them away with ${remedies.join(' and ')}, or set "exclusive: true".`;
}

function forwardingWarning(device: string, families: readonly string[]): string {
  const remedies = families.map((family) => `"sysctl -w net/${family}/conf/${device}/forwarding=0"`);
  const words = families.map((family) => (family === 'ipv6' ? 'IPv6' : 'IPv4')).join(' and ');
  return `the kernel forwards ${words} that arrives on it, untranslated, beside the gateway. Turn it off with ${remedies.join(' and ')}, or set "exclusive: true".`;
}

/** Rows of `ip -j` in the namespace; [] when it prints nothing. Rejects when it fails. */
async function ip<Row>(netns: string | undefined, ...words: readonly string[]): Promise<Row[]> {
  const command = ['ip', '-j', ...words];
  const inside = netns === undefined ? [] : ['nsenter', `--net=${netns.startsWith('/') ? netns : `/run/netns/${netns}`}`];
  const [file, ...args] = [...inside, ...command];
  const { stdout } = await run(file!, args, { timeout: DEADLINE_MS });
  return stdout.trim() === '' ? [] : (JSON.parse(stdout) as Row[]);
}
