import assert from 'node:assert/strict';
import { getJson } from '../../../src/cli/controlClient.js';
import type { IfaceRow } from '../../../src/types/show.js';
import type { Bed } from '../support/bed.js';
import { eventually, scenario } from '../support/scenario.js';
import { UdpLoad } from '../support/udpLoad.js';

const RATE = 100_000;
const SECONDS = 1.5;

interface Seen {
  readonly received: number;
  readonly dropped: number;
}

async function seen(bed: Bed): Promise<Seen> {
  const rows = (await getJson(bed.socket, '/v1/show/ifaces')) as IfaceRow[];
  const { rxFrames, rxDropped } = rows.find(({ name }) => name === 'lan')!;
  return { received: rxFrames, dropped: rxDropped };
}

/** Frames of a veth pair that its far end did not take: their way to our sockets ends before. */
function lostOnTheWay(bed: Bed): number {
  if (bed.kind === 'tap') return 0;
  const counter = (netns: string, file: string) => Number(bed.sandbox.run(netns, `cat /sys/class/net/lan/statistics/${file}`));
  return counter(bed.netns('client'), 'tx_dropped') + counter(bed.middle, 'rx_dropped');
}

scenario(
  'D13 what a queue drops while the gateway is stopped is counted to the frame',
  { folder: 'queue-overflow', workers: [1, 2] },
  async (bed) => {
    const mac = bed.gatewayMac('client', '1.1.100.1');
    // No probe of the kernel comes between: every further frame is the generator's.
    bed.on('client', `ip neigh replace 1.1.100.1 lladdr ${mac} dev lan nud permanent`);
    const load = new UdpLoad(bed, mac);
    await load.offer(0.1, 1000);
    const [before, lostBefore] = [await seen(bed), lostOnTheWay(bed)];
    bed.process.child.kill('SIGSTOP');
    const { sent } = await load.offer(SECONDS, RATE).finally(() => bed.process.child.kill('SIGCONT'));
    const lost = lostOnTheWay(bed) - lostBefore;
    const { received, dropped } = await eventually(
      () => seen(bed),
      (now) => now.received + now.dropped - before.received - before.dropped + lost >= sent,
    );
    assert.equal(received + dropped - before.received - before.dropped + lost, sent);
    assert.ok(dropped - before.dropped > 1000 && received - before.received > 1000, `${received} received, ${dropped} dropped`);
    assert.match(await bed.operator.page(), new RegExp(`^windrose_iface_kernel_dropped_total\\{iface="lan"\\} ${dropped}$`, 'm'));
  },
);
