/** Devices as `show` and the trace see them where there are none: all up, nothing lost, nothing asked of them. */
export const quietLinks = {
  state: () => 'UP' as const,
  kernelDrops: () => undefined,
  returns: () => 0,
  side: () => ({ exclusive: false, promiscuous: false, accepts: [] }),
  steeredBy: () => undefined,
  offloads: () => ({ rx: ['csum', 'tso', 'uso'], tx: ['csum', 'tso', 'uso'], coalesce: true }),
};
