/**
 * Plain frames: what there is most of. Untagged or tagged by the kernel, IPv4 without options, whole TCP or UDP, no super-frame,
 * everything sound. They take a short cut through the pipeline (plainClassify.ts, plainFind.ts, plainTranslate.ts) that does to
 * them exactly what classify() and decide() would do; any other frame, and a plain one without a session that is ready to use, goes
 * there.
 *
 * Why: V8 checks the map of every typed array, and loads its length and address again, at each function boundary, after each call,
 * and in each turn of a loop (the check for interrupts at its end makes it forget). So the short cut has few views, no calls inside
 * its loops, four frames to a turn where a turn does little, and counts in locals. A view that is a constant of its module saves the
 * load from the context, not the checks: that is why the rows below are one array for all contexts of a thread, each file with a
 * constant of its own. They are used within forwardBurst only.
 */
export const enum Plain {
  /** Offset of the Ethernet frame in the arena; 0: the frame is not plain, and only Half and Row are valid. */
  Frame = 0,
  /** Router interface it came in through. */
  Rif,
  /** Octets of the IPv4 packet. */
  Octets,
  Protocol,
  /** Ports word as loaded. */
  Ports,
  Hash,
  /** First slot of the half of Sessions.flows that knows the frame: 0 from inside. */
  Half,
  /** First word of its session's row; -1 = none. */
  Row,
  Words = 8,
}

/** Frames of the largest burst (MAX_BURST in context.ts), and a row behind them that keeps what was touched from being dropped. */
export const plainRows = new Int32Array(65 * Plain.Words);

/** First word of that row. */
export const TOUCHED = 64 * Plain.Words;
