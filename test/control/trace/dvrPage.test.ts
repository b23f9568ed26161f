import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { traceText } from '../../../src/cli/traceText.js';
import type { TraceAnswer } from '../../../src/types/trace.js';
import { decode } from '../../support/decode.js';
import { MAC } from '../../support/dvrSample.js';
import { FabricWorld } from '../../support/fabric.js';
import { floatingSample, fromUpstream } from '../../support/floatingSample.js';
import { arp, eth, ipv4, packet, tcp } from '../../support/layers.js';
import { traceAt } from '../../support/networkTrace.js';
import { SNAT_MAC } from '../../support/snatSample.js';

/** The section of docs/dvr.md that shows what a trace says: commands and answers are those of a lab in memory. */
const PAGE = readFileSync(new URL('../../../../docs/dvr.md', import.meta.url), 'utf8');
const UPSTREAM = '192.168.1.1';

function lab(): FabricWorld {
  const w = new FabricWorld(floatingSample);
  const syn = (src: string, from: string) =>
    packet(eth({ src, dst: MAC.gA }), ipv4({ src: from, dst: '8.8.8.8' }), tcp({ sport: 4000, dport: 443, flags: 'S' }));
  w.send('h2', 'a2', syn(MAC.a2, '10.0.0.12'));
  w.send('h1', 'a1', syn(MAC.a1, '10.0.0.11'));
  for (const { kind, octets } of w.take()) {
    const a = decode(octets).arp;
    if (kind !== 'wire' || a?.op !== 1) continue;
    const answer = arp({ op: 2, senderMac: SNAT_MAC.u, senderIp: UPSTREAM, targetMac: a.senderMac, targetIp: a.senderIp });
    fromUpstream(w, packet(eth({ src: SNAT_MAC.u, dst: a.senderMac }), answer));
  }
  return w;
}

function block(packetWords: string, host: string, answer: TraceAnswer): string {
  return `\`\`\`\nwindrose trace --packet '${packetWords}' --name ${host}\n${traceText(answer)}\`\`\`\n`;
}

test('MET-4 what docs/dvr.md shows of a packet is what a trace says', () => {
  const w = lab();
  const first = 'in=a2,src=10.0.0.12,dst=8.8.8.8,proto=tcp,dport=443';
  const redirected = traceAt(w, 'h2', first);
  const [, second] = /--packet '(.*)' --name n$/.exec(redirected.ask)!;
  const floating = 'in=a1,src=10.0.0.11,dst=8.8.8.8,proto=tcp,dport=443';
  const blocks = [
    block(first, 'h2', redirected),
    block(second!, 'n', traceAt(w, 'n', second!)),
    block(floating, 'h1', traceAt(w, 'h1', floating)),
  ];
  const missing = blocks.filter((one) => !PAGE.includes(one));
  assert.deepEqual(missing, [], `docs/dvr.md has not:\n\n${missing.join('\n')}`);
});
