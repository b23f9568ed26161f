import { type Command, Option } from 'commander';

/** Options that name the gateway to ask. */
export function reaching(command: Command): Command {
  return command
    .addOption(new Option('--name <name>', 'name of the gateway').conflicts('socket'))
    .option('--socket <path>', 'control socket of the gateway');
}

/** The option that says in which form the answer is printed; the first one is the default. */
export function formOption(...forms: readonly string[]): Option {
  return new Option('-o, --output <form>', 'form of the answer').choices(forms).default(forms[0]);
}
