#include "descriptors.h"

#include <unistd.h>

#include <atomic>

#include "packet_ring.h"

namespace windrose {

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) ::close(fd_);
}

namespace descriptors {

namespace {

constexpr int kLimit = 65536;

/** environment << 8 | kind, 0 = not ours. */
std::atomic<uint32_t> known[kLimit];

}  // namespace

bool adopt(UniqueFd& fd, FdKind kind, uint32_t environment) {
  if (fd.get() < 0 || fd.get() >= kLimit) return false;
  known[fd.get()].store(environment << 8 | static_cast<uint32_t>(kind), std::memory_order_release);
  fd.release();
  return true;
}

FdKind kindOf(int fd) {
  if (fd < 0 || fd >= kLimit) return FdKind::None;
  return static_cast<FdKind>(known[fd].load(std::memory_order_acquire) & 0xff);
}

bool close(int fd) {
  if (fd < 0 || fd >= kLimit) return false;
  // The entry goes first: once the number is free, another thread may open it and register it anew.
  const uint32_t entry = known[fd].exchange(0, std::memory_order_acq_rel);
  if (entry == 0) return false;
  if (static_cast<FdKind>(entry & 0xff) == FdKind::Packet) packet_rings::forget(fd);
  ::close(fd);
  return true;
}

void closeAllOf(uint32_t environment) {
  for (int fd = 0; fd < kLimit; fd++) {
    if (known[fd].load(std::memory_order_acquire) >> 8 == environment) close(fd);
  }
}

}  // namespace descriptors
}  // namespace windrose
