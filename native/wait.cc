#include "wait.h"

#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace windrose {

namespace {

/** terminate() of a worker only takes effect between two calls, so no call may sleep longer (D11). */
constexpr int32_t kLongestWaitMicros = 100'000;

/** Handles from 31 on share the last bit. */
int32_t bitOf(int32_t handle) { return static_cast<int32_t>(1U << std::min(handle, 31)); }

/** Frames that a packet socket has already given us make no descriptor readable; those in a ring are seen without asking the kernel. */
int32_t waitingMask(Environment& environment) {
  int32_t mask = 0;
  for (nfds_t i = Environment::kFirstPolled; i < environment.polledCount; i++) {
    if (environment.handle(environment.polledHandle[i])->waiting()) mask |= bitOf(environment.polledHandle[i]);
  }
  return mask;
}

timespec monotonic() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now;
}

}  // namespace

int32_t wait(Environment& environment, int wakeFd, int32_t timeoutMicros) {
  int32_t mask = waitingMask(environment);
  const int32_t micros = mask != 0 ? 0 : std::clamp(timeoutMicros, 0, kLongestWaitMicros);
  const timespec timeout{0, micros * 1000L};
  environment.polled[0].fd = wakeFd;
  if (ppoll(environment.polled.data(), environment.polledCount, &timeout, nullptr) <= 0) return mask;
  if (environment.polled[0].revents & POLLIN) {
    uint64_t signals;
    // EAGAIN when another thread drained it first: the wake-up was for both.
    [[maybe_unused]] const ssize_t drained = read(wakeFd, &signals, sizeof signals);
  }
  if (environment.polled[1].revents != 0) mask |= bitOf(31);
  for (nfds_t i = Environment::kFirstPolled; i < environment.polledCount; i++) {
    // Errors count as readable: receive tells which.
    if (environment.polled[i].revents == 0) continue;
    mask |= bitOf(environment.polledHandle[i]);
    if ((environment.polled[i].revents & POLLERR) != 0) environment.handle(environment.polledHandle[i])->failed = true;
  }
  return mask;
}

int createWake() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

bool wake(int fd) {
  if (descriptors::kindOf(fd) != FdKind::Wake) return false;
  // Cannot block and fails only when 2^64 - 2 signals are pending, which wakes as well.
  return eventfd_write(fd, 1) == 0 || errno == EAGAIN;
}

int32_t nowMs() {
  const timespec now = monotonic();
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1'000'000));
}

int32_t nowMicros() {
  const timespec now = monotonic();
  const uint64_t micros = static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
  return static_cast<int32_t>(micros & 0x3fffffff);
}

void giveWay() { sched_yield(); }

}  // namespace windrose
