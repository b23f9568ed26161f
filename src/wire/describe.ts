/**
 * Any frame as one line in the manner of tcpdump, for traces and failing tests. Never in the hot path: it makes text. Takes
 * octets of any length and content; says where a frame ends too early instead of reading on.
 */
export function describeFrame(frame: Uint8Array, virtio?: Uint8Array): string {
  const offload = virtio === undefined ? '' : describeVirtio(virtio);
  if (frame.length < 14) return `short frame, ${frame.length} octets${offload}`;
  const ends = `${mac(frame, 6)} > ${mac(frame, 0)}`;
  let type = word(frame, 12);
  let at = 14;
  let tag = '';
  if (type === 0x8100 && frame.length >= 18) {
    tag = ` vlan ${word(frame, 14) & 0xfff}`;
    type = word(frame, 16);
    at = 18;
  }
  return `${ends}${tag} ${describePacket(type, frame.subarray(at))}${offload}`;
}

function describePacket(type: number, packet: Uint8Array): string {
  if (type === 0x0806) return describeArp(packet);
  if (type === 0x0800) return describeIpv4(packet);
  if (type < 0x0600) return `802.3, length ${type}`;
  return `ethertype 0x${type.toString(16).padStart(4, '0')}, ${packet.length} octets`;
}

function describeArp(p: Uint8Array): string {
  if (p.length < 28) return `ARP cut short, ${p.length} octets`;
  const sender = ip(p, 14);
  const target = ip(p, 24);
  if (word(p, 6) === 2) return `ARP, reply ${sender} is-at ${mac(p, 8)} to ${target}`;
  if (word(p, 6) !== 1) return `ARP, operation ${word(p, 6)}`;
  return sender === target ? `ARP, announcement ${sender}` : `ARP, request who-has ${target} tell ${sender}`;
}

/** An IPv4 packet that starts at its header. */
export function describeIpv4(p: Uint8Array): string {
  if (p.length < 20) return `IPv4 cut short, ${p.length} octets`;
  const header = (p[0]! & 15) * 4;
  const total = word(p, 2);
  const fragment = word(p, 6);
  const flags = `${(fragment & 0x4000) === 0 ? '' : 'DF'}${(fragment & 0x2000) === 0 ? '' : '+'}`;
  const offset = (fragment & 0x1fff) * 8;
  const about =
    `ttl ${p[8]}, id ${word(p, 4)}` +
    (flags === '' ? '' : `, flags [${flags}]`) +
    (offset === 0 ? '' : `, offset ${offset}`) +
    (header === 20 ? '' : `, options ${header - 20}`) +
    (total === p.length ? '' : `, ${p.length} octets present`);
  const l4 = p.subarray(header, Math.max(header, Math.min(total, p.length)));
  return `IP ${ip(p, 12)} > ${ip(p, 16)}: ${describeL4(p[9]!, l4, offset)} (${about}), length ${total}`;
}

function describeL4(protocol: number, l4: Uint8Array, offset: number): string {
  const name = protocol === 6 ? 'TCP' : protocol === 17 ? 'UDP' : protocol === 1 ? 'ICMP' : `protocol ${protocol}`;
  if (offset > 0) return `${name} fragment`;
  if (protocol === 6 && l4.length >= 20) {
    const letters = ['F', 'S', 'R', 'P', '.', 'U'].filter((_, i) => ((l4[13]! >> i) & 1) === 1).join('');
    const seq = (word(l4, 4) * 65_536 + word(l4, 6)).toString();
    return `TCP ${word(l4, 0)} > ${word(l4, 2)} [${letters}] seq ${seq}, check ${hex(l4, 16)}, ${l4.length - (l4[12]! >> 4) * 4} octets`;
  }
  if (protocol === 17 && l4.length >= 8) {
    return `UDP ${word(l4, 0)} > ${word(l4, 2)} length ${word(l4, 4)}, check ${hex(l4, 6)}`;
  }
  if (protocol === 1 && l4.length >= 8) return describeIcmp(l4);
  return `${name}, ${l4.length} octets`;
}

function describeIcmp(l4: Uint8Array): string {
  const [type, code] = [l4[0]!, l4[1]!];
  if (type === 0 || type === 8) return `ICMP echo ${type === 8 ? 'request' : 'reply'} id ${word(l4, 4)}, seq ${word(l4, 6)}`;
  const mtu = type === 3 && code === 4 ? ` mtu ${word(l4, 6)}` : '';
  const quote = [3, 4, 5, 11, 12].includes(type) && l4.length >= 28 ? ` about {${describeIpv4(l4.subarray(8))}}` : '';
  return `ICMP ${type}/${code}${mtu}${quote}`;
}

function describeVirtio(h: Uint8Array): string {
  if (h.length < 10 || h.subarray(0, 10).every((octet) => octet === 0)) return '';
  const little = (at: number): number => h[at]! + h[at + 1]! * 256;
  const parts = [
    (h[0]! & 1) === 0 ? '' : `checksum at ${little(6)}+${little(8)}`,
    (h[0]! & 2) === 0 ? '' : 'data valid',
    h[1] === 0 ? '' : `gso type ${h[1]} size ${little(4)} headers ${little(2)}`,
  ];
  return ` {${parts.filter((part) => part !== '').join(', ')}}`;
}

function word(octets: Uint8Array, at: number): number {
  return octets[at]! * 256 + octets[at + 1]!;
}

function hex(octets: Uint8Array, at: number): string {
  return word(octets, at).toString(16).padStart(4, '0');
}

function ip(octets: Uint8Array, at: number): string {
  return octets.subarray(at, at + 4).join('.');
}

function mac(octets: Uint8Array, at: number): string {
  return Array.from(octets.subarray(at, at + 6), (octet) => octet.toString(16).padStart(2, '0')).join(':');
}
