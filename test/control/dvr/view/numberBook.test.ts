import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FloatingPlace, numbersOf } from '../../../../src/control/dvr/view/floatingNumbers.js';
import { NumberBook } from '../../../../src/control/dvr/view/numberBook.js';
import { NUMBERS, putNumbers } from '../../../../src/store/numberStore.js';
import { applyObjects } from '../../../../src/store/objectStore.js';
import { ip, sample } from '../../../support/dvrSample.js';
import { made, until } from '../awayStore.js';

const place = (address: string): FloatingPlace => ({ address: ip(address), router: 'r', network: 'ext' });
const [a, b] = [place('192.168.1.101'), place('192.168.1.102')];

describe('numbers of floating IPs in the store', () => {
  test('pitfall 24: are the same after a restart, also of those that were away', async () => {
    const { embedded, logger } = await made();
    const first = await NumberBook.open(embedded, 'h1', logger);
    first.use(numbersOf([a, b], first.before));
    first.use(numbersOf([b], first.before));
    await first.close();
    const [item] = (await embedded.range(NUMBERS)).items;
    assert.equal(item!.value, '{"priorities":{"ext 192.168.1.101":32768,"ext 192.168.1.102":32769},"pairs":{"r ext":0}}');
    const second = await NumberBook.open(embedded, 'h1', logger);
    const numbers = numbersOf([place('192.168.1.103'), b, a], second.before);
    assert.deepEqual(
      [a, b, place('192.168.1.103')].map(({ network, address }) => numbers.priority(network, address)),
      [32768, 32769, 32770],
    );
    const before = (await embedded.range('')).revision;
    second.use(numbersOf([a], second.before));
    await second.close();
    assert.equal((await embedded.range('')).revision, before, 'what is known is not written again');
    assert.deepEqual((await NumberBook.open(embedded, 'h2', logger)).before.priorities.size, 0);
  });

  test('while the store is away they are given all the same, and kept when it is back; that is said once', async () => {
    const { store, embedded, log, logger, outage } = await made();
    const book = await NumberBook.open(store, 'h1', logger, 20);
    outage(true);
    book.use(numbersOf([a], book.before));
    book.use(numbersOf([a, b], book.before));
    await until(async () => log.length === 1);
    outage(false);
    await until(async () => (await embedded.range(NUMBERS)).items.length === 1);
    assert.match((await embedded.range(NUMBERS)).items[0]!.value, /102":32769/);
    assert.equal(log.length, 1);
    outage(true);
    book.use(numbersOf([a, b, place('192.168.1.103')], book.before));
    await book.close();
  });

  test('what somebody wrote by hand is taken as far as it can be', async () => {
    const { embedded, logger } = await made();
    const value = '{"priorities":{"x 1":1,"x 2":32768,"x 3":32768,"x 4":"a","x 5":72768},"pairs":[8192]}';
    await embedded.transact({ puts: [{ key: `${NUMBERS}h1`, value }] });
    const { before } = await NumberBook.open(embedded, 'h1', logger);
    assert.deepEqual([[...before.priorities], [...before.pairs]], [[['x 2', 32768]], []]);
    await embedded.transact({ puts: [{ key: `${NUMBERS}h1`, value: '[' }] });
    assert.equal((await NumberBook.open(embedded, 'h1', logger)).before.priorities.size, 0);
  });

  test('those without a number are counted, and said once', async () => {
    const { embedded } = await made();
    const log: string[] = [];
    const note = (about: { floatingIps?: string }): void => void log.push(about.floatingIps!);
    const book = await NumberBook.open(embedded, 'h1', { warn: note, error: note } as never);
    const room = { priorities: 1, pairs: 8 };
    book.use(numbersOf([a, b], book.before, room));
    book.use(numbersOf([a, b], book.before, room));
    assert.deepEqual([book.without, log], [1, ['ext 192.168.1.102']]);
    book.use(numbersOf([a], book.before, room));
    assert.equal(book.without, 0);
    await book.close();
  });

  test('they go with the host', async () => {
    const { embedded } = await made();
    await applyObjects(embedded, () => sample);
    const numbers = { priorities: new Map([['ext 192.168.1.101', 32768]]), pairs: new Map() };
    for (const host of ['h1', 'h2']) await putNumbers(embedded, host, numbers);
    await applyObjects(embedded, () => ({
      ...sample,
      hosts: sample.hosts.filter(({ name }) => name !== 'h2'),
      lports: sample.lports.filter(({ host }) => host !== 'h2'),
    }));
    assert.deepEqual(
      (await embedded.range(NUMBERS)).items.map(({ key }) => key),
      [`${NUMBERS}h1`],
    );
  });
});
