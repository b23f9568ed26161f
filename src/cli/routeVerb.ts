import type { Command } from 'commander';
import { isFault } from '../types/parsed.js';
import { parseRouteGet, type RouteGetAnswer } from '../types/routeGet.js';
import { getJson, type SocketChoice, socketPath } from './controlClient.js';
import { Exit } from './fail.js';
import { formOption, reaching } from './gatewayOptions.js';
import { print } from './print.js';

interface RouteGetOptions extends SocketChoice {
  readonly output: 'text' | 'json';
}

/** `windrose route get ADDRESS [from ADDRESS] [iif NAME] ...`: the words of ip-route(8), in its order or any other. */
export function routeGetVerb(command: Command, done: (code: number) => void): void {
  const declared = command
    .argument('<address>', 'destination')
    .argument('[words...]', 'pairs: from ADDRESS, iif NAME, oif NAME, tos N, mark N, ipproto P, sport N, dport N, uid N')
    .addOption(formOption('text', 'json'));
  reaching(declared).action(async (to: string, words: string[], options: RouteGetOptions) => {
    const query = new URLSearchParams({ to });
    for (let i = 0; i < words.length; i += 2) {
      const value = words[i + 1];
      if (value === undefined) command.error(`error: ${words[i]} has no value.`, { exitCode: Exit.Usage });
      else query.append(words[i]!, value);
    }
    const request = parseRouteGet(query);
    if (isFault(request)) command.error(`error: ${request.fault}.`, { exitCode: Exit.Usage });
    const answer = (await getJson(await socketPath(options), `/v1/route?${query}`)) as RouteGetAnswer;
    print(options.output === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : routeGetText(answer));
    done(answer.error === null ? Exit.Done : Exit.Failed);
  });
}

/** The answer as `ip route get` prints it, and below it what was looked at. */
function routeGetText(answer: RouteGetAnswer): string {
  const width = Math.max(0, ...answer.steps.map(({ rule }) => rule.length));
  const steps = answer.steps.map(({ rule, found }) => `  ${rule.padEnd(width)}  ${found}\n`).join('');
  const ways = answer.ways.length < 2 ? '' : `  one of ${answer.ways.length} ways: ${answer.ways.join('; ')}\n`;
  return `${ipRouteGetText(answer)}${steps}${ways}`.replace(/[^\P{Cc}\n]/gu, '?');
}

/** What ip(8) prints, trailing blanks and all. */
function ipRouteGetText(answer: RouteGetAnswer): string {
  const { error, type, destination, from, via, dev, table, src, uid, iif, mtu } = answer;
  if (error !== null) return `RTNETLINK answers: ${error}\n`;
  const kind = type === 'unicast' ? '' : `${type} `;
  const word = (name: string, value: string): string => (value === '' ? '' : `${name} ${value} `);
  const first = `${kind}${destination} ${word('from', from)}${word('via', via)}${word('dev', dev)}${word('table', table)}`;
  const own = `${word('src', src)}${uid === null ? '' : `uid ${uid} `}`;
  const flags = type === 'local' ? '<local> ' : type === 'broadcast' ? '<local,brd> ' : '';
  const size = mtu === null ? '' : `mtu ${mtu.lock ? 'lock ' : ''}${mtu.octets} `;
  return `${first}${own}\n    cache ${flags}${size}${word('iif', iif)}\n`;
}
