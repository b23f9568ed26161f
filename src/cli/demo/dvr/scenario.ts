import type { Exit } from '../../fail.js';
import { print } from '../../print.js';
import { follow, play } from '../cloud/follow.js';
import { scrapeAll } from '../cloud/frames.js';
import { Observers } from '../cloud/observe.js';
import type { CloudWorld } from '../cloud/scene.js';
import { prepare, startHosts } from '../cloud/setUp.js';
import { A1, B2 } from '../cloud/topology.js';
import { iperf, startIperfServer } from '../iperf.js';
import { step } from '../progress.js';
import { listings, sameEverywhere } from './listings.js';
import { type Measured, report } from './report.js';
import { DVR, WALKS } from './walks.js';

/** Seconds of each iperf3 run; two of them. */
const IPERF_SECONDS = 2;

const INTRODUCTION = `windrose demo dvr: one distributed router on three hosts, its packets followed from hop to hop

  a1 10.0.0.11   a3 10.0.0.13   b1 20.0.0.21           a2 10.0.0.12   b2 20.0.0.22
         \\            |            /                           \\         /
  h1  T1 192.0.2.1  D1 fa:16:3f:09:34:f2        h2  T2 192.0.2.2  D2 fa:16:3f:4e:4f:98        n  T_N 192.0.2.3
                    |                                           |                                     |
                    +-------------- fabric, VXLAN --------------+-------------------------------------+

  network blue    10.0.0.0/24  VNI 1001  gateway 10.0.0.1  G_A fa:16:3e:3c:74:9c, on every host
  network orange  20.0.0.0/24  VNI 1002  gateway 20.0.0.1  G_B fa:16:3e:a3:3b:39, on every host

`;

/**
 * East-west routing without a network node, as in the document on it: one ping along each of the walks 2.1 to 2.4 of dvr.md, every hop shown
 * and judged. Exit code 1 when one is wrong. Everything it made is gone when it returns, and also after a signal.
 */
export function runScenario(): Promise<Exit> {
  return play(INTRODUCTION, async () => {
    const world = await step('namespaces and fabric', () => prepare(DVR));
    await step('three gateways, five guests', () => startHosts(world, DVR));
    const observers = new Observers(world, DVR);
    const wrong = await follow(observers, WALKS);
    observers.close();
    print(`\n${listings(world)}`);
    await step('the same on every host', () => sameEverywhere(world));
    if (wrong === 0) print(report(await measure(world)));
    return wrong;
  });
}

async function measure(world: CloudWorld): Promise<Measured> {
  await startIperfServer(world, world[B2.name], B2.address);
  const throughput = (flows: number): Promise<number> =>
    iperf({
      name: `iperf3 TCP, ${flows} flow${flows === 1 ? '' : 's'} a1 > b2`,
      ...{ from: world[A1.name], to: B2.address, flows, seconds: IPERF_SECONDS },
    });
  const bitsPerSecond = { one: await throughput(1), four: await throughput(4) };
  return { bitsPerSecond, samples: await scrapeAll(world) };
}
