import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openTunnels } from '../../../src/control/dvr/openTunnels.js';
import { ip } from '../../support/dvrSample.js';

const vtep = { address: ip('192.0.2.1'), netns: undefined };
const index = { iface: () => 5 };

/** Refuses the first `refusals` openings. */
function addonOf(refusals: number, code = 'EADDRINUSE') {
  const closed: number[] = [];
  let asked = 0;
  const openTunnel = ({ port }: { port?: number }): number[][] => {
    if (asked++ >= refusals)
      return port === undefined
        ? [[7]]
        : [
            [3, 4],
            [5, 6],
          ];
    throw Object.assign(new Error('UDP port 4789 is in use'), { code, errno: 98, syscall: 'bind', iface: '192.0.2.1' });
  };
  return { openTunnel, closeFd: (fd: number) => closed.push(fd) > 0, closed, asked: () => asked };
}

describe('the tunnel endpoint of a host', () => {
  test('is waited for while a gateway that was killed is going', async () => {
    const tunnels = await openTunnels(addonOf(3), { vtep }, index, 2);
    assert.deepEqual(
      tunnels.map(({ name, fds }) => [name, fds.flat()]),
      [
        ['vxlan', [3, 4, 5, 6]],
        ['gre', [7]],
      ],
    );
  });

  test('is refused when another one stays there, and for any other reason at once', async () => {
    await assert.rejects(openTunnels(addonOf(Number.POSITIVE_INFINITY), { vtep }, index, 2), {
      code: 'VTEP_BUSY',
      message: /^no tunnel endpoint can be opened at 192\.0\.2\.1 \(bind EADDRINUSE, host\.vtep\)/,
    });
    const gone = addonOf(Number.POSITIVE_INFINITY, 'EADDRNOTAVAIL');
    await assert.rejects(openTunnels(gone, { vtep }, index, 2), { code: 'VTEP_ADDRESS' });
    assert.equal(gone.asked(), 1);
  });
});
