import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { client, SERVER, server } from '../support/bed.js';
import { eventually, scenario } from '../support/scenario.js';

const OTHER = '1.2.1.5';
/** Host, and what a STUN client says of its zone. */
const zones = [
  ['1.1.2.1', 'Endpoint Independent Mapping', 'Endpoint Independent Filtering'],
  ['1.1.2.2', 'Endpoint Independent Mapping', 'Address Dependent Filtering'],
  ['1.1.2.3', 'Endpoint Independent Mapping', 'Address and Port Dependent Filtering'],
  ['1.1.2.4', 'Address and Port Dependent Mapping', 'Address and Port Dependent Filtering'],
  ['1.1.2.5', 'Endpoint Independent Mapping', 'Address Dependent Filtering'],
] as const;
const links = [
  { ...client, addresses: ['1.1.1.1/16', ...zones.map(([host]) => `${host}/16`)] },
  { ...server, addresses: [`${SERVER}/16`, `${OTHER}/16`] },
];
const missing = ['turnserver', 'turnutils_natdiscovery'].filter((name) => spawnSync('which', [name]).status !== 0);

/** The last verdict of a part of what turnutils_natdiscovery prints, without its "NAT with" and "!". */
function verdict(said: string, part: 'Mapping' | 'Filtering'): string | undefined {
  const text = said.slice(said.indexOf(`-= ${part} Behavior Discovery =-`)).split('\n-= ')[0]!;
  return [...text.matchAll(/^NAT with (.*)!\s*$/gm)].at(-1)?.[1];
}

if (missing.length > 0) {
  test('MAP-5 STUN names mapping and filtering', { skip: `needs coturn: ${missing.join(', ')}` }, () => {});
} else {
  scenario(
    'MAP-5 Z11 a STUN client of RFC 5780 names mapping and filtering as each zone is configured',
    { folder: 'natdiscovery', workers: [1, 2], links, timeoutMs: 90_000 },
    async (bed) => {
      const files = ['--log-file', 'stdout', '--pidfile', `${bed.folder}/turnserver.pid`, '--userdb', `${bed.folder}/turndb`];
      const listen = ['-L', SERVER, '-L', OTHER, '--listening-port', '3478', '--alt-listening-port', '3479'];
      const quiet = ['--no-tls', '--no-dtls', '--no-cli', '--stun-only', '-m', '1'];
      bed.sandbox.start(bed.netns('server'), ['turnserver', '-n', ...listen, ...quiet, ...files]).stdout!.resume();
      await eventually(
        () => bed.on('server', ['ss', '-Hlun']),
        (said) => [SERVER, OTHER].every((address) => [3478, 3479].every((port) => said.includes(`${address}:${port}`))),
      );
      for (const [host, mapping, filtering] of zones) {
        const said = bed.on('client', ['turnutils_natdiscovery', '-m', '-f', '-L', host, SERVER], 30_000);
        assert.deepEqual([verdict(said, 'Mapping'), verdict(said, 'Filtering')], [mapping, filtering], `${host}:\n${said}`);
      }
    },
  );
}
