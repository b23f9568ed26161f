import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { getJson } from '../../../src/cli/controlClient.js';
import type { IfaceRow } from '../../../src/types/show.js';
import { type Bed, CLIENT, SERVER } from './bed.js';
import { pause } from './scenario.js';

/** Sessions the load makes: UDP to the server's port 9. */
export const LOAD_FLOWS = 256;

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Frames the kernel dropped in front of the gateway or behind it since the start, by device. */
export async function kernelDrops(bed: Bed): Promise<Record<string, number>> {
  const rows = (await getJson(bed.socket, '/v1/show/ifaces')) as IfaceRow[];
  const own = rows.map((row) => [`gateway ${row.name}`, row.rxDropped + row.txDropped] as const);
  const peers = bed.links.map(({ name, host }) => {
    const counter = (file: string): number => Number(bed.on(host, `cat /sys/class/net/${name}/statistics/${file}`));
    return [`${host} ${name}`, counter('tx_dropped') + counter('rx_dropped')] as const;
  });
  return Object.fromEntries([...own, ...peers]);
}

export interface Offered {
  readonly sent: number;
  readonly refused: number;
  readonly arrived: number;
}

/** UDP frames from the generator to a counter in the server's kernel. `rate` 0: as fast as it can. */
export class UdpLoad {
  constructor(
    private readonly bed: Bed,
    private readonly mac: string,
  ) {
    execFileSync('make', ['-s', '-C', 'bench/ref'], { cwd: root });
    const rules = 'add chain ip w in { type filter hook prerouting priority -400; }; add rule ip w in udp dport 9 counter drop';
    bed.on('server', ['nft', `add table ip w; ${rules}`]);
  }

  async offer(seconds: number, rate: number): Promise<Offered> {
    return this.#start(seconds, rate).ended;
  }

  /** The same for at most so many seconds, ended by calling what it returns. */
  begin(seconds: number, rate: number): () => Promise<Offered> {
    const { stop, ended } = this.#start(seconds, rate);
    return () => {
      stop();
      return ended;
    };
  }

  #start(seconds: number, rate: number): { stop: () => void; ended: Promise<Offered> } {
    const before = this.#arrived();
    const generator = this.bed.sandbox.start(this.bed.netns('client'), [
      `${root}out/bench/ref/generate`,
      ...[
        '--device',
        'lan',
        '--to-mac',
        this.mac,
        '--to',
        `${SERVER}:9`,
        '--from',
        `${CLIENT}+1`,
        '--ports',
        `20000+${LOAD_FLOWS}`,
      ],
      ...['--size', '64', '--seconds', String(seconds), '--bypass', '0', ...(rate === 0 ? [] : ['--rate', String(rate)])],
    ]);
    let said = '';
    generator.stdout!.on('data', (part) => {
      said += part;
    });
    const ended = new Promise((resolve) => generator.once('close', resolve)).then(async () => {
      await pause(300);
      return { ...(JSON.parse(said) as { sent: number; refused: number }), arrived: this.#arrived() - before };
    });
    return { stop: () => generator.kill('SIGTERM'), ended };
  }

  #arrived(): number {
    return Number(/packets (\d+)/.exec(this.bed.on('server', 'nft list table ip w'))![1]);
  }
}
