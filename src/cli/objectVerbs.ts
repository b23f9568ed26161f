import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ApplyOptions, apply, diff, TROUBLE } from './apply.js';
import { positive } from './captureVerb.js';
import { type DrainOptions, drain } from './drain.js';
import { fail } from './fail.js';
import { formOption, reaching } from './gatewayOptions.js';
import { type DeleteOptions, deleteObjects, type GetOptions, getObjects } from './getObjects.js';

/** What declares a verb, and takes its exit code. */
interface Declaring {
  verb(name: string, description: string): Command;
  done(code: number): void;
}

/** Seconds. Who writes the file behind --wait would have it taken for them. */
function waited(text: string): number {
  try {
    return positive(false)(text);
  } catch (error) {
    const { message } = error as Error;
    throw new InvalidArgumentError(`${message} Write the file before --wait.`);
  }
}

/** The verbs about objects of distributed routers: apply, diff, get and delete. */
export function objectVerbs({ verb, done }: Declaring): void {
  /** A gateway that runs, or a store without one. */
  const choosing = (command: Command): Command =>
    reaching(command).addOption(
      new Option('-c, --config <file>', 'the store that this configuration names, without a gateway').conflicts([
        'name',
        'socket',
      ]),
    );
  const form = () => formOption('text', 'json');
  const dry = (command: Command): Command => command.option('--dry-run', 'only say what would change');
  const merging = (command: Command): Command => command.option('--merge', 'keep objects that the file does not name');

  merging(
    dry(choosing(verb('apply', 'make the objects of distributed routers those of a file')).argument('<file>', 'file of objects')),
  )
    .option('--yes', 'also where it removes most objects, or a host that runs')
    .addOption(
      new Option('--wait [seconds]', 'until every live host follows, no longer than this (30 unless told)')
        .argParser(waited)
        .conflicts(['dryRun', 'config']),
    )
    .addOption(form())
    .action(async (file: string, options: ApplyOptions) => done(await apply(file, options)));

  merging(choosing(verb('diff', 'say what applying a file of objects would change')).argument('<file>', 'file of objects'))
    .addOption(form())
    .action(async (file: string, options: ApplyOptions) => {
      try {
        done(await diff(file, options));
      } catch (error) {
        fail(error);
        done(TROUBLE);
      }
    });

  for (const draining of [true, false]) {
    const what = draining ? 'move what is on one host at a time off a host' : 'let a host have such things again';
    const command = dry(choosing(verb(draining ? 'drain' : 'undrain', what))).argument('<host>', 'name of the host');
    if (draining)
      command
        .option('--force', 'also what no other host may have: it stops')
        .option('--no-wait', 'do not wait until it has moved')
        .addOption(new Option('--timeout <seconds>', 'wait no longer (30 unless told)').argParser(positive(false)));
    command.addOption(form()).action(async (host: string, options: DrainOptions) => done(await drain(host, draining, options)));
  }

  choosing(verb('get', 'print objects as "apply" takes them'))
    .argument('[kind]', 'hosts, networks, subnets, lports, routers, floatingIps; all when left out')
    .argument('[names...]', 'of that kind; all when left out')
    .addOption(formOption('yaml', 'json'))
    .action(async (kind: string | undefined, names: string[], options: GetOptions) =>
      done(await getObjects(kind, names, options)),
    );

  dry(choosing(verb('delete', 'remove objects')))
    .argument('<kind>', 'host, network, subnet, lport, router, floating-ip')
    .argument('<names...>', 'names of that kind')
    .option(
      '--cascade',
      'ports also where floating IPs lead to them: those stay, reserved, and what is forwarded to the ports no longer is',
    )
    .option('--force', 'hosts also while they run')
    .addOption(form())
    .action(async (kind: string, names: string[], options: DeleteOptions) => done(await deleteObjects(kind, names, options)));
}
