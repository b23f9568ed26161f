import type { ZoneConfig } from '../config.js';
import type { ZonesDraft } from '../draft.js';
import type { Report } from '../issues.js';

/** The word only for the protocols that have such a mapping. */
function remedy({ protocols, mapping, filtering }: ZoneConfig, word: string): string {
  const able = protocols.filter((one) => mapping[one] === 'eim' && filtering[one] !== 'apdf');
  const instead = able.length === 0 ? 'apdf' : `{ ${able.map((one) => `${one}: ${word}`).join(', ')} }`;
  return `Write "mapping: eim", or "filtering: ${instead}".`;
}

/** Filtering that needs an endpoint-independent mapping: with any other there is nothing a third party could send to (RFC 4787 5). */
export function checkZoneModes({ zones }: Pick<ZonesDraft, 'zones'>, report: Report): void {
  for (const { value: zone, path } of zones) {
    const wrong = zone.protocols.filter((one) => zone.mapping[one] === 'apdm' && zone.filtering[one] !== 'apdf');
    if (wrong.length === 0) continue;
    const words = [...new Set(wrong.map((one) => zone.filtering[one]))];
    report(
      'error',
      [...path, 'filtering'],
      `${words.join(' and ')} ${words.length === 1 ? 'needs' : 'need'} mapping eim, and the mapping of ${wrong.join(', ')} is apdm`,
      remedy(zone, words[0]!),
    );
  }
}
