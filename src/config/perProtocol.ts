import { z } from 'zod';
import type { PerProtocol } from './config.js';
import { optional, withForm } from './keys.js';
import { showValue } from './scalar.js';

/** Values of a zone that may differ by protocol: one for all, or a mapping with those of `tcp`, `udp` and `icmp` that are not the default. */

export const PROTOCOLS = ['tcp', 'udp', 'icmp'] as const;

/** What such a value is without being said, as documentation. */
type Absent = PerProtocol<string>;

/** The keys of the long form. */
export function protocolShape<T>(value: () => z.ZodType<T>, absent: Absent, what: string) {
  const key = (protocol: (typeof PROTOCOLS)[number]) =>
    optional(value(), absent[protocol], { doc: `${what} ${protocol.toUpperCase()}.`, reload: true });
  return { tcp: key('tcp'), udp: key('udp'), icmp: key('icmp') };
}

/** Short or long form; `long` is the shape of the mapping, `form` how the short one is written. */
export function perProtocol<T>(
  value: () => z.ZodType<T>,
  long: Readonly<Record<keyof PerProtocol<T>, z.ZodType<T | undefined>>>,
  form: string,
): z.ZodType<Partial<PerProtocol<T>>> {
  const mapping = z.strictObject(long);
  const all = value().transform((one) => ({ tcp: one, udp: one, icmp: one }));
  const schema = z.unknown().transform((raw, cx): Partial<PerProtocol<T>> => {
    const isMapping = typeof raw === 'object' && raw !== null && !Array.isArray(raw);
    const parsed = (isMapping ? mapping : all).safeParse(raw, { reportInput: true });
    if (parsed.success) return parsed.data as Partial<PerProtocol<T>>;
    for (const issue of parsed.error.issues) cx.addIssue(issue as never);
    return z.NEVER;
  });
  return withForm(schema as unknown as z.ZodType<Partial<PerProtocol<T>>>, `${form}, or by protocol`);
}

/** One or several of the protocols, each once; kept in the order tcp, udp, icmp. */
export const protocolList = withForm(
  z
    .preprocess((raw) => (Array.isArray(raw) || raw === undefined ? raw : [raw]), z.array(z.unknown()).min(1))
    .transform((list, cx): (typeof PROTOCOLS)[number][] => {
      list.forEach((one, i) => {
        const known = (PROTOCOLS as readonly unknown[]).includes(one);
        if (known && list.indexOf(one) === i) return;
        const message = `${showValue(one)} ${known ? 'stands here twice' : `is not one of ${PROTOCOLS.join(', ')}`}`;
        cx.addIssue({
          code: 'custom',
          path: [i],
          message,
          params: { remedy: 'Name each protocol that is translated once.' },
        });
      });
      return PROTOCOLS.filter((protocol) => list.includes(protocol));
    }),
  'list of tcp, udp, icmp',
);
