import { createHash } from 'node:crypto';

/** Names of interfaces are as long as router interfaces' may be. */
const LONGEST = 32;

/**
 * Name of what follows from an object, as Neutron calls it: `sg-blue`, `qg-r1`, `snat-r1`. Of a long name the end is a digest of it, so that two that begin
 * alike stay two.
 */
export function derivedName(prefix: 'sg' | 'qg' | 'fg' | 'rfp' | 'fpr' | 'snat' | 'fip', of: string): string {
  const whole = `${prefix}-${of}`;
  if (whole.length <= LONGEST) return whole;
  const digest = createHash('sha256').update(of).digest('hex').slice(0, 8);
  return `${whole.slice(0, LONGEST - digest.length - 1)}-${digest}`;
}
