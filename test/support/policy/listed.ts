import type { KernelDecision, KernelRoute } from './kernelRouter.js';
import type { Question } from './questions.js';
import { number } from './ruleLines.js';
import type { RuleSet } from './ruleSet.js';
import { IFACES } from './topology.js';
import type { WindroseAnswer } from './windroseRouter.js';

/**
 * Differences from Linux that stay, each with its reason in src/control/routing/README.md under the same name. Everything else that
 * differs is a fault.
 */
export type Listed =
  | 'host bits in a route'
  | 'reject in a rule'
  | 'what ip(8) reads past'
  | 'mtu that the kernel lowers'
  | 'route that an address makes'
  | 'gateway that is the router itself'
  | 'gateway that is no host'
  | 'gateway of main and rules'
  | 'gateway over a route of scope host'
  | 'no loopback address'
  | 'name longer than a device has'
  | 'source of the router itself'
  | 'bound without a route'
  | 'multicast forwarded'
  | 'connected without a carrier';

/** Why a line is refused by one side only; undefined: no reason is known. `kernel` and `windrose` are '' where it is taken. */
export function refusalListed(line: string, kernel: string, windrose: string, set: RuleSet): Listed | undefined {
  const byRules = !set.defaultRules.main || set.rules.length + set.netlinkRules.length > 0;
  if (kernel === 'Invalid prefix for given prefix length' && windrose === '') return 'host bits in a route';
  if (/^rule .* reject( |$)/.test(line) && windrose === '') return 'reject in a rule';
  if (kernel === '' && /suppress_ifgroup 4294967296|port \d+-\d+-|port \d+-( |$)|via \d+\.\d+\.\d+( |$)/.test(line))
    return 'what ip(8) reads past';
  if (kernel === '' && line.includes('mtu 70000')) return 'mtu that the kernel lowers';
  if (set.withoutCarrier.length > 0 && kernel === '' && line.includes('onlink')) return 'connected without a carrier';
  if (kernel === '' && /is the (network|broadcast) address of its subnet$/.test(windrose)) return 'gateway that is no host';
  if (
    kernel === 'Nexthop has invalid gateway' &&
    windrose === '' &&
    byRules &&
    (isOfMain(line.slice('route '.length)) || isOnLinkOfMain(line, set))
  )
    return 'gateway of main and rules';
  if (kernel === '' && / is not in | keeps next hop /.test(windrose) && isOfMain(line.slice('route '.length)) && byRules)
    return 'gateway of main and rules';
  if (/not a valid ifname/.test(kernel) && line.includes('a-name-that-is-too-long')) return 'name longer than a device has';
  if (kernel === 'File exists' && windrose === '' && line.startsWith('route ')) return 'route that an address makes';
  if (kernel === '' && windrose.endsWith('is an address of this gateway')) return 'gateway that is the router itself';
  return undefined;
}

/** Whether a route goes into table main. */
export function isOfMain(line: string): boolean {
  return !/^local |^broadcast /.test(line) && !/ table (?!(main|254)( |$))/.test(line);
}

/** Whether the answers are the same: '', a listed reason why they are not, or `fault`. */
export function judge(set: RuleSet, asked: Question, kernel: KernelDecision, windrose: WindroseAnswer): Listed | '' | 'fault' {
  const verdict = compare(set, asked, kernel, windrose);
  const dark = IFACES.filter(({ name }) => set.withoutCarrier.includes(name)).flatMap(({ addresses }) => addresses);
  const concerned = (address: string | undefined): boolean => address !== undefined && dark.some((own) => covers(own, address));
  if (verdict !== 'fault') return verdict;
  if (concerned(asked.destination) || concerned(asked.source)) return 'connected without a carrier';
  return kernel.answer.via === '' && isOverLocal(set, [...kernel.route.ways, ...windrose.route.ways])
    ? 'gateway over a route of scope host'
    : verdict;
}

/** Whether a configured route of type local, or in table local, has the gateway of one of these ways. */
function isOverLocal(set: RuleSet, ways: readonly string[]): boolean {
  const gateways = ways.flatMap((way) => /^via (\S+)/.exec(way)?.[1] ?? []);
  const local = set.routes.filter((route) => /^local /.test(route) || ['local', '255'].includes(tableOf(route)));
  return gateways.some((gateway) => local.some((route) => covers(prefixOf(route), gateway)));
}

function compare(
  set: RuleSet,
  asked: Question,
  { answer: kernel, again, route }: KernelDecision,
  windrose: WindroseAnswer,
): Listed | '' | 'fault' {
  // A flow keeps to its way.
  if (JSON.stringify(again) !== JSON.stringify(kernel)) return 'fault';
  if (kernel.error === 'Invalid argument' && windrose.error === '' && asked.iif !== undefined) {
    if (!windrose.sourceIsElsewhere) return 'source of the router itself';
    return windrose.type === 'multicast' ? 'multicast forwarded' : 'fault';
  }
  if (windrose.error !== '' && asked.oif !== undefined && route.error === 'No route to host')
    return kernel.error === '' && kernel.dev === asked.oif && kernel.via === '' ? 'bound without a route' : 'fault';
  if (kernel.error !== windrose.error) return 'fault';
  if (kernel.error !== '') return '';
  if (kernel.type !== windrose.type || kernel.table !== windrose.table) return 'fault';
  if (!sameRoute(route, windrose.route)) {
    const bare = (ways: readonly string[]): readonly string[] => ways.map((way) => way.replace(/ dev .*/, ''));
    const alike = sameRoute({ ...route, ways: bare(route.ways) }, { ...windrose.route, ways: bare(windrose.route.ways) });
    return alike && route.table === '' ? 'gateway of main and rules' : 'fault';
  }
  const several = windrose.route.ways.length > 1 && asked.oif === undefined && windrose.type === 'unicast';
  const way = `${kernel.via === '' ? '' : `via ${kernel.via} `}dev ${kernel.dev}`;
  const host = set.routes.some((line) => /^local |scope (host|254)( |$)/.test(line));
  if (host && kernel.via === '' && windrose.usable.some((one) => one.startsWith('via ') && one.endsWith(` dev ${kernel.dev}`)))
    return 'gateway over a route of scope host';
  if (several && !windrose.usable.includes(way)) return 'fault';
  const sameWay = kernel.via === windrose.via && kernel.dev === windrose.dev;
  if (!several && !sameWay) return 'fault';
  if (kernel.src === '127.0.0.1' && windrose.dev === 'lo') return 'no loopback address';
  // Another way has another source; which way a flow takes is a matter of a seeded hash.
  return !sameWay || kernel.src === windrose.src ? '' : 'fault';
}

/** Whether an interface's address, or a route of the set in whatever table the rules may ask, can have every next hop. */
function isOnLinkOfMain(line: string, set: RuleSet): boolean {
  const ways = line.split(' nexthop ').filter((way) => !way.includes('onlink'));
  const hops = ways.flatMap((way) => / ?via (?:inet )?(\d\S+)/.exec(way)?.[1] ?? []);
  const direct = set.routes.filter((route) => !route.includes('via '));
  return hops.every(
    (hop) =>
      IFACES.some(({ addresses }) => addresses.some((subnet) => covers(subnet, hop))) ||
      direct.some((route) => covers(prefixOf(route), hop)),
  );
}

/** Name or number of the table a route goes into. */
function tableOf(line: string): string {
  return / table (\S+)/.exec(line)?.[1] ?? (/^local |^broadcast /.test(line) ? 'local' : 'main');
}

/** Destination of a route, with its length. */
function prefixOf(line: string): string {
  const to = line.replace(/^(unicast|local|broadcast|multicast|blackhole|unreachable|prohibit|throw) /, '').split(' ')[0]!;
  return to === 'default' ? '0.0.0.0/0' : to.includes('/') ? to : `${to}/32`;
}

function sameRoute(kernel: KernelRoute, windrose: KernelRoute): boolean {
  return (
    kernel.error === '' &&
    kernel.type === windrose.type &&
    kernel.to === windrose.to &&
    kernel.table === windrose.table &&
    kernel.metric === windrose.metric &&
    kernel.tos === windrose.tos &&
    kernel.ways.join() === windrose.ways.join()
  );
}

function covers(subnet: string, address: string): boolean {
  const [own, length] = subnet.split('/') as [string, string];
  return (number(own) ^ number(address)) >>> 0 < 2 ** (32 - Number(length));
}
