import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HostConfig } from '../../../src/config/config.js';
import { DifferenceLog, hostDifferences } from '../../../src/control/dvr/hostDifferences.js';
import type { Objects } from '../../../src/objects/model.js';
import { objectsOf } from '../../objects/sample.js';
import { ip } from '../../support/dvrSample.js';

function host(physnets: readonly string[], vtep?: string): HostConfig {
  return {
    ...{ name: 'h1', mode: 'dvr', macRefresh: undefined, metadata: undefined },
    vtep: vtep === undefined ? undefined : { address: ip(vtep), netns: undefined },
    physnets: physnets.map((name) => ({ name, kind: 'packet', device: `dev-${name}`, netns: undefined })),
  };
}

function objects(about: string): Objects {
  return objectsOf({ hosts: `hosts:\n  - { name: h1${about} }\n  - { name: h2, vtep: 192.0.2.2 }` });
}

const brief = (configured: HostConfig, told: Objects) =>
  hostDifferences(configured, told).map((one) => [one.place, one.configured, one.objects]);

describe('where the configuration of a host and the objects disagree', () => {
  test('each physical network that is missing; one that only the configuration has is nobody else’s matter', () => {
    const told = objects(', physnets: [p1, p2, p3]');
    assert.deepEqual(brief(host(['p2', 'p9']), told), [
      ['host.physnets', 'p2, p9', 'p1'],
      ['host.physnets', 'p2, p9', 'p3'],
    ]);
    assert.deepEqual(brief(host([]), objects(', physnets: [p1]')), [['host.physnets', 'none', 'p1']]);
    assert.deepEqual(brief(host(['p1', 'p2', 'p3']), told), []);
  });

  test('another mode, where the configuration writes one', () => {
    const told = objects(', mode: dvr_snat');
    assert.deepEqual(brief(host([]), told), [['host.mode', 'dvr', 'dvr_snat']]);
    assert.deepEqual(brief({ ...host([]), mode: undefined }, told), []);
    assert.deepEqual(brief({ ...host([]), mode: 'dvr_snat' }, told), []);
  });

  test('another tunnel endpoint, or one that only one of the two has', () => {
    const at = 'host.vtep.address';
    assert.deepEqual(brief(host([], '192.0.2.1'), objects(', vtep: 192.0.2.7')), [[at, '192.0.2.1', '192.0.2.7']]);
    assert.deepEqual(brief(host([]), objects(', vtep: 192.0.2.7')), [[at, 'none', '192.0.2.7']]);
    assert.deepEqual(brief(host([], '192.0.2.1'), objects('')), [[at, '192.0.2.1', 'none']]);
    assert.deepEqual(brief(host([], '192.0.2.1'), objects(', vtep: 192.0.2.1')), []);
  });

  test('objects that do not name the host say nothing of it', () => {
    assert.deepEqual(hostDifferences({ ...host([], '192.0.2.1'), name: 'h9' }, objects(', physnets: [p1]')), []);
  });

  test('are logged once, and again when they come again', () => {
    const lines: unknown[] = [];
    const log = new DifferenceLog({ warn: (about: object) => void lines.push(about) } as never);
    const both = objects(', vtep: 192.0.2.7, physnets: [p1]');
    for (let i = 0; i < 3; i++) log.look(host([], '192.0.2.1'), both);
    assert.deepEqual(lines.splice(0), [
      {
        ...{ host: 'h1', place: 'host.physnets', configured: 'none', objects: 'p1' },
        remedy: 'add p1 with its device to host.physnets and restart, or take it out of physnets of host h1 in the objects',
      },
      {
        ...{ host: 'h1', place: 'host.vtep.address', configured: '192.0.2.1', objects: '192.0.2.7' },
        remedy: 'set host.vtep.address and restart, or vtep of host h1 in the objects: both have to be one address',
      },
    ]);
    const fewer = objects(', vtep: 192.0.2.7');
    log.look(host([], '192.0.2.1'), fewer);
    assert.deepEqual(lines, []);
    log.look(host([], '192.0.2.1'), both);
    assert.equal(lines.length, 1);
  });

  test('a host that is not among those there are is logged with what to add, at the start and whenever it becomes so', () => {
    const lines: string[] = [];
    const warn = ({ remedy }: { remedy: string }, sentence: string) => void lines.push(`${sentence}: ${remedy}`);
    const log = new DifferenceLog({ warn } as never);
    const strange = { ...host(['p1', 'p2'], '192.0.2.4'), name: 'h4' };
    const without = objects('');
    const none = { ...without, hosts: [] };
    log.look(strange, none);
    assert.deepEqual(lines, [], 'a cloud begins without any');
    const remedy =
      'add { name: h4, vtep: 192.0.2.4, physnets: [p1, p2] } under hosts: windrose apply FILE --merge; or stop this gateway';
    for (let i = 0; i < 2; i++) log.look(strange, without);
    assert.deepEqual(lines.splice(0), [`this host is not among the objects; it forwards nothing of networks: ${remedy}`]);
    const h4 = objectsOf({ hosts: 'hosts: [{ name: h1 }, { name: h2 }, { name: h4, vtep: 192.0.2.4, physnets: [p1, p2] }]' });
    log.look(strange, h4);
    assert.deepEqual(lines, []);
    for (let i = 0; i < 2; i++) log.look(strange, none);
    assert.deepEqual(lines, [`this host is no more among the objects; it forwards nothing of networks: ${remedy}`]);
  });

  test('a port that is about to move here, to a network whose device is missing, is named', () => {
    const lines: string[] = [];
    const warn = (_: object, sentence: string) => void lines.push(sentence);
    const told = objectsOf({
      hosts: 'hosts: [{ name: h1, vtep: 192.0.2.1, physnets: [p1] }, { name: h2, vtep: 192.0.2.2, physnets: [p1] }]',
      networks: 'networks:\n  - { name: blue, type: vlan, id: 7, physnet: p1 }\n  - { name: orange, type: gre, id: 1002 }',
      lports: [
        'lports:',
        '  - { name: v1, network: blue, addresses: [10.0.0.11], host: h2, tap: tapv1, migratingTo: h1 }',
        '  - { name: v2, network: blue, addresses: [10.0.0.12], host: h2, tap: tapv2 }',
        '  - { name: v3, network: orange, addresses: [20.0.0.13], host: h2, tap: tapv3, migratingTo: h1 }',
      ].join('\n'),
    });
    const here = 'port v1 is about to move here, and its network has no device here';
    const log = new DifferenceLog({ warn } as never);
    for (let i = 0; i < 2; i++) log.look(host([], '192.0.2.1'), told);
    assert.deepEqual(lines.splice(0).slice(1), [here]);
    new DifferenceLog({ warn } as never).look(host(['p1'], '192.0.2.1'), told);
    assert.deepEqual(lines, []);
  });
});
