import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

/**
 * A collector by the rules of RFC 7011 alone: what a record means comes from the templates it received and the names of IANA's registry,
 * nothing from the exporter's code. Anything malformed throws.
 */

/** Name and type of Information Elements (https://www.iana.org/assignments/ipfix). */
const ELEMENTS: Readonly<Record<number, readonly [name: string, type: 'unsigned' | 'address' | 'string' | 'milliseconds']>> = {
  4: ['protocolIdentifier', 'unsigned'],
  7: ['sourceTransportPort', 'unsigned'],
  8: ['sourceIPv4Address', 'address'],
  11: ['destinationTransportPort', 'unsigned'],
  12: ['destinationIPv4Address', 'address'],
  133: ['droppedPacketDeltaCount', 'unsigned'],
  144: ['exportingProcessId', 'unsigned'],
  152: ['flowStartMilliseconds', 'milliseconds'],
  153: ['flowEndMilliseconds', 'milliseconds'],
  166: ['notSentFlowTotalCount', 'unsigned'],
  225: ['postNATSourceIPv4Address', 'address'],
  227: ['postNAPTSourceTransportPort', 'unsigned'],
  230: ['natEvent', 'unsigned'],
  283: ['natPoolId', 'unsigned'],
  234: ['ingressVRFID', 'unsigned'],
  284: ['natPoolName', 'string'],
  323: ['observationTimeMilliseconds', 'milliseconds'],
  361: ['portRangeStart', 'unsigned'],
  362: ['portRangeEnd', 'unsigned'],
  463: ['natInstanceId', 'unsigned'],
  466: ['natQuotaExceededEvent', 'unsigned'],
  467: ['natThresholdEvent', 'unsigned'],
  471: ['maxSessionEntries', 'unsigned'],
  472: ['maxBIBEntries', 'unsigned'],
  473: ['maxEntriesPerUser', 'unsigned'],
  474: ['maxSubscribers', 'unsigned'],
  475: ['maxFragmentsPendingReassembly', 'unsigned'],
  478: ['addressPortMappingHighThreshold', 'unsigned'],
  481: ['globalAddressMappingHighThreshold', 'unsigned'],
};

export type Flow = Readonly<Record<string, number | string>>;

interface Learned {
  readonly scope: number;
  readonly fields: readonly (readonly [element: number, octets: number])[];
}

export interface Message {
  readonly exportTime: number;
  readonly sequence: number;
  readonly domain: number;
  /** Data records, each with the id of its template in `template`. */
  readonly records: readonly Flow[];
  readonly templates: number;
}

export class IpfixCollector {
  readonly #templates = new Map<string, Learned>();
  /** Sequence number expected next, by domain. */
  readonly #next = new Map<number, number>();
  /** Data records that were sent and did not arrive. */
  missing = 0;
  readonly messages: Message[] = [];
  #socket: Socket | undefined;

  /** All data records so far, without those of options. */
  get flows(): Flow[] {
    return this.messages.flatMap(({ records }) => records.filter(({ scope }) => scope === 0));
  }

  get options(): Flow[] {
    return this.messages.flatMap(({ records }) => records.filter(({ scope }) => scope !== 0));
  }

  /** Templates so far: their ids and the names of their elements, in the order they came. */
  learned(): [id: number, names: string[]][] {
    return Array.from(this.#templates, ([key, { fields }]) => [
      Number(key.split('/')[1]),
      fields.map(([element]) => ELEMENTS[element]![0]),
    ]);
  }

  /** Listens on UDP; the port. */
  async listen(port = 0): Promise<number> {
    const socket = createSocket('udp4');
    socket.on('message', (octets) => this.take(octets));
    this.#socket = socket;
    await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve));
    return (socket.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(resolve));
  }

  /** One message (RFC 7011 3). */
  take(octets: Buffer): void {
    assert.equal(octets.readUInt16BE(0), 10, 'version');
    assert.equal(octets.readUInt16BE(2), octets.length, 'the length of the message');
    const [exportTime, sequence, domain] = [octets.readUInt32BE(4), octets.readUInt32BE(8), octets.readUInt32BE(12)];
    const records: Flow[] = [];
    let templates = 0;
    for (let at = 16; at < octets.length; ) {
      const [id, length] = [octets.readUInt16BE(at), octets.readUInt16BE(at + 2)];
      assert.ok(length >= 4 && at + length <= octets.length, 'a set lies in its message');
      const set = octets.subarray(at + 4, at + length);
      if (id === 2 || id === 3) templates += this.#learn(set, id === 3, domain);
      else {
        assert.ok(id >= 256, `set id ${id} is reserved`);
        records.push(...this.#data(set, id, domain));
      }
      at += length;
    }
    const expected = this.#next.get(domain);
    if (expected !== undefined) this.missing += (sequence - expected) >>> 0;
    this.#next.set(domain, (sequence + records.length) >>> 0);
    this.messages.push({ exportTime, sequence, domain, records, templates });
  }

  /** Template records (3.4.1, 3.4.2); what is left may only be padding. */
  #learn(set: Buffer, isOptions: boolean, domain: number): number {
    let learned = 0;
    for (let at = 0; set.length - at >= 4; learned++) {
      const [id, count] = [set.readUInt16BE(at), set.readUInt16BE(at + 2)];
      at += 4;
      const scope = isOptions ? set.readUInt16BE(at) : 0;
      if (isOptions) {
        assert.ok(scope > 0 && scope <= count, 'a scope is not empty');
        at += 2;
      }
      const fields = Array.from({ length: count }, (_, i) => {
        const element = set.readUInt16BE(at + i * 4);
        assert.ok(element < 0x8000, 'no enterprise elements');
        assert.ok(element in ELEMENTS, `element ${element} is known`);
        return [element, set.readUInt16BE(at + i * 4 + 2)] as const;
      });
      at += count * 4;
      const key = `${domain}/${id}`;
      const known = this.#templates.get(key);
      if (known !== undefined) assert.deepEqual({ scope, fields }, known, `template ${id} changed its meaning`);
      this.#templates.set(key, { scope, fields });
    }
    return learned;
  }

  #data(set: Buffer, id: number, domain: number): Flow[] {
    const template = this.#templates.get(`${domain}/${id}`);
    assert.ok(template !== undefined, `data of template ${id} that nobody described`);
    const least = template.fields.reduce((sum, [, octets]) => sum + (octets === 0xffff ? 1 : octets), 0);
    const flows: Flow[] = [];
    let at = 0;
    while (set.length - at >= least) {
      const flow: Record<string, number | string> = { template: id, scope: template.scope };
      for (const [element, octets] of template.fields) {
        let length = octets;
        if (octets === 0xffff) {
          length = set[at++]!;
          assert.notEqual(length, 255, 'the long form of a length is not used here');
        }
        const [name, type] = ELEMENTS[element]!;
        flow[name] = decoded(set.subarray(at, at + length), type);
        at += length;
      }
      flows.push(flow);
    }
    assert.ok(
      set.subarray(at).every((octet) => octet === 0),
      'only padding behind the last record',
    );
    return flows;
  }
}

function decoded(octets: Buffer, type: string): number | string {
  if (type === 'string') return octets.toString('utf8');
  if (type === 'address') return octets.join('.');
  return Number(octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n));
}
