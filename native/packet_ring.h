#pragma once

#include <linux/if_packet.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "burst.h"

namespace windrose {

/**
 * Memory that the kernel and we share for the frames of one packet socket: TPACKET_V2, one slot a frame (Linux,
 * Documentation/networking/packet_mmap.rst). A frame longer than its slot waits in the socket's queue and is read from there when its slot
 * is reached, so the order is that of arrival.
 *
 * The memory and the position in it belong to the socket and not to the thread that borrows it: whoever borrows it next goes on
 * where the last one stopped, whatever became of that thread. It stays mapped, and so the socket alive, until the last holder lets go.
 *
 * The kernel can stop filling it for good (native/README.md): `stalled` finds that out, `giveUp` ends it, and the socket has its queue.
 */
class PacketRing {
 public:
  /** Its header and an Ethernet frame of MTU 1,500 with tags and virtio-net header; a power of two, so no slot crosses two blocks. */
  static constexpr uint32_t kSlotOctets = 2048;

  /** Gives `fd`, not yet bound, a ring of at least `slots` slots. Null where the kernel refuses, with its errno in `error`; nothing changed then. */
  static std::shared_ptr<PacketRing> make(int fd, uint32_t slots, int& error);
  ~PacketRing();
  PacketRing(const PacketRing&) = delete;
  PacketRing& operator=(const PacketRing&) = delete;

  uint32_t slots() const { return slots_; }

  /** A frame lies in the ring. */
  bool waiting() const { return owned(statusOf(next_.load(std::memory_order_relaxed))); }

  /** The socket has no ring any more, and whoever reads it has to read its queue. */
  bool givenUp() const { return givenUp_.load(std::memory_order_acquire); }

  /** Adds frames to `burst` and gives their slots back. `fd` is the socket as this thread knows it. Two threads at once: the second gets none. */
  void receive(int fd, Burst& burst);

  /** Frames since the last call that the kernel did not keep, as far as `look` saw them, or not whole: neither slot nor queue had room. */
  uint32_t takeLost() { return lost_.exchange(0, std::memory_order_relaxed); }

  /**
   * Reads the socket's statistics, which begin anew by that, and judges by them. Main thread: the calls are the ends of the intervals
   * by which `stalled` decides.
   */
  void look(int fd);

  /**
   * Since the last look but one the ring was empty and the kernel kept no frame, and since the last look it dropped one: it fills no slot
   * ever again, for an empty ring is no reason to drop. True until the ring is given up.
   */
  bool stalled() const { return stalled_; }

  /** Takes the ring from the socket, with what is in it. Returns 0, or an errno: EBUSY, and the socket is as it was. Main thread. */
  int giveUp(int fd);

  /** The socket leaves its fanout group and joins it as its last; what is in the ring stays there. Returns 0 or an errno. Main thread. */
  int rejoin(int fd);

 private:
  PacketRing(uint8_t* memory, uint32_t slots) : memory_(memory), slots_(slots) {}

  size_t octets() const { return static_cast<size_t>(slots_) * kSlotOctets; }
  bool empty() const;
  bool seize();
  bool hide();
  bool show(int fd);

  static bool owned(uint32_t status) { return (status & TP_STATUS_USER) != 0; }
  tpacket2_hdr* slotAt(uint32_t number) const;
  /** What is in a slot that is ours may be read after this. */
  uint32_t statusOf(uint32_t number) const { return __atomic_load_n(&slotAt(number)->tp_status, __ATOMIC_ACQUIRE); }
  uint32_t take(int fd, const tpacket2_hdr& slot, uint32_t status, uint8_t* record);
  void touchAhead(uint32_t number) const;

  uint8_t* memory_;
  uint32_t slots_;
  std::atomic<uint32_t> next_{0};
  std::atomic<uint32_t> lost_{0};
  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  std::atomic<bool> givenUp_{false};
  /** What the looks found, of the last one: nothing was waiting after it; nothing was waiting or kept from the one before until it. */
  bool emptyAfter_ = false;
  bool emptyUntil_ = false;
  bool stalled_ = false;
};

/** The rings of this process, by the number under which main opened their sockets. Any thread. */
namespace packet_rings {

void keep(int fd, std::shared_ptr<PacketRing> ring);
/** Null for a socket that never had a ring. */
std::shared_ptr<PacketRing> of(int fd);
/** Nothing where there is none. */
void forget(int fd);

/**
 * Gives up the ring of a socket whose fanout group ends with the socket `last` (itself: it is in none, or the last). The kernel takes a socket
 * out of its group meanwhile: the last member fills the gap and this one comes back as the last, so the two have changed places. Rejoining
 * changes them back. Returns 0 or an errno.
 */
int giveUp(int fd, int last);

}  // namespace packet_rings
}  // namespace windrose
