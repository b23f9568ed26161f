#include "kernel_side.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "descriptors.h"
#include "error.h"
#include "link.h"

namespace windrose {

namespace {

/** "address/length"; empty when it is of another family. */
std::string addressText(const ifaddrs& entry) {
  if (entry.ifa_addr == nullptr || entry.ifa_netmask == nullptr) return "";
  const int family = entry.ifa_addr->sa_family;
  const void* address = nullptr;
  const void* mask = nullptr;
  size_t octets = 0;
  if (family == AF_INET) {
    address = &reinterpret_cast<const sockaddr_in*>(entry.ifa_addr)->sin_addr;
    mask = &reinterpret_cast<const sockaddr_in*>(entry.ifa_netmask)->sin_addr;
    octets = sizeof(in_addr);
  } else if (family == AF_INET6) {
    address = &reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr)->sin6_addr;
    mask = &reinterpret_cast<const sockaddr_in6*>(entry.ifa_netmask)->sin6_addr;
    octets = sizeof(in6_addr);
  } else {
    return "";
  }
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(family, address, text, sizeof text) == nullptr) return "";
  int length = 0;
  for (size_t i = 0; i < octets; i++) length += __builtin_popcount(static_cast<const unsigned char*>(mask)[i]);
  return std::string(text) + "/" + std::to_string(length);
}

/** True when the file under /proc/sys/net says 1; a protocol that is off has none. */
bool isSet(const std::string& file) {
  const UniqueFd fd(open(("/proc/sys/net/" + file).c_str(), O_RDONLY | O_CLOEXEC));
  char value = '0';
  return fd.get() >= 0 && read(fd.get(), &value, 1) == 1 && value == '1';
}

}  // namespace

KernelSide readKernelSide(const std::string& device) {
  checkDeviceName(device);
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) throw SystemError(errno, "getifaddrs", device, "cannot list the addresses of device \"" + device + "\"");
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(first, freeifaddrs);
  KernelSide side;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    // Of an IPv4 address it is the label: the device's name, or that with ":" and more.
    const std::string label = entry->ifa_name;
    if (label.substr(0, label.find(':')) != device) continue;
    const std::string text = addressText(*entry);
    if (!text.empty()) side.addresses.push_back(text);
  }
  side.forwardsIpv4 = isSet("ipv4/conf/" + device + "/forwarding");
  side.forwardsIpv6 = isSet("ipv6/conf/" + device + "/forwarding");
  return side;
}

}  // namespace windrose
