/** What a device cannot be left to do; pipeline/withoutOffload.ts does it then. One that takes no partial checksum takes no super-frames either. */
export const enum Lacks {
  /** Completing TCP and UDP checksums. */
  Checksum = 1,
  /** Cutting super-frames of TCP. */
  Tso = 2,
  /** Cutting super-frames of UDP. */
  Uso = 4,
  All = 7,
}
