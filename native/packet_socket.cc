#include "packet_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "error.h"
#include "netns.h"

namespace windrose {

namespace {

/** Room for a burst of 64 super-frames that wait for the device: below it send() answers EAGAIN. */
constexpr int kSendBufferOctets = 16 << 20;

constexpr int kFewestSlots = 2048;

class PacketSocket {
 public:
  explicit PacketSocket(const std::string& device) : device_(device) {
    // Protocol 0: deaf until bind() names the device, else frames of every device would queue up first.
    fd_ = UniqueFd(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd_.get() < 0) fail("socket(AF_PACKET)", errno == EPERM ? "the process lacks CAP_NET_RAW" : "");
  }

  template <typename Value>
  void set(int level, int option, const Value& value, const char* syscall) {
    if (setsockopt(fd_.get(), level, option, &value, sizeof value) != 0) fail(syscall);
  }

  /** The ...FORCE option exceeds net.core.{r,w}mem_max but needs CAP_NET_ADMIN; without it the plain one gives what it may. */
  void setBuffer(int forced, int plain, int octets, const char* syscall) {
    if (setsockopt(fd_.get(), SOL_SOCKET, forced, &octets, sizeof octets) != 0) set(SOL_SOCKET, plain, octets, syscall);
  }

  void bindTo(int ifindex) {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = ifindex;
    if (bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  }

  /** Keeps everything out until `openGate`. */
  void closeGate() {
    sock_filter none{BPF_RET | BPF_K, 0, 0, 0};
    const sock_fprog program{1, &none};
    set(SOL_SOCKET, SO_ATTACH_FILTER, program, "setsockopt(SO_ATTACH_FILTER)");
  }

  void openGate() { set(SOL_SOCKET, SO_DETACH_FILTER, int{0}, "setsockopt(SO_DETACH_FILTER)"); }

  /** Founds a fanout group with an unused id, which `program` steers unless it is -1, and returns the id. */
  int foundGroup(int program) {
    const int type = program < 0 ? PACKET_FANOUT_HASH : PACKET_FANOUT_EBPF;
    set(SOL_PACKET, PACKET_FANOUT, (type | PACKET_FANOUT_FLAG_UNIQUEID) << 16, "setsockopt(PACKET_FANOUT)");
    if (program >= 0) set(SOL_PACKET, PACKET_FANOUT_DATA, program, "setsockopt(PACKET_FANOUT_DATA)");
    int group = 0;
    socklen_t octets = sizeof group;
    if (getsockopt(fd_.get(), SOL_PACKET, PACKET_FANOUT, &group, &octets) != 0) fail("getsockopt(PACKET_FANOUT)");
    return (group & 0xffff) | type << 16;
  }

  /** The n-th to join, the founder counted, is the n-th of the group; the kernel keeps that order when the device goes down and up. */
  void joinGroup(int group) { set(SOL_PACKET, PACKET_FANOUT, group, "setsockopt(PACKET_FANOUT)"); }

  /** Null where the kernel refuses: then frames come through the queue. */
  std::shared_ptr<PacketRing> makeRing(uint32_t slots, int& error) { return PacketRing::make(fd_.get(), slots, error); }

  UniqueFd take() { return std::move(fd_); }

 private:
  [[noreturn]] void fail(const char* syscall, const std::string& why = "") const {
    throw SystemError(errno, syscall, device_, "cannot open a packet socket on \"" + device_ + "\"", why);
  }

  std::string device_;
  UniqueFd fd_;
};

/**
 * Slots of each ring. Queues share what arrives, so they share the memory as well, but a pause of the reader is not shorter where there are
 * more of them.
 */
uint32_t slotsOfRing(const PacketOptions& options) {
  if (options.ringSlots >= 0) return static_cast<uint32_t>(options.ringSlots);
  const int all = options.receiveBufferOctets / static_cast<int>(PacketRing::kSlotOctets);
  return static_cast<uint32_t>(std::max(all / options.queues, std::min(all, kFewestSlots)));
}

void configure(PacketSocket& queue, const PacketOptions& options, const LinkInfo& link) {
  queue.set(SOL_PACKET, PACKET_VNET_HDR, int{1}, "setsockopt(PACKET_VNET_HDR)");
  queue.set(SOL_PACKET, PACKET_AUXDATA, int{1}, "setsockopt(PACKET_AUXDATA)");
  queue.set(SOL_PACKET, PACKET_IGNORE_OUTGOING, options.outgoing ? 0 : 1, "setsockopt(PACKET_IGNORE_OUTGOING)");
  queue.setBuffer(SO_RCVBUFFORCE, SO_RCVBUF, options.receiveBufferOctets, "setsockopt(SO_RCVBUF)");
  queue.setBuffer(SO_SNDBUFFORCE, SO_SNDBUF, kSendBufferOctets, "setsockopt(SO_SNDBUF)");
  if (options.promiscuous) {
    packet_mreq request{};
    request.mr_ifindex = link.ifindex;
    request.mr_type = PACKET_MR_PROMISC;
    queue.set(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, "setsockopt(PACKET_ADD_MEMBERSHIP)");
  }
}

}  // namespace

Opened openPacket(const PacketOptions& options) {
  checkDeviceName(options.device);
  Opened opened;
  inNamespace(options.netns, options.device, [&] {
    opened.link = readLink(options.device);
    if (opened.link.hardwareType != ARPHRD_ETHER && opened.link.hardwareType != ARPHRD_LOOPBACK) {
      throw SystemError(EINVAL, "ioctl(SIOCGIFHWADDR)", options.device, "cannot open a packet socket on \"" + options.device + "\"",
                        "it is not an Ethernet device");
    }
    std::vector<PacketSocket> queues;
    for (int queue = 0; queue < options.queues; queue++) {
      configure(queues.emplace_back(options.device), options, opened.link);
      const uint32_t slots = slotsOfRing(options);
      opened.rings.push_back(slots == 0 ? nullptr : queues.back().makeRing(slots, opened.ringError));
      if (options.queues > 1) queues.back().closeGate();
      queues.back().bindTo(opened.link.ifindex);
    }
    if (options.queues > 1) {
      const int group = queues.front().foundGroup(options.steering);
      for (size_t queue = 1; queue < queues.size(); queue++) queues[queue].joinGroup(group);
      for (PacketSocket& queue : queues) queue.openGate();
    }
    for (PacketSocket& queue : queues) opened.queues.push_back(queue.take());
  });
  return opened;
}

void packetAccept(int fd, const uint8_t* mac, bool add) {
  sockaddr_ll address{};
  socklen_t octets = sizeof address;
  packet_mreq request{};
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &octets) == 0) request.mr_ifindex = address.sll_ifindex;
  request.mr_type = mac == nullptr ? PACKET_MR_PROMISC : PACKET_MR_UNICAST;
  if (mac != nullptr) {
    request.mr_alen = ETH_ALEN;
    std::memcpy(request.mr_address, mac, ETH_ALEN);
  }
  if (setsockopt(fd, SOL_PACKET, add ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP, &request, sizeof request) != 0) {
    throw SystemError(errno, add ? "setsockopt(PACKET_ADD_MEMBERSHIP)" : "setsockopt(PACKET_DROP_MEMBERSHIP)", "",
                      "cannot change what a packet socket's device receives");
  }
}

bool packetAttached(int fd) {
  sockaddr_ll address{};
  socklen_t octets = sizeof address;
  // The kernel puts -1 in the place of a device that went.
  return getsockname(fd, reinterpret_cast<sockaddr*>(&address), &octets) != 0 || address.sll_ifindex > 0;
}

uint32_t packetDrops(int fd) {
  const std::shared_ptr<PacketRing> ring = packet_rings::of(fd);
  if (ring) {
    ring->look(fd);
    return ring->takeLost();
  }
  tpacket_stats statistics{};
  socklen_t octets = sizeof statistics;
  if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &octets) != 0) return 0;
  return statistics.tp_drops;
}

}  // namespace windrose
