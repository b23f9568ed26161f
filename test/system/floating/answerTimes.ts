import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Cloud } from '../support/cloud.js';

/** How a question for an address is answered on the external network, seen from the upstream router. */
export interface Answers {
  readonly questions: number;
  readonly answers: number;
  /** Milliseconds from each question to its answer. */
  readonly times: number[];
  readonly macs: ReadonlySet<string>;
}

/** Asks for `address` so many times, as a router that has never heard of it. */
export async function answerTimes(cloud: Cloud, address: string, count: number): Promise<Answers> {
  const dump = spawn(
    'ip',
    ['netns', 'exec', cloud.netns('up'), 'tcpdump', '-tt', '-n', '-l', '--immediate-mode', '-i', 'up0', 'arp'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let text = '';
  dump.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(dump.stderr, 'data');
  for (let i = 0; i < count; i++) {
    cloud.on('up', ['sh', '-c', `ip neigh del ${address} dev up0 2>/dev/null; ping -n -c 1 -W 2 ${address} || true`]);
  }
  dump.kill('SIGINT');
  await once(dump, 'close');
  const times: number[] = [];
  const macs = new Set<string>();
  let questions = 0;
  let answers = 0;
  let asked = 0;
  for (const line of text.split('\n')) {
    const at = Number(line.split(' ')[0]) * 1000;
    if (line.includes(`who-has ${address} tell`)) {
      questions++;
      asked ||= at;
    }
    const mac = new RegExp(`Reply ${address} is-at ([\\da-f:]+)`).exec(line)?.[1];
    if (mac === undefined) continue;
    answers++;
    macs.add(mac);
    if (asked !== 0) times.push(at - asked);
    asked = 0;
  }
  return { questions, answers, times, macs };
}
