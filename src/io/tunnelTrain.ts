import { Ethernet } from '../wire/ethernet.js';
import { Ipv4, Protocol } from '../wire/ipv4.js';
import { Ipv6 } from '../wire/ipv6.js';
import type { FrameMemory } from '../wire/memory.js';
import { ipOf } from '../wire/segment.js';
import { becomeSuper, setPacketLength, takePush } from '../wire/superFrame.js';
import { checksumFits, continuesTrain, dataOctets } from '../wire/train.js';
import { becomeSuper6, checksumFits6, continuesTrain6, dataOctets6, setLength6 } from '../wire/train6.js';
import { SMALLEST_TCP_SEGMENT } from '../wire/virtioNet.js';

const LARGEST_PACKET = 65_535;

/**
 * A word that frames of one flow have in common: their ports, over IPv6 the end of the source address. It tells most frames of
 * others apart at once.
 */
const FLOW_WORD = Ethernet.Header + Ipv4.MinHeader;

/** No frame to join to. */
const NONE = -1;
/** Nobody has looked at the frame that others may be joined to. */
const UNSEEN = -1;

/**
 * Makes super-frames of TCP segments that come out of a tunnel one behind the other (D14), by the rules of train.ts and
 * train6.ts. Nobody has looked at their checksums, so each is verified here, those of IPv4 too: a super-frame has none of its
 * own, and would hide the damage. What is cut again (a port that takes no super-frames) is cut into the very packets that came.
 */
export class TunnelTrain {
  #head = NONE;
  /** Octets of the frame at #head, and where it must end. */
  #length = 0;
  #limit = 0;
  /** Octets of headers, of data in the first segment (0: nothing may be joined to it), and of all data. */
  #headers = 0;
  #size = 0;
  #data = 0;
  #packets = 0;
  #ipv6 = false;

  /** Ends the train. The one at #head gets its length. */
  end(m: FrameMemory): void {
    if (this.#packets > 1) {
      const ip = ipOf(m, this.#head);
      if (this.#ipv6) setLength6(m, this.#head, this.#length);
      else setPacketLength(m, ip, this.#length - (ip - this.#head), true);
    }
    this.#head = NONE;
    this.#packets = 0;
  }

  /** Others may be joined to the frame of `length` octets at `head`, up to `limit`. */
  begin(head: number, length: number, limit: number): void {
    this.#head = head;
    this.#length = length;
    this.#limit = limit;
    this.#size = UNSEEN;
    this.#packets = 1;
  }

  /**
   * Joins the frame at `frame`, whose data goes behind that of the train: lower in memory, or where nothing lies any more. Returns the octets of
   * the whole, or 0 when it does not continue the train.
   */
  join(m: FrameMemory, frame: number, length: number): number {
    const head = this.#head;
    if (head === NONE || m.i32[(head + FLOW_WORD) >> 2] !== m.i32[(frame + FLOW_WORD) >> 2]) return 0;
    if (this.#size === UNSEEN) this.#look(m);
    if (this.#size === 0) return 0;
    const data = this.#ipv6 ? dataOctets6(m, frame, length) : dataOctets(m, frame, length);
    if (data === 0 || data > this.#size || this.#length + data - Ethernet.Header > LARGEST_PACKET) return 0;
    if (head + this.#length + data > this.#limit || !this.#continues(m, frame, length)) return 0;
    const ip = ipOf(m, head);
    const l4 = ip - head + (this.#ipv6 ? Ipv6.Header : Ipv4.MinHeader);
    if (this.#packets === 1 && this.#ipv6) becomeSuper6(m, head, this.#headers, this.#size);
    else if (this.#packets === 1) becomeSuper(m, head, ip, this.#headers, this.#size, true);
    // Before its data takes the place of its headers.
    takePush(m, head + l4, frame + l4);
    m.loops.copy(head + this.#length, frame + this.#headers, data);
    this.#length += data;
    this.#data += data;
    this.#packets++;
    if (data < this.#size) this.#size = 0;
    return this.#length;
  }

  /** Headers first: a sum takes ten times as long. */
  #continues(m: FrameMemory, frame: number, length: number): boolean {
    if (this.#ipv6) return continuesTrain6(m, this.#head, this.#data, frame) && checksumFits6(m, frame, length);
    return continuesTrain(m, this.#head, this.#data, frame, this.#packets) && checksumFits(m, frame, length);
  }

  /** What the frame at #head has, now that another one may continue it. */
  #look(m: FrameMemory): void {
    const head = this.#head;
    const ip = ipOf(m, head);
    let data = dataOctets6(m, head, this.#length);
    this.#ipv6 = data > 0;
    let fits = data >= SMALLEST_TCP_SEGMENT && checksumFits6(m, head, this.#length);
    if (!this.#ipv6) {
      data = dataOctets(m, head, this.#length);
      const tcp = m.u8[ip + Ipv4.Protocol] === Protocol.Tcp;
      fits = data >= SMALLEST_TCP_SEGMENT && tcp && checksumFits(m, head, this.#length);
    }
    this.#size = fits ? data : 0;
    this.#data = data;
    this.#headers = this.#length - data;
  }
}
