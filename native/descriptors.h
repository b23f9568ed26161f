#pragma once

#include <cstdint>
#include <utility>

namespace windrose {

/**
 * What a descriptor number stands for. Tap and Packet are the values of `IfaceKind` in src/io/addon.ts, Udp and Raw (sockets of a tunnel)
 * those of `TunnelKind`; Attached is a program on a device, which ends with its descriptor; Listening a TCP socket for another process.
 */
enum class FdKind : uint8_t { None = 0, Tap = 1, Packet = 2, Wake = 3, Channel = 4, Bpf = 5, Attached = 6, Udp = 7, Raw = 8, Listening = 9 };

/** Closes its descriptor unless it was handed on: an open call that fails half-way leaks nothing. */
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/**
 * Which descriptors of this process are ours, and which environment opened them. Process-wide, because numbers travel between
 * threads; lock-free, because `wake` looks here. Without it a stale number would close or write to somebody else's file.
 */
namespace descriptors {

/** Makes a descriptor ours. Takes it over only on success; false when the number is above the table (65,535). */
bool adopt(UniqueFd& fd, FdKind kind, uint32_t environment);
/** The kind under which a number is known now; None for a stranger. */
FdKind kindOf(int fd);
/** Closes one of ours. False, and nothing closed, for a stranger. */
bool close(int fd);
/** Closes everything this environment opened and did not close. */
void closeAllOf(uint32_t environment);

}  // namespace descriptors
}  // namespace windrose
