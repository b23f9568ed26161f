import { DeviceWatch } from '../../../control/capture/deviceWatch.js';
import { onCleanUp } from '../cleanUp.js';
import { pause, runLong } from '../processes.js';
import { inside } from '../world.js';
import { externalLink, tapOf, UPLINK } from './devices.js';
import type { Captured } from './judge.js';
import type { CloudWorld, Scene } from './scene.js';
import { HOSTS, UP } from './topology.js';
import type { Place, Walk } from './walk.js';

/** Eyes at every place of a demo: the guests' devices, each host's links at the fabric and at the external network, the upstream router's device. */
export class Observers {
  readonly #watches: ReadonlyMap<Place, DeviceWatch>;

  constructor(
    private readonly world: CloudWorld,
    { guests, external }: Scene,
  ) {
    const at = (place: Place, device: string, netns: string): [Place, DeviceWatch] => [place, new DeviceWatch(device, netns)];
    this.#watches = new Map([
      ...guests.map((guest) => at(guest.name, tapOf(guest), world[guest.name])),
      ...HOSTS.map(({ name }) => at(name, name, world.fabric)),
      ...(external ? HOSTS.map((host) => at(`${host.name}-external`, externalLink(host), world.fabric)) : []),
      ...(external ? [at(UP.name, UPLINK, world[UP.name])] : []),
    ]);
    onCleanUp(() => this.close());
  }

  /** Sends one echo request along the walk; everything that was seen until its reply was back, and a little longer. */
  async ping({ from, target }: Walk): Promise<Captured> {
    this.take();
    // The upstream router pings as the rest of the world.
    const as = from === UP ? ['-I', UP.internet] : [];
    // An unanswered one shows in the frames.
    await runLong(10_000, ...inside(this.world[from.name], 'ping', '-n', '-c', '1', '-W', '2', ...as, target)).catch(() => {});
    await pause(50);
    return this.take();
  }

  /** What was seen since the last call. */
  take(): Captured {
    return new Map([...this.#watches].map(([place, watch]) => [place, watch.take()]));
  }

  /** Safe to call twice. */
  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    (this.#watches as Map<Place, DeviceWatch>).clear();
  }
}
