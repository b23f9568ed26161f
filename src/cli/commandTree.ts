import type { Command } from 'commander';

/** A verb as completion and manual page see it; made from the same declarations as --help. */
export interface Verb {
  /** Words behind "windrose": ["sessions", "purge"]; empty for the program itself. */
  readonly words: readonly string[];
  readonly description: string;
  /** "[options] <what>" */
  readonly usage: string;
  readonly options: readonly VerbOption[];
  /** What an argument may be, where that is a closed set. */
  readonly choices: readonly string[];
}

export interface VerbOption {
  /** "-o, --output <form>" */
  readonly flags: string;
  /** ["-o", "--output"] */
  readonly names: readonly string[];
  readonly description: string;
  readonly choices: readonly string[];
  readonly takesValue: boolean;
}

/** The program and all its verbs, in the order of --help. */
export function verbsOf(command: Command, words: readonly string[] = []): Verb[] {
  const own: Verb = {
    words,
    description: command.description(),
    usage: command.usage(),
    options: command.options
      .filter((option) => !option.hidden)
      .map((option) => ({
        flags: option.flags,
        names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
        description: option.description,
        choices: option.argChoices ?? [],
        takesValue: option.required || option.optional,
      })),
    choices: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  };
  return [own, ...command.commands.flatMap((below) => verbsOf(below, [...words, below.name()]))];
}
