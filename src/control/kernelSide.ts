import type { IfaceConfig } from '../config/config.js';
import type { Addon } from '../io/addon.js';

/**
 * What the kernel itself would do with frames of a packet interface (D30). A packet socket only gets copies: a kernel with an
 * address on the device answers ARP, ping and TCP beside the gateway, and one that forwards there routes the same packets once
 * more, untranslated.
 */

/** fe80::/10: the kernel gives one to every device where IPv6 is on. It answers there to nothing that the gateway has a part in. */
const LINK_LOCAL = /^fe[89ab]/;

/**
 * One sentence with its remedy for every device of a packet interface whose kernel side is not quiet. One that is exclusive keeps its
 * frames from the kernel anyway. A device that cannot be looked at (no right to enter the namespace, gone) has none: the gateway works
 * without this look.
 */
export function kernelWarnings(addon: Pick<Addon, 'kernelSide'>, ifaces: readonly IfaceConfig[]): string[] {
  return ifaces.filter((iface) => iface.kind === 'packet' && !iface.exclusive).flatMap((iface) => lookAt(addon, iface));
}

function lookAt(addon: Pick<Addon, 'kernelSide'>, { name, device, netns }: IfaceConfig): string[] {
  let side: ReturnType<Addon['kernelSide']>;
  try {
    side = addon.kernelSide(device, netns);
  } catch {
    return [];
  }
  const addresses = side.addresses.filter((address) => !LINK_LOCAL.test(address));
  const forwarding = [...(side.forwardsIpv4 ? ['ipv4'] : []), ...(side.forwardsIpv6 ? ['ipv6'] : [])];
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
