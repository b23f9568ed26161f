import type { Scene } from './scene.js';
import type { Guest } from './topology.js';
import { crosses, type Hop, INITIAL_TTL, leg, receives, sends, type Walk } from './walk.js';

/** Walks from guest to guest, by their fixed addresses. */

export function eastWest(scene: Scene, id: string, title: string, from: Guest, to: Guest): Walk {
  const ways = { request: hopsOf(scene, from, to, false), reply: hopsOf(scene, to, from, true) };
  return { id, title, from, to: to.name, target: to.address, ...ways };
}

/**
 * One direction. A router decrements once, at the host of the sender; between hosts its MAC is the host's, the segment that of the destination
 * network (dvr.md 2.4).
 */
function hopsOf(scene: Scene, from: Guest, to: Guest, reply: boolean): Hop[] {
  const routed = from.network !== to.network;
  const packet = { from: from.address, to: to.address, ttl: INITIAL_TTL };
  const there = { ...packet, ttl: routed ? INITIAL_TTL - 1 : INITIAL_TTL };
  const between =
    from.host === to.host ? [] : crosses(from.host, to.host, to.network, [routed ? from.host.mac : from.mac, to.mac], there);
  return leg(
    scene,
    reply,
    sends(from, routed ? from.network.gatewayMac : to.mac, packet),
    between,
    receives(to, routed ? to.network.gatewayMac : from.mac, there),
  );
}
