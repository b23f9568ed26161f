import type { Exit } from '../../fail.js';
import { print } from '../../print.js';
import { follow, play } from '../cloud/follow.js';
import { scrapeAll } from '../cloud/frames.js';
import { Observers } from '../cloud/observe.js';
import type { CloudWorld } from '../cloud/scene.js';
import { prepare, startHosts } from '../cloud/setUp.js';
import { measureOutside } from '../cloud/throughput.js';
import { A1, EXIT_MACS, UP } from '../cloud/topology.js';
import { startIperfServer } from '../iperf.js';
import { step } from '../progress.js';
import { answersText, ask, checkAnswers } from './answers.js';
import { asInNeutron, listings } from './listings.js';
import { type Measured, report } from './report.js';
import { FIP, WALKS } from './walks.js';

const INTRODUCTION = `windrose demo fip: guests with floating IPs go out and are reached at their own hosts, their packets followed from hop to hop

  a1 .101   a3 .103   b1 .104             a2          b2 .102
         \\     |      /                      \\        /
  h1  D1 fa:16:3f:09:34:f2            h2  D2 fa:16:3f:4e:4f:98            n  D_N fa:16:3f:64:a0:74
      F1 ${EXIT_MACS.h1}                F2 ${EXIT_MACS.h2}               Q   fa:16:3e:93:cb:37, the SNAT service of router r
      |              |                    |              |               |              |
      |              +--------------------|--------------+---------------|--------------+-- fabric, VXLAN
      |                                   |                              |
      | .101, .103                        | .102                         | .104, and .21 for all others
      +-----------------------------------+------------------------------+-- external network 192.168.1.0/24
                                                                         |
                                                   8.8.8.8 --- upstream 192.168.1.1  U 02:00:00:00:01:01

  a1 10.0.0.11   a2 10.0.0.12   a3 10.0.0.13   on network blue    10.0.0.0/24, gateway 10.0.0.1  G_A fa:16:3e:3c:74:9c; SNAT S_A fa:16:3e:a3:ef:a9
  b1 20.0.0.21   b2 20.0.0.22                  on network orange  20.0.0.0/24, gateway 20.0.0.1  G_B fa:16:3e:a3:3b:39; SNAT S_B fa:16:3e:de:85:63

`;

/**
 * North-south routing of guests with floating IPs: one ping along each of the walks of dvr.md 2.7 to 2.10, every hop shown and
 * judged, and who answers for the addresses. Exit code 1 when one is wrong. Everything it made is gone when it returns, and also
 * after a signal.
 */
export function runScenario(): Promise<Exit> {
  return play(INTRODUCTION, async () => {
    const world = await step('namespaces, fabric, upstream', () => prepare(FIP));
    await step('three gateways, five guests', () => startHosts(world, FIP));
    const observers = new Observers(world, FIP);
    const wrong = await follow(observers, WALKS);
    const answers = ask(world, observers);
    observers.close();
    print(`\nWhat the upstream router hears when it asks, once for each:\n\n${answersText(answers)}\n${listings(world)}`);
    await step('one answer, of the right host', () => checkAnswers(answers));
    await step('the numbers of Neutron', () => asInNeutron(world));
    if (wrong === 0) print(report(await measure(world)));
    return wrong;
  });
}

async function measure(world: CloudWorld): Promise<Measured> {
  await startIperfServer(world, world[UP.name], UP.internet);
  const bitsPerSecond = await measureOutside(world, A1);
  return { bitsPerSecond, samples: await scrapeAll(world) };
}
