import { setPriority } from 'node:os';
import type { ToProxy } from './messages.js';
import { MetadataProxy } from './proxy.js';

/**
 * The process of the metadata proxy. It is one of its own so that guests who flood it hold up neither the gateway's main thread nor its
 * workers, and use up none of its descriptors and memory. It ends with the gateway.
 */

/** The socket that listens, which the gateway has opened (native/service_side.h). */
const LISTENING_FD = 4;
const TELL_MS = 1000;
/** Behind what forwards frames. */
const NICE = 5;

process.title = 'windrose metadata proxy';
try {
  setPriority(NICE);
} catch {
  // Where that is not allowed it runs as the gateway does.
}
// Signals are for the gateway, which ends this process when it ends; a drain goes on serving.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const proxy = new MetadataProxy();
process.on('message', (message: ToProxy) => {
  if (message.kind === 'settings') proxy.configure(message.settings);
  else proxy.identify(new Map(message.identities));
  tell();
});
process.on('disconnect', () => process.exit(0));

let told = '';
function tell(): void {
  const counts = proxy.counts();
  const text = JSON.stringify(counts);
  if (text === told || !process.connected) return;
  told = text;
  process.send!(counts);
}
setInterval(tell, TELL_MS);
proxy.server.listen({ fd: LISTENING_FD });
