#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>
#include <memory>

#include "burst.h"

namespace windrose {

/**
 * Receives from one packet socket without a ring (packet_ring.h), in one of two ways, chosen by the frames it meets:
 *
 * - *small*: recvmmsg, up to 64 frames a call, each into a slot of the arena; what exceeds the slot goes to a spill of native
 *   memory and is copied behind the slots.
 * - *large*: recvmsg, one frame a call, densely packed: copying 64 KiB costs twenty times the call.
 *
 * A burst with more than one spilled frame in eight turns to large; 64 frames in a row that would have fitted a slot turn back.
 */
class PacketBurst {
 public:
  PacketBurst();
  ~PacketBurst();
  PacketBurst(const PacketBurst&) = delete;
  PacketBurst& operator=(const PacketBurst&) = delete;

  /**
   * Adds frames to `burst`. Returns 0, or an errno when there are none: each stands for one call that failed. EINVAL is a frame that no
   * virtio-net header says, and that is lost.
   */
  int receive(int fd, Burst& burst);

  /** Frames were taken from the socket that no receive call has had room for yet. */
  bool hasHeld() const { return heldNext_ < heldEnd_; }

 private:
  static constexpr uint32_t kMessages = 64;

  struct Native;

  int receiveSmall(int fd, Burst& burst);
  int receiveLarge(int fd, Burst& burst);
  int told(int error, const Burst& burst);
  void prepareSlots(Burst& burst, uint32_t count);
  void unspill(Burst& burst, uint32_t slots, uint32_t received);
  void hold(const Burst& burst, uint32_t slots, uint32_t from, uint32_t received);
  void releaseHeld(Burst& burst);

  Native* native_;
  uint32_t heldNext_ = 0;
  uint32_t heldEnd_ = 0;
  bool large_ = false;
  uint32_t smallInARow_ = 0;
  int owed_ = 0;
};

}  // namespace windrose
