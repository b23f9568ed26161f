import assert from 'node:assert/strict';
import { inward, outward } from '../support/flows.js';
import { ipv4, packet, raw } from '../support/layers.js';
import { lan, REMOTE } from '../support/sample.js';
import { worldTest } from '../support/world.js';

const yaml = `${lan}staticMappings:\n  - { name: mail, external: 192.0.2.50, inside: 10.0.0.50 }\n`;
const body = raw(new Uint8Array(40));

worldTest('STA-1 a 1:1 mapping takes every protocol but 0, which none is and which marks a free row', { yaml }, (w) => {
  w.send('lan', packet(outward('10.0.0.50'), ipv4({ src: '10.0.0.50', dst: REMOTE, protocol: 0 }), body));
  w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.50', protocol: 0 }), body));
  assert.deepEqual([w.count('bad_protocol'), w.count('no_session'), w.sessionCount], [1, 1, 0]);
  assert.equal(w.sent('wan').length + w.sent('lan').length, 0);
  w.send('lan', packet(outward('10.0.0.50'), ipv4({ src: '10.0.0.50', dst: REMOTE, protocol: 47 }), body));
  assert.equal(w.sent('wan').length, 1);
  assert.equal(w.sessionCount, 1);
});

worldTest('STA-1 a session without ports that began from outside, or before a reload, finds its way', { yaml }, (w) => {
  const out = packet(outward('10.0.0.50'), ipv4({ src: '10.0.0.50', dst: REMOTE, protocol: 47 }), body);
  w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.50', protocol: 47 }), body));
  w.send('lan', out);
  w.reload(yaml, 2);
  w.send('lan', out);
  assert.equal(w.sent('wan').length, 2);
  assert.equal(w.sessionCount, 1);
});
