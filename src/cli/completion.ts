import { KIND_KEYS } from '../objects/kindNames.js';
import { selectors } from '../types/selectors.js';
import type { Verb } from './commandTree.js';
import { NOUNS } from './nouns.js';

/** Scripts for the completion of bash and zsh, printed from the verbs. */

/** Words that verbs take as arguments beyond their declared choices. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  show: [...Object.keys(NOUNS), 'table', ...Object.keys(selectors)],
  get: [...KIND_KEYS],
  delete: [...KIND_KEYS],
  trace: ['tcp', 'udp', 'icmp'],
  'sessions purge': ['all', ...Object.keys(selectors)],
};

/** For bash; files where nothing else fits. */
export function bashCompletion(verbs: readonly Verb[]): string {
  const values = verbs.flatMap((verb) =>
    verb.options
      .filter(({ choices }) => choices.length > 0)
      .map(({ names, choices }) => [names.map((name) => quoted(`${key(verb)} ${name}`)).join('|'), choices] as const),
  );
  const words = verbs.map((verb) => {
    const below = verbs.filter((other) => other.words.length === verb.words.length + 1 && startsWith(other, verb));
    const names = verb.options.flatMap((option) => option.names.filter((name) => name.startsWith('--')));
    const list = [
      ...below.map((other) => other.words.at(-1)!),
      ...verb.choices,
      ...(ARGUMENTS[key(verb)] ?? []),
      ...names,
      '--help',
    ];
    return [quoted(key(verb)), list] as const;
  });
  const nested = verbs.filter((verb) =>
    verbs.some(
      (other) =>
        other.words.length > 1 && other.words.length > verb.words.length && verb.words.length === 1 && startsWith(other, verb),
    ),
  );
  return `# bash completion of windrose; printed by "windrose completion bash"
_windrose() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} verb=
  [ "$COMP_CWORD" -gt 1 ] && verb=\${COMP_WORDS[1]}
  case $verb in
    ${nested.map(key).join('|')}) [ "$COMP_CWORD" -gt 2 ] && verb="$verb \${COMP_WORDS[2]}" ;;
  esac
  case "$verb $prev" in
${values.map(([pattern, choices]) => `    ${pattern}) COMPREPLY=($(compgen -W "${choices.join(' ')}" -- "$cur")); return ;;`).join('\n')}
    *" --config"|*" -c"|*" --socket") COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  case $verb in
${words.map(([pattern, list]) => `    ${pattern}) COMPREPLY=($(compgen -W "${list.join(' ')}" -- "$cur")) ;;`).join('\n')}
  esac
  [ "\${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$cur"))
}
complete -F _windrose windrose
`;
}

/** For zsh, which runs the script of bash. */
export function zshCompletion(verbs: readonly Verb[]): string {
  return `#compdef windrose
autoload -U +X bashcompinit && bashcompinit
${bashCompletion(verbs)}`;
}

function key(verb: Verb): string {
  return verb.words.join(' ');
}

function quoted(text: string): string {
  return `"${text}"`;
}

function startsWith(verb: Verb, above: Verb): boolean {
  return above.words.every((word, i) => verb.words[i] === word);
}
