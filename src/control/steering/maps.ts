import { type Addon, BpfMapType } from '../../io/addon.js';
import { BLOCKS, PortSpace } from '../../tables/portBlocks.js';

/** The tables that steering programs read in the kernel, by their descriptors. Numbers in the host's order. */
export interface SteeringMaps {
  /** [pool][block] of PortBlocks.owner, which the workers mirror: worker + 1, 0 = nobody. */
  readonly owners: number;
  /** [device][VLAN]: Role. */
  readonly roles: number;
  /** Address in host order -> AddressValue. */
  readonly addresses: number;
  /** Address in host order, protocol << 16 | port -> worker. */
  readonly statics: number;
}

export const enum Role {
  /** No router interface: what comes from there is dropped. */
  None = 0,
  Inside,
  Outside,
}

/** What an external address of ours is: offsets of 32-bit words. */
export const enum AddressValue {
  /** Index among the port pools + 1, 0 = it has none. */
  Pool = 0,
  /** Home of the inside host that has the whole address to itself, + 1; 0 = nobody. */
  Worker = 4,
  /** See AddressFlag. */
  Flags = 8,
  Octets = 12,
}

export const enum AddressFlag {
  /** Static mappings have ports of it. */
  Ports = 1,
}

/** Octets of the key of an endpoint. */
const ENDPOINT_OCTETS = 8;
export const VLANS = 4096;
/** Devices steered at a time, those that are being closed included. */
export const MOST_DEVICES = 64;
/** Addresses, and mapped ports, that programs know; what goes beyond is handed over by workers. */
const MOST_ROWS = 16_384;

/** Octets of the mirror of PortBlocks.owner. */
export function ownersOctets(addresses: number): number {
  return PortSpace.Count * addresses * BLOCKS;
}

/** All of them or none. Throws AddonError. */
export function createMaps(addon: Addon, addresses: number): SteeringMaps {
  const made: number[] = [];
  const create = (name: string, type: BpfMapType, keyOctets: number, valueOctets: number, entries: number): number => {
    const mapped = type === BpfMapType.Array;
    const fd = addon.bpfMapCreate({ name, type, keyOctets, valueOctets, entries, mapped });
    made.push(fd);
    return fd;
  };
  try {
    return {
      owners: create('wr_owners', BpfMapType.Array, 4, BLOCKS, PortSpace.Count * addresses),
      roles: create('wr_roles', BpfMapType.Array, 4, VLANS, MOST_DEVICES),
      addresses: create('wr_addresses', BpfMapType.Hash, 4, AddressValue.Octets, MOST_ROWS),
      statics: create('wr_statics', BpfMapType.Hash, ENDPOINT_OCTETS, 4, MOST_ROWS),
    };
  } catch (error) {
    for (const fd of made) addon.closeFd(fd);
    throw error;
  }
}

export function closeMaps(addon: Addon, { owners, roles, addresses, statics }: SteeringMaps): void {
  for (const fd of [owners, roles, addresses, statics]) addon.closeFd(fd);
}
