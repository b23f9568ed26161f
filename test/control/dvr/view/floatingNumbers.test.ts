import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type FloatingPlace,
  linkPair,
  MOST_UNUSED,
  NO_NUMBERS,
  numbersOf,
  PAIRS,
  PRIORITIES,
  type RememberedNumbers,
} from '../../../../src/control/dvr/view/floatingNumbers.js';
import { formatIpv4, wireOrder } from '../../../../src/types/ipv4.js';
import { ip } from '../../../support/dvrSample.js';

const place = (address: string, router = 'r', network = 'public'): FloatingPlace => ({ address: ip(address), router, network });
const [a, b, c] = ['192.168.1.101', '192.168.1.102', '192.168.1.103'].map((address) => place(address)) as [
  FloatingPlace,
  FloatingPlace,
  FloatingPlace,
];
const priorities = (places: readonly FloatingPlace[], before: RememberedNumbers, count = 3) => {
  const numbers = numbersOf(places, before, { priorities: count, pairs: PAIRS });
  return { numbers, of: places.map(({ network, address }) => numbers.priority(network, address)) };
};

describe('numbers of floating addresses on a host', () => {
  it('are a priority from 32768 on for each address, a pair of 169.254.64.0/18 for each router and external network', () => {
    const numbers = numbersOf([a, b, place('192.168.1.101', 'other'), place('198.51.100.9', 'r', 'second')], NO_NUMBERS);
    assert.deepEqual(
      [a, b].map(({ network, address }) => numbers.priority(network, address)),
      [32768, 32769],
    );
    const pair = (router: string, network: string) => Object.values(numbers.pair(router, network)!).map(formatIpv4);
    assert.deepEqual(pair('r', 'public'), ['169.254.64.0', '169.254.64.1']);
    assert.deepEqual(pair('other', 'public'), ['169.254.64.2', '169.254.64.3']);
    assert.deepEqual(pair('r', 'second'), ['169.254.64.4', '169.254.64.5']);
    assert.equal(numbers.pair('other', 'second'), undefined);
    assert.deepEqual(Object.values(linkPair(PAIRS - 1)).map(formatIpv4), ['169.254.127.254', '169.254.127.255']);
  });

  it('pitfall 24: whoever stays keeps its number whatever comes and goes, and who comes back has it again', () => {
    const first = numbersOf([a, b], NO_NUMBERS);
    const second = numbersOf([c, b], first.remembered);
    assert.deepEqual(
      [a, b, c].map(({ network, address }) => second.priority(network, address)),
      [32768, 32769, 32770],
    );
    const third = numbersOf([b, a], second.remembered);
    assert.equal(third.priority(a.network, a.address), 32768);
    assert.equal(third.remembered, second.remembered, 'nothing to be written');
  });

  it('pitfall 24: when all were given, whoever has been away longest gives up its own', () => {
    const { numbers } = priorities([a, b, c], NO_NUMBERS);
    const d = place('192.168.1.104');
    const next = priorities([c, d], numbers.remembered);
    assert.deepEqual(next.of, [32770, 32768]);
    assert.deepEqual(next.numbers.without, []);
    assert.equal(next.numbers.priority(a.network, a.address), undefined);
    assert.equal(next.numbers.priority(b.network, b.address), 32769, 'its own is still kept');
  });

  it('pitfall 24: when all are in use those that come last have none, and nobody loses one', () => {
    const d = place('192.168.1.104');
    const { numbers, of } = priorities([a, b, c, d], NO_NUMBERS);
    assert.deepEqual(of, [32768, 32769, 32770, undefined]);
    assert.deepEqual(numbers.without, [d]);
  });

  it('without a pair only that router is without', () => {
    const other = place('192.168.1.105', 'other');
    const { without } = numbersOf([a, other, b], NO_NUMBERS, { priorities: PRIORITIES, pairs: 1 });
    assert.deepEqual(without, [other]);
  });

  it('40,000 addresses have a number each within the pool, and the next one has none', () => {
    const places = Array.from({ length: PRIORITIES + 1 }, (_, i) => ({ ...a, address: wireOrder(0x0a00_0000 + i) }));
    const numbers = numbersOf(places, NO_NUMBERS);
    assert.equal(numbers.without.length, 1);
    const given = new Set(numbers.remembered.priorities.values());
    assert.deepEqual([given.size, Math.min(...given), Math.max(...given)], [PRIORITIES, 32768, 72767]);
  });

  it('of those that are away the 4,096 that went last are remembered', () => {
    const places = Array.from({ length: 5000 }, (_, i) => ({ ...a, address: wireOrder(0x0a00_0000 + i) }));
    const { remembered } = numbersOf([b], numbersOf(places, NO_NUMBERS).remembered);
    assert.equal(remembered.priorities.size, MOST_UNUSED + 1);
    const { priorities } = remembered;
    assert.deepEqual([priorities.has('public 10.0.0.0'), priorities.has('public 10.0.19.135')], [false, true]);
    assert.equal(new Set(priorities.values()).size, priorities.size);
  });
});
