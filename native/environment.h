#pragma once

#include <poll.h>

#include <array>
#include <memory>
#include <vector>

#include "arena.h"
#include "descriptors.h"
#include "packet_burst.h"
#include "packet_ring.h"
#include "tunnel_burst.h"

namespace windrose {

/** A borrowed descriptor of one environment. */
struct Handle {
  int fd = -1;
  /** True when `fd` is this thread's own copy, closed on release (private_files.h). */
  bool own = false;
  FdKind kind = FdKind::None;
  /** (offset, length) pairs that transmit reads. */
  View<int32_t> sends;
  /** Packet sockets have one of the two. */
  std::unique_ptr<PacketBurst> packet;
  std::shared_ptr<PacketRing> ring;
  /** Sockets of a tunnel: `fd` is the one that receives. */
  std::unique_ptr<TunnelBurst> tunnel;
  /** Polling found an error at a socket with a ring, which is not asked for frames otherwise; receive is to tell it. */
  bool failed = false;
  /** `Environment::readable` tells of it, not `wait`. */
  bool watched = false;

  /** There are frames that make the descriptor not readable, or need no look at it. */
  bool waiting() const { return packet ? packet->hasHeld() : ring && ring->waiting(); }
};

/** Devices with router interfaces, tunnels, and a device for each of 1,024 ports. */
constexpr int kHandles = 1100;

/** Everything the addon knows in one thread of Node: made when it is loaded there, destroyed with that thread's environment. */
class Environment {
 public:
  Environment();
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  uint32_t id() const { return id_; }

  /** The handle behind a number from JavaScript, or nullptr. */
  Handle* handle(int32_t number) {
    if (number < 0 || number >= kHandles || handles_[static_cast<size_t>(number)].fd < 0) return nullptr;
    return &handles_[static_cast<size_t>(number)];
  }

  /** Descriptors of the lent handles, with those that only send. */
  std::vector<int> borrowed() const;
  /** From now on what is lent is this thread's own copy, and new descriptors come through `channel`. */
  void becomePrivate(int channel);
  /** The channel of a thread whose table is private, else -1. */
  int channel() const { return channel_; }

  /** A free handle number, or -1 when all are lent. */
  int32_t freeHandle() const;
  /** Fills a free handle; `ring` is that of a packet socket, which may have none. */
  void lend(int32_t number, int fd, FdKind kind, const View<int32_t>& sends, std::shared_ptr<PacketRing> ring);
  /** The same for the sockets of a tunnel, of which `fd` receives. */
  void lendTunnel(int32_t number, int fd, FdKind kind, const View<int32_t>& sends, std::unique_ptr<TunnelBurst> tunnel);
  void release(napi_env env, int32_t number);

  /** From now on `readable` tells when it is readable, and `wait` no longer looks at it by itself. */
  void watch(int32_t number);
  /** Fills `ready` with watched handles that are readable or in error, another part of them each time; -errno. */
  int32_t readable();

  Arena arena;
  View<int32_t> ready;

  /** What `wait` polls: [0] is the wake descriptor of the call, [1] stands for all watched handles, then one per other handle. */
  std::array<pollfd, kHandles + 2> polled{};
  std::array<int32_t, kHandles + 2> polledHandle{};
  nfds_t polledCount = kFirstPolled;
  static constexpr nfds_t kFirstPolled = 2;

 private:
  void rebuildPolled();
  int beginWatching();
  int addWatched(int32_t number);

  uint32_t id_;
  int channel_ = -1;
  /** Made when it is first asked: by then the thread has the descriptor table it stays with. */
  int epoll_ = -1;
  std::array<Handle, kHandles> handles_;
};

}  // namespace windrose
