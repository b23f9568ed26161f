#pragma once

#include <string>

#include "descriptors.h"

namespace windrose {

/**
 * Drops every frame that arrives on the device, behind packet sockets and before the kernel's own stack: a program of two
 * instructions at tc ingress (TCX, Linux 6.6), before those that are there; one that others put before it later goes first. It ends when the last copy of the descriptor is closed, so a process that dies leaves
 * nothing. Acts in the calling thread's namespace. Throws SystemError: EINVAL and ENOSYS (older kernel), EPERM, ENODEV.
 */
UniqueFd dropIngress(const std::string& device);

}  // namespace windrose
