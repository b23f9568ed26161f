import { Arp, type ArpOperation, arpOperation, arpWriteHead } from './arp.js';
import { Ethernet, EtherType, macWrite } from './ethernet.js';
import type { FrameMemory } from './memory.js';

/** Request reverse (RFC 903). */
const REQUEST_REVERSE = 3 as ArpOperation;

/** Octets of the frame. */
export const RARP_OCTETS = Ethernet.Header + Arp.Octets;

/**
 * Writes a whole RARP frame (RFC 903) by which a MAC asks, to all, for its own address: nobody answers, and every switch on its way learns
 * where the MAC is. Words of the MAC as loaded.
 */
export function rarpWrite(m: FrameMemory, frame: number, macA: number, macB: number): void {
  const arp = frame + Ethernet.Header;
  macWrite(m, frame, 0xffff, -1);
  macWrite(m, frame + Ethernet.Source, macA, macB);
  m.u16[(frame + Ethernet.Type) >> 1] = EtherType.Rarp;
  arpWriteHead(m, arp, REQUEST_REVERSE);
  macWrite(m, arp + Arp.SenderMac, macA, macB);
  macWrite(m, arp + Arp.TargetMac, macA, macB);
  m.u16[(arp + Arp.SenderIp) >> 1] = 0;
  m.u16[(arp + Arp.SenderIp + 2) >> 1] = 0;
  m.i32[(arp + Arp.TargetIp) >> 2] = 0;
}

/** Whether a MAC asks for its own address, as a hypervisor does for a guest that has arrived. After true, all fields of ARP are in bounds. */
export function rarpFits(m: FrameMemory, arp: number, end: number): boolean {
  return (
    end - arp >= Arp.Octets &&
    m.i32[arp >> 2] === 0x0008_0100 &&
    m.u16[(arp + Arp.Lengths) >> 1] === 0x0406 &&
    arpOperation(m, arp) === (REQUEST_REVERSE as number)
  );
}
