import { DeviceWatch } from '../../../control/capture/deviceWatch.js';
import { onCleanUp } from '../cleanUp.js';
import { pause, runLong } from '../processes.js';
import { inside } from '../world.js';
import type { Captured } from './judge.js';
import { type DvrWorld, tapOf } from './setUp.js';
import { GUESTS, HOSTS } from './topology.js';
import type { Place, Walk } from './walks.js';

/** Eyes at every place of the demo: the guests' devices, and each host's link at the fabric. */
export class Observers {
  readonly #watches: ReadonlyMap<Place, DeviceWatch>;

  constructor(private readonly world: DvrWorld) {
    const at = (place: Place, device: string, netns: string): [Place, DeviceWatch] => [place, new DeviceWatch(device, netns)];
    this.#watches = new Map([
      ...GUESTS.map((guest) => at(guest.name, tapOf(guest), world[guest.name])),
      ...HOSTS.map(({ name }) => at(name, name, world.fabric)),
    ]);
    onCleanUp(() => this.close());
  }

  /** Sends one echo request along the walk; everything that was seen until its reply was back, and a little longer. */
  async ping({ from, to }: Walk): Promise<Captured> {
    this.#take();
    // An unanswered one shows in the frames.
    await runLong(10_000, ...inside(this.world[from.name], 'ping', '-n', '-c', '1', '-W', '1', to.address)).catch(() => {});
    await pause(50);
    return this.#take();
  }

  #take(): Captured {
    return new Map([...this.#watches].map(([place, watch]) => [place, watch.take()]));
  }

  /** Safe to call twice. */
  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    (this.#watches as Map<Place, DeviceWatch>).clear();
  }
}
