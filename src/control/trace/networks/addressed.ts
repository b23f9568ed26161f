import type { WireIpv4 } from '../../../types/ipv4.js';
import type { Mac } from '../../../types/mac.js';
import type { TraceRequest } from '../../../types/trace.js';
import type { Shown } from '../../show/shown.js';
import { type Asked, askedByGuest, askedOnWire, macOf, sentByReplica } from './askArp.js';
import type { NetworkEntry } from './networkEntry.js';

/** MACs that the sender of a packet writes, and how it learns the second one. */
export interface Addressed {
  readonly source: Mac;
  readonly asked: Asked;
}

/** Of a packet in words: what the request says, else what an honest sender would write. */
export function addressed(shown: Shown, entry: NetworkEntry, request: TraceRequest): Addressed {
  const { source, destination, sourceMac, destinationMac } = request;
  const { port, host, number } = entry;
  const { view } = shown.built;
  const given = destinationMac && { mac: destinationMac, found: 'nobody is asked: dmac says it' };
  if (port !== undefined) {
    const pair = port.addresses.includes(source)
      ? undefined
      : port.allowed.find(({ prefix }) => 'mask' in prefix && isIn(prefix, source));
    return { source: sourceMac ?? pair?.mac ?? port.mac, asked: given ?? askedByGuest(shown, entry, source, destination) };
  }
  if (host === undefined) return { source: sourceMac ?? SOMEBODY, asked: given ?? askedOnWire(shown, entry, destination) };
  const asked = given ?? (entry.network.physnet === undefined ? sentByReplica(shown, entry, destination) : onWire());
  const known = macOf(shown, number, source);
  const objects = shown.objects?.objects.hosts.find(({ name }) => name === host.name)?.mac;
  const own = view.vteps.find((one) => one.host === host.name)?.mac ?? objects ?? SOMEBODY;
  const bridged = known !== undefined && macOf(shown, number, destination) !== undefined;
  return { source: sourceMac ?? (bridged ? known : own), asked };

  function onWire(): Asked {
    const answer = sentByReplica(shown, entry, destination);
    return answer.mac === undefined ? askedOnWire(shown, entry, destination) : answer;
  }
}

/** Who it is that sends on a physical network matters to nobody. */
const SOMEBODY: Mac = Uint8Array.of(2, 0, 0, 0, 0, 1);

function isIn({ address, mask }: { readonly address: number; readonly mask: number }, one: WireIpv4): boolean {
  return ((address ^ one) & mask) === 0;
}
