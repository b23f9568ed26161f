import type { Draft } from '../draft.js';
import type { Report } from '../issues.js';

/** Filtering that needs an endpoint-independent mapping: with any other there is nothing a third party could send to (RFC 4787 5). */
export function checkZoneModes({ zones }: Draft, report: Report): void {
  for (const { value: zone, path } of zones) {
    const wrong = zone.protocols.filter((one) => zone.mapping[one] === 'apdm' && zone.filtering[one] !== 'apdf');
    if (wrong.length === 0) continue;
    const words = [...new Set(wrong.map((one) => zone.filtering[one]))];
    report(
      'error',
      [...path, 'filtering'],
      `${words.join(' and ')} ${words.length === 1 ? 'needs' : 'need'} mapping eim, and the mapping of ${wrong.join(', ')} is apdm`,
      `Write "mapping: eim", or leave filtering of ${wrong.join(', ')} out: "filtering: { udp: ${zone.filtering[wrong[0]!]} }".`,
    );
  }
}
