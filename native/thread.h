#pragma once

#include <cstdint>

namespace windrose {

/** Pins the calling thread to one CPU. Returns 0 or an errno. */
int pinThread(int32_t cpu);

/**
 * Gives the calling thread turns of so many microseconds on its CPU: once woken it runs before threads with longer ones. It gets no more of the
 * CPU than before. Returns 0 or an errno; EOPNOTSUPP where the kernel has no such thing. A thread with a policy that has no turns stays as it is.
 */
int takeShortTurns(int32_t micros);

}  // namespace windrose
