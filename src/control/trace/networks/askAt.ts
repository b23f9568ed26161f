import { formatIpv4 } from '../../../types/ipv4.js';
import { formatMac } from '../../../types/mac.js';
import { CLIENT_PORT, protocolName, smallestPacket, type TraceWords, tcpFlagLetters } from '../../../types/trace.js';

const USUAL_TTL = 64;

/** The command that asks a host what was asked here, as far as it was a packet in words; else the option that names the host. */
export function askAt(words: Partial<TraceWords>, host: string): string {
  const { iface = '', network = '', protocol, source, destination, sourcePort = -1, destinationPort = -1 } = words;
  if (protocol === undefined || destination === undefined) return `with --name ${host}`;
  const { ttl = USUAL_TTL, tos = 0, length, dontFragment, tcpFlags, sourceMac, destinationMac } = words;
  const name = protocolName(protocol).replace('protocol ', '');
  const isIcmp = protocol === 1;
  const packet = [
    network === '' ? `in=${iface}` : `network=${network}`,
    ...(source === undefined ? [] : [`src=${formatIpv4(source)}`]),
    ...[`dst=${formatIpv4(destination)}`, `proto=${name}`],
    ...(isIcmp || sourcePort < 0 || sourcePort === CLIENT_PORT ? [] : [`sport=${sourcePort}`]),
    ...(isIcmp || destinationPort < 0 ? [] : [`dport=${destinationPort}`]),
    ...(isIcmp && sourcePort >= 0 ? [`id=${sourcePort}`] : []),
    ...(ttl === USUAL_TTL ? [] : [`ttl=${ttl}`]),
    ...(tos === 0 ? [] : [`tos=${tos}`]),
    ...(length === undefined || length === smallestPacket(protocol) ? [] : [`len=${length}`]),
    ...(dontFragment === true ? ['df'] : []),
    ...(tcpFlags === undefined ? [] : [`flags=${tcpFlagLetters(tcpFlags)}`]),
    ...(sourceMac === undefined ? [] : [`smac=${formatMac(sourceMac)}`]),
    ...(destinationMac === undefined ? [] : [`dmac=${formatMac(destinationMac)}`]),
  ];
  return `windrose trace --packet '${packet.join(',')}' --name ${host}`;
}
