#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "descriptors.h"

namespace windrose {

/** What the kernel is to be on its side of a TAP that a service of this host is reached by. */
struct ServiceSide {
  std::string device;
  /** "100.100.0.1", with the length of its subnet. */
  std::string address;
  int length = 0;
  std::array<uint8_t, 6> mac{};
};

/**
 * Gives the kernel's side of a TAP its MAC and its address, and sets it up. No ARP is asked there, no IPv6 spoken, nothing forwarded, and
 * senders are only those of its subnet. False: /proc/sys could not be written, so that the last three are as the system has them. In
 * the calling thread's namespace. Throws SystemError.
 */
bool setServiceSide(const ServiceSide& side);

/**
 * A TCP socket that listens to the address by this device alone, in the calling thread's namespace: non-blocking, close-on-exec. A peer that
 * does not answer is given up after some seconds. Throws SystemError.
 */
UniqueFd listenBy(const std::string& device, const std::string& address, int port, int backlog);

}  // namespace windrose
