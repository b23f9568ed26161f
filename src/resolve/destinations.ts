import { Verdict } from '../shared/verdict.js';
import { isMartianDestination, isMulticast } from '../wire/ipv4.js';

/** What no router sends on, whatever its routes say (RFC 1812 5.3.7; multicast is not routed here). As loaded. Continue: any other address. */
export function refusedDestination(destination: number): Verdict {
  if (isMulticast(destination)) return Verdict.DropMulticast;
  if (destination === -1) return Verdict.DropBroadcast;
  return isMartianDestination(destination) ? Verdict.DropMartianDestination : Verdict.Continue;
}
