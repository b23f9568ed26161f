import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CaptureOptions, capture } from './capture.js';
import { reaching } from './gatewayOptions.js';

/** Words and options of `windrose capture`. */
export function captureVerb(command: Command, done: (code: number) => void): void {
  const declared = command
    .argument('<iface>', 'interface, port of a network ("show lports") or physical network')
    .argument('[filter...]', 'what to capture, in the words of pcap-filter(7)')
    .option('-w, --write <file>', 'write a pcap file; "-" is standard output')
    .option('--text', 'print a line per frame; so without -w as well')
    .addOption(new Option('--count <frames>', 'end after so many frames').argParser(positive(true)))
    .addOption(new Option('--seconds <seconds>', 'end after so many seconds').argParser(positive(false)));
  reaching(declared).action(async (iface: string, filter: string[], options: CaptureOptions) => {
    if (options.write === '-' && options.text)
      command.error('error: standard output takes the file or the lines, not both', { exitCode: 2 });
    done(await capture(iface, filter, options));
  });
}

/** Reads a number above 0, whole or not, up to what a timer can wait for. */
export function positive(whole: boolean): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value > 0 && value <= 2_000_000 && (!whole || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(`It is a ${whole ? 'whole ' : ''}number from ${whole ? 1 : 'above 0'} to 2000000.`);
  };
}
