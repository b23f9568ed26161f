import { formatPrefix, network } from '../../types/ipv4.js';
import type { MetadataConfig } from '../config.js';
import type { Path, Report } from '../issues.js';
import { REDACTED_USER } from '../storeSchema.js';
import { martian } from './addresses.js';

/** Shortest and longest prefix of addresses that stand for ports. */
const LARGEST = 8;
const SMALLEST = 26;

/** Who answers guests that ask for metadata, and what stands for them there. */
export function checkMetadata({ endpoint, caFile, range }: MetadataConfig, report: Report): void {
  const at = (...path: Path): Path => ['host', 'metadata', ...path];
  if (caFile !== undefined && !endpoint.startsWith('https:'))
    report('error', at('caFile'), 'is for https, and the endpoint is not', 'Write https:// in the endpoint, or remove caFile.');
  if (endpoint.includes(REDACTED_USER))
    report(
      'error',
      at('endpoint'),
      'has a user or a password in it',
      'Write scheme, host and port alone; what is secret stands in secretFile.',
    );
  const text = formatPrefix(range);
  const own = network(range);
  const why = martian(own.address);
  const remedy = 'Use a prefix from /8 to /26 that nobody reaches this host by, as 100.100.0.0/16.';
  if (why !== undefined) report('error', at('range'), `${text} ${why}`, remedy);
  else if (range.length < LARGEST || range.length > SMALLEST)
    report('error', at('range'), `${text} is not from /${LARGEST} to /${SMALLEST}`, remedy);
  else if (own.address !== range.address)
    report('error', at('range'), `${text} is an address in ${formatPrefix(own)}`, `Write ${formatPrefix(own)}.`);
}
