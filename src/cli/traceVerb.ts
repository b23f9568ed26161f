import { type Command, Option } from 'commander';
import { isFault } from '../types/parsed.js';
import { parseTrace } from '../types/trace.js';
import { packetWords } from '../types/tracePacket.js';
import { positive } from './captureVerb.js';
import { Exit } from './fail.js';
import { formOption, reaching } from './gatewayOptions.js';
import { type TraceOptions, trace } from './trace.js';
import { traceLive } from './traceLive.js';

interface Words extends TraceOptions {
  readonly packet?: string;
  readonly iface?: string;
  readonly count?: number;
  readonly filter?: string;
  readonly timeout?: number;
  readonly ttl?: string;
  readonly tos?: string;
  readonly length?: string;
  readonly vlan?: string;
  readonly flags?: string;
  readonly df?: true;
  readonly host?: string;
  readonly smac?: string;
  readonly dmac?: string;
}

const DESCRIBING = ['ttl', 'tos', 'length', 'vlan', 'flags', 'df', 'host', 'smac', 'dmac'] as const;
const ARGUMENTS = ['iface', 'proto', 'from', 'to'] as const;
/** What they are, in a sentence. */
const MEANINGS = ['the interface', 'the protocol', 'the source', 'the destination'] as const;

/** Words and options of `windrose trace`. What is wrong with them is said before the gateway is asked. */
export function traceVerb(command: Command, done: (code: number) => void): void {
  const refuse = (fault: string): never => command.error(`error: ${fault}.`, { exitCode: Exit.Usage });
  const declared = command
    .argument('[iface]', 'interface it comes in by ("show ifaces"), port of a network ("show lports"), or a network')
    .argument('[proto]', 'tcp, udp, icmp, or another protocol by name or number')
    .argument('[from]', 'source: ADDRESS:PORT, for ICMP ADDRESS or ADDRESS:IDENTIFIER')
    .argument('[to]', 'destination, written alike')
    .option('--packet <fields>', 'the packet in one word: in=IFACE,src=ADDRESS,dst=ADDRESS,proto=udp,dport=53 and more')
    .option('--iface <iface>', 'trace the frames that come in by this interface or port, as they come, until Ctrl-C')
    .addOption(new Option('--count <frames>', 'with --iface: end after so many').argParser(positive(true)))
    .option('--filter <expression>', 'with --iface: only these, in the words of pcap-filter(7)')
    .addOption(new Option('--timeout <seconds>', 'with --iface: end after so many seconds').argParser(positive(false)))
    .option('--ttl <hops>', 'TTL it comes with (64 unless told)')
    .option('--tos <octet>', 'type of service (0 unless told)')
    .option('--length <octets>', 'length of the IPv4 packet (its headers unless told)')
    .option('--df', 'it must not be fragmented')
    .option('--vlan <id>', 'tag of the frame (that of the interface unless told; 0 is untagged)')
    .option('--flags <letters>', 'TCP flags as tcpdump writes them (unless told S, and from outside A where a session matches)')
    .option('--host <host>', 'with a network: host whose frame comes in from the fabric')
    .option('--smac <mac>', 'on a network: source MAC (that of the sender unless told)')
    .option('--dmac <mac>', 'on a network: destination MAC (what ARP answers unless told)')
    .addOption(formOption('text', 'json'));
  reaching(declared).action(async (...given: unknown[]) => {
    const options = given[ARGUMENTS.length] as Words;
    const words = given.slice(0, ARGUMENTS.length).filter((word) => word !== undefined) as string[];
    const { iface } = options;
    if (iface !== undefined) {
      const stray = [...words, ...(options.packet === undefined ? [] : ['--packet']), ...describing(options)][0];
      if (stray !== undefined) refuse(`--iface traces frames as they come in; "${stray}" beside it describes another packet`);
      done(await traceLive({ ...options, iface }));
      return;
    }
    const live = (['count', 'filter', 'timeout'] as const).find((name) => options[name] !== undefined);
    if (live !== undefined) refuse(`--${live} is for frames as they come in: name the interface with --iface`);
    const query = options.packet === undefined ? argumentsOf(words, options, refuse) : packetOf(words, options, refuse);
    const request = parseTrace(query);
    // A packet calls it by a shorter name.
    if (isFault(request)) refuse(options.packet === undefined ? request.fault : request.fault.replace(/^length:/, 'len:'));
    done(await trace(query, options));
  });
}

/** Options that describe a packet, as they are written. */
function describing(options: Words): string[] {
  return DESCRIBING.filter((name) => options[name] !== undefined).map((name) => `--${name}`);
}

function argumentsOf(words: readonly string[], options: Words, refuse: (fault: string) => never): URLSearchParams {
  const missing = ARGUMENTS[words.length];
  if (missing !== undefined) {
    const taken = words.map((word, i) => `"${word}" is taken as ${MEANINGS[i]}`).join(', ');
    refuse(
      `missing required argument '${missing}'${taken === '' ? '' : `: ${taken}`}; it is IFACE PROTO FROM TO, as "web tcp 10.0.0.11:40000 203.0.113.9:80" (or describe the packet with --packet, or name an interface to watch with --iface)`,
    );
  }
  const query = new URLSearchParams(ARGUMENTS.map((name, i): [string, string] => [name, words[i]!]));
  for (const name of DESCRIBING) {
    const value = options[name];
    if (value !== undefined) query.set(name, value === true ? '1' : value);
  }
  return query;
}

function packetOf(words: readonly string[], options: Words, refuse: (fault: string) => never): URLSearchParams {
  if (words.length > 0) refuse(`--packet describes the whole packet; "${words.join(' ')}" beside it is too much`);
  const option = DESCRIBING.find((name) => options[name] !== undefined);
  const key = option === 'length' ? 'len' : option;
  if (option !== undefined) refuse(`--packet describes the whole packet; in place of --${option} write ${key}=... in it`);
  const read = packetWords(options.packet!);
  return isFault(read) ? refuse(read.fault) : read.value;
}
