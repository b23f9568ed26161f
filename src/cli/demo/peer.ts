/**
 * Small program the demo runs inside a namespace:
 *   peer.js serve PORT                          answers each TCP connection with the address it comes from, and closes it
 *   peer.js ask ADDRESS PORT TIMES              connects so often, one after the other; prints one answer per line
 *   peer.js get URL                             prints what the URL answers; exit code 1 unless that is 200
 */
import { connect, createServer } from 'node:net';

function serve(port: number): void {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(`${socket.remoteAddress}\n`);
  });
  server.listen(port, '0.0.0.0', () => process.stdout.write('listening\n'));
}

function ask(address: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ host: address, port, timeout: 5000 });
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('timeout', () => socket.destroy(new Error(`no answer from ${address} within 5 s`)));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer.trim()));
  });
}

async function main([verb, ...args]: readonly string[]): Promise<void> {
  if (verb === 'serve') serve(Number(args[0]));
  else if (verb === 'ask') {
    for (let left = Number(args[2]); left > 0; left--) process.stdout.write(`${await ask(args[0]!, Number(args[1]))}\n`);
  } else if (verb === 'get') {
    const response = await fetch(args[0]!, { signal: AbortSignal.timeout(5000) });
    process.stdout.write(await response.text());
    if (response.status !== 200) throw new Error(`${args[0]} answered ${response.status}`);
  } else throw new Error(`peer: unknown verb ${verb}`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.cause instanceof Error ? error.cause.message : error.message}\n`);
  process.exitCode = 1;
});
