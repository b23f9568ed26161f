import type { Exit } from '../../fail.js';
import { print } from '../../print.js';
import { follow, play } from '../cloud/follow.js';
import { scrapeAll } from '../cloud/frames.js';
import { Observers } from '../cloud/observe.js';
import type { CloudWorld } from '../cloud/scene.js';
import { prepare, startHosts } from '../cloud/setUp.js';
import { measureOutside } from '../cloud/throughput.js';
import { A2, B1, BLUE, N, UP } from '../cloud/topology.js';
import { checkHops, traceroute } from '../cloud/traceroute.js';
import { addressesSeen, checkRotation, seenText, startEcho } from '../connections.js';
import { show } from '../gateway.js';
import { startIperfServer } from '../iperf.js';
import { step } from '../progress.js';
import { asInTheDocument, listings } from './listings.js';
import { type Measured, report } from './report.js';
import { SNAT, WALKS, ZONE_ADDRESSES } from './walks.js';

const CONNECTIONS = 6;

const INTRODUCTION = `windrose demo snat: guests without floating IPs go out by the SNAT service of their router, their packets followed from hop to hop

  a1 10.0.0.11   b1 20.0.0.21                   a2 10.0.0.12                                  a4 10.0.0.14
         \\            /                               |                                             |
  h1  T1 192.0.2.1  D1 fa:16:3f:09:34:f2        h2  T2 192.0.2.2  D2 fa:16:3f:4e:4f:98        n  T_N 192.0.2.3  D_N fa:16:3f:64:a0:74
                    |                                 |                                             |   router r's SNAT service
                    +-------------- fabric, VXLAN ----+---------------------------------------------+   192.168.1.21  Q fa:16:3e:93:cb:37
                                                                                                    |
                              8.8.8.8 --- upstream 192.168.1.1  U 02:00:00:00:01:01 --- external network 192.168.1.0/24

  network blue    10.0.0.0/24  VNI 1001  gateway 10.0.0.1  G_A fa:16:3e:3c:74:9c, on every host;  SNAT 10.0.0.3  S_A fa:16:3e:a3:ef:a9, on n
  network orange  20.0.0.0/24  VNI 1002  gateway 20.0.0.1  G_B fa:16:3e:a3:3b:39, on every host;  SNAT 20.0.0.3  S_B fa:16:3e:de:85:63, on n

  zone orange  20.0.0.0/24  leaves as  ${ZONE_ADDRESSES.join(', ')} in turns
  zone all     0.0.0.0/0    leaves as  192.168.1.21

`;

/**
 * North-south routing of guests without floating IPs, as in the document on SNAT: one ping along each of the walks of dvr.md 2.5
 * and 2.6, every hop shown and judged. Exit code 1 when one is wrong. Everything it made is gone when it returns, and also after
 * a signal.
 */
export function runScenario(): Promise<Exit> {
  return play(INTRODUCTION, async () => {
    const world = await step('namespaces, fabric, upstream', () => prepare(SNAT));
    await step('three gateways, four guests', () => startHosts(world, SNAT));
    const observers = new Observers(world, SNAT);
    const wrong = await follow(observers, WALKS);
    observers.close();
    print(`\n${listings(world)}`);
    await step('the numbers of the document', () => asInTheDocument(world));
    if (wrong === 0) print(report(await measure(world), show(world, N.name, 'zones')));
    return wrong;
  });
}

async function measure(world: CloudWorld): Promise<Measured> {
  const hops = [BLUE.gateway, BLUE.snat, UP.internet];
  await step(
    'traceroute a2 > 8.8.8.8',
    async () => checkHops(await traceroute(world[A2.name], UP.internet), hops),
    () => hops.join(', '),
  );
  await Promise.all([startEcho(world, world[UP.name]), startIperfServer(world, world[UP.name], UP.internet)]);
  const connections = (from: typeof A2, zone: readonly string[]): Promise<string[]> =>
    step(
      `${CONNECTIONS} connections from ${from.name}`,
      async () => {
        const seen = await addressesSeen(world[from.name], UP.internet, CONNECTIONS);
        checkRotation(seen, zone);
        return seen;
      },
      seenText,
    );
  const seen = { orange: await connections(B1, ZONE_ADDRESSES), all: await connections(A2, ['192.168.1.21']) };
  const bitsPerSecond = await measureOutside(world, A2);
  return { seen, bitsPerSecond, samples: await scrapeAll(world) };
}
