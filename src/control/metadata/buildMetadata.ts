import type { MetadataConfig } from '../../config/config.js';
import { sharedWords, sharedWordsOf } from '../../shared/words.js';
import { type MetadataTable, Stand } from '../../tables/metadata.js';
import { wireOrder } from '../../types/ipv4.js';
import { METADATA_KEY } from '../buildRifs.js';
import { macWords } from '../dvr/tables/buildL2.js';
import type { StateIndex } from '../stateIndex.js';
import { firstAddress, proxyAddress, type StandIn } from './stands.js';

/** A port may open so many seconds' worth of connections at once. */
const BURST_SECONDS = 2;

/** Compiles who asks the endpoint (D6). */
export function buildMetadata(
  stands: readonly StandIn[],
  metadata: MetadataConfig | undefined,
  index: StateIndex,
): MetadataTable {
  if (metadata === undefined)
    return {
      ...{ slot: -1, proxy: 0, first: 0, perSecond: 0, burst: 0 },
      rows: sharedWords(0),
      ofLport: sharedWords(0),
      own: sharedWords(0),
    };
  const rows = sharedWords((Math.max(-1, ...stands.map(({ number }) => number)) + 1) * Stand.Words);
  for (let at = 0; at < rows.length; at += Stand.Words) rows[at + Stand.Lport] = -1;
  const own = stands.flatMap(({ port, number, macs }) => {
    const lport = index.lport(port.name);
    return macs.map((mac) => ({ lport, words: [number * Stand.Words, ...macWords(mac)] }));
  });
  const ofLport = sharedWords((Math.max(-1, ...own.map(({ lport }) => lport)) + 1) * 2);
  for (const [i, { lport }] of own.entries()) {
    // Those of a port stand together in the list.
    if (own[i - 1]?.lport !== lport) ofLport[lport * 2] = i;
    ofLport[lport * 2 + 1] = i + 1 - ofLport[lport * 2]!;
  }
  for (const { number, port, fixed, address, mac } of stands)
    rows.set([index.lport(port.name), fixed, wireOrder(address), ...macWords(mac)], number * Stand.Words);
  const { range, newPerSecond } = metadata;
  return {
    slot: index.iface(METADATA_KEY),
    proxy: proxyAddress(range),
    first: firstAddress(range) | 0,
    ...{ rows, ofLport, own: sharedWordsOf(own.flatMap((one) => one.words)) },
    perSecond: newPerSecond,
    burst: newPerSecond * BURST_SECONDS,
  };
}
