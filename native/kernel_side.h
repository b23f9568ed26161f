#pragma once

#include <string>
#include <vector>

namespace windrose {

/** What the kernel itself has on a device. */
struct KernelSide {
  /** "192.0.2.1/24", "fe80::1/64", in the kernel's order. */
  std::vector<std::string> addresses;
  /** It forwards what arrives on the device (net.ipv4.conf.DEVICE.forwarding and its like for IPv6). */
  bool forwardsIpv4 = false;
  bool forwardsIpv6 = false;
};

/** Acts in the calling thread's namespace. Throws SystemError when the addresses cannot be listed; of no device there is nothing. */
KernelSide readKernelSide(const std::string& device);

}  // namespace windrose
