import { FRAGMENTS } from '../../tables/ownership.js';
import { PortSpace, swapPort } from '../../tables/portBlocks.js';
import { EtherType } from '../../wire/ethernet.js';
import { FragmentBits, Ipv4, Protocol } from '../../wire/ipv4.js';
import { Assembler } from './assembler.js';
import { appendFlowHash } from './flowHashCode.js';
import { appendEthernet, appendProtocol, appendRole } from './linkCode.js';
import { AddressFlag, AddressValue } from './maps.js';
import {
  ADDRESS,
  appendHome,
  appendIfError,
  appendL4,
  appendLookup,
  Context,
  ENDPOINT,
  IP,
  L4,
  NUMBER,
  PORT,
  R1,
  Result,
  ROW,
  Stack,
  type SteeringPlan,
} from './steps.js';

/** As the program reads them, in host order. */
const IPV4 = swapPort(EtherType.Ipv4);
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
