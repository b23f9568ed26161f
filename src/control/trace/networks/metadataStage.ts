import { Verdict } from '../../../shared/verdict.js';
import { PROXY_PORT, Stand, standOf } from '../../../tables/metadata.js';
import { Protocol } from '../../../wire/ipv4.js';
import type { LportView } from '../../dvr/view/hostView.js';
import { type Scene, type Stage, text } from '../scene.js';

const DECIDES: readonly Verdict[] = [
  ...[Verdict.Metadata, Verdict.DropMetadataNoProxy, Verdict.DropMetadataSource, Verdict.DropMetadataRate],
  ...[Verdict.DropMetadataFragment, Verdict.DropMetadataStray],
];

/** What a port has for 169.254.169.254 is taken from the routers' path before any rule (dvr.md 2.15). */
export function metadataStage({ packet, shown, entry }: Scene, port: LportView | undefined): Stage {
  const { switching, rifs } = shown.built.snapshot;
  const { metadata } = switching;
  const to = text(packet.destination);
  return { step: 'metadata', found: said(), decides: DECIDES };

  function said(): string {
    if (packet.protocol !== Protocol.Tcp || packet.destinationPort !== 80) return `only TCP to port 80 of ${to} is taken there`;
    if (metadata.slot < 0) return `${to}:80 is never routed, and this host has no metadata endpoint (host.metadata)`;
    const [macA, macB] = rifs.macWords.subarray(entry.rif * 2);
    const row = port === undefined ? -1 : standOf(metadata, shown.index.lport(port.name), packet.source, macA!, macB!);
    if (port === undefined || row < 0) return `${text(packet.source)} is no fixed address of a port here: nothing stands for it`;
    return `to the metadata proxy of this host, ${text(metadata.proxy)}:${PROXY_PORT}, from ${text(metadata.rows[row + Stand.Address]!)}, which stands for ${text(packet.source)} of ${port.name}`;
  }
}
