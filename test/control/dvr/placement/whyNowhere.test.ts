import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNowhere } from '../../../../src/control/dvr/placement/whyNowhere.js';
import type { HostObject, Objects } from '../../../../src/objects/model.js';
import { gateway, snatSample } from '../../../support/snatSample.js';

const [r] = snatSample.routers;
const withHosts = (change: (one: HostObject) => Partial<HostObject>): Objects => ({
  ...snatSample,
  hosts: snatSample.hosts.map((one) => ({ ...one, mode: 'dvr_snat' as const, ...change(one) })),
});
const why = (objects: Objects, away: Readonly<Record<string, string>> = {}, hosts: readonly string[] = []) =>
  whyNowhere(objects, { ...r!, gateways: [{ ...gateway, hosts: [...hosts] }] }, (host) => away[host]);

test('why no host has a SNAT service: none may have it, none of those that may is there, or nobody has taken it yet', () => {
  const all = withHosts(() => ({}));
  assert.equal(why(withHosts(() => ({ mode: 'dvr' }))), 'no host is of mode dvr_snat');
  assert.equal(why(withHosts(() => ({ draining: true }))), 'all hosts of mode dvr_snat are draining: h1, h2, n');
  assert.equal(
    why(withHosts(({ name }) => ({ physnets: ['other'], draining: name === 'n' }))),
    'no host of mode dvr_snat that is not draining has physnet physnet1: h1, h2',
  );
  assert.equal(
    why(withHosts(() => ({ vtep: undefined }))),
    'no host of mode dvr_snat that is not draining has a vtep: h1, h2, n',
  );
  assert.equal(
    why(withHosts(({ name }) => (name === 'n' ? { vtep: undefined } : { physnets: [] }))),
    'no host of mode dvr_snat that is not draining has physnet physnet1 and a vtep: h1, h2, n',
  );
  assert.equal(why(all, {}, ['x']), 'its gateways want it at x; those that could have it: h1, h2, n');
  const gone = { h1: 'silent', h2: 'stopped', n: 'not there' };
  assert.equal(why(all, gone), 'no candidate forwards: h1 is silent, h2 is stopped, n is not there');
  assert.equal(
    whyNowhere(all, r!, () => 'silent', 12.4),
    'the store does not answer for 12 s, so none of those that share it (h1, h2, n) may serve it until it does',
  );
  assert.equal(why(all, { h1: 'silent' }), 'nobody has taken it yet; of those that may there is h2, n');
  assert.equal(
    whyNowhere(all, { ...r!, adminUp: false }, () => undefined),
    'adminUp of r is false',
  );
});
