// readTun() and readTxDropped() of link.h: what ioctls cannot answer, asked by rtnetlink.
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "descriptors.h"
#include "error.h"
#include "link.h"

namespace windrose {

namespace {

constexpr size_t kReplyOctets = 32768;

struct GetLink {
  nlmsghdr header;
  ifinfomsg link;
  rtattr nameHeader;
  char name[16];
};

template <typename Visit>
void eachAttribute(const rtattr* attribute, size_t octets, const Visit& visit) {
  auto left = static_cast<int>(octets);
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    visit(attribute->rta_type & NLA_TYPE_MASK, attribute);
  }
}

void readTunData(const rtattr* data, TunInfo& info) {
  eachAttribute(static_cast<const rtattr*>(RTA_DATA(data)), RTA_PAYLOAD(data), [&](int type, const rtattr* field) {
    const void* value = RTA_DATA(field);
    if (type == IFLA_TUN_TYPE) info.isTap = *static_cast<const uint8_t*>(value) == IFF_TAP;
    if (type == IFLA_TUN_MULTI_QUEUE) info.multiQueue = *static_cast<const uint8_t*>(value) != 0;
    if (type == IFLA_TUN_NUM_QUEUES) std::memcpy(&info.attachedQueues, value, sizeof info.attachedQueues);
  });
}

/** Calls `visit(type, attribute)` for every attribute of the device. False when there is none of that name. */
template <typename Visit>
bool eachLinkAttribute(const std::string& device, const Visit& visit) {
  const std::string subject = "cannot inspect device \"" + device + "\"";
  const UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (fd.get() < 0) throw SystemError(errno, "socket(AF_NETLINK)", device, subject);

  GetLink request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.nameHeader.rta_type = IFLA_IFNAME;
  request.nameHeader.rta_len = RTA_LENGTH(sizeof request.name);
  std::memcpy(request.name, device.data(), device.size());
  if (send(fd.get(), &request, sizeof request, 0) < 0) throw SystemError(errno, "send(RTM_GETLINK)", device, subject);

  alignas(nlmsghdr) char reply[kReplyOctets];
  const ssize_t octets = recv(fd.get(), reply, sizeof reply, 0);
  if (octets < 0) throw SystemError(errno, "recv(RTM_GETLINK)", device, subject);
  const auto* header = reinterpret_cast<const nlmsghdr*>(reply);
  if (!NLMSG_OK(header, static_cast<size_t>(octets))) throw SystemError(EIO, "recv(RTM_GETLINK)", device, subject, "the reply is malformed");
  if (header->nlmsg_type == NLMSG_ERROR) {
    const int error = -static_cast<const nlmsgerr*>(NLMSG_DATA(header))->error;
    if (error == ENODEV) return false;
    throw SystemError(error, "recv(RTM_GETLINK)", device, subject);
  }
  const auto* link = static_cast<const ifinfomsg*>(NLMSG_DATA(header));
  eachAttribute(IFLA_RTA(link), IFLA_PAYLOAD(header), visit);
  return true;
}

}  // namespace

TunInfo readTun(const std::string& device) {
  TunInfo info;
  info.exists = eachLinkAttribute(device, [&](int type, const rtattr* attribute) {
    if (type != IFLA_LINKINFO) return;
    bool isTun = false;
    eachAttribute(static_cast<const rtattr*>(RTA_DATA(attribute)), RTA_PAYLOAD(attribute), [&](int kind, const rtattr* field) {
      if (kind == IFLA_INFO_KIND) isTun = RTA_PAYLOAD(field) >= 3 && std::memcmp(RTA_DATA(field), "tun", 3) == 0;
      if (kind == IFLA_INFO_DATA && isTun) readTunData(field, info);
    });
  });
  return info;
}

uint64_t readTxDropped(const std::string& device) {
  rtnl_link_stats64 statistics{};
  eachLinkAttribute(device, [&](int type, const rtattr* attribute) {
    // An older kernel's is shorter, a newer one's longer; what is asked for stands near the beginning of both.
    if (type == IFLA_STATS64) std::memcpy(&statistics, RTA_DATA(attribute), std::min<size_t>(RTA_PAYLOAD(attribute), sizeof statistics));
  });
  return statistics.tx_dropped;
}

}  // namespace windrose
