import { z } from 'zod';
import type { Parsed } from '../types/parsed.js';
import { eventsShape } from './eventsSchema.js';
import { hostSchema, hostShape, objectsFile } from './hostSchema.js';
import { ifaceSchema, ifaceShape } from './ifaceSchema.js';
import { defaulted, optional, required, withForm } from './keys.js';
import { probeSchema, probeShape } from './probeSchema.js';
import { neighborSchema, neighborShape, routeSchema, routeShape } from './routeSchema.js';
import { defaultRulesShape, routingShape, tableNames, tablesSchema } from './routingSchema.js';
import { ruleSchema, ruleShape } from './ruleSchema.js';
import { integer, name, oneOf, scalar } from './scalar.js';
import { staticSchema, staticShape } from './staticSchema.js';
import { storeShape } from './storeSchema.js';
import { icmpSchema, icmpShape, tcpSchema, tcpShape } from './tcpSchema.js';
import { timersSchema, timersShape } from './timersSchema.js';
import {
  controlShape,
  drainTimeout,
  idleShape,
  limitsShape,
  logShape,
  metricsSchema,
  metricsShape,
  neighborTimersShape,
} from './tuningSchema.js';
import { rejectWord, zoneSchema, zoneShape } from './zoneSchema.js';

export type { Config } from './config.js';

/** The whole file: every key with type, default, unit, what a reload does with it, and one sentence. */

/** More than are worthwhile: each has tables of its own, and every two of them two rings. */
export const MOST_WORKERS = 16;
/** CPU_SETSIZE of sched_setaffinity(2) less one. */
const MOST_CPU = 1023;

const workers = scalar(
  (raw): Parsed<number | 'auto'> => {
    if (raw === 'auto') return { value: raw };
    return typeof raw === 'number' && Number.isInteger(raw) && raw >= 1 && raw <= MOST_WORKERS
      ? { value: raw }
      : { fault: `is neither a number from 1 to ${MOST_WORKERS} nor auto` };
  },
  { form: `1 to ${MOST_WORKERS} | auto`, example: '2', json: ['integer', 'string'] },
);

const cpuList = z.array(integer(0, MOST_CPU)).min(1);

const listOf = <T>(item: z.ZodType<T>) => withForm(z.array(item), 'list of mappings');

export const rootShape = {
  name: defaulted(name(/^[a-z0-9][a-z0-9-]{0,31}$/, 'a name of 1 to 32 small letters, digits and -', 'gw1'), 'windrose', {
    doc: 'Names the gateway in its socket path, in logs and in derived MAC addresses.',
    reload: false,
  }),
  profile: defaulted(oneOf('default', 'dsnat'), 'default', {
    doc: 'Defaults of zones and timers: what the RFCs recommend, or what dsnat did (ports 5000-65535, mapping apdm, refusals by port-unreach, timers of dsnat).',
    reload: true,
  }),
  workers: defaulted(workers, 1, {
    doc: 'Threads that move frames; auto is one less than the CPUs the process may use, by affinity and cgroup quota, and at least one.',
    reload: false,
  }),
  cpus: optional(cpuList, 'any', {
    doc: 'CPU of each worker, by its number; with workers auto there is one worker for each.',
    form: `list of CPU numbers`,
    reload: false,
  }),
  steering: defaulted(oneOf('auto', 'off'), 'auto', {
    doc: 'Whether a program in the kernel gives each frame to the worker that owns it, where there are several and the system allows it; off leaves it to a hash, and workers hand frames over.',
    reload: false,
  }),
  ifaces: required(listOf(ifaceSchema), { doc: 'Devices the gateway takes frames from.', reload: true, children: ifaceShape }),
  routes: defaulted(listOf(routeSchema), [], {
    doc: 'Routes, each a mapping or a line like "default via 1.2.1.254 dev wan".',
    form: 'list of mappings or lines',
    reload: true,
    children: routeShape,
  }),
  rules: defaulted(listOf(ruleSchema), [], {
    doc: 'Rules of the routing policy beside the default ones, each a mapping or a line like "from 10.0.0.1/24 lookup 100".',
    form: 'list of mappings or lines',
    reload: true,
    children: ruleShape,
  }),
  defaultRules: defaulted(
    z.strictObject(defaultRulesShape),
    {},
    {
      doc: 'The rules that exist from the start.',
      reload: true,
      children: defaultRulesShape,
    },
  ),
  tables: defaulted(
    tablesSchema,
    {},
    {
      doc: 'Names of routing tables and their numbers, 1 to 4294967295; main, local and default have theirs.',
      form: 'mapping of name to number',
      reload: true,
    },
  ),
  tableNames,
  routing: defaulted(
    z.strictObject(routingShape),
    {},
    {
      doc: 'How routes are chosen.',
      reload: true,
      children: routingShape,
    },
  ),
  nexthopProbes: defaulted(listOf(probeSchema), [], {
    doc: 'Next hops that are asked by ICMP echo whether they live; routes pass a dead one over.',
    reload: true,
    children: probeShape,
  }),
  neighbors: defaulted(listOf(neighborSchema), [], { doc: 'Permanent neighbours.', reload: true, children: neighborShape }),
  zones: defaulted(listOf(zoneSchema), [], {
    doc: 'Source zones of the NAT, in matching order.',
    reload: true,
    children: zoneShape,
  }),
  staticMappings: defaulted(listOf(staticSchema), [], {
    doc: 'Hosts with an external address of their own, and single ports reachable from outside. A change ends the sessions of the mapping.',
    reload: true,
    children: staticShape,
  }),
  reject: defaulted(rejectWord(), 'port-unreach', { doc: 'What an inside source in no zone is told by ICMP.', reload: true }),
  timers: defaulted(timersSchema, {}, { doc: 'Idle times of NAT sessions.', reload: true, children: timersShape }),
  tcp: defaulted(tcpSchema, {}, { doc: 'TCP beyond its timers.', reload: true, children: tcpShape }),
  icmp: defaulted(icmpSchema, {}, { doc: 'ICMP beyond its timers.', reload: true, children: icmpShape }),
  drainTimeout: defaulted(drainTimeout, 'off', {
    doc: 'How long a draining address keeps its sessions at most; off waits for the last one to end by itself.',
    reload: true,
  }),
  neighborTimers: defaulted(
    z.strictObject(neighborTimersShape),
    {},
    {
      doc: 'Times of the neighbour table.',
      reload: true,
      children: neighborTimersShape,
    },
  ),
  limits: defaulted(z.strictObject(limitsShape), {}, { doc: 'Capacities and rates.', reload: false, children: limitsShape }),
  metrics: defaulted(
    metricsSchema,
    {},
    { doc: 'Prometheus endpoint.', form: 'mapping | off', reload: false, children: metricsShape },
  ),
  control: defaulted(z.strictObject(controlShape), {}, { doc: 'Control socket.', reload: false, children: controlShape }),
  host: optional(hostSchema, 'a gateway of its own', {
    doc: 'This gateway as one of the hosts that distributed routers and their networks are on.',
    form: 'mapping',
    reload: false,
    children: hostShape,
  }),
  objects: objectsFile,
  store: defaulted(z.strictObject(storeShape), {}, { doc: 'Store of the objects.', reload: false, children: storeShape }),
  log: defaulted(z.strictObject(logShape), {}, { doc: 'Log.', reload: true, children: logShape }),
  idle: defaulted(
    z.strictObject(idleShape),
    {},
    { doc: 'What a worker does without frames.', reload: false, children: idleShape },
  ),
  events: defaulted(
    z.strictObject(eventsShape),
    {},
    { doc: 'Record of who had which external port when; none unless asked for.', reload: true, children: eventsShape },
  ),
};

export const rootSchema = z.strictObject(rootShape);

/** The lists of the file; their items are read one by one, so that one bad item does not hide the rest. */
export const listItems = {
  ifaces: ifaceSchema,
  routes: routeSchema,
  rules: ruleSchema,
  nexthopProbes: probeSchema,
  neighbors: neighborSchema,
  zones: zoneSchema,
  staticMappings: staticSchema,
};

/** The file as written, with defaults, before names are resolved. */
export type Entries = z.output<typeof rootSchema>;
