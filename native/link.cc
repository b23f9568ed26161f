#include "link.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "descriptors.h"
#include "error.h"

namespace windrose {

namespace {

ifreq requestFor(const std::string& device) {
  ifreq request{};
  std::memcpy(request.ifr_name, device.data(), device.size());
  return request;
}

/** A socket that only carries interface ioctls; its family does not matter to them. */
UniqueFd controlSocket(const std::string& device) {
  UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) throw SystemError(errno, "socket(AF_UNIX)", device, "cannot inspect device \"" + device + "\"");
  return fd;
}

void control(int fd, unsigned long code, const char* syscall, ifreq& request, const std::string& device, const std::string& subject) {
  if (ioctl(fd, code, &request) == 0) return;
  std::string why;
  if (errno == ENODEV) why = "no such device in this network namespace";
  if (errno == EPERM) why = "the process lacks CAP_NET_ADMIN";
  throw SystemError(errno, syscall, device, subject, why);
}

}  // namespace

void checkDeviceName(const std::string& device) {
  const std::string subject = "cannot use device name \"" + device + "\"";
  if (device.size() >= IFNAMSIZ) {
    throw SystemError(ENAMETOOLONG, "ioctl", device, subject, "it is longer than 15 octets");
  }
  if (device.empty() || device == "." || device == ".." || device.find_first_of(std::string("/%: \t\n\v\f\r\0", 10)) != std::string::npos) {
    throw SystemError(EINVAL, "ioctl", device, subject, "it is empty or contains a blank, '/', ':' or '%'");
  }
}

LinkInfo readLink(const std::string& device) {
  checkDeviceName(device);
  const std::string subject = "cannot read device \"" + device + "\"";
  const UniqueFd fd = controlSocket(device);
  LinkInfo info;
  ifreq request = requestFor(device);
  control(fd.get(), SIOCGIFINDEX, "ioctl(SIOCGIFINDEX)", request, device, subject);
  info.ifindex = request.ifr_ifindex;
  control(fd.get(), SIOCGIFMTU, "ioctl(SIOCGIFMTU)", request, device, subject);
  info.mtu = request.ifr_mtu;
  control(fd.get(), SIOCGIFFLAGS, "ioctl(SIOCGIFFLAGS)", request, device, subject);
  info.up = (request.ifr_flags & IFF_UP) != 0;
  info.running = (request.ifr_flags & IFF_RUNNING) != 0;
  control(fd.get(), SIOCGIFHWADDR, "ioctl(SIOCGIFHWADDR)", request, device, subject);
  info.hardwareType = request.ifr_hwaddr.sa_family;
  const auto* octets = reinterpret_cast<const unsigned char*>(request.ifr_hwaddr.sa_data);
  char text[18];
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", octets[0], octets[1], octets[2], octets[3], octets[4], octets[5]);
  info.mac = text;
  struct stat netns {};
  if (stat("/proc/thread-self/ns/net", &netns) == 0) info.netnsInode = netns.st_ino;
  return info;
}

AddressHolder readHolder(const std::string& address) {
  const std::string subject = "cannot find the device of " + address;
  in_addr wanted{};
  if (inet_pton(AF_INET, address.c_str(), &wanted) != 1) throw SystemError(EINVAL, "inet_pton", "", subject, "it is no IPv4 address");
  const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) throw SystemError(errno, "socket(AF_INET)", "", subject);
  ifconf list{};
  if (ioctl(fd.get(), SIOCGIFCONF, &list) != 0) throw SystemError(errno, "ioctl(SIOCGIFCONF)", "", subject);
  // Addresses may be added between the two calls; whoever asks every second finds them the next time.
  std::vector<ifreq> entries(static_cast<size_t>(list.ifc_len) / sizeof(ifreq) + 1);
  list.ifc_len = static_cast<int>(entries.size() * sizeof(ifreq));
  list.ifc_req = entries.data();
  if (ioctl(fd.get(), SIOCGIFCONF, &list) != 0) throw SystemError(errno, "ioctl(SIOCGIFCONF)", "", subject);
  entries.resize(static_cast<size_t>(list.ifc_len) / sizeof(ifreq));
  for (const ifreq& entry : entries) {
    if (reinterpret_cast<const sockaddr_in&>(entry.ifr_addr).sin_addr.s_addr != wanted.s_addr) continue;
    // It is the label of the address: the device's name, or that with ":" and more.
    const std::string label = entry.ifr_name;
    AddressHolder holder{label.substr(0, label.find(':'))};
    ifreq request = requestFor(holder.device);
    control(fd.get(), SIOCGIFMTU, "ioctl(SIOCGIFMTU)", request, holder.device, subject);
    holder.mtu = request.ifr_mtu;
    return holder;
  }
  return {};
}

void setTxQueueLength(const std::string& device, int frames) {
  const UniqueFd fd = controlSocket(device);
  ifreq request = requestFor(device);
  request.ifr_qlen = frames;
  control(fd.get(), SIOCSIFTXQLEN, "ioctl(SIOCSIFTXQLEN)", request, device,
          "cannot set the transmit queue length of \"" + device + "\" to " + std::to_string(frames));
}

void setMtu(const std::string& device, int octets) {
  const UniqueFd fd = controlSocket(device);
  ifreq request = requestFor(device);
  request.ifr_mtu = octets;
  control(fd.get(), SIOCSIFMTU, "ioctl(SIOCSIFMTU)", request, device,
          "cannot set the MTU of \"" + device + "\" to " + std::to_string(octets));
}

void setUp(const std::string& device) {
  const UniqueFd fd = controlSocket(device);
  ifreq request = requestFor(device);
  const std::string subject = "cannot set device \"" + device + "\" up";
  control(fd.get(), SIOCGIFFLAGS, "ioctl(SIOCGIFFLAGS)", request, device, subject);
  if ((request.ifr_flags & IFF_UP) != 0) return;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  control(fd.get(), SIOCSIFFLAGS, "ioctl(SIOCSIFFLAGS)", request, device, subject);
}

}  // namespace windrose
