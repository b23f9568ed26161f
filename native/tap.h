#pragma once

#include <memory>
#include <string>
#include <vector>

#include "descriptors.h"
#include "link.h"
#include "packet_ring.h"

namespace windrose {

/** `OpenTapOptions` of src/io/addon.ts. */
struct TapOptions {
  std::string device;
  std::string netns;
  int queues = 1;
  bool offloads = true;
  int txQueueLength = 4096;
  /** Octets; 0 = leave as it is. */
  int mtu = 0;
  bool up = true;
  /** Program that chooses the queue of each frame, or -1. */
  int steering = -1;
};

/** What the opening calls have in common: one non-blocking, close-on-exec descriptor per queue and the device's state. */
struct Opened {
  std::vector<UniqueFd> queues;
  LinkInfo link;
  /** TUN_F_* the kernel accepted; 0 for packet sockets. */
  unsigned offloadBits = 0;
  /** TAP: what `readTxDropped` said when it was opened. */
  uint64_t txDropped = 0;
  /** Packet sockets: one of each, null where the kernel refused it or none was asked for, and the errno of the last refusal. */
  std::vector<std::shared_ptr<PacketRing>> rings;
  int ringError = 0;
};

/**
 * Creates a TAP or attaches to a persistent one: Ethernet frames behind a 10-octet virtio-net header in host byte order
 * (linux/if_tun.h). Throws SystemError: EBUSY when another opener holds a queue, ENOENT without /dev/net/tun, EPERM, EINVAL.
 */
Opened openTap(const TapOptions& options);

/** Takes the steering program off a device, which a persistent one would keep. Silent where there is none, or no device any more. */
void unsteerTap(int fd);

/** False once the device behind a queue was deleted: the queue never works again. */
bool tapAttached(int fd);

}  // namespace windrose
