#pragma once

#include <array>
#include <vector>

#include "descriptors.h"

namespace windrose {

/**
 * A descriptor table of its own for a forwarding thread.
 *
 * Why: while threads share one table, every read(2) and write(2) takes and drops a reference on the file with locked
 * instructions; a table with one user needs none. At 64-octet frames that is about 5 % of a forwarder's time.
 * Price: what main opens later has to be handed over (`lend`, an AF_UNIX message with SCM_RIGHTS), and a copy stays open until
 * both sides have closed theirs.
 */

/** A pair of connected descriptors: [0] main's end to lend through, [1] the worker's to take from. Throws SystemError. */
std::array<UniqueFd, 2> openChannel();

/** Puts a copy of `fd` into the channel, marked with its number. Throws SystemError. */
void lendThrough(int channel, int fd);

/** Takes from the channel until the descriptor that main knows as `fd` comes. Returns the number it has here, or -1. */
int takeFrom(int channel, int fd);

/**
 * Gives the calling thread its own copy of the descriptor table and closes in it what belongs to others and is not in `keep`: sockets,
 * whose peers would otherwise never see them closed, files, interfaces, programs and where they are attached. Kept are 0 to 2 and what an
 * event loop consists of. False where the system does not allow it.
 */
bool makeFilesPrivate(const std::vector<int>& keep);

}  // namespace windrose
