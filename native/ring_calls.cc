#include <cerrno>

#include "calls.h"
#include "descriptors.h"
#include "options.h"
#include "packet_ring.h"

namespace windrose {

namespace {

/** The ring of the packet socket that an argument names, or null. */
std::shared_ptr<PacketRing> ringArgument(const Napi::CallbackInfo& info, size_t index) {
  const int fd = fdArgument(info, index);
  return descriptors::kindOf(fd) == FdKind::Packet ? packet_rings::of(fd) : nullptr;
}

Napi::Value callRingStalled(const Napi::CallbackInfo& info) {
  const std::shared_ptr<PacketRing> ring = ringArgument(info, 0);
  if (ring) ring->look(fdArgument(info, 0));
  return Napi::Boolean::New(info.Env(), ring && ring->stalled());
}

Napi::Value callGiveUpRing(const Napi::CallbackInfo& info) {
  const int last = fdArgument(info, 1);
  if (!ringArgument(info, 0) || descriptors::kindOf(last) != FdKind::Packet) {
    throw SystemError(EBADF, "setsockopt(PACKET_RX_RING)", "", "no packet socket with a ring is open under this number");
  }
  const int error = packet_rings::giveUp(fdArgument(info, 0), last);
  if (error != 0) throw SystemError(error, "setsockopt(PACKET_RX_RING)", "", "cannot give up the ring of a packet socket");
  return info.Env().Undefined();
}

}  // namespace

void defineRingCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  defineCold<callRingStalled>(env, exports, "ringStalled", environment);
  defineCold<callGiveUpRing>(env, exports, "giveUpRing", environment);
}

}  // namespace windrose
