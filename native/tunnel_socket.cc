#include "tunnel_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <linux/udp.h>
#include <sys/socket.h>

#include <cerrno>
#include <mutex>
#include <unordered_map>

#include "error.h"
#include "netns.h"
#include "port_holder.h"

namespace windrose {

namespace {

/** Room for what a turn sends to one flow, several times over: below it sending answers EAGAIN. */
constexpr int kSendBufferOctets = 4 << 20;

class TunnelSocket {
 public:
  TunnelSocket(const TunnelOptions& options, int type, int protocol) : options_(options) {
    fd_ = UniqueFd(socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
    if (fd_.get() < 0) fail("socket(AF_INET)", errno == EPERM ? "the process lacks CAP_NET_RAW" : "");
    address_.sin_family = AF_INET;
    if (inet_pton(AF_INET, options.address.c_str(), &address_.sin_addr) != 1) {
      errno = EINVAL;
      fail("inet_pton", "it is no IPv4 address");
    }
  }

  template <typename Value>
  void set(int level, int option, const Value& value, const char* syscall) {
    if (setsockopt(fd_.get(), level, option, &value, sizeof value) != 0) fail(syscall);
  }

  /** The ...FORCE option exceeds net.core.{r,w}mem_max but needs CAP_NET_ADMIN; without it the plain one gives what it may. */
  void setBuffer(int forced, int plain, int octets, const char* syscall) {
    if (setsockopt(fd_.get(), SOL_SOCKET, forced, &octets, sizeof octets) != 0) set(SOL_SOCKET, plain, octets, syscall);
  }

  void bindTo(int port) {
    address_.sin_port = htons(static_cast<uint16_t>(port));
    if (bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0) return;
    if (errno == EADDRNOTAVAIL) fail("bind", "no device here has this address");
    if (errno != EADDRINUSE) fail("bind");
    const std::string holder = udpPortHolder(address_.sin_addr, port);
    errno = EADDRINUSE;
    fail("bind", "UDP port " + std::to_string(port) + " is in use" + (holder.empty() ? "" : " by " + holder));
  }

  void sharesPort() { set(SOL_SOCKET, SO_REUSEPORT, int{1}, "setsockopt(SO_REUSEPORT)"); }

  void receives() { setBuffer(SO_RCVBUFFORCE, SO_RCVBUF, options_.receiveBufferOctets, "setsockopt(SO_RCVBUF)"); }

  /** DF, and datagrams longer than the path takes are refused (EMSGSIZE). */
  void sends() {
    set(IPPROTO_IP, IP_MTU_DISCOVER, int{IP_PMTUDISC_DO}, "setsockopt(IP_MTU_DISCOVER)");
    setBuffer(SO_SNDBUFFORCE, SO_SNDBUF, kSendBufferOctets, "setsockopt(SO_SNDBUF)");
  }

  /** Datagrams of a flow that came one behind the other arrive as one; a kernel before 5.0 hands over each by itself. */
  void joinsDatagrams() {
    const int on = 1;
    setsockopt(fd_.get(), IPPROTO_UDP, UDP_GRO, &on, sizeof on);
  }

  /** Nothing that arrives is kept. */
  void staysDeaf() {
    sock_filter none{BPF_RET | BPF_K, 0, 0, 0};
    const sock_fprog program{1, &none};
    set(SOL_SOCKET, SO_ATTACH_FILTER, program, "setsockopt(SO_ATTACH_FILTER)");
  }

  /** With a peer, this very host, that no packet comes from: the kernel does not even copy packets for it to be filtered. */
  void expectNobody() {
    if (connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_) != 0) fail("connect");
  }

  UniqueFd take() { return std::move(fd_); }

 private:
  [[noreturn]] void fail(const char* syscall, const std::string& why = "") const {
    throw SystemError(errno, syscall, options_.address, "cannot open a tunnel endpoint at " + options_.address, why);
  }

  const TunnelOptions& options_;
  UniqueFd fd_;
  sockaddr_in address_{};
};

/**
 * The first worker binds before its socket may share the port: another gateway that has the port, or that begins now, is met there. The
 * others join the first.
 */
std::vector<UniqueFd> openUdp(const TunnelOptions& options, bool first) {
  std::vector<UniqueFd> fds;
  TunnelSocket receiver(options, SOCK_DGRAM, 0);
  if (!first) receiver.sharesPort();
  receiver.receives();
  receiver.joinsDatagrams();
  receiver.bindTo(options.port);
  if (first) receiver.sharesPort();
  fds.push_back(receiver.take());
  for (int i = 0; i < options.senders; i++) {
    TunnelSocket sender(options, SOCK_DGRAM, 0);
    sender.staysDeaf();
    sender.sends();
    sender.bindTo(0);
    fds.push_back(sender.take());
  }
  return fds;
}

std::vector<UniqueFd> openRaw(const TunnelOptions& options, bool receiving) {
  std::vector<UniqueFd> fds;
  TunnelSocket raw(options, SOCK_RAW, options.protocol);
  if (!receiving) raw.staysDeaf();
  raw.sends();
  raw.bindTo(0);
  if (receiving) {
    raw.receives();
  } else {
    raw.expectNobody();
  }
  fds.push_back(raw.take());
  return fds;
}

/** What each socket had dropped when it was last asked. */
std::mutex dropsLock;
std::unordered_map<int, uint32_t> dropsSeen;

}  // namespace

std::vector<std::vector<UniqueFd>> openTunnel(const TunnelOptions& options) {
  std::vector<std::vector<UniqueFd>> workers;
  inNamespace(options.netns, options.address, [&] {
    for (int worker = 0; worker < options.workers; worker++) {
      workers.push_back(options.port != 0 ? openUdp(options, worker == 0) : openRaw(options, worker == 0));
    }
  });
  return workers;
}

uint32_t tunnelDrops(int fd) {
  uint32_t values[SK_MEMINFO_VARS] = {};
  socklen_t octets = sizeof values;
  if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, values, &octets) != 0) return 0;
  const std::lock_guard<std::mutex> guard(dropsLock);
  uint32_t& seen = dropsSeen[fd];
  const uint32_t dropped = values[SK_MEMINFO_DROPS] - seen;
  seen = values[SK_MEMINFO_DROPS];
  return dropped;
}

void forgetTunnelDrops(int fd) {
  const std::lock_guard<std::mutex> guard(dropsLock);
  dropsSeen.erase(fd);
}

}  // namespace windrose
