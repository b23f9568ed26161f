#include "huge_pages.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>

namespace windrose {

namespace {

/** Of x86-64, and of arm64 with pages of 4 KiB. Where a huge page is larger, the kernel finds fewer places for one. */
constexpr uintptr_t kHugePageOctets = 2 << 20;

}  // namespace

int adviseHugePages(void* memory, size_t octets) {
  const auto start = reinterpret_cast<uintptr_t>(memory);
  const uintptr_t first = (start + kHugePageOctets - 1) & ~(kHugePageOctets - 1);
  const uintptr_t end = (start + octets) & ~(kHugePageOctets - 1);
  if (first >= end) return 0;
  return madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE) == 0 ? 0 : errno;
}

}  // namespace windrose
