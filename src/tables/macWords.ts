/** A MAC as tables keep it, in two words: its first two octets (u16 as loaded). `mac`: six octets in the order of the wire. */
export function macHeadOf(mac: Uint8Array): number {
  return mac[0]! | (mac[1]! << 8);
}

/** Its last four octets (as loaded). */
export function macTailOf(mac: Uint8Array): number {
  return mac[2]! | (mac[3]! << 8) | (mac[4]! << 16) | (mac[5]! << 24);
}

/** Both words as the six octets again. */
export function macOfWords(head: number, tail: number): Uint8Array {
  return Uint8Array.of(head, head >> 8, tail, tail >> 8, tail >> 16, tail >> 24);
}
