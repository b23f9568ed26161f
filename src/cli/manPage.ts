import { selectors } from '../types/selectors.js';
import type { Verb, VerbOption } from './commandTree.js';
import { helpPage } from './help.js';

/** docs/man/windrose.1, from the verbs and the help pages. */

/** The whole page, in the macros of man(7). */
export function manPage(verbs: readonly Verb[], version: string): string {
  const [program, ...others] = verbs as [Verb, ...Verb[]];
  const leaves = others.filter(
    (verb) => !others.some((below) => below.words.length > verb.words.length && below.words[0] === verb.words[0]),
  );
  const parts = [
    `.TH WINDROSE 1 "" "windrose ${roff(version)}" "User Commands"`,
    '.SH NAME',
    `windrose \\- ${roff(program.description.replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    ...leaves.flatMap((verb) => ['.br', `\\fBwindrose ${roff(verb.words.join(' '))}\\fR ${roff(verb.usage)}`]),
    '.SH COMMANDS',
    ...leaves.flatMap(section),
    '.SH SELECTORS',
    'Pairs of words that narrow each other, for \\fBshow sessions\\fR and \\fBsessions purge\\fR.',
    ...Object.entries(selectors).flatMap(([word, { value, help }]) => ['.TP', `\\fB${word}\\fR \\fI${value}\\fR`, roff(help)]),
    '.SH GENERAL',
    ...verbatim(helpPage('main')),
    '.SH FILES',
    '.TP',
    '\\fI/run/windrose/NAME.sock\\fR',
    'Control socket of the gateway NAME.',
    '.SH SEE ALSO',
    'The reference of the configuration is docs/configuration.md; \\fBwindrose check \\-\\-reference\\fR prints it.',
  ];
  return `${parts.join('\n')}\n`;
}

function section(verb: Verb): string[] {
  return [
    `.SS ${roff(verb.words.join(' '))}`,
    `${roff(sentence(verb.description))}`,
    ...verb.options.flatMap(option),
    ...verbatim(helpPage(verb.words.join('-'))),
  ];
}

function option({ flags, description, choices }: VerbOption): string[] {
  const among = choices.length === 0 ? '' : ` (${choices.join(', ')})`;
  return ['.TP', `\\fB${roff(flags)}\\fR`, roff(`${sentence(description).replace(/\.$/, '')}${among}.`)];
}

/** Text as it stands, lines and blanks kept. */
function verbatim(text: string): string[] {
  const lines = text.trim().split('\n');
  return text.trim() === '' ? [] : ['.PP', '.nf', ...lines.map(roff), '.fi'];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Text that no macro takes for its own. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}
