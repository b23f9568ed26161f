#pragma once

#include <cstddef>

namespace windrose {

/**
 * Asks the kernel to back a piece of memory with huge pages, as far as whole ones fit into it (madvise(2), MADV_HUGEPAGE). To be called
 * before the memory is touched. Returns 0 or an errno: EINVAL from a kernel that has none.
 */
int adviseHugePages(void* memory, size_t octets);

}  // namespace windrose
