import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shown } from '../../../src/control/show/shown.js';
import { trace } from '../../../src/control/trace/trace.js';
import { isFault } from '../../../src/types/parsed.js';
import { parseTrace } from '../../../src/types/trace.js';
import { packetWords } from '../../../src/types/tracePacket.js';
import { sample } from '../../support/dvrSample.js';
import { FabricWorld } from '../../support/fabric.js';
import { found, shownOf } from '../../support/networkTrace.js';

/** What a trace at h1 says of the fabric's device, which takes `mtu` octets; undefined: it is not known. */
function underlay(packet: string, mtu: number | undefined): string | undefined {
  const shown = shownOf(new FabricWorld(sample), 'h1');
  const tunnels = [{ name: 'vxlan', address: '192.0.2.1', netns: 'h1' }];
  const tunnelDevice = () => (mtu === undefined ? undefined : { device: 'fab', mtu });
  const withTunnel = { ...shown, networks: { ...shown.networks, tunnels }, links: { ...shown.links, tunnelDevice } };
  const words = packetWords(packet);
  assert.ok(!isFault(words), JSON.stringify(words));
  const request = parseTrace(words.value);
  assert.ok(!isFault(request), JSON.stringify(request));
  const answer = trace(withTunnel as unknown as Shown, request.value);
  assert.ok(!isFault(answer), JSON.stringify(answer));
  return found(answer.value, 'underlay');
}

test('MET-4 a port whose link is down is told beside the verdict, where the packet comes in and where it leaves', () => {
  const links = (down: string) => (shown: Shown) => ({
    ...shown.links,
    state: ({ name }: { name: string }) => (name === down ? ('DOWN' as const) : ('UP' as const)),
  });
  const said = (down: string): string[] => {
    const shown = shownOf(new FabricWorld(sample), 'h1');
    const words = packetWords('in=a1,src=10.0.0.11,dst=10.0.0.13,proto=icmp');
    const request = isFault(words) ? words : parseTrace(words.value);
    assert.ok(!isFault(request), JSON.stringify(request));
    const answer = trace({ ...shown, links: links(down)(shown) }, request.value);
    assert.ok(!isFault(answer), JSON.stringify(answer));
    return answer.value.steps.flatMap(({ step, found }) => (step === 'link' ? [found] : []));
  };
  assert.deepEqual(said('none'), []);
  assert.deepEqual(said('a1'), ['a1: tap-a1 is DOWN: nothing comes in by it now; the verdict is of a packet that would']);
  assert.deepEqual(said('a3'), ['a3: tap-a3 is DOWN: LOST, the kernel takes nothing for it (send_down)']);
});

test('MET-4 a frame that the device under the tunnel does not take is told, with its length there and what to do', () => {
  const routed = 'in=a1,src=10.0.0.11,dst=20.0.0.22,proto=icmp,len=1400,df';
  assert.equal(
    underlay(routed, 1449),
    'LOST: 1450 octets with the tunnel header, and fab, which has 192.0.2.1, takes 1449: the kernel refuses it (send_too_long). ip -n h1 link set fab mtu 1450',
  );
  assert.equal(underlay(routed, 1450), undefined);
  assert.equal(underlay(routed, undefined), undefined);
  // Both ports are on this host: there is no tunnel.
  assert.equal(underlay('in=a1,src=10.0.0.11,dst=10.0.0.13,proto=icmp,len=1400,df', 576), undefined);
});
