#include <cerrno>
#include <string>

#include "calls.h"
#include "private_files.h"

namespace windrose {

namespace {

void viewColumn(const Napi::Object& memory, const char* key, View<int32_t>& view) {
  if (!viewInts(memory.Env(), memory.Get(key), view) || view.length == 0) {
    throw Napi::TypeError::New(memory.Env(), std::string("attach: ") + key + " must be an Int32Array with elements");
  }
}

Napi::Value callAttach(const Napi::CallbackInfo& info) {
  Environment& environment = environmentOf(info);
  const Napi::Env env = info.Env();
  if (environment.arena.attached()) throw Napi::Error::New(env, "attach: this thread has attached its memory already");
  if (!info[0].IsObject()) throw Napi::TypeError::New(env, "attach: memory must be an object");
  const auto memory = info[0].As<Napi::Object>();
  Arena arena;
  View<int32_t> ready;
  try {
    viewColumn(memory, "offsets", arena.offsets);
    viewColumn(memory, "lengths", arena.lengths);
    viewColumn(memory, "tags", arena.tags);
    viewColumn(memory, "sendErrors", arena.sendErrors);
    if (memory.Has("ready")) viewColumn(memory, "ready", ready);
    if (!viewBytes(env, memory.Get("arena"), arena.frames) || arena.frames.length < kLargestRecordOctets) {
      throw Napi::TypeError::New(env, "attach: arena must be a Uint8Array of at least " + std::to_string(kLargestRecordOctets) + " octets");
    }
    if (reinterpret_cast<uintptr_t>(arena.frames.data) % alignof(int32_t) != 0) {
      throw Napi::RangeError::New(env, "attach: arena must start at a multiple of 4");
    }
  } catch (const Napi::Error&) {
    for (View<int32_t>* view : {&arena.offsets, &arena.lengths, &arena.tags, &arena.sendErrors, &ready}) dropView(env, *view);
    dropView(env, arena.frames);
    throw;
  }
  environment.arena = arena;
  environment.ready = ready;
  return env.Undefined();
}

Napi::Value callBorrow(const Napi::CallbackInfo& info) {
  Environment& environment = environmentOf(info);
  const Napi::Env env = info.Env();
  if (!environment.arena.attached()) throw Napi::Error::New(env, "borrow: attach comes first");
  if (!info[0].IsNumber() || !info[1].IsNumber()) throw Napi::TypeError::New(env, "borrow: fd and kind must be numbers");
  const int fd = info[0].As<Napi::Number>().Int32Value();
  const int kind = info[1].As<Napi::Number>().Int32Value();
  const std::string subject = "cannot borrow descriptor " + std::to_string(fd);
  if (kind != static_cast<int>(FdKind::Tap) && kind != static_cast<int>(FdKind::Packet)) {
    throw Napi::RangeError::New(env, "borrow: kind must be IfaceKind.Tap or IfaceKind.Packet");
  }
  if (static_cast<int>(descriptors::kindOf(fd)) != kind) {
    throw SystemError(EBADF, "borrow", "", subject, "no interface of this kind is open under it");
  }
  const int32_t number = environment.freeHandle();
  if (number < 0) throw SystemError(EMFILE, "borrow", "", subject, kNoHandle);
  View<int32_t> sends;
  if (!viewInts(env, info[2], sends)) throw Napi::TypeError::New(env, "borrow: sends must be an Int32Array");
  const int here = environment.channel() < 0 ? fd : takeFrom(environment.channel(), fd);
  if (here < 0) {
    dropView(env, sends);
    throw SystemError(EBADF, "borrow", "", subject, "it was not lent to this thread");
  }
  environment.lend(number, here, static_cast<FdKind>(kind), sends, packet_rings::of(fd));
  return Napi::Number::New(env, number);
}

Napi::Value callRelease(const Napi::CallbackInfo& info) {
  Environment& environment = environmentOf(info);
  const int32_t number = info[0].IsNumber() ? info[0].As<Napi::Number>().Int32Value() : -1;
  if (environment.handle(number) == nullptr) {
    throw SystemError(EBADF, "release", "", "cannot release handle " + std::to_string(number), "it is not borrowed");
  }
  environment.release(info.Env(), number);
  return info.Env().Undefined();
}

Napi::Value callWatch(const Napi::CallbackInfo& info) {
  Environment& environment = environmentOf(info);
  const int32_t number = info[0].IsNumber() ? info[0].As<Napi::Number>().Int32Value() : -1;
  if (environment.handle(number) == nullptr) {
    throw SystemError(EBADF, "watch", "", "cannot watch handle " + std::to_string(number), "it is not borrowed");
  }
  environment.watch(number);
  return info.Env().Undefined();
}

Napi::Value callChannelCreate(const Napi::CallbackInfo& info) {
  std::array<UniqueFd, 2> ends = openChannel();
  Napi::Array pair = Napi::Array::New(info.Env(), 2);
  for (uint32_t end = 0; end < 2; end++) {
    pair.Set(end, ends[end].get());
    if (!descriptors::adopt(ends[end], FdKind::Channel, environmentOf(info).id())) {
      if (end == 1) descriptors::close(pair.Get(0u).As<Napi::Number>().Int32Value());
      throw SystemError(EMFILE, "socketpair", "", "cannot create a channel", "the process holds more than 65,535 descriptors");
    }
  }
  return pair;
}

Napi::Value callLend(const Napi::CallbackInfo& info) {
  const int channel = info[0].IsNumber() ? info[0].As<Napi::Number>().Int32Value() : -1;
  const int fd = info[1].IsNumber() ? info[1].As<Napi::Number>().Int32Value() : -1;
  const FdKind kind = descriptors::kindOf(fd);
  if (descriptors::kindOf(channel) != FdKind::Channel || (kind != FdKind::Tap && kind != FdKind::Packet && kind != FdKind::Udp && kind != FdKind::Raw)) {
    throw SystemError(EBADF, "lend", "", "cannot lend descriptor " + std::to_string(fd), "no channel or no interface under that number");
  }
  lendThrough(channel, fd);
  return info.Env().Undefined();
}

Napi::Value callPrivateFiles(const Napi::CallbackInfo& info) {
  Environment& environment = environmentOf(info);
  const int channel = info[0].IsNumber() ? info[0].As<Napi::Number>().Int32Value() : -1;
  if (descriptors::kindOf(channel) != FdKind::Channel) {
    throw SystemError(EBADF, "privateFiles", "", "cannot use descriptor " + std::to_string(channel), "it is no channel");
  }
  if (environment.channel() >= 0) return Napi::Boolean::New(info.Env(), true);
  std::vector<int> keep = environment.borrowed();
  keep.push_back(channel);
  const bool done = makeFilesPrivate(keep);
  if (done) environment.becomePrivate(channel);
  return Napi::Boolean::New(info.Env(), done);
}

}  // namespace

void defineLendingCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  defineCold<callAttach>(env, exports, "attach", environment);
  defineCold<callBorrow>(env, exports, "borrow", environment);
  defineCold<callRelease>(env, exports, "release", environment);
  defineCold<callWatch>(env, exports, "watch", environment);
  defineCold<callChannelCreate>(env, exports, "channelCreate", environment);
  defineCold<callLend>(env, exports, "lend", environment);
  defineCold<callPrivateFiles>(env, exports, "privateFiles", environment);
}

}  // namespace windrose
