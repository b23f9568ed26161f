import assert from 'node:assert/strict';
import { decode } from '../support/decode.js';
import { lan } from '../support/sample.js';
import { type World, worldTest } from '../support/world.js';

/** Addresses announced by gratuitous ARP on the outside since the last call, as often as they were. */
function announced(w: World): string[] {
  return w
    .arps('wan')
    .map(({ octets }) => decode(octets).arp!)
    .filter(({ senderIp, targetIp }) => senderIp === targetIp)
    .map(({ targetIp }) => targetIp);
}

const MORE = lan.replace('192.0.2.12]', '192.0.2.12, 192.0.2.13]');
const none = new Int32Array(0);

worldTest('ZON-8 a reload right after another does not silence the addresses the first one added', {}, (w) => {
  w.advance(5000);
  announced(w);
  w.reload(MORE);
  const added = w.snapshot.announce.filter((_, i, all) => all[i | 1] === all.at(-1));
  w.turn.tick.announce(none);
  w.advance(1000);
  assert.ok(announced(w).includes('192.0.2.13'));
  w.turn.tick.announce(none);
  w.turn.tick.announce(added);
  w.advance(5000);
  assert.ok(announced(w).includes('192.0.2.13'), 'the second round as well');
});

worldTest('ZON-8 an address that is taken away meanwhile is not announced any more', {}, (w) => {
  w.advance(5000);
  announced(w);
  w.reload(MORE);
  w.reload(lan);
  w.advance(5000);
  const told = announced(w);
  assert.ok(!told.includes('192.0.2.13'));
  assert.equal(told.filter((address) => address === '192.0.2.12').length, 2, 'nobody is told more often than asked for');
});
