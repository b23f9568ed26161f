import type { FrameMemory } from './memory.js';

/** RFC 826 for Ethernet and IPv4. Offsets count from the first octet of the ARP packet, which is 4-aligned in the arena. */
export const enum Arp {
  HardwareType = 0,
  ProtocolType = 2,
  Lengths = 4,
  Operation = 6,
  SenderMac = 8,
  SenderIp = 14,
  TargetMac = 18,
  TargetIp = 24,
  Octets = 28,
}

export const enum ArpOperation {
  Request = 1,
  Reply = 2,
}

/** Ethernet, IPv4, lengths 6 and 4, operation 1 or 2, a unicast sender MAC. After true, all fields are in bounds. */
export function arpFits(m: FrameMemory, arp: number, end: number): boolean {
  if (end - arp < Arp.Octets) return false;
  if (m.i32[arp >> 2] !== 0x0008_0100 || m.u16[(arp + Arp.Lengths) >> 1] !== 0x0406) return false;
  const operation = arpOperation(m, arp);
  if (operation !== ArpOperation.Request && operation !== ArpOperation.Reply) return false;
  const sender = arp + Arp.SenderMac;
  return (m.u8[sender]! & 1) === 0 && (m.i32[sender >> 2] !== 0 || m.u16[(sender + 4) >> 1] !== 0);
}

export function arpOperation(m: FrameMemory, arp: number): number {
  return (m.u8[arp + Arp.Operation]! << 8) | m.u8[arp + Arp.Operation + 1]!;
}

/** Sender address as loaded (it stands at 2 mod 4, so two halves). */
export function arpSenderIp(m: FrameMemory, arp: number): number {
  return m.u16[(arp + Arp.SenderIp) >> 1]! | (m.u16[(arp + Arp.SenderIp + 2) >> 1]! << 16);
}

/** Target address as loaded. */
export function arpTargetIp(m: FrameMemory, arp: number): number {
  return m.i32[(arp + Arp.TargetIp) >> 2]!;
}

/** Writes hardware type, protocol type, lengths and operation. */
export function arpWriteHead(m: FrameMemory, arp: number, operation: ArpOperation): void {
  m.i32[arp >> 2] = 0x0008_0100;
  m.i32[(arp + Arp.Lengths) >> 2] = 0x0000_0406 | (operation << 24);
}

export function arpWriteSenderIp(m: FrameMemory, arp: number, address: number): void {
  m.u16[(arp + Arp.SenderIp) >> 1] = address & 0xffff;
  m.u16[(arp + Arp.SenderIp + 2) >> 1] = address >>> 16;
}

/** Makes a request its answer: `target` has become the sender, who asked the target. The sender's MAC is left to whoever answers. */
export function arpTurnAround(m: FrameMemory, arp: number, target: number): void {
  const asker = arpSenderIp(m, arp);
  m.u8.copyWithin(arp + Arp.TargetMac, arp + Arp.SenderMac, arp + Arp.SenderMac + 6);
  m.i32[(arp + Arp.TargetIp) >> 2] = asker;
  arpWriteHead(m, arp, ArpOperation.Reply);
  arpWriteSenderIp(m, arp, target);
}
