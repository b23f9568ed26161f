import { eastWest } from '../cloud/eastWest.js';
import type { Scene } from '../cloud/scene.js';
import { A1, A2, A3, B1, B2 } from '../cloud/topology.js';
import type { Walk } from '../cloud/walk.js';

/** The demo of east-west routing. The third host has no port, so no replica: whatever reached it would be flooded. */
export const DVR: Scene = { router: 'distributed', guests: [A1, A3, B1, A2, B2], external: false };

/** The walks of dvr.md 2.1 to 2.4, as they have to be. */
export const WALKS: readonly Walk[] = [
  eastWest(DVR, '2.1', 'same host, same network: bridged', A1, A3),
  eastWest(DVR, '2.2', 'same host, routed', A1, B1),
  eastWest(DVR, '2.3', 'another host, same network: bridged', A1, A2),
  eastWest(DVR, '2.4', 'another host, routed; the reply is routed at its own host', A1, B2),
];
