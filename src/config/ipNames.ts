/** Numbers that ip(8) has words for, as iproute2 6.1 ships them (rt_protos, rt_scopes, rt_dsfield) and protocols(5). */

/** Who made a route or a rule: rtm_protocol. */
const PROTOS: Readonly<Record<number, string>> = {
  0: 'unspec',
  1: 'redirect',
  2: 'kernel',
  3: 'boot',
  4: 'static',
  8: 'gated',
  9: 'ra',
  10: 'mrt',
  11: 'zebra',
  12: 'bird',
  13: 'dnrouted',
  14: 'xorp',
  15: 'ntk',
  16: 'dhcp',
  18: 'keepalived',
  42: 'babel',
  99: 'openr',
  186: 'bgp',
  187: 'isis',
  188: 'ospf',
  189: 'rip',
  192: 'eigrp',
};

const SCOPES: Readonly<Record<number, string>> = { 0: 'global', 200: 'site', 253: 'link', 254: 'host', 255: 'nowhere' };

/** The octet of the header, of which the two lowest bits (ECN) are 0. */
const DSFIELDS: Readonly<Record<number, string>> = {
  0: 'default',
  40: 'AF11',
  48: 'AF12',
  56: 'AF13',
  72: 'AF21',
  80: 'AF22',
  88: 'AF23',
  104: 'AF31',
  112: 'AF32',
  120: 'AF33',
  136: 'AF41',
  144: 'AF42',
  152: 'AF43',
  32: 'CS1',
  64: 'CS2',
  96: 'CS3',
  128: 'CS4',
  160: 'CS5',
  192: 'CS6',
  224: 'CS7',
  184: 'EF',
};

/** Protocols of IP; those above 255 and the second name of 0 are left out. */
const IP_PROTOCOLS: Readonly<Record<number, string>> = Object.fromEntries(
  (
    '1:icmp 2:igmp 3:ggp 4:ipencap 5:st 6:tcp 8:egp 9:igp 12:pup 17:udp 20:hmp 22:xns-idp 27:rdp 29:iso-tp4 33:dccp 36:xtp ' +
    '37:ddp 38:idpr-cmtp 41:ipv6 43:ipv6-route 44:ipv6-frag 45:idrp 46:rsvp 47:gre 50:esp 51:ah 57:skip 58:ipv6-icmp ' +
    '59:ipv6-nonxt 60:ipv6-opts 73:rspf 81:vmtp 88:eigrp 89:ospf 93:ax.25 94:ipip 97:etherip 98:encap 103:pim 108:ipcomp ' +
    '112:vrrp 115:l2tp 124:isis 132:sctp 133:fc 135:mobility-header 136:udplite 137:mpls-in-ip 138:manet 139:hip 140:shim6 ' +
    '141:wesp 142:rohc 143:ethernet'
  )
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
);

const backward = (names: Readonly<Record<number, string>>): ReadonlyMap<string, number> =>
  new Map(Object.entries(names).map(([number, name]) => [name.toLowerCase(), Number(number)]));

export const protoNumbers = backward(PROTOS);
export const scopeNumbers = backward(SCOPES);
export const dsfieldNumbers = backward(DSFIELDS);
export const ipProtocolNumbers = backward(IP_PROTOCOLS);

/** "static", "77" */
export function protoText(protocol: number): string {
  return PROTOS[protocol] ?? String(protocol);
}

/** "link", "77" */
export function scopeText(scope: number): string {
  return SCOPES[scope] ?? String(scope);
}

/** "CS1", "0x10" */
export function dsfieldText(octet: number): string {
  return DSFIELDS[octet] ?? `0x${octet.toString(16).padStart(2, '0')}`;
}

/** "udp", "ipproto-200" */
export function ipProtocolText(protocol: number): string {
  return IP_PROTOCOLS[protocol] ?? `ipproto-${protocol}`;
}

/** As printf's %#llx: "0x1f", "0" */
export function hexText(number: number): string {
  return number === 0 ? '0' : `0x${number.toString(16)}`;
}

/** Realms have one name: that of 0. */
export function realmText(realm: number): string {
  return realm === 0 ? 'cosmos' : String(realm);
}
