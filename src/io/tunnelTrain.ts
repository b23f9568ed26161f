import { Ethernet } from '../wire/ethernet.js';
import { Ipv4, Protocol } from '../wire/ipv4.js';
import type { FrameMemory } from '../wire/memory.js';
import { ipOf, packetHeaders } from '../wire/segment.js';
import { becomeSuper, setPacketLength, takePush } from '../wire/superFrame.js';
import { checksumFits, continuesTrain, dataOctets } from '../wire/train.js';
import { SMALLEST_TCP_SEGMENT } from '../wire/virtioNet.js';

const LARGEST_PACKET = 65_535;

/** A word that frames of one flow have in common: their ports. It tells most frames of others apart at once. */
const FLOW_WORD = Ethernet.Header + Ipv4.MinHeader;

/** No frame to join to. */
const NONE = -1;
/** Nobody has looked at the frame that others may be joined to. */
const UNSEEN = -1;

/**
 * Makes super-frames of TCP segments that come out of a tunnel one behind the other (D14), by the rules of train.ts. Nobody has looked at their
 * checksums, so each is verified here, those of IPv4 too: a super-frame has none of its own, and would hide the damage. What is cut again
 * (a port that takes no super-frames) is cut into the very packets that came.
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

  /** Ends the train. The one at #head gets its length. */
  end(m: FrameMemory): void {
    if (this.#packets > 1) {
      const ip = ipOf(m, this.#head);
      setPacketLength(m, ip, this.#length - (ip - this.#head), true);
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
    const data = dataOctets(m, frame, length);
    const ip = ipOf(m, head);
    if (
      data === 0 ||
      data > this.#size ||
      this.#length + data - (ip - head) > LARGEST_PACKET ||
      head + this.#length + data > this.#limit ||
      !continuesTrain(m, head, this.#data, frame, this.#packets) ||
      !checksumFits(m, frame, length)
    )
      return 0;
    if (this.#packets === 1) becomeSuper(m, head, ip, this.#headers, this.#size, true);
    // Before its data takes the place of its headers.
    takePush(m, ip + Ipv4.MinHeader, frame + (ip - head) + Ipv4.MinHeader);
    m.loops.copy(head + this.#length, frame + this.#headers, data);
    this.#length += data;
    this.#data += data;
    this.#packets++;
    if (data < this.#size) this.#size = 0;
    return this.#length;
  }

  /** What the frame at #head has, now that another one may continue it. */
  #look(m: FrameMemory): void {
    const head = this.#head;
    const ip = ipOf(m, head);
    const data = dataOctets(m, head, this.#length);
    const fits = data >= SMALLEST_TCP_SEGMENT && m.u8[ip + Ipv4.Protocol] === Protocol.Tcp && checksumFits(m, head, this.#length);
    this.#size = fits ? data : 0;
    this.#data = data;
    if (fits) this.#headers = ip - head + packetHeaders(m, ip);
  }
}
