#pragma once

#include <cstdint>

#include "environment.h"

namespace windrose {

/**
 * Sleeps until a borrowed descriptor is readable or in error, `wakeFd` is signalled, or `timeoutMicros` (clamped to 0..100 ms) is
 * over. Drains `wakeFd`. Returns a bit mask of handles, bit 31 for those from 31 on and all watched ones; a signal ends it with what is ready, usually 0.
 */
int32_t wait(Environment& environment, int wakeFd, int32_t timeoutMicros);

/** A new eventfd, or -errno. */
int createWake();
/** Signals an eventfd. False for a descriptor that createWake did not make. */
bool wake(int fd);

/** CLOCK_MONOTONIC in milliseconds, truncated to int32. */
int32_t nowMs();
/** CLOCK_MONOTONIC in microseconds modulo 2^30. */
int32_t nowMicros();

/** Lets other threads that wait for this CPU run first. */
void giveWay();

}  // namespace windrose
