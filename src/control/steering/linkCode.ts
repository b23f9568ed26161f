import { swapPort } from '../../tables/portBlocks.js';
import { EtherType } from '../../wire/ethernet.js';
import type { Assembler } from './assembler.js';
import { Role } from './maps.js';
import { appendLookup, Context, IP, L4, NUMBER, R1, Result, ROW, Stack, type SteeringPlan } from './steps.js';

/** The first part of a program: link layer, VLAN, the role of the router interface. */

const VLAN = swapPort(EtherType.Vlan);

/** Offsets in struct __sk_buff (linux/bpf.h). */
const enum Skb {
  Protocol = 16,
  VlanPresent = 20,
  VlanTci = 24,
  VlanProtocol = 28,
}

/** ROW = EtherType, L4 = VLAN, IP = where the header begins. The tag is in the frame, or the kernel has taken it off. */
export function appendEthernet(a: Assembler): void {
  a.number('set', IP, 14);
  a.packet(16, 12);
  a.register('set', ROW, Result);
  appendTakenTag(a, 'tag in the frame');
  a.jump('typed');
  a.label('tag in the frame');
  a.jumpIf('!=', ROW, VLAN, 'typed');
  a.packet(16, 14);
  a.register('set', L4, Result);
  a.number('and', L4, 0xfff);
  a.packet(16, 16);
  a.register('set', ROW, Result);
  a.number('set', IP, 18);
  a.label('typed');
}

/** The same for a program that sees no Ethernet header. */
export function appendProtocol(a: Assembler): void {
  a.number('set', IP, 0);
  a.read(32, ROW, Context, Skb.Protocol);
  a.swap(16, ROW);
  appendTakenTag(a, 'untagged');
  a.label('untagged');
}

/**
 * L4 = VLAN of the tag that the kernel has taken off, or 0 and on to `none`. A tag that is not 802.1Q is nobody's. The 0 is read, too: for
 * a process that has CAP_BPF and not CAP_PERFMON the verifier refuses to add to a pointer what it knows on one path only.
 */
function appendTakenTag(a: Assembler, none: string): void {
  a.read(32, L4, Context, Skb.VlanTci);
  a.number('and', L4, 0xfff);
  a.read(32, R1, Context, Skb.VlanPresent);
  a.jumpIf('=', R1, 0, none);
  a.read(32, R1, Context, Skb.VlanProtocol);
  a.swap(16, R1);
  a.jumpIf('!=', R1, VLAN, 'first');
}

/** On to "outside" or, with the role inside, just on; a VLAN that no router interface has is dropped by whoever gets it. */
export function appendRole(a: Assembler, { maps, device }: SteeringPlan): void {
  a.number('set', R1, device);
  a.write(32, Stack, -NUMBER, R1);
  appendLookup(a, maps.roles, NUMBER, 'first');
  a.addPointer(Result, L4);
  a.read(8, R1, Result, 0);
  a.jumpIf('=', R1, Role.None, 'first');
  a.jumpIf('=', R1, Role.Outside, 'outside');
}
