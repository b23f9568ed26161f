#pragma once

#include <netinet/in.h>

#include <string>

namespace windrose {

/**
 * Who has a UDP port at an address, or at every one, of the calling thread's network namespace: `pid 4711 "node main.js run"`. Empty: a
 * device of the kernel, a process that this one may not look at, or nobody any more.
 */
std::string udpPortHolder(in_addr address, int port);

}  // namespace windrose
