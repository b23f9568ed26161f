import { z } from 'zod';
import type { Parsed } from '../types/parsed.js';
import type { Millis } from '../types/units.js';
import type { MetricsConfig } from './config.js';
import { defaulted, optional } from './keys.js';
import { duration, factor, rate, shortDurationOrAuto } from './quantities.js';
import { flag, integer, name, oneOf, scalar } from './scalar.js';

/** Keys of `timers`, `neighborTimers`, `limits`, `metrics`, `control`, `log` and `idle`. */

const off = (raw: unknown): boolean => raw === 'off' || raw === false;

const timer = (doc: string, absent: string) => optional(duration(1), absent, { doc, reload: true });

export const timersShape = {
  profile: defaulted(oneOf('rfc', 'dense'), 'rfc', {
    doc: 'Defaults of the timers: what the RFCs ask for, or shorter ones that serve more sessions with the same ports.',
    reload: true,
  }),
  udp: timer('Idle time of a UDP session with an answer; never below 120s (RFC 4787 REQ-5).', 'rfc 300s, dense 120s'),
  udpUnanswered: timer('Idle time of a UDP session nobody has answered; never below 120s (RFC 4787 REQ-5).', '120s'),
  tcpEstablished: timer('Idle time of an established TCP session (RFC 5382 REQ-5).', 'rfc 2h4m, dense 15m'),
  tcpHalfOpen: timer('Idle time until the handshake is complete; never below 6s (RFC 5382 REQ-5).', 'rfc 240s, dense 30s'),
  tcpClosing: timer('Idle time after both FINs or an RST; never below 10s (RFC 7857 2.2).', 'rfc 240s, dense 60s'),
  icmp: timer('Idle time of an ICMP query session; never below 60s (RFC 5508 REQ-1).', '60s'),
  allowShort: defaulted(flag(), false, { doc: 'Accept timers below their floor and a scale; for tests and labs.', reload: true }),
  scale: defaulted(factor(), 1, { doc: 'Multiplies every timer of this section; needs allowShort.', reload: true }),
};

const drainMillis = duration(100);

/** `off` (which YAML 1.1 editors may write as false) or a duration. */
export const drainTimeout = scalar(
  (raw): Parsed<Millis | 'off'> => {
    if (off(raw)) return { value: 'off' };
    const parsed = drainMillis.safeParse(raw);
    return parsed.success ? { value: parsed.data } : { fault: 'is neither off nor a duration of at least 100 ms' };
  },
  { form: 'duration | off', example: '10m', json: ['string', 'number', 'boolean'] },
);

export const neighborTimersShape = {
  reachable: defaulted(duration(100), '30s', { doc: 'How long a confirmed neighbour stays REACHABLE.', reload: true }),
  retry: defaulted(duration(10), '1s', { doc: 'Pause between two ARP requests.', reload: true }),
  probes: defaulted(integer(1, 100), 3, { doc: 'Requests without an answer until a neighbour is FAILED.', reload: true }),
  failed: defaulted(duration(10), '5s', {
    doc: 'How long a FAILED neighbour stays so before a frame starts a new search.',
    reload: true,
  }),
  stale: defaulted(duration(100), '10m', { doc: 'How long a neighbour nobody uses is kept.', reload: true }),
};

const capacity = (high: number, value: number, doc: string) =>
  defaulted(integer(1, high), value, { doc, unit: 'rows', reload: false });

export const limitsShape = {
  sessions: defaulted(integer(64, 16_777_215), 262_144, {
    doc: 'NAT sessions; memory for all is taken at the start.',
    unit: 'rows',
    reload: false,
  }),
  neighbors: capacity(1_048_576, 4096, 'Neighbours, learnt and permanent.'),
  localAddresses: capacity(4096, 256, 'External addresses of all zones together.'),
  routes: capacity(1_048_576, 4096, 'Routes of every source: static, connected, local.'),
  icmpErrorsPerSource: defaulted(rate(), '10/s burst 20', {
    doc: 'ICMP errors sent to one source.',
    unit: 'packets',
    reload: true,
  }),
  icmpErrorsGlobal: defaulted(rate(), '1000/s burst 1000', {
    doc: 'ICMP errors sent in total; "fragmentation needed" is exempt from this one.',
    unit: 'packets',
    reload: true,
  }),
};

function parseListen(raw: unknown): Parsed<MetricsConfig['listen']> {
  const match = typeof raw === 'string' ? /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(raw) : null;
  if (match === null) return { fault: 'is not address:port' };
  if (Number(match[2]) > 65535) return { fault: 'has a port above 65535' };
  return { value: { host: match[1]!.replace(/^\[|\]$/g, ''), port: Number(match[2]) } };
}

export const metricsShape = {
  listen: defaulted(scalar(parseListen, { form: 'address:port', example: '127.0.0.1:9473' }), '127.0.0.1:9473', {
    doc: 'Where /metrics, /healthz and /readyz are served by HTTP; port 0 lets the kernel choose.',
    reload: false,
  }),
};

export const controlShape = {
  socket: optional(
    name(/^\/[^\0]{1,106}$/, 'an absolute path of at most 107 octets', '/run/windrose/gw1.sock', 'absolute path'),
    '/run/windrose/<name>.sock',
    {
      doc: 'Control socket, which show asks.',
      reload: false,
    },
  ),
};

export const logShape = {
  level: defaulted(oneOf('debug', 'info', 'warn', 'error'), 'info', {
    doc: 'Least severe message that is logged.',
    reload: true,
  }),
};

const LONGEST_SPIN_MICROS = 1000;

export const idleShape = {
  spin: defaulted(shortDurationOrAuto(LONGEST_SPIN_MICROS), 'auto', {
    doc: 'How long an idle worker polls before it sleeps; longer answers sooner and burns more. auto is 300us; under a CPU quota 0, because polling uses up what the frames need.',
    reload: false,
  }),
};

/** `metrics: off` or a mapping. */
export const metricsSchema = z.unknown().transform((raw, cx): MetricsConfig | 'off' => {
  if (off(raw)) return 'off';
  const parsed = metricsMapping.safeParse(raw);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) cx.addIssue(issue as never);
  return z.NEVER;
});

/** `metrics` when it is not `off`. */
export const metricsMapping = z.strictObject(metricsShape);

export const timersSchema = z.strictObject(timersShape);
export type TimersEntry = z.output<typeof timersSchema>;
