import { type Field, type Template, templateOf, templates, VARIABLE } from './ipfixTemplates.js';
import type { EventRecord } from './record.js';

/** IPFIX message header (RFC 7011 3.1), network byte order. */
const enum Header {
  Version = 0,
  Length = 2,
  ExportTime = 4,
  Sequence = 8,
  Domain = 12,
  Octets = 16,
}
const VERSION = 10;
/** Set ids of templates (RFC 7011 3.3.2). */
const TEMPLATE_SET = 2;
const OPTIONS_TEMPLATE_SET = 3;
const SET_HEADER = 4;
/** Largest message: fits into one packet of a 1500-octet link with headers of IPv6 and tunnels to spare (RFC 7011 10.3.3). */
const MESSAGE_OCTETS = 1400;

/**
 * Puts records into IPFIX messages of one observation domain and gives each to `send` when it is full or flushed. The sequence
 * number counts the data records, of options too, before the message (RFC 7011 3.1); it goes on whether the message arrives or not, so a
 * collector sees what was lost.
 */
export class IpfixMessages {
  #message = Buffer.allocUnsafe(MESSAGE_OCTETS);
  #at: number = Header.Octets;
  /** Where the set under way begins, and of which id; 0: none. */
  #set = 0;
  #setId = 0;
  #records = 0;
  #sequence = 0;

  constructor(
    readonly domain: number,
    private readonly wallMs: () => number,
    private readonly send: (message: Buffer) => void,
  ) {}

  add(record: EventRecord): void {
    this.#put(templateOf(record) as Template<EventRecord>, record);
  }

  /** All templates, and the names of the zones: sent at the start and again and again, since UDP may lose them (RFC 7011 8.1). */
  describe(zones: ReadonlyMap<number, string>): void {
    this.flush();
    for (const template of Object.values(templates) as readonly Template[]) this.#describe(template);
    for (const [zoneId, zone] of zones) this.#put(templates.zoneName, { zoneId, zone });
    this.flush();
  }

  flush(): void {
    if (this.#at === Header.Octets) return;
    this.#closeSet();
    const m = this.#message;
    m.writeUInt16BE(VERSION, Header.Version);
    m.writeUInt16BE(this.#at, Header.Length);
    m.writeUInt32BE(Math.floor(this.wallMs() / 1000) >>> 0, Header.ExportTime);
    m.writeUInt32BE(this.#sequence, Header.Sequence);
    m.writeUInt32BE(this.domain >>> 0, Header.Domain);
    this.#sequence = (this.#sequence + this.#records) >>> 0;
    this.#message = Buffer.allocUnsafe(MESSAGE_OCTETS);
    const length = this.#at;
    this.#at = Header.Octets;
    this.#records = 0;
    this.send(m.subarray(0, length));
  }

  #put<R>(template: Template<R>, record: R): void {
    this.#room(template.id, octetsOf(template, record));
    for (const field of template.fields) this.#write(field, record);
    this.#records++;
  }

  #describe({ id, scope, fields }: Template): void {
    const isOptions = scope > 0;
    this.#room(isOptions ? OPTIONS_TEMPLATE_SET : TEMPLATE_SET, (isOptions ? 6 : 4) + fields.length * 4);
    this.#number(id, 2);
    this.#number(fields.length, 2);
    if (isOptions) this.#number(scope, 2);
    for (const { element, octets } of fields) {
      this.#number(element, 2);
      this.#number(octets, 2);
    }
  }

  /** Begins a set, or a message, when this needs one. */
  #room(setId: number, octets: number): void {
    const header = setId === this.#setId ? 0 : SET_HEADER;
    if (this.#at + header + octets > MESSAGE_OCTETS) this.flush();
    if (setId === this.#setId) return;
    this.#closeSet();
    this.#set = this.#at;
    this.#setId = setId;
    this.#message.writeUInt16BE(setId, this.#at);
    this.#at += SET_HEADER;
  }

  #closeSet(): void {
    if (this.#setId !== 0) this.#message.writeUInt16BE(this.#at - this.#set, this.#set + 2);
    this.#setId = 0;
  }

  #write<R>({ octets, as, value }: Field<R>, record: R): void {
    const v = value(record);
    if (as === 'text') {
      const text = textOctets(String(v));
      this.#number(text.length, 1);
      this.#at += text.copy(this.#message, this.#at);
    } else if (as === 'address') {
      // A WireIpv4 is what a little-endian load gives, so a little-endian store gives the order of the wire.
      this.#at = this.#message.writeInt32LE(Number(v), this.#at);
    } else this.#number(Number(v), octets);
  }

  #number(value: number, octets: number): void {
    if (octets === 8) {
      this.#at = this.#message.writeUInt32BE(Math.floor(value / 0x1_0000_0000), this.#at);
      this.#at = this.#message.writeUInt32BE(value % 0x1_0000_0000, this.#at);
    } else this.#at = this.#message.writeUIntBE(value, this.#at, octets);
  }
}

function octetsOf<R>({ fields }: Template<R>, record: R): number {
  let sum = 0;
  for (const { octets, value } of fields) sum += octets === VARIABLE ? 1 + textOctets(String(value(record))).length : octets;
  return sum;
}

/** As many octets as the short form of a length can say (RFC 7011 7): names of zones are shorter. */
function textOctets(text: string): Buffer {
  return Buffer.from(text).subarray(0, 254);
}
