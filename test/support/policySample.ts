import { ifaces } from './sample.js';

/**
 * The sample network with a second upstream, and rules and routes of a test's own.
 *
 *   10.0.0.0/24 --lan (10.0.0.1)--+         +--wan (192.0.2.1)---- 192.0.2.254
 *   10.0.1.0/24 --dmz (10.0.1.1)--+ gateway +--wan2 (192.0.3.1)-- 192.0.3.254
 */
export function policy(parts: { routes?: readonly string[]; rules?: readonly string[]; zones?: string; more?: string }): string {
  const list = (key: string, lines: readonly string[] = []): string =>
    lines.length === 0 ? '' : `${key}:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
  return `
name: policy
${ifaces}
  - { name: wan2, tap: t-wan2, role: outside, mac: "02:aa:00:00:00:04", addresses: [192.0.3.1/24] }
${list('routes', parts.routes)}${list('rules', parts.rules)}
zones: ${parts.zones ?? '[{ name: all, match: [10.0.0.0/8], localAddresses: [192.0.2.10] }]'}
${parts.more ?? ''}
`;
}

export const WAN2 = '02:aa:00:00:00:04';
export const UPSTREAM2 = '192.0.3.254';
