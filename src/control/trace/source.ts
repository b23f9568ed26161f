import { formatIpv4 } from '../../types/ipv4.js';
import { isFault, type Parsed } from '../../types/parsed.js';
import type { TraceRequest, TraceWords } from '../../types/trace.js';
import type { Shown } from '../show/shown.js';
import { meansIface, networkEntryOf } from './networks/networkEntry.js';

/** The request with its source: where none is written the only address of the port that the packet comes in by. */
export function withSource(shown: Shown, words: TraceWords): Parsed<TraceRequest> {
  const { source, iface } = words;
  if (source !== undefined) return { value: { ...words, source } };
  if (meansIface(shown, words))
    return { fault: `src is missing: hosts behind interface ${iface} have addresses of their own; write one` };
  const entry = networkEntryOf(shown, words);
  if (isFault(entry)) return entry;
  const { port } = entry.value;
  const addresses = port?.addresses ?? [];
  const [only] = addresses;
  if (addresses.length === 1 && only !== undefined) return { value: { ...words, source: only } };
  const all = addresses.length === 0 ? 'no address of its own' : addresses.map(formatIpv4).join(', ');
  return { fault: `src is missing: ${port === undefined ? `network ${iface} has many` : `port ${iface} has ${all}`}; write one` };
}
