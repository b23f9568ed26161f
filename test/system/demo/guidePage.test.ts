import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { parse } from 'yaml';
import { blocks, page } from '../../guard/markdown.js';
import { etcdSkipReason } from '../../store/etcdProcess.js';
import { capSkipReason } from '../../support/cap.js';
import { netnsSkipReason } from '../../support/netns.js';
import { eventually } from '../support/scenario.js';
import { PageLab } from './pageLab.js';

/** What differs from run to run, in a line of a listing: times, the MACs that hosts draw, boots, revisions, ports that were chosen. */
function steady(line: string): string {
  return line
    .replaceAll(/fa:16:3f(:[\da-f]{2}){3}/g, 'HOST')
    .replaceAll(/(?<=\.\d+):(?!15201\b|5201\b)\d{1,5}\b/g, ':PORT')
    .replaceAll(/\b(\d+[smh])+\b/g, 'TIME')
    .replaceAll(/\b(?=[\da-f]*\d)[\da-f]{8}\b(?: +\d+\b)?/g, 'BOOT')
    .replaceAll(/ +/g, ' ')
    .trim();
}

/** Types what docs/guide.md tells a newcomer to type, from its first line to its last. */
describe('docs/guide.md, from nothing to three hosts and back', { skip: netnsSkipReason() || etcdSkipReason() }, () => {
  const text = page('docs/guide.md');
  const [machines, etcd, gateway, cloud, guests, ...rest] = blocks(text, 'sh');
  const [east, snat, floating, forwarded, closer, moved, emptied, lost, down] = rest;
  const [hosts, ways, rules, looked, movedBack, drained, taken] = blocks(text, '').slice(1);
  const lab = new PageLab();
  after(() => lab.close());

  const missing = (listing: string, output: string): string[] => {
    const printed = new Set(output.split('\n').map(steady));
    return listing.split('\n').filter((line) => line !== '' && !printed.has(steady(line)));
  };
  /** Type, and look for the listing that the page has of it. */
  const typed = (block: string, listing = ''): string => {
    const output = lab.type(block);
    assert.deepEqual(missing(listing, output), [], output);
    return output;
  };
  const answers = (output: string): number[] => [...output.matchAll(/(\d) received/g)].map(([, count]) => Number(count));

  it('is not long, and shows what the files of docs/examples have', () => {
    assert.equal(rest.length, 9);
    assert.ok(text.split('\n').length <= 275);
    assert.deepEqual(parse(blocks(text, 'yaml')[0]!), parse(page('docs/examples/guide-h1.yaml')));
    const objects = page('docs/examples/guide-objects.yaml');
    for (const line of blocks(text, 'text')[0]!.split('\n')) assert.ok(objects.includes(line), line);
    for (const host of ['h2', 'h3']) {
      const other = page('docs/examples/guide-h1.yaml').replaceAll('h1', host).replace('192.0.2.1', `192.0.2.${host[1]}`);
      assert.deepEqual(parse(page(`docs/examples/guide-${host}.yaml`)), parse(other.replace('9481', `948${host[1]}`)));
    }
  });

  it('three gateways start, and have the objects that one of them was given', { timeout: 180_000 }, async () => {
    await lab.open();
    lab.type(machines!);
    await lab.leave(etcd!, 'ready to serve client requests');
    const own = ['h1', 'h2', 'h3'].map((host) => gateway!.replace('guide-h1', `guide-${host}`));
    await Promise.all(own.map((line) => lab.leave(line, '"msg":"ready"')));
    assert.match(lab.type(cloud!), /^\+ floating ip 198\.51\.100\.101 /m);
    // Hosts say every 3 s how far they are.
    await eventually(
      () => missing(hosts!, lab.type(cloud!.split('\n')[1]!)),
      (lines) => lines.length === 0,
      15_000,
    );
    lab.type(guests!);
  });

  it('guests reach each other', { timeout: 150_000 }, () => {
    const output = typed(east!);
    assert.deepEqual(answers(output), [3, 3]);
    assert.match(output, /from 10\.0\.0\.12: icmp_seq=2 ttl=64/);
    assert.match(output, /from 20\.0\.0\.21: icmp_seq=2 ttl=63/);
  });

  it('they leave by the SNAT service, by a floating address, and are reached by both', { timeout: 240_000 }, () => {
    assert.deepEqual(answers(typed(snat!, ways)), [3]);
    assert.deepEqual(answers(typed(floating!, rules)), [3, 3]);
    const output = typed(forwarded!);
    assert.match(output, /receiver/);
    assert.match(output, /^tcp +\w+ +20\.0\.0\.21:5201 +198\.51\.100\.102:15201 +198\.51\.100\.1:/m);
  });

  it('what there is to look at', { timeout: 150_000 }, () => {
    const captures = capSkipReason() === false;
    const output = typed(captures ? closer! : closer!.replace(/^.*capture.*\n/m, ''), looked);
    if (captures) assert.match(output, /10\.0\.0\.12 > 203\.0\.113\.9: ICMP echo request/);
  });

  it('a guest moves, and its floating address with it', { timeout: 150_000 }, () => {
    const output = typed(moved!, movedBack);
    assert.ok(answers(output)[0]! >= 2 && answers(output)[1]! >= 2, output);
    assert.match(output, /^web +blue +fa:16:3e:00:00:11 +10\.0\.0\.11 +h2 /m);
  });

  it('a host is emptied: another one has its way out, and gives it back', { timeout: 150_000 }, () => {
    typed(emptied!, drained);
  });

  it('a host is lost, and another one takes what it had', { timeout: 240_000 }, () => {
    const output = typed(lost!, taken);
    assert.equal(answers(output)[0], 3);
  });

  it('and down again', { timeout: 150_000 }, async () => {
    await lab.stop();
    lab.type(down!);
    assert.equal(lab.type('ip netns list').trim(), '');
  });
});
