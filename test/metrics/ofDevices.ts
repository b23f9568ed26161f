/** What the metrics say of the devices that makeGateway (test/control/made.ts) has, without the name's beginning. */
export const ofDevices: readonly (readonly [metric: string, value: number])[] = [
  ['up{iface="trunk"}', 0],
  ['kernel_dropped_total{iface="wan"}', 3],
  ['returns_total{iface="wan"}', 2],
  ['exclusive{iface="trunk"}', 1],
  ['promiscuous{iface="trunk"}', 0],
  ['steering{iface="lan",by="kernel"}', 1],
  ['steering{iface="wan",by="software"}', 1],
];
