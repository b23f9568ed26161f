#pragma once

#include <linux/if_packet.h>

#include <cstdint>

namespace windrose {

/** The VLAN tag that the kernel took off a frame, in the form of `AttachedMemory.tags`, from what it says beside the frame. */
inline int32_t tagOf(uint32_t status, uint16_t tci, uint16_t tpid) {
  constexpr int32_t kPresent = 0x10000;
  constexpr int32_t kForeign = 0x20000;
  constexpr uint16_t kTpid8021Q = 0x8100;
  if ((status & TP_STATUS_VLAN_VALID) == 0) return 0;
  const bool foreign = (status & TP_STATUS_VLAN_TPID_VALID) != 0 && tpid != kTpid8021Q;
  return kPresent | (foreign ? kForeign : 0) | tci;
}

}  // namespace windrose
