/** "ip -n h1 link set fab mtu 1500" */
export function mtuCommand(netns: string, device: string, octets: number): string {
  return `ip ${netns === '' ? '' : `-n ${netns} `}link set ${device} mtu ${octets}`;
}
