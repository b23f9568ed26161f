import { createHash } from 'node:crypto';
import type { Mac } from '../types/mac.js';

/** A unicast, locally administered MAC that is the same after every start: from the names of the gateway and the interface. */
export function defaultMac(gateway: string, iface: string): Mac {
  const mac = new Uint8Array(createHash('sha256').update(`${gateway}\0${iface}`).digest().subarray(0, 6));
  mac[0] = (mac[0]! & 0xfc) | 0x02;
  return mac;
}
