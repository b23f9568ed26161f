#include "packet_burst.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "vlan_tag.h"

namespace windrose {

namespace {

/**
 * 33 cache lines: an odd number, so that 64 slots start in 64 different sets of the first-level cache (a stride of 2,048 octets
 * would share two). Holds a VLAN-tagged frame of MTU 1,500 and more.
 */
constexpr uint32_t kSlotOctets = 33 * kRecordAlignment;
/** Virtio-net header and frame that fit a slot. */
constexpr uint32_t kSlotRoom = kSlotOctets - kHeadroomOctets;
constexpr uint32_t kSpillOctets = kLargestReadOctets - kSlotRoom;
constexpr uint32_t kSmallFramesToTurnBack = 64;

constexpr size_t kControlOctets = CMSG_SPACE(sizeof(tpacket_auxdata));

/** The VLAN tag of a frame by its auxiliary data. */
int32_t tagBeside(msghdr& message) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata data;
    std::memcpy(&data, CMSG_DATA(control), sizeof data);
    return tagOf(data.tp_status, data.tp_vlan_tci, data.tp_vlan_tpid);
  }
  return 0;
}

}  // namespace

/** Mapped, not allocated: 4 MiB of which only the pages that spilled frames touched ever exist. */
struct PacketBurst::Native {
  mmsghdr messages[kMessages];
  iovec parts[kMessages][2];
  alignas(cmsghdr) char control[kMessages][kControlOctets];
  /** Octets (with virtio-net header) and tags of held frames. */
  uint32_t heldOctets[kMessages];
  int32_t heldTags[kMessages];
  /** Per message: room to keep the slot's part of a held frame, directly followed by its spill. */
  uint8_t spills[kMessages][kLargestReadOctets];
};

PacketBurst::PacketBurst() {
  void* memory = mmap(nullptr, sizeof(Native), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  native_ = static_cast<Native*>(memory);
  for (uint32_t i = 0; i < kMessages; i++) {
    native_->parts[i][0].iov_len = kSlotRoom;
    native_->parts[i][1] = {native_->spills[i] + kSlotRoom, kSpillOctets};
    msghdr& header = native_->messages[i].msg_hdr;
    header.msg_iov = native_->parts[i];
    header.msg_iovlen = 2;
    header.msg_control = native_->control[i];
  }
}

PacketBurst::~PacketBurst() { munmap(native_, sizeof(Native)); }

int PacketBurst::receive(int fd, Burst& burst) {
  releaseHeld(burst);
  if (hasHeld()) return 0;
  if (owed_ != 0) return burst.count > 0 ? 0 : std::exchange(owed_, 0);
  return large_ ? receiveLarge(fd, burst) : receiveSmall(fd, burst);
}

/** What `receive` returns after a call that failed; an error behind frames waits for the next time, for it may stand for a frame. */
int PacketBurst::told(int error, const Burst& burst) {
  if (error == EAGAIN) return 0;
  if (burst.count == 0) return error;
  owed_ = error;
  return 0;
}

int PacketBurst::receiveLarge(int fd, Burst& burst) {
  msghdr message{};
  iovec part{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = native_->control[0];
  while (burst.hasRoom()) {
    part = {burst.next(), kLargestReadOctets};
    message.msg_controllen = kControlOctets;
    const ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
    if (got < 0) {
      if (errno == EINTR) continue;
      return told(errno, burst);
    }
    const auto octets = static_cast<uint32_t>(got);
    if (octets <= kVirtioHeaderOctets) continue;
    burst.report(burst.position, octets, tagBeside(message));
    burst.advance(octets);
    smallInARow_ = octets <= kSlotRoom ? smallInARow_ + 1 : 0;
    if (smallInARow_ >= kSmallFramesToTurnBack) {
      large_ = false;
      return 0;
    }
  }
  return 0;
}

int PacketBurst::receiveSmall(int fd, Burst& burst) {
  // The window must take a spilled frame of any size, else it would be held again and again.
  while (burst.hasRoom()) {
    const uint32_t asked = std::min({kMessages, burst.limit - burst.count, (burst.end - burst.position) / kSlotOctets});
    prepareSlots(burst, asked);
    const int got = recvmmsg(fd, native_->messages, asked, MSG_DONTWAIT, nullptr);
    if (got < 0) {
      if (errno == EINTR) continue;
      return told(errno, burst);
    }
    const auto received = static_cast<uint32_t>(got);
    const uint32_t slots = burst.position;
    burst.position += received * kSlotOctets;
    unspill(burst, slots, received);
    if (received < asked || large_ || hasHeld()) return 0;
  }
  return 0;
}

void PacketBurst::prepareSlots(Burst& burst, uint32_t count) {
  uint8_t* next = burst.next();
  for (uint32_t i = 0; i < count; i++) {
    native_->parts[i][0].iov_base = next;
    native_->messages[i].msg_hdr.msg_controllen = kControlOctets;
    next += kSlotOctets;
  }
}

/** Reports `received` frames whose slots start at `slots`, in order; moves those that exceeded their slot behind the slots. */
void PacketBurst::unspill(Burst& burst, uint32_t slots, uint32_t received) {
  uint32_t spilled = 0;
  for (uint32_t i = 0; i < received; i++) {
    const uint32_t octets = native_->messages[i].msg_len;
    const uint32_t slot = slots + i * kSlotOctets;
    if (octets <= kVirtioHeaderOctets) continue;
    const int32_t tag = tagBeside(native_->messages[i].msg_hdr);
    if (octets <= kSlotRoom) {
      burst.report(slot, octets, tag);
      continue;
    }
    spilled++;
    if (burst.end - burst.position < kHeadroomOctets + octets + kRecordAlignment) {
      hold(burst, slots, i, received);
      break;
    }
    std::memcpy(burst.next(), burst.frames + slot + kHeadroomOctets, kSlotRoom);
    std::memcpy(burst.next() + kSlotRoom, native_->spills[i] + kSlotRoom, octets - kSlotRoom);
    burst.report(burst.position, octets, tag);
    burst.advance(octets);
  }
  if (spilled * 8 > received) {
    large_ = true;
    smallInARow_ = 0;
  }
}

/** Keeps the frames from message `from` on for the next call: the arena has no room, and their slots are about to be reused. */
void PacketBurst::hold(const Burst& burst, uint32_t slots, uint32_t from, uint32_t received) {
  for (uint32_t i = from; i < received; i++) {
    const uint32_t octets = native_->messages[i].msg_len;
    native_->heldOctets[i] = octets;
    native_->heldTags[i] = tagBeside(native_->messages[i].msg_hdr);
    std::memcpy(native_->spills[i], burst.frames + slots + i * kSlotOctets + kHeadroomOctets, std::min(octets, kSlotRoom));
  }
  heldNext_ = from;
  heldEnd_ = received;
}

void PacketBurst::releaseHeld(Burst& burst) {
  for (; hasHeld() && burst.hasRoom(); heldNext_++) {
    const uint32_t octets = native_->heldOctets[heldNext_];
    if (octets <= kVirtioHeaderOctets) continue;
    std::memcpy(burst.next(), native_->spills[heldNext_], octets);
    burst.report(burst.position, octets, native_->heldTags[heldNext_]);
    burst.advance(octets);
  }
}

}  // namespace windrose
