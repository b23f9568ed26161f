import type { HashKey } from '../../tables/hash.js';
import { HOME_FACTOR } from '../../tables/ownership.js';
import { type Assembler, Helper, Register } from './assembler.js';
import type { SteeringMaps } from './maps.js';

/** What the parts of a program have in common: what it is made for, what stands in which register, steps that come more than once. */

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

/** The IPv4 header, from the program's offset 0. */
export const IP = Register.R7;
/** EtherType; later the row of the destination in the map of addresses. */
export const ROW = Register.R8;
/** VLAN; later the L4 header; later the first pool of the protocol. */
export const L4 = Register.R9;
export const Result = Register.Result;
export const R1 = Register.R1;
export const R2 = Register.R2;
export const Context = Register.Context;
export const Stack = Register.Stack;

/** On the stack, octets below its end: the key of an endpoint (address, then protocol and port), its address alone, a number. */
export const ENDPOINT = 8;
export const ADDRESS = 8;
export const PORT = 4;
export const NUMBER = 12;

/** L4 = end of the IPv4 header at `ip`. */
export function appendL4(a: Assembler, ip: Register): void {
  a.packet(8, 0, ip);
  a.number('and', Result, 0x0f);
  a.number('shl', Result, 2);
  a.register('add', Result, ip);
  a.register('set', L4, Result);
}

/** On to `label` when Result is the type of an ICMP error that is translated (wire/icmp.ts). */
export function appendIfError(a: Assembler, label: string): void {
  for (const type of [3, 11, 12]) a.jumpIf('=', Result, type, label);
}

/** homeOf(Result), which is in host order (tables/ownership.ts), and the end. */
export function appendHome(a: Assembler, workers: number): void {
  a.number('mul', Result, HOME_FACTOR);
  a.number('shr', Result, 16);
  a.number('mod', Result, workers);
  a.exit();
}

/** Result = place of the value whose key stands on the stack, or on to `none`. */
export function appendLookup(a: Assembler, map: number, key: number, none: string): void {
  a.map(R1, map);
  a.stackPlace(R2, key);
  a.call(Helper.MapLookup);
  a.jumpIf('=', Result, 0, none);
}
