#include "batch.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>

#include "direct_call.h"

namespace windrose {

namespace {

/** read(2) of a TAP yields one frame, so this is the loop that a gateway in C would have. */
int receiveTap(int fd, Burst& burst) {
  while (burst.hasRoom()) {
    const ssize_t got = readDirect(fd, burst.next(), kLargestReadOctets);
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || burst.count > 0 ? 0 : errno;
    }
    const auto octets = static_cast<uint32_t>(got);
    if (octets <= kVirtioHeaderOctets) continue;
    burst.report(burst.position, octets, 0);
    burst.advance(octets);
  }
  return 0;
}

/** Returns 0 or the errno of one frame. */
int writeTap(int fd, const uint8_t* header, size_t octets) {
  for (;;) {
    if (writeDirect(fd, header, octets) >= 0) return 0;
    if (errno != EINTR) return errno;
  }
}

int32_t transmitTap(const Arena& arena, const Handle& handle, int32_t count) {
  int32_t sent = 0;
  for (int32_t i = 0; i < count; i++) {
    const int32_t offset = handle.sends.data[2 * i];
    const int32_t length = handle.sends.data[2 * i + 1];
    int error = EFAULT;
    if (arena.holds(offset, length)) {
      error = writeTap(handle.fd, arena.frames.data + offset - kVirtioHeaderOctets, static_cast<size_t>(length) + kVirtioHeaderOctets);
    }
    arena.sendErrors.data[i] = error;
    if (error == 0) sent++;
  }
  return sent;
}

/** The error a socket keeps for whoever asks next, which ends with being told; 0 when somebody was faster. */
int pendingError(int fd) {
  int error = 0;
  socklen_t octets = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &octets) == 0 ? error : errno;
}

/** The ring was given up under its reader: from now on the socket is read as one that never had any. */
int turnToQueue(Handle& handle, Burst& burst) {
  try {
    handle.packet = std::make_unique<PacketBurst>();
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
  handle.ring = nullptr;
  return handle.packet->receive(handle.fd, burst);
}

int receivePacket(Handle& handle, Burst& burst) {
  if (handle.packet) return handle.packet->receive(handle.fd, burst);
  handle.ring->receive(handle.fd, burst);
  if (burst.count > 0) return 0;
  if (handle.ring->givenUp()) return turnToQueue(handle, burst);
  if (!handle.failed) return 0;
  handle.failed = false;
  return pendingError(handle.fd);
}

constexpr uint32_t kSendMessages = 64;

/** Frames on their way to one sendmmsg; refused ones never get in. */
struct SendChunk {
  mmsghdr messages[kSendMessages];
  iovec parts[kSendMessages];
  /** Index of each message in the list of sends. */
  int32_t frame[kSendMessages];
  uint32_t count = 0;

  void add(uint8_t* header, size_t octets, int32_t index) {
    parts[count] = {header, octets};
    messages[count].msg_hdr = {};
    messages[count].msg_hdr.msg_iov = &parts[count];
    messages[count].msg_hdr.msg_iovlen = 1;
    frame[count] = index;
    count++;
  }

  /**
   * Returns how many the kernel took. A frame it refuses gets its errno, and the next one its chance. That a device went down is told once
   * to whoever uses the socket next, even if it is up again, and so is a frame that came in and that no virtio-net header says (EINVAL):
   * only a second answer is about the frame.
   */
  int32_t flush(int fd, int32_t* sendErrors) {
    int32_t sent = 0;
    bool told = false;
    for (uint32_t at = 0; at < count;) {
      const int taken = sendmmsg(fd, messages + at, count - at, MSG_DONTWAIT);
      if (taken > 0) {
        for (int i = 0; i < taken; i++) sendErrors[frame[at++]] = 0;
        sent += taken;
      } else if ((errno == ENETDOWN || errno == EINVAL) && !told) {
        told = true;
      } else if (errno != EINTR) {
        sendErrors[frame[at++]] = errno;
      }
    }
    count = 0;
    return sent;
  }
};

int32_t transmitPacket(const Arena& arena, const Handle& handle, int32_t count) {
  SendChunk chunk;
  int32_t sent = 0;
  for (int32_t i = 0; i < count; i++) {
    const int32_t offset = handle.sends.data[2 * i];
    const int32_t length = handle.sends.data[2 * i + 1];
    if (!arena.holds(offset, length)) {
      arena.sendErrors.data[i] = EFAULT;
      continue;
    }
    chunk.add(arena.frames.data + offset - kVirtioHeaderOctets, static_cast<size_t>(length) + kVirtioHeaderOctets, i);
    if (chunk.count == kSendMessages) sent += chunk.flush(handle.fd, arena.sendErrors.data);
  }
  return sent + chunk.flush(handle.fd, arena.sendErrors.data);
}

}  // namespace

int32_t receive(Environment& environment, int32_t number, int32_t maxFrames, int32_t start, int32_t end) {
  Handle* handle = environment.handle(number);
  if (handle == nullptr || handle->tunnel) return -EBADF;
  const Arena& arena = environment.arena;
  if (!arena.holdsWindow(start, end)) return -EFAULT;
  if (maxFrames <= 0) return 0;
  Burst burst{arena.frames.data,
              arena.offsets.data,
              arena.lengths.data,
              arena.tags.data,
              std::min(static_cast<uint32_t>(maxFrames), arena.frameCapacity()),
              static_cast<uint32_t>(start),
              static_cast<uint32_t>(end)};
  const int error = handle->kind == FdKind::Tap ? receiveTap(handle->fd, burst) : receivePacket(*handle, burst);
  return error != 0 ? -error : static_cast<int32_t>(burst.count);
}

int32_t transmit(Environment& environment, int32_t number, int32_t count) {
  Handle* handle = environment.handle(number);
  if (handle == nullptr || handle->tunnel) return -EBADF;
  if (count <= 0) return 0;
  const auto frames = static_cast<uint32_t>(count);
  if (frames > handle->sends.length / 2 || frames > environment.arena.sendErrors.length) return -EFAULT;
  return handle->kind == FdKind::Tap ? transmitTap(environment.arena, *handle, count)
                                     : transmitPacket(environment.arena, *handle, count);
}

}  // namespace windrose
