#pragma once

#include <cstdint>

#include "environment.h"

namespace windrose {

/** `Addon.receive` of src/io/addon.ts: a count, or -errno. */
int32_t receive(Environment& environment, int32_t handle, int32_t maxFrames, int32_t start, int32_t end);

/** `Addon.transmit` of src/io/addon.ts: how many frames the kernel took, or -errno when the call itself was wrong. */
int32_t transmit(Environment& environment, int32_t handle, int32_t count);

}  // namespace windrose
