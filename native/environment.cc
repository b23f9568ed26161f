#include "environment.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

namespace windrose {

namespace {

/** 24 bits are kept beside a descriptor; a process that started 16 million environments would only share clean-up. */
std::atomic<uint32_t> nextId{1};

}  // namespace

Environment::Environment() : id_(nextId.fetch_add(1) & 0xffffff) {
  polled[0] = {-1, POLLIN, 0};
  polled[1] = {-1, POLLIN, 0};
}

Environment::~Environment() {
  // The references to typed arrays go with the environment itself; Node frees them.
  descriptors::closeAllOf(id_);
  if (epoll_ >= 0) ::close(epoll_);
}

std::vector<int> Environment::borrowed() const {
  std::vector<int> fds;
  for (const Handle& handle : handles_) {
    if (handle.fd < 0) continue;
    fds.push_back(handle.fd);
    if (handle.tunnel) fds.insert(fds.end(), handle.tunnel->senders().begin(), handle.tunnel->senders().end());
  }
  return fds;
}

void Environment::becomePrivate(int channel) {
  channel_ = channel;
  for (Handle& handle : handles_) handle.own = handle.fd >= 0;
}

int32_t Environment::freeHandle() const {
  for (int32_t number = 0; number < kHandles; number++) {
    if (handles_[static_cast<size_t>(number)].fd < 0) return number;
  }
  return -1;
}

void Environment::lend(int32_t number, int fd, FdKind kind, const View<int32_t>& sends, std::shared_ptr<PacketRing> ring) {
  Handle& handle = handles_[static_cast<size_t>(number)];
  handle.ring = ring && ring->givenUp() ? nullptr : std::move(ring);
  if (kind == FdKind::Packet && !handle.ring) handle.packet = std::make_unique<PacketBurst>();
  handle.kind = kind;
  handle.sends = sends;
  handle.fd = fd;
  handle.own = channel_ >= 0;
  rebuildPolled();
}

void Environment::lendTunnel(int32_t number, int fd, FdKind kind, const View<int32_t>& sends, std::unique_ptr<TunnelBurst> tunnel) {
  handles_[static_cast<size_t>(number)].tunnel = std::move(tunnel);
  lend(number, fd, kind, sends, nullptr);
}

void Environment::release(napi_env env, int32_t number) {
  Handle& handle = handles_[static_cast<size_t>(number)];
  dropView(env, handle.sends);
  // Main still holds the file, so closing would not take it out.
  if (handle.watched && epoll_ >= 0) epoll_ctl(epoll_, EPOLL_CTL_DEL, handle.fd, nullptr);
  if (handle.tunnel) {
    dropView(env, handle.tunnel->receives);
    for (const int sender : handle.tunnel->senders()) {
      if (handle.own && sender != handle.fd) ::close(sender);
    }
  }
  if (handle.own) ::close(handle.fd);
  handle = Handle{};
  rebuildPolled();
}

void Environment::watch(int32_t number) {
  Handle& handle = handles_[static_cast<size_t>(number)];
  if (handle.watched) return;
  handle.watched = true;
  if (epoll_ >= 0 && addWatched(number) != 0) handle.watched = false;
  rebuildPolled();
}

int Environment::addWatched(int32_t number) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = number;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, handles_[static_cast<size_t>(number)].fd, &event) == 0 ? 0 : errno;
}

int Environment::beginWatching() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return errno;
  polled[1].fd = epoll_;
  for (int32_t number = 0; number < kHandles; number++) {
    const Handle& handle = handles_[static_cast<size_t>(number)];
    if (handle.fd < 0 || !handle.watched) continue;
    const int error = addWatched(number);
    if (error == 0) continue;
    polled[1].fd = -1;
    ::close(std::exchange(epoll_, -1));
    return error;
  }
  return 0;
}

int32_t Environment::readable() {
  if (epoll_ < 0) {
    const int error = beginWatching();
    if (error != 0) return -error;
  }
  std::array<epoll_event, 64> events;
  const int most = static_cast<int>(std::min<size_t>(events.size(), ready.length));
  if (most == 0) return -EFAULT;
  const int count = epoll_wait(epoll_, events.data(), most, 0);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) ready.data[i] = events[static_cast<size_t>(i)].data.fd;
  return count;
}

void Environment::rebuildPolled() {
  polledCount = kFirstPolled;
  for (int32_t number = 0; number < kHandles; number++) {
    const Handle& handle = handles_[static_cast<size_t>(number)];
    if (handle.fd < 0 || handle.watched) continue;
    polled[polledCount] = {handle.fd, POLLIN, 0};
    polledHandle[polledCount] = number;
    polledCount++;
  }
}

}  // namespace windrose
