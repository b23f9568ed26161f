import { type Command, Option } from 'commander';
import { isFault } from '../types/parsed.js';
import { parseTrace } from '../types/trace.js';
import { Exit } from './fail.js';
import { type TraceOptions, trace } from './trace.js';

interface Words extends TraceOptions {
  readonly ttl?: string;
  readonly length?: string;
  readonly vlan?: string;
  readonly flags?: string;
  readonly df?: true;
}

/** Words and options of `windrose trace`. What is wrong with them is said before the gateway is asked. */
export function traceVerb(command: Command, done: (code: number) => void): void {
  command
    .argument('<iface>', 'interface it comes in by, as "show ifaces" names it')
    .argument('<proto>', 'tcp, udp, icmp, or another protocol by name or number')
    .argument('<from>', 'source: ADDRESS:PORT, for ICMP ADDRESS or ADDRESS:IDENTIFIER')
    .argument('<to>', 'destination, written alike')
    .option('--ttl <hops>', 'TTL it comes with (64 unless told)')
    .option('--length <octets>', 'length of the IPv4 packet (its headers unless told)')
    .option('--df', 'it must not be fragmented')
    .option('--vlan <id>', 'tag of the frame (that of the interface unless told; 0 is untagged)')
    .option('--flags <letters>', 'TCP flags as tcpdump writes them (S from inside, A from outside unless told)')
    .addOption(new Option('-o, --output <form>', 'form of the answer').choices(['text', 'json']).default('text'))
    .addOption(new Option('--name <name>', 'name of the gateway').conflicts('socket'))
    .option('--socket <path>', 'control socket of the gateway')
    .action(async (iface: string, proto: string, from: string, to: string, options: Words) => {
      const query = new URLSearchParams({ iface, proto, from, to });
      for (const word of ['ttl', 'length', 'vlan', 'flags'] as const) {
        const value = options[word];
        if (value !== undefined) query.set(word, value);
      }
      if (options.df) query.set('df', '1');
      const request = parseTrace(query);
      if (isFault(request)) command.error(`error: ${request.fault}.`, { exitCode: Exit.Usage });
      done(await trace(query, options));
    });
}
