#include "service_side.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "error.h"
#include "link.h"

namespace windrose {

namespace {

/** SYN-ACKs that are sent again for a peer that does not answer: 7 s. */
constexpr int kSynAckRetries = 2;

struct NewAddress {
  nlmsghdr header;
  ifaddrmsg message;
  rtattr localHeader;
  in_addr local;
  rtattr addressHeader;
  in_addr address;
};

in_addr parse(const std::string& text, const std::string& device) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1)
    throw SystemError(EINVAL, "inet_pton", device, "cannot use address \"" + text + "\"", "it is no IPv4 address");
  return address;
}

/** Scope link: the kernel takes it as source for nothing but its own subnet. */
void addAddress(const ServiceSide& side) {
  const std::string subject = "cannot give device \"" + side.device + "\" the address " + side.address;
  const UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (fd.get() < 0) throw SystemError(errno, "socket(AF_NETLINK)", side.device, subject);
  NewAddress request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_NEWADDR;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
  request.message.ifa_family = AF_INET;
  request.message.ifa_prefixlen = static_cast<uint8_t>(side.length);
  request.message.ifa_scope = RT_SCOPE_LINK;
  request.message.ifa_index = static_cast<uint32_t>(readLink(side.device).ifindex);
  request.localHeader = {RTA_LENGTH(sizeof request.local), IFA_LOCAL};
  request.local = parse(side.address, side.device);
  request.addressHeader = {RTA_LENGTH(sizeof request.address), IFA_ADDRESS};
  request.address = request.local;
  if (send(fd.get(), &request, sizeof request, 0) < 0) throw SystemError(errno, "send(RTM_NEWADDR)", side.device, subject);
  alignas(nlmsghdr) char reply[1024];
  const ssize_t octets = recv(fd.get(), reply, sizeof reply, 0);
  if (octets < 0) throw SystemError(errno, "recv(RTM_NEWADDR)", side.device, subject);
  const auto* header = reinterpret_cast<const nlmsghdr*>(reply);
  if (!NLMSG_OK(header, static_cast<size_t>(octets)) || header->nlmsg_type != NLMSG_ERROR)
    throw SystemError(EIO, "recv(RTM_NEWADDR)", side.device, subject, "the reply is malformed");
  const int error = -static_cast<const nlmsgerr*>(NLMSG_DATA(header))->error;
  if (error != 0) throw SystemError(error, "recv(RTM_NEWADDR)", side.device, subject);
}

void setMacAndFlags(const ServiceSide& side) {
  const std::string subject = "cannot set up device \"" + side.device + "\"";
  const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) throw SystemError(errno, "socket(AF_INET)", side.device, subject);
  ifreq request{};
  std::memcpy(request.ifr_name, side.device.data(), side.device.size());
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  std::memcpy(request.ifr_hwaddr.sa_data, side.mac.data(), side.mac.size());
  if (ioctl(fd.get(), SIOCSIFHWADDR, &request) != 0) throw SystemError(errno, "ioctl(SIOCSIFHWADDR)", side.device, subject);
  if (ioctl(fd.get(), SIOCGIFFLAGS, &request) != 0) throw SystemError(errno, "ioctl(SIOCGIFFLAGS)", side.device, subject);
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_NOARP);
  if (ioctl(fd.get(), SIOCSIFFLAGS, &request) != 0) throw SystemError(errno, "ioctl(SIOCSIFFLAGS)", side.device, subject);
}

/** True when the file under /proc/sys/net says so now, or there is none: the protocol is off. */
bool say(const std::string& file, char value) {
  const UniqueFd fd(open(("/proc/sys/net/" + file).c_str(), O_WRONLY | O_CLOEXEC));
  return fd.get() < 0 ? errno == ENOENT : write(fd.get(), &value, 1) == 1;
}

}  // namespace

bool setServiceSide(const ServiceSide& side) {
  checkDeviceName(side.device);
  // Before it has an address: nothing is ever reached through it but what listens there.
  const bool alone = say("ipv6/conf/" + side.device + "/disable_ipv6", '1');
  const bool still = say("ipv4/conf/" + side.device + "/forwarding", '0');
  const bool strict = say("ipv4/conf/" + side.device + "/rp_filter", '1');
  setMacAndFlags(side);
  addAddress(side);
  return alone && still && strict;
}

UniqueFd listenBy(const std::string& device, const std::string& address, int port, int backlog) {
  const std::string subject = "cannot listen to " + address + ", port " + std::to_string(port) + ", by device \"" + device + "\"";
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) throw SystemError(errno, "socket(AF_INET)", device, subject);
  const int on = 1;
  if (setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) throw SystemError(errno, "setsockopt(SO_REUSEADDR)", device, subject);
  if (setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, device.data(), static_cast<socklen_t>(device.size())) != 0)
    throw SystemError(errno, "setsockopt(SO_BINDTODEVICE)", device, subject);
  if (setsockopt(fd.get(), IPPROTO_TCP, TCP_SYNCNT, &kSynAckRetries, sizeof kSynAckRetries) != 0)
    throw SystemError(errno, "setsockopt(TCP_SYNCNT)", device, subject);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_port = htons(static_cast<uint16_t>(port));
  own.sin_addr = parse(address, device);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) throw SystemError(errno, "bind", device, subject);
  if (listen(fd.get(), backlog) != 0) throw SystemError(errno, "listen", device, subject);
  return fd;
}

}  // namespace windrose
