import { execFile } from 'node:child_process';
import type { Cloud } from '../support/cloud.js';

/** What became of a request: HTTP status (0: none came), exit code of curl(1), and the body. */
export interface Asked {
  readonly status: number;
  readonly code: number;
  readonly body: string;
}

/** A request from the namespace of a guest or a host to the metadata address by curl(1), which gives up after `seconds`. */
export async function ask(cloud: Cloud, from: string, path: string, more: readonly string[] = [], seconds = 10): Promise<Asked> {
  return curl(cloud, from, [...more, '-w', '\n%{http_code}', `http://169.254.169.254${path}`], seconds);
}

/** The same with all of its arguments, the last line of what it writes being the status. */
export function curl(cloud: Cloud, from: string, args: readonly string[], seconds = 10): Promise<Asked> {
  return new Promise((resolve) => {
    const limits = { maxBuffer: 64 * 1024 * 1024 };
    const all = ['netns', 'exec', cloud.netns(from), 'curl', '-s', '-m', String(seconds), ...args];
    execFile('ip', all, limits, (error, stdout) => {
      const at = stdout.lastIndexOf('\n');
      const code = error === null ? 0 : Number((error as { code?: unknown }).code ?? 1);
      resolve({ status: Number(stdout.slice(at + 1)), code, body: stdout.slice(0, Math.max(0, at)) });
    });
  });
}

/** A program for a guest: so many connections that ask nothing, held until it is killed. Prints how many are open once they settle. */
export const HOLD = `
import socket, sys, time
held = []
for i in range(int(sys.argv[1])):
    try:
        one = socket.create_connection(('169.254.169.254', 80), timeout=3)
        one.setblocking(False)
        held.append(one)
    except OSError: pass
    time.sleep(0.01)
time.sleep(0.5)
def alive(one):
    try: return one.recv(1) != b''
    except BlockingIOError: return True
    except OSError: return False
print(sum(alive(one) for one in held), flush=True)
time.sleep(60)
`;
