import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { external, externalIssues, router } from './externalSample.js';

/** Warnings, without their places. */
const warned = (changed: Parameters<typeof externalIssues>[0]): string[] =>
  externalIssues({ floatingIps: '', ...changed }).map((line) => line.replace(/^\S+ /, ''));

describe('guests that would have no way out', () => {
  const zones = (match: string, more = ''): string =>
    `{ network: ext, address: 192.168.1.21${more}, zones: [{ match: [${match}], localAddresses: [192.168.1.21] }] }`;
  const gap = (subnets: string, network = 'ext', gateway = 0): string =>
    `warning: routers[0].gateways[${gateway}].zones: match nothing of subnet${subnets.includes(',') ? 's' : ''} ${subnets} of router r1: guests there without a floating IP have no way out to ${network}`;

  test('subnets that no zone matches; a part of one is meant', () => {
    assert.deepEqual(warned(router(zones('10.0.0.0/24'))), [gap('orange4 (20.0.0.0/24)')]);
    assert.deepEqual(warned(router(zones('30.0.0.0/8'))), [gap('blue4 (10.0.0.0/24), orange4 (20.0.0.0/24)')]);
    assert.deepEqual(warned(router(zones('10.0.0.128/25, 20.0.0.0/16'))), []);
    assert.deepEqual(warned(router(zones('30.0.0.0/8', ', enableSnat: false'))), [
      'warning: routers[0].gateways[0].zones: translate nothing: with enableSnat: false what leaves by the gateway keeps its source',
    ]);
    assert.deepEqual(warned(router('{ network: ext }')), []);
  });

  test('of several gateways each has its own sources', () => {
    const second = (match: string): string =>
      `{ network: more, sources: [20.0.0.0/24], zones: [{ match: [${match}], localAddresses: [198.51.100.9] }] }`;
    assert.deepEqual(warned(router(`${zones('10.0.0.0/24')}, ${second('20.0.0.0/25')}`)), []);
    const wrong = warned(router(`${zones('10.0.0.0/24')}, ${second('30.0.0.0/25')}`));
    assert.ok(wrong.includes(gap('orange4 (20.0.0.0/24)', 'more', 1)), wrong.join('\n'));
  });

  test('subnets of the address scope of the external one need no zone', () => {
    const subnets = external.subnets
      .replace('20.0.0.0/24', '20.0.0.0/24, addressScope: s')
      .replace('192.168.1.0/24', '192.168.1.0/24, addressScope: s');
    assert.deepEqual(warned({ ...router(zones('10.0.0.0/24')), subnets }), []);
  });

  test('gateways that no host can have, by mode, physical network, tunnels or names', () => {
    const none = (named: boolean): string =>
      `warning: routers[0].gateways[0]${named ? '.hosts' : ''}: no host can have the gateway of router r1: none ${named ? 'that is named ' : ''}is of mode dvr_snat and has physical network p and a vtep; guests without a floating IP have no way out`;
    const hosts = (h2: string): string => external.hosts.replace(/\{ name: h2.*\}/, `{ name: h2${h2} }`);
    const on = (h2: string, gateway = '{ network: ext }'): string[] => warned({ ...router(gateway), hosts: hosts(h2) });
    assert.deepEqual(on(', vtep: 192.0.2.2, mode: dvr_snat, physnets: [p]'), []);
    assert.deepEqual(on(', vtep: 192.0.2.2, mode: dvr_snat, physnets: [p], draining: true'), []);
    assert.deepEqual(on(', vtep: 192.0.2.2, physnets: [p]'), [none(false)]);
    assert.deepEqual(on(', vtep: 192.0.2.2, mode: dvr_snat'), [none(false)]);
    assert.deepEqual(on(', mode: dvr_snat, physnets: [p]'), [none(false)]);
    assert.ok(on(', vtep: 192.0.2.2, mode: dvr_snat, physnets: [p]', '{ network: ext, hosts: [h1] }').includes(none(true)));
  });
});
