/** What crossed the fabric: an inner frame with where it went from and to. */
export interface Crossing {
  readonly kind: 'vxlan' | 'gre' | 'wire';
  readonly from: string;
  /** Address of the tunnel endpoint, or name of the physical network. */
  readonly to: string;
  readonly segment: number;
  readonly octets: Uint8Array;
  /** What a device of a physical network was left to do. */
  readonly virtio?: Uint8Array | undefined;
}
