/** Protocols of IPv4 as protocols(5) names them; those that a static mapping of a whole host may carry (IANA protocol numbers). */
const NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipip',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  46: 'rsvp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  88: 'eigrp',
  89: 'ospf',
  103: 'pim',
  108: 'ipcomp',
  112: 'vrrp',
  115: 'l2tp',
  132: 'sctp',
  136: 'udplite',
};

const NUMBERS: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(NAMES).map(([number, name]) => [name, Number(number)]),
);

/** "tcp"; a protocol without a name is its number. */
export function protocolText(protocol: number): string {
  return NAMES[protocol] ?? String(protocol);
}

/** The number that a name or a number says; undefined: neither. */
export function protocolNumber(text: string): number | undefined {
  const word = text.toLowerCase();
  if (Object.hasOwn(NUMBERS, word)) return NUMBERS[word];
  const number = Number(word);
  return /^\d{1,3}$/.test(word) && number >= 1 && number <= 255 ? number : undefined;
}
