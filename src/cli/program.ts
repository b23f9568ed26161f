import { readFileSync } from 'node:fs';
import { Argument, Command, CommanderError, Option } from 'commander';
import { type ActivateOptions, activate } from './activate.js';
import { captureVerb } from './captureVerb.js';
import { check, FILES, printReference, printSchema } from './check.js';
import { verbsOf } from './commandTree.js';
import { bashCompletion, zshCompletion } from './completion.js';
import { demo, scenarios } from './demo.js';
import { Exit, fail } from './fail.js';
import { formOption, reaching } from './gatewayOptions.js';
import { helpPage } from './help.js';
import { manPage } from './manPage.js';
import { NOUNS, nounOf } from './nouns.js';
import { objectVerbs } from './objectVerbs.js';
import { pageCursor } from './pages.js';
import { print, printError } from './print.js';
import { type ReloadOptions, reload } from './reload.js';
import { routeGetVerb } from './routeVerb.js';
import { drainSeconds, run } from './run.js';
import { selectorHelp } from './sessionSelectors.js';
import { type PurgeOptions, purgeSessions } from './sessions.js';
import { rowLimit, type ShowOptions, show, watchSeconds } from './show.js';
import { traceVerb } from './traceVerb.js';

/** The command line: verbs, options, exit codes. Each verb's work is in the file of its name. */

/** Runs one command line (without node and script) and gives the exit code. Never throws. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = Exit.Done;
  const program = buildProgram((result) => {
    code = result;
  });
  // The parser shows its own page for a verb that is not there; as a verb it is refused, with the one that was meant.
  const [first, word] = args;
  const isVerb =
    word === undefined || word.startsWith('-') || [...program.commands.map((verb) => verb.name()), 'help'].includes(word);
  try {
    await program.parseAsync(first === 'help' && !isVerb ? args.slice(1) : [...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.Done : Exit.Usage;
    return fail(error);
  }
}

/** The command line as it is declared; `done` takes the exit code of the verb that ran. */
export function buildProgram(done: (code: number) => void): Command {
  const program = new Command('windrose')
    .description(
      'A userspace gateway over TAP and packet sockets: routing, zone-based round-robin NAT, and distributed routers of virtual networks.',
    )
    .version(version(), '-V, --version')
    .addHelpText('after', helpPage('main'))
    .showHelpAfterError('Try "windrose --help".')
    .exitOverride();
  // Whoever stops reading a help page, head(1) for instance, ends it quietly, as with every listing.
  program.configureOutput({
    writeOut: (text) => void print(text),
    writeErr: printError,
    outputError: (text, write) => write(text.replace(/^error: /, 'windrose: ')),
  });

  // The parser would complain about a missing option before it names a misspelt one, so the action looks for it.
  const running = verb(program, 'run', 'run the gateway until SIGTERM')
    .usage('--config <file> [options]')
    .option('-c, --config <file>', 'configuration')
    .addOption(new Option('--drain <seconds>', 'forward so long after the first SIGTERM').argParser(drainSeconds).default(0));
  running.action(async ({ config, drain }: { config?: string; drain: number }) => {
    if (config === undefined)
      running.error("error: required option '-c, --config <file>' not specified", { exitCode: Exit.Usage });
    else done(await run(config, drain));
  });

  const checking = verb(program, 'check', 'say what is wrong with a configuration or a file of objects')
    .argument('[file]', 'configuration, or file of objects')
    .addOption(formOption('text', 'json'))
    .addOption(new Option('--schema [of]', 'print the JSON Schema of one').choices(FILES).preset('configuration'))
    .option('--reference', 'print every key with its default');
  checking.action(
    async (file: string | undefined, options: { output: 'text' | 'json'; schema?: (typeof FILES)[number]; reference?: true }) => {
      if (options.schema) done(printSchema(options.schema));
      else if (options.reference) done(printReference());
      else if (file === undefined) checking.error("error: missing required argument 'file'", { exitCode: Exit.Usage });
      else done(await check(file, { output: options.output }));
    },
  );

  reaching(verb(program, 'reload', 'read the configuration file again and take over what changed'))
    .option('--dry-run', 'only say what would change')
    .addOption(formOption('text', 'json'))
    .action(async (options: ReloadOptions) => done(await reload(options)));

  objectVerbs({ verb: (name, description) => verb(program, name, description), done });

  reaching(verb(program, 'activate', 'bind a port to the host it is migrating to'))
    .argument('<port>', 'name of the port')
    .addOption(new Option('-c, --config <file>').hideHelp())
    .addOption(formOption('text', 'json'))
    .action(async (port: string, options: ActivateOptions) => done(await activate(port, options)));

  const showing = reaching(verb(program, 'show', 'show what a running gateway holds'))
    .argument('<what>', `${Object.keys(NOUNS).join(', ')}`)
    .argument('[selectors...]', 'of sessions, mappings, inside-hosts: pairs such as "src 1.1.0.0/16 proto tcp"')
    .addHelpText('after', selectorHelp())
    .addOption(formOption('table', 'wide', 'json', 'ipvsadm'))
    .addOption(
      new Option('--limit <rows>', 'most sessions, mappings or inside hosts to list (10000 unless told)').argParser(rowLimit),
    )
    .addOption(
      new Option('--cursor <place>', 'list those page by page: start, then what the last page said').argParser(pageCursor),
    )
    .addOption(new Option('-w, --watch [seconds]', 'again and again, every 2 s unless told').argParser(watchSeconds).preset('2'));
  showing.action(async (what: string, words: string[], options: ShowOptions) => {
    if (options.output === 'ipvsadm' && nounOf(what) !== 'zones')
      showing.error("error: option '-o, --output <form>' is ipvsadm only for zones", { exitCode: Exit.Usage });
    else done(await show(what, words, options));
  });

  const sessions = verb(program, 'sessions', 'act on sessions');
  reaching(verb(sessions, 'purge', 'end the sessions that the selectors mean', 'sessions-purge'))
    .addHelpText('after', selectorHelp())
    .argument('<selectors...>', 'pairs as of "show sessions", or the word all')
    .option('-y, --yes', 'do not ask')
    .action(async (words: string[], options: PurgeOptions) => done(await purgeSessions(words, options)));

  captureVerb(verb(program, 'capture', 'capture frames on an interface of a running gateway'), done);

  traceVerb(verb(program, 'trace', 'say what would become of a packet, and why'), done);

  const routing = verb(program, 'route', 'ask the routing tables');
  routeGetVerb(verb(routing, 'get', 'say where a packet would go, as "ip route get" does, and why', 'route-get'), done);

  verb(program, 'demo', 'show it at work in namespaces of its own')
    .addArgument(new Argument('[scenario]', 'what to show; left out: lists them').choices(Object.keys(scenarios)))
    .action(async (scenario: string | undefined) => done(await demo(scenario)));

  verb(program, 'completion', 'print a completion script')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh']))
    .action((shell: string) => {
      print((shell === 'bash' ? bashCompletion : zshCompletion)(verbsOf(program)));
      done(Exit.Done);
    });

  verb(program, 'man', 'print the manual page').action(() => {
    print(manPage(verbsOf(program), version()));
    done(Exit.Done);
  });
  return program;
}

function verb(program: Command, name: string, description: string, page = name): Command {
  const command = program.command(name).description(description).addHelpText('after', helpPage(page));
  return command.showHelpAfterError(`Try "windrose ${page.replace('-', ' ')} --help".`);
}

function version(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
