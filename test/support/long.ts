/** How much a test draws: some seconds of it in every run, minutes with `npm test -- --long`. */
export function drawsOf(few: number, many: number): number {
  return process.env.WINDROSE_TEST_LONG === '1' ? many : few;
}
