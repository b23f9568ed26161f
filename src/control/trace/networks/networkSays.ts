import { FIRST_DROP, Verdict, verdictSpec } from '../../../shared/verdict.js';
import { protocolName } from '../../../types/trace.js';
import { toldToSender } from '../says.js';
import type { NetworkOutcome } from './rehearseNetwork.js';
import type { End } from './wayOn.js';

/** What a verdict means for a frame on a network. `end`: where it went. */
export function outcomeSays(ran: NetworkOutcome, verdict: Verdict, end: End | undefined, dropped: string): string {
  const { left, sessions } = ran;
  if (verdict >= FIRST_DROP) {
    const error = left.find(({ fields }) => fields?.protocol === 1);
    return `${dropped}: ${verdictSpec(verdict).help}${toldToSender(verdict, ran, error)}`;
  }
  if (verdict === Verdict.EchoAnswered) return 'The router answers the echo request itself.';
  if (end?.left.fields === undefined) return verdictSpec(verdict).help;
  if (verdict === Verdict.Flooded) return `One copy each: ${copies(ran)}.`;
  const { on, left: one } = end;
  const isPortOpen = sessions.some((session) => session.isPortOpen);
  const { protocol, source, sourcePort, destination, destinationPort, ttl } = one.fields!;
  const from = sourcePort === null || isPortOpen ? source : `${source}:${sourcePort}`;
  const to = destinationPort === null ? destination : `${destination}:${destinationPort}`;
  const way = on.text.startsWith('delivered') ? `D${on.text.slice(1)}` : `Leaves ${on.text.replace(/^to host/, 'for host')}`;
  const text = `${way} as ${protocolName(protocol)} ${from} > ${to}, TTL ${ttl}.`;
  const many = left.length > 1 ? ` In ${left.length} ${ran.fragments > 0 ? 'fragments' : 'segments'}.` : '';
  if (isPortOpen) return `${text}${many} A new session is made; its port is chosen when that happens.`;
  return sessions.some(({ isNew }) => isNew) ? `${text}${many} A new session is made.` : `${text}${many}`;
}

function copies({ left }: NetworkOutcome): string {
  const hosts = left.filter(({ tunnel }) => tunnel !== undefined).length;
  const others = left.length - hosts;
  const of = (count: number, one: string): string[] => (count === 0 ? [] : [`${count} ${one}${count === 1 ? '' : 's'}`]);
  return [...of(others, 'device'), ...of(hosts, 'host')].join(' and ') || 'nobody else is there';
}
