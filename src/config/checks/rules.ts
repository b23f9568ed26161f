import type { RoutedDraft } from '../draft.js';
import { formatPath, type Path, type Report } from '../issues.js';
import { ruleTwins } from '../ruleTwins.js';
import { unknownDev } from '../settleRoutes.js';
import { martian } from './addresses.js';

/** The kernel takes only these bits of the octet in a rule. */
const TOS_BITS = 0x1c;

/** Rules of the file, one by one and against those before them; as the kernel refuses them (net/core/fib_rules.c). */
export function checkRules(draft: RoutedDraft, report: Report): void {
  const { entries, routing } = draft;
  const { local, force } = entries.defaultRules ?? { local: true, force: false };
  if (!local && !force)
    report(
      'error',
      ['defaultRules', 'local'],
      'cannot be false: without rule 0 no address of this gateway is its own, and it answers to nothing',
      'Leave it out, or write force: true beside it.',
    );
  const rifs = draft.rifs.map((rif) => rif.value);
  for (const { value: rule, path } of routing.rules) {
    const entry = path[0] === 'rules' ? entries.rules?.[Number(path[1])] : undefined;
    if (entry === undefined) continue;
    if (((rule.tos ?? 0) & ~TOS_BITS) !== 0)
      report('error', [...path, 'tos'], 'is more than 0x1c, which a rule cannot select', 'Write "dscp NUMBER" instead.');
    if (rule.tos !== undefined && rule.dscp !== undefined)
      report('error', [...path, 'dscp'], 'stands beside tos', 'Keep one of the two.');
    const actions = (['goto', 'nat', 'type'] as const).filter((key) => entry[key] !== undefined && entry[key] !== 'lookup');
    for (const key of actions.slice(1))
      report('error', [...path, key], `stands beside ${actions[0]}; a rule does one thing`, 'Keep one of the two.');
    if (entry.table !== undefined && actions[0] !== undefined && actions[0] !== 'nat')
      report('error', [...path, 'table'], `stands beside ${actions[0]}; a rule does one thing`, 'Keep one of the two.');
    const why = rule.action.type === 'nat' ? martian(rule.action.address) : undefined;
    if (why !== undefined) report('error', [...path, 'nat'], why, 'Use an address that packets may come from.');
    if (rule.action.type === 'goto' && rule.action.priority <= rule.priority)
      report(
        'error',
        [...path, 'goto'],
        `${rule.action.priority} is not above the priority of the rule (${rule.priority})`,
        'A rule can only go forwards.',
      );
    if (!draft.ifacesComplete) continue;
    for (const key of ['iif', 'oif'] as const) {
      const name = rule[key];
      if (name === undefined || name === 'lo' || rifs.some((rif) => rif.name === name)) continue;
      const [message, remedy] = unknownDev(name, rifs);
      report('warning', [...path, key], `${message}: the rule matches nothing`, remedy);
    }
  }
  for (const { path, before } of ruleTwins(routing.rules)) {
    const what = `is the same as ${nameOf(before)} to the kernel, which takes one of them`;
    report('error', path, what, 'Remove one, or give it another priority.');
  }
}

function nameOf(path: Path): string {
  return path[0] === 'rules' ? formatPath(path) : 'a default rule';
}
