import { showValue } from './scalar.js';

/** What is wrong with a rule or a route as a whole: end of a sentence and remedy. */
export interface Slip {
  readonly message: string;
  readonly remedy: string;
}

export type ItemKind = 'rule' | 'route' | 'nexthop';

const EXAMPLES: Readonly<Record<ItemKind, string>> = {
  rule: 'from 10.0.0.0/24 lookup 100 pref 1000',
  route: 'default via 10.0.0.254',
  nexthop: 'via 10.0.0.254 weight 2',
};

/** "ip -4 rule add ", "route add ", "add ": no rule and no route begins so. */
const COMMAND =
  /^(?:(?:sudo\s+)?ip\s+(?:-\S+\s+)*)?(?:(?:rule|ru|route|ro|r)\s+)?(?:(?:add|append|prepend|change|replace|del|delete)\s+)?/;

/** "1000:\tfrom all lookup main", as `ip rule` lists it. */
const LISTED = /^(\d{1,10}):(?:\s+(.*))?$/s;

/** Characters of a line that a remedy repeats. */
const LONGEST_REPEATED = 200;

/**
 * Slips after which the words of an item mean nothing, so that they are one fault and not one for each word. Undefined: there
 * is none.
 */
export function slipOf(raw: unknown, kind: ItemKind): Slip | undefined {
  if (typeof raw === 'string') return lineSlip(raw.trim(), kind);
  if (typeof raw === 'number' || typeof raw === 'boolean')
    return {
      message: `is the single value ${showValue(raw)}, not a line or a mapping`,
      remedy: `Write a line such as "${EXAMPLES[kind]}", or keys with ":".`,
    };
  if (kind !== 'rule' || typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  // To YAML the colon behind the priority makes a mapping of the line.
  const [pair, ...more] = Object.entries(raw);
  return pair === undefined || more.length > 0 || typeof pair[1] !== 'string' ? undefined : listedSlip(`${pair[0]}: ${pair[1]}`);
}

function lineSlip(line: string, kind: ItemKind): Slip | undefined {
  // YAML makes one text of an item and of the deeper lines below it.
  if (line.split(/\s+/).includes('-'))
    return { message: 'the next item is indented too far', remedy: 'Begin it in the column of the others.' };
  const command = COMMAND.exec(line)![0].trim();
  if (command !== '') {
    const named = showValue(command);
    const gone = /\bdel(?:ete)?$/.test(command);
    return {
      message: `${named} is the command, not the ${kind}`,
      remedy: gone ? 'Leave the whole line out: what the file does not name is not there.' : `Leave out ${named}.`,
    };
  }
  return kind === 'rule' ? listedSlip(line) : undefined;
}

function listedSlip(line: string): Slip | undefined {
  const [, priority, rest = ''] = LISTED.exec(line) ?? [];
  if (priority === undefined) return undefined;
  const rule = rest.replace(/\s*\[(?:detached|unresolved)\]/g, '').trim();
  const whole = rule === '' || rule.length > LONGEST_REPEATED ? `pref ${priority}` : `${rule} pref ${priority}`;
  return { message: `begins with "${priority}:", as a listing does`, remedy: `Write "${whole}".` };
}
