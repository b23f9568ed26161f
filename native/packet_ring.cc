#include "packet_ring.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <unordered_map>

#include "vlan_tag.h"

namespace windrose {

namespace {

/** What the kernel allocates in one piece. A ring smaller than that has blocks of a page. */
constexpr uint32_t kBlockOctets = 64 << 10;
constexpr uint32_t kSmallBlockOctets = 4096;
constexpr uint32_t kSlotOctets = PacketRing::kSlotOctets;
/** How far ahead the octets of a small frame are fetched: they come from the cache of the CPU that wrote them. */
constexpr uint32_t kSlotsAhead = 4;
constexpr uint32_t kCacheLine = 64;
/** How often main lets a reader go on that is in the middle of a call. */
constexpr int kPatience = 10'000;

template <typename Value>
bool set(int fd, int option, const Value& value) {
  return setsockopt(fd, SOL_PACKET, option, &value, sizeof value) == 0;
}

tpacket_req requestFor(uint32_t slots) {
  tpacket_req request{};
  request.tp_frame_size = kSlotOctets;
  request.tp_block_size = slots < kBlockOctets / kSlotOctets ? kSmallBlockOctets : kBlockOctets;
  const uint32_t slotsOfBlock = request.tp_block_size / kSlotOctets;
  request.tp_block_nr = (slots + slotsOfBlock - 1) / slotsOfBlock;
  request.tp_frame_nr = request.tp_block_nr * slotsOfBlock;
  return request;
}

/** Reads the oldest frame of the socket's queue; 0 when there is none. */
uint32_t readQueued(int fd, uint8_t* record) {
  for (;;) {
    const ssize_t got = recv(fd, record, kLargestReadOctets, MSG_DONTWAIT);
    if (got >= 0) return static_cast<uint32_t>(got);
    // A device that went down is told once, in place of a frame.
    if (errno != EINTR && errno != ENETDOWN) return 0;
  }
}

}  // namespace

std::shared_ptr<PacketRing> PacketRing::make(int fd, uint32_t slots, int& error) {
  const tpacket_req request = requestFor(slots);
  // The queue gets what is longer than a slot: any threshold above 0 says so.
  if (!set(fd, PACKET_VERSION, int{TPACKET_V2}) || !set(fd, PACKET_COPY_THRESH, int{1}) || !set(fd, PACKET_RX_RING, request)) {
    error = errno;
    return nullptr;
  }
  const size_t octets = static_cast<size_t>(request.tp_frame_nr) * kSlotOctets;
  void* memory = mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) {
    error = errno;
    set(fd, PACKET_RX_RING, tpacket_req{});
    return nullptr;
  }
  return std::shared_ptr<PacketRing>(new PacketRing(static_cast<uint8_t*>(memory), request.tp_frame_nr));
}

PacketRing::~PacketRing() { munmap(memory_, octets()); }

tpacket2_hdr* PacketRing::slotAt(uint32_t number) const {
  return reinterpret_cast<tpacket2_hdr*>(memory_ + static_cast<size_t>(number) * kSlotOctets);
}

void PacketRing::receive(int fd, Burst& burst) {
  if (busy_.test_and_set(std::memory_order_acquire)) return;
  uint32_t at = next_.load(std::memory_order_relaxed);
  while (burst.hasRoom()) {
    const uint32_t status = statusOf(at);
    if (!owned(status)) break;
    touchAhead(at);
    tpacket2_hdr* slot = slotAt(at);
    const uint32_t octets = take(fd, *slot, status, burst.next());
    if (octets > kVirtioHeaderOctets) {
      burst.report(burst.position, octets, tagOf(status, slot->tp_vlan_tci, slot->tp_vlan_tpid));
      burst.advance(octets);
    }
    __atomic_store_n(&slot->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    at = at + 1 == slots_ ? 0 : at + 1;
  }
  next_.store(at, std::memory_order_relaxed);
  busy_.clear(std::memory_order_release);
}

/** Puts the frame of a slot, virtio-net header first, to `record`. Returns the octets; 0 when the kernel could not keep it whole. */
uint32_t PacketRing::take(int fd, const tpacket2_hdr& slot, uint32_t status, uint8_t* record) {
  uint32_t octets = 0;
  if ((status & TP_STATUS_COPY) != 0) {
    octets = readQueued(fd, record);
  } else if (slot.tp_snaplen == slot.tp_len) {
    octets = kVirtioHeaderOctets + slot.tp_snaplen;
    std::memcpy(record, reinterpret_cast<const uint8_t*>(&slot) + slot.tp_mac - kVirtioHeaderOctets, octets);
  }
  if (octets == 0) lost_.fetch_add(1, std::memory_order_relaxed);
  return octets;
}

/** Also a slot that is not ours yet may be touched: it is read later. */
void PacketRing::touchAhead(uint32_t number) const {
  const uint32_t ahead = number + kSlotsAhead;
  const auto* octets = reinterpret_cast<const uint8_t*>(slotAt(ahead < slots_ ? ahead : ahead - slots_));
  for (uint32_t line = 0; line < 3; line++) __builtin_prefetch(octets + line * kCacheLine);
}

/** No slot is ours, wherever it lies: one that is still being filled may lie before others that are full. */
bool PacketRing::empty() const {
  for (uint32_t number = 0; number < slots_; number++) {
    if (owned(statusOf(number))) return false;
  }
  return true;
}

void PacketRing::look(int fd) {
  tpacket_stats statistics{};
  socklen_t octets = sizeof statistics;
  if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &octets) != 0) return;
  lost_.fetch_add(statistics.tp_drops, std::memory_order_relaxed);
  if (stalled_ || givenUp()) return;
  // The kernel counts a dropped frame as a packet as well.
  const bool keptNone = statistics.tp_packets == statistics.tp_drops;
  stalled_ = emptyUntil_ && keptNone && statistics.tp_drops > 0 && empty();
  emptyUntil_ = emptyAfter_ && keptNone;
  emptyAfter_ = !waiting();
}

/** Keeps readers out until `busy_` is cleared. */
bool PacketRing::seize() {
  for (int i = 0; i < kPatience; i++) {
    if (!busy_.test_and_set(std::memory_order_acquire)) return true;
    sched_yield();
  }
  return false;
}

/** Lays empty memory over the ring at once: the kernel changes nothing about one that is mapped, and `waiting` asks at any moment. */
bool PacketRing::hide() {
  return mmap(memory_, octets(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
}

bool PacketRing::show(int fd) {
  return mmap(memory_, octets(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED;
}

int PacketRing::giveUp(int fd) {
  if (givenUp()) return 0;
  if (!seize()) return EBUSY;
  int error = 0;
  if (!hide() || !set(fd, PACKET_RX_RING, tpacket_req{})) {
    error = errno;
    show(fd);
  } else {
    stalled_ = false;
    givenUp_.store(true, std::memory_order_release);
  }
  busy_.clear(std::memory_order_release);
  return error;
}

int PacketRing::rejoin(int fd) {
  if (!seize()) return EBUSY;
  int error = 0;
  // There is no ring for sending. To do without it once more takes the socket out of its group and back, and nothing else.
  if ((!givenUp() && !hide()) || !set(fd, PACKET_TX_RING, tpacket_req{})) error = errno;
  const bool lost = !givenUp() && !show(fd);
  busy_.clear(std::memory_order_release);
  if (!lost) return error;
  // No memory to map it again. As the last of its group it stays that without a ring.
  const int kept = giveUp(fd);
  return error != 0 ? error : kept;
}

namespace packet_rings {

namespace {

std::mutex mutex;
std::unordered_map<int, std::shared_ptr<PacketRing>>& known() {
  // Never destroyed: threads that end after main's exit handlers still look here.
  static auto* rings = new std::unordered_map<int, std::shared_ptr<PacketRing>>();
  return *rings;
}

}  // namespace

void keep(int fd, std::shared_ptr<PacketRing> ring) {
  const std::lock_guard<std::mutex> lock(mutex);
  known()[fd] = std::move(ring);
}

std::shared_ptr<PacketRing> of(int fd) {
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = known().find(fd);
  return found == known().end() ? nullptr : found->second;
}

void forget(int fd) {
  const std::lock_guard<std::mutex> lock(mutex);
  known().erase(fd);
}

int giveUp(int fd, int last) {
  const std::shared_ptr<PacketRing> ring = of(fd);
  if (!ring) return EINVAL;
  const int error = ring->giveUp(fd);
  if (error != 0 || last == fd) return error;
  const std::shared_ptr<PacketRing> ringOfLast = of(last);
  if (ringOfLast) return ringOfLast->rejoin(last);
  return set(last, PACKET_TX_RING, tpacket_req{}) ? 0 : errno;
}

}  // namespace packet_rings
}  // namespace windrose
