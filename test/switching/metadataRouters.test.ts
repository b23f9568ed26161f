import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatIpv4, wireOrder } from '../../src/types/ipv4.js';
import { decode } from '../support/decode.js';
import { MAC, rif, sample } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { eth, ipv4, packet, udp } from '../support/layers.js';
import { answerTo, ask, CONFIG, ends, GUEST, METADATA } from '../support/metadataAsk.js';
import { SNAT_MAC, snatSample } from '../support/snatSample.js';

describe('F73 metadata (dvr.md 2.15): the router that is asked', () => {
  it('a request sent to the SNAT service of another host is taken at the guest’s own, as one to the replica is', () => {
    for (const metadata of [CONFIG, undefined]) {
      const w = new FabricWorld(snatSample, [], metadata === undefined ? {} : { metadata });
      const h1 = w.on('h1');
      w.take();
      w.send('h1', 'a1', ask());
      w.send('h1', 'a1', ask({ sport: 7 }, MAC.a1, SNAT_MAC.sA));
      assert.deepEqual(w.take(), [], 'nothing on the fabric');
      const [by, bySnat] = h1.asked().map((frame) => decode(frame.octets).ipv4!.src);
      assert.deepEqual([by, by === undefined], [bySnat, metadata === undefined]);
      const resets = h1.got('a1').map((octets) => ends({ octets })[4]);
      assert.deepEqual(resets, metadata === undefined ? ['RA', 'RA'] : []);
      w.send('h1', 'a1', packet(eth({ src: MAC.a1, dst: SNAT_MAC.sA }), ipv4({ src: GUEST, dst: METADATA }), udp({ dport: 80 })));
      assert.deepEqual([w.take(), h1.count('martian_destination')], [[], 1]);
      w.check();
      // What else goes there is the guest's business.
      w.send(
        'h1',
        'a1',
        packet(eth({ src: MAC.a1, dst: SNAT_MAC.sA }), ipv4({ src: GUEST, dst: '8.8.8.8' }), udp({ dport: 80 })),
      );
      assert.ok(w.take().length > 0);
    }
  });

  it('a router that is on another host is asked at the guest’s own as well', () => {
    const central = snatSample.routers.map((router) => ({ ...router, distributed: false }));
    const known = { ...snatSample, routers: central };
    const w = new FabricWorld(known, [], { metadata: CONFIG });
    const h1 = w.on('h1');
    assert.deepEqual(h1.view.routers, []);
    w.take();
    w.send('h1', 'a1', ask());
    assert.deepEqual(w.take(), []);
    const stands = decode(h1.asked()[0]!.octets).ipv4!.src!;
    h1.answer({ octets: answerTo(stands, { ack: 1 }) });
    assert.deepEqual(ends({ octets: h1.got('a1')[0]! }), [MAC.gA, MAC.a1, `${METADATA}:80`, `${GUEST}:40000`, 'SA']);
    w.send('h1', 'a1', ask({ flags: 'A' }, MAC.a1, MAC.gA, { mf: true }));
    w.send('h1', 'a1', ask({ dport: 81 }));
    assert.deepEqual([w.take(), h1.count('metadata_fragment'), h1.count('martian_destination')], [[], 1, 1]);
    const none = new FabricWorld(known);
    none.take();
    none.send('h1', 'a1', ask());
    assert.deepEqual([none.take(), none.on('h1').count('metadata_no_proxy')], [[], 1]);
  });

  it('of several routers on a network the one that was asked is named, and answers', () => {
    const other = 'fa:16:3e:00:0d:02';
    const w = new FabricWorld(
      {
        ...sample,
        routers: [...sample.routers, { ...sample.routers[0]!, name: 'r2' }],
        rifs: [...sample.rifs, rif('qr-other', 'r2', 'blue4', other, '10.0.0.9')],
      },
      [],
      { metadata: CONFIG },
    );
    const h1 = w.on('h1');
    for (const [router, mac] of [
      ['r', MAC.gA],
      ['r2', other],
    ] as const) {
      w.send('h1', 'a1', ask({}, MAC.a1, mac));
      const stands = decode(h1.asked()[0]!.octets).ipv4!.src!;
      const { port, router: named } = h1.built.stands.find(({ address }) => formatIpv4(wireOrder(address)) === stands)!;
      assert.deepEqual([port.name, named], ['a1', router]);
      h1.answer({ octets: answerTo(stands, { ack: 1 }) });
      assert.equal(ends({ octets: h1.got('a1')[0]! })[0], mac);
    }
    w.check();
  });
});
