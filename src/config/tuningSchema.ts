import { z } from 'zod';
import type { Octets } from '../types/units.js';
import type { MetricsConfig } from './config.js';
import { defaulted, optional } from './keys.js';
import { duration, isOff, listenAddress, memory, orOff, rate, shortDurationOrAuto } from './quantities.js';
import { integer, name, oneOf } from './scalar.js';

/** Keys of `neighborTimers`, `limits`, `metrics`, `control`, `log` and `idle`. */

export const drainTimeout = orOff(duration(100), 'a duration of at least 100 ms', { form: 'duration | off', example: '10m' });

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

const fragmentsShape = {
  datagrams: defaulted(integer(8, 4096), 4096, { doc: 'Datagrams under way at a time.', unit: 'datagrams', reload: true }),
  memory: defaulted(memory((64 * 1024) as Octets, (16 * 1024 ** 2) as Octets), '16MiB', {
    doc: 'Fragments that wait for the first one of their datagram; one host may fill an eighth of it.',
    reload: false,
  }),
  perDatagram: defaulted(integer(2, 8192), 64, { doc: 'Fragments of one datagram.', unit: 'fragments', reload: true }),
};

export const limitsShape = {
  sessions: defaulted(integer(64, 16_777_215), 262_144, {
    doc: 'NAT sessions; memory for all is taken at the start.',
    unit: 'rows',
    reload: false,
  }),
  neighbors: capacity(1_048_576, 16_384, 'Neighbours, learnt and permanent.'),
  localAddresses: capacity(4096, 1024, 'External addresses of all zones together, those of SNAT services too.'),
  hosts: defaulted(integer(64, 4_194_304), 65_536, {
    doc: 'Inside hosts with sessions, whose limits are watched; memory for all is taken at the start.',
    unit: 'rows',
    reload: false,
  }),
  heldPorts: defaulted(integer(0, 16_777_215), 65_536, {
    doc: 'Ports that are kept from other hosts at a time (timers.portHold); beyond it the one that was held longest is free.',
    unit: 'ports',
    reload: true,
  }),
  fragments: defaulted(
    z.strictObject(fragmentsShape),
    {},
    {
      doc: 'Room for datagrams that arrive in fragments.',
      reload: true,
      children: fragmentsShape,
    },
  ),
  routes: defaulted(integer(1, 1_048_576), 4096, {
    doc: 'Routes of every source: static, connected, local.',
    unit: 'rows',
    reload: true,
  }),
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

export const metricsShape = {
  listen: defaulted(listenAddress('127.0.0.1:9473'), '127.0.0.1:9473', {
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
    doc: 'How long an idle worker polls before it sleeps; longer answers sooner and burns more. auto follows the traffic, from 0 up to 300us: it polls only as long as frames lately came soon enough. auto is 0 under a CPU quota, because polling uses up what the frames need, and where the process may use no more CPUs than it has workers.',
    reload: false,
  }),
};

/** `metrics: off` or a mapping. */
export const metricsSchema = z.unknown().transform((raw, cx): MetricsConfig | 'off' => {
  if (isOff(raw)) return 'off';
  const parsed = metricsMapping.safeParse(raw);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) cx.addIssue(issue as never);
  return z.NEVER;
});

/** `metrics` when it is not `off`. */
export const metricsMapping = z.strictObject(metricsShape);
