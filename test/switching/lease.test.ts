import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checksumFault, decode } from '../support/decode.js';
import { MAC } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { fromUpstream } from '../support/floatingSample.js';
import { crossed, from, guest, internet, upstreamAsks, WORLD } from '../support/floatingWorld.js';
import { udp } from '../support/layers.js';
import { SNAT_MAC, snatSample } from '../support/snatSample.js';

/** A guest without a floating IP asks somebody outside from port `sport`; what reaches the upstream router. */
function ask(w: FabricWorld, sport: number) {
  w.send('h2', 'a2', from(guest('a2'), MAC.gA, WORLD, {}, udp({ sport, dport: 53 })));
  return crossed(w).filter(({ octets }) => decode(octets).ipv4?.src === '192.168.1.21');
}

describe('the end of the lease of the host with the SNAT service (5.6)', () => {
  it('both directions end in time although nobody says so: known flows and new ones; they go on when it is renewed', () => {
    const w = new FabricWorld(snatSample, [], { leased: true });
    const n = w.on('n');
    n.serveFor(9000);
    ask(w, 1000);
    const [out] = ask(w, 1000);
    const port = decode(out!.octets).udp!.sport;
    const back = () => {
      fromUpstream(w, from(internet, SNAT_MAC.q, '192.168.1.21', {}, udp({ sport: 53, dport: port })));
      crossed(w);
      return w.on('h2').got('a2').length;
    };
    assert.equal(back(), 1);
    n.advance(8000);
    n.serveFor(0);
    assert.equal(ask(w, 1000).length, 1, 'what was promised stays so');
    n.advance(999);
    assert.equal(ask(w, 1000).length, 1);
    n.advance(1);
    assert.deepEqual([ask(w, 1000), ask(w, 1001), back(), n.count('snat_not_active')], [[], [], 0, 3]);
    n.serveFor(9000);
    assert.deepEqual([ask(w, 1000).length, ask(w, 1001).length, back()], [1, 1, 1]);
    assert.equal(checksumFault(ask(w, 1002)[0]!.octets), undefined);
    w.check();
  });

  it('before anything was promised nothing is served, also when the clock wraps', () => {
    const w = new FabricWorld(snatSample, [], { leased: true });
    w.on('n').serveFor(0);
    assert.deepEqual([ask(w, 1000), w.on('n').count('snat_not_active')], [[], 1]);
    w.on('n').advance(0x7fff_ffff - 2000);
    w.on('n').serveFor(9000);
    ask(w, 1000);
    assert.equal(ask(w, 1000).length, 1);
    w.on('n').advance(9000);
    assert.deepEqual(ask(w, 1000), []);
  });

  it('where no other host may have the service it goes on, and what is not of it as well', () => {
    const w = new FabricWorld(snatSample);
    w.on('n').serveFor(0);
    w.on('n').advance(5000);
    ask(w, 1000);
    assert.equal(ask(w, 1000).length, 1);
    const leased = new FabricWorld(snatSample, [], { leased: true });
    leased.on('n').serveFor(0);
    leased.send('h1', 'a1', from(guest('a1'), MAC.gA, '20.0.0.22'));
    assert.equal(leased.on('h2').got('b2').length, 1);
  });

  it('nor are questions for its addresses answered after that', () => {
    const w = new FabricWorld(snatSample, [], { leased: true });
    const n = w.on('n');
    const answers = () => {
      upstreamAsks(w, '192.168.1.21');
      return w.take().filter(({ octets }) => decode(octets).arp?.senderIp === '192.168.1.21').length;
    };
    n.serveFor(9000);
    assert.equal(answers(), 1);
    n.advance(9000);
    assert.deepEqual([answers(), n.count('snat_not_active')], [0, 1]);
    n.serveFor(9000);
    assert.equal(answers(), 1);
  });
});
