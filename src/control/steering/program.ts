import type { HashKey } from '../../tables/hash.js';
import { FRAGMENTS, HOME_FACTOR } from '../../tables/ownership.js';
import { PortSpace, swapPort } from '../../tables/portBlocks.js';
import { EtherType } from '../../wire/ethernet.js';
import { FragmentBits, Ipv4, Protocol } from '../../wire/ipv4.js';
import { Assembler, Helper, Register } from './assembler.js';
import { appendFlowHash } from './flowHashCode.js';
import { AddressFlag, AddressValue, Role, type SteeringMaps } from './maps.js';

/** What a program is made for. */
export interface SteeringPlan {
  readonly workers: number;
  /** Local addresses there is room for, per protocol (PortBlocks.addresses). */
  readonly addresses: number;
  /** Of the sessions: where fragments meet. */
  readonly key: HashKey;
  readonly maps: SteeringMaps;
  /** Its number in the map of roles. */
  readonly device: number;
  /** Offset 0 is the Ethernet header (TAP), else the IP header (packet socket) (D9). */
  readonly ethernet: boolean;
}

/** Offsets in struct __sk_buff (linux/bpf.h). */
const enum Skb {
  Protocol = 16,
  VlanPresent = 20,
  VlanTci = 24,
  VlanProtocol = 28,
}

/** The IPv4 header, from the program's offset 0. */
const IP = Register.R7;
/** EtherType; later the row of the destination in the map of addresses. */
const ROW = Register.R8;
/** VLAN; later the L4 header; later the first pool of the protocol. */
const L4 = Register.R9;
const Result = Register.Result;
const R1 = Register.R1;
const R2 = Register.R2;
const Context = Register.Context;
const Stack = Register.Stack;

/** On the stack, octets below its end: the key of an endpoint (address, then protocol and port), its address alone, a number. */
const ENDPOINT = 8;
const ADDRESS = 8;
const PORT = 4;
const NUMBER = 12;

/** As the program reads them, in host order. */
const IPV4 = swapPort(EtherType.Ipv4);
const VLAN = swapPort(EtherType.Vlan);
const NOT_WHOLE = swapPort(FragmentBits.NotWhole);
/** Type and code. */
const ECHO_REPLY = 0;

/**
 * The program that chooses the worker of a frame: what resolve/elsewhere.ts and pipeline/fragments.ts say of frames that no session
 * took. It is never wrong to be wrong: a frame at another worker is handed over. Returns instructions.
 */
export function steeringProgram(plan: SteeringPlan): Uint8Array {
  const a = new Assembler();
  a.copyPointer(Context, R1);
  if (plan.ethernet) appendEthernet(a);
  else appendProtocol(a);
  a.jumpIf('!=', ROW, IPV4, 'first');
  appendRole(a, plan);
  appendInside(a, plan);
  appendOutside(a, plan);
  appendQuoted(a);
  appendOwner(a, plan);
  appendFragment(a, plan);
  // Any will do; of a quote it is the sender of what is quoted.
  a.label('sender');
  a.packet(32, Ipv4.Source, IP);
  appendHome(a, plan.workers);
  // ARP, which whoever has it shows to the others, and what is dropped.
  a.label('first');
  a.number('set', Result, 0);
  a.exit();
  return a.assemble();
}

/** ROW = EtherType, L4 = VLAN, IP = where the header begins. The tag is in the frame, or the kernel has taken it off. */
function appendEthernet(a: Assembler): void {
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
function appendProtocol(a: Assembler): void {
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
function appendRole(a: Assembler, { maps, device }: SteeringPlan): void {
  a.number('set', R1, device);
  a.write(32, Stack, -NUMBER, R1);
  appendLookup(a, maps.roles, NUMBER, 'first');
  a.addPointer(Result, L4);
  a.read(8, R1, Result, 0);
  a.jumpIf('=', R1, Role.None, 'first');
  a.jumpIf('=', R1, Role.Outside, 'outside');
}

/** The home of the source, or of the destination that an ICMP error quotes. */
function appendInside(a: Assembler, { workers }: SteeringPlan): void {
  a.packet(8, Ipv4.Protocol, IP);
  a.jumpIf('!=', Result, Protocol.Icmp, 'sender');
  a.packet(16, Ipv4.FlagsFragment, IP);
  a.number('and', Result, NOT_WHOLE);
  a.jumpIf('!=', Result, 0, 'sender');
  appendL4(a, IP);
  a.packet(8, 0, L4);
  appendIfError(a, 'error from inside');
  a.jump('sender');
  a.label('error from inside');
  a.packet(32, 8 + Ipv4.Destination, L4);
  appendHome(a, workers);
}

/** What the destination is to us, and which endpoint of it is meant. */
function appendOutside(a: Assembler, { maps, workers, addresses }: SteeringPlan): void {
  a.label('outside');
  a.packet(32, Ipv4.Destination, IP);
  a.write(32, Stack, -ADDRESS, Result);
  appendLookup(a, maps.addresses, ADDRESS, 'no address of ours');
  a.copyPointer(ROW, Result);
  a.packet(16, Ipv4.FlagsFragment, IP);
  a.number('and', Result, NOT_WHOLE);
  a.jumpIf('!=', Result, 0, 'fragment');
  appendL4(a, IP);
  a.packet(8, Ipv4.Protocol, IP);
  a.jumpIf('=', Result, Protocol.Tcp, 'tcp');
  a.jumpIf('=', Result, Protocol.Udp, 'udp');
  a.jumpIf('!=', Result, Protocol.Icmp, 'host');
  a.packet(16, 0, L4);
  a.jumpIf('=', Result, ECHO_REPLY, 'echo');
  a.number('shr', Result, 8);
  appendIfError(a, 'quoted');
  a.jump('host');
  appendEndpoint(a, 'tcp', Protocol.Tcp, PortSpace.Tcp * addresses, 2);
  appendEndpoint(a, 'udp', Protocol.Udp, PortSpace.Udp * addresses, 2);
  appendEndpoint(a, 'echo', Protocol.Icmp, PortSpace.Icmp * addresses, 4);
  appendEndpoint(a, 'quoted tcp', Protocol.Tcp, PortSpace.Tcp * addresses, 0);
  appendEndpoint(a, 'quoted udp', Protocol.Udp, PortSpace.Udp * addresses, 0);
  // It is routed, and needs nobody: both ways by one worker.
  a.label('no address of ours');
  a.packet(32, Ipv4.Destination, IP);
  appendHome(a, workers);
}

/** An ICMP error: the endpoint of ours that the packet it quotes was sent from. */
function appendQuoted(a: Assembler): void {
  a.label('quoted');
  a.number('add', L4, 8);
  a.register('set', IP, L4);
  appendL4(a, IP);
  a.packet(8, Ipv4.Protocol, IP);
  a.jumpIf('=', Result, Protocol.Tcp, 'quoted tcp');
  a.jumpIf('=', Result, Protocol.Udp, 'quoted udp');
  a.jumpIf('=', Result, Protocol.Icmp, 'echo');
  a.jump('host');
}

/** L4 = first pool of the protocol, and the endpoint on the stack; on to "endpoint". The port stands `offset` octets into the L4 header. */
function appendEndpoint(a: Assembler, label: string, protocol: number, pool: number, offset: number): void {
  a.label(label);
  a.packet(16, offset, L4);
  a.number('or', Result, protocol << 16);
  a.write(32, Stack, -PORT, Result);
  a.number('set', L4, pool);
  a.jump('endpoint');
}

/** The home of a static mapping of the port; "host": of one of the whole address; the owner of the port; or of the sender. */
function appendOwner(a: Assembler, { maps }: SteeringPlan): void {
  a.label('endpoint');
  a.read(32, R1, ROW, AddressValue.Flags);
  a.number('and', R1, AddressFlag.Ports);
  a.jumpIf('=', R1, 0, 'not by its port');
  appendLookup(a, maps.statics, ENDPOINT, 'not by its port');
  a.read(32, Result, Result, 0);
  a.exit();
  a.label('not by its port');
  a.read(32, Result, ROW, AddressValue.Worker);
  a.jumpIf('!=', Result, 0, 'worker');
  a.read(32, R1, ROW, AddressValue.Pool);
  a.jumpIf('=', R1, 0, 'sender');
  a.number('add', R1, -1);
  a.register('add', R1, L4);
  a.write(32, Stack, -NUMBER, R1);
  appendLookup(a, maps.owners, NUMBER, 'sender');
  a.read(32, R1, Stack, -PORT);
  a.number('and', R1, 0xffff);
  a.number('shr', R1, 6);
  a.addPointer(Result, R1);
  a.read(8, Result, Result, 0);
  a.jumpIf('=', Result, 0, 'sender');
  a.jump('worker');
  a.label('host');
  a.read(32, Result, ROW, AddressValue.Worker);
  a.jumpIf('=', Result, 0, 'sender');
  a.label('worker');
  a.number('add', Result, -1);
  a.exit();
}

/** Where the parts of all datagrams between two addresses meet (FRG-7); those of protocols without ports need no meeting. */
function appendFragment(a: Assembler, { workers, key }: SteeringPlan): void {
  a.label('fragment');
  a.packet(8, Ipv4.Protocol, IP);
  for (const protocol of [Protocol.Tcp, Protocol.Udp, Protocol.Icmp]) a.jumpIf('=', Result, protocol, 'meeting');
  a.jump('host');
  a.label('meeting');
  a.packet(32, Ipv4.Source, IP);
  a.register('set', L4, Result);
  a.swap(32, L4);
  a.read(32, ROW, Stack, -ADDRESS);
  a.swap(32, ROW);
  appendFlowHash(a, key, L4, ROW, FRAGMENTS);
  a.number('mod', Result, workers);
  a.exit();
}

/** L4 = end of the IPv4 header at `ip`. */
function appendL4(a: Assembler, ip: Register): void {
  a.packet(8, 0, ip);
  a.number('and', Result, 0x0f);
  a.number('shl', Result, 2);
  a.register('add', Result, ip);
  a.register('set', L4, Result);
}

/** On to `label` when Result is the type of an ICMP error that is translated (wire/icmp.ts). */
function appendIfError(a: Assembler, label: string): void {
  for (const type of [3, 11, 12]) a.jumpIf('=', Result, type, label);
}

/** homeOf(Result), which is in host order (tables/ownership.ts), and the end. */
function appendHome(a: Assembler, workers: number): void {
  a.number('mul', Result, HOME_FACTOR);
  a.number('shr', Result, 16);
  a.number('mod', Result, workers);
  a.exit();
}

/** Result = place of the value whose key stands on the stack, or on to `none`. */
function appendLookup(a: Assembler, map: number, key: number, none: string): void {
  a.map(R1, map);
  a.stackPlace(R2, key);
  a.call(Helper.MapLookup);
  a.jumpIf('=', Result, 0, none);
}
