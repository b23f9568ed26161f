#include <cerrno>
#include <string>

#include "calls.h"

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
  try {
    viewColumn(memory, "offsets", arena.offsets);
    viewColumn(memory, "lengths", arena.lengths);
    viewColumn(memory, "tags", arena.tags);
    viewColumn(memory, "sendErrors", arena.sendErrors);
    if (!viewBytes(env, memory.Get("arena"), arena.frames) || arena.frames.length < kLargestRecordOctets) {
      throw Napi::TypeError::New(env, "attach: arena must be a Uint8Array of at least " + std::to_string(kLargestRecordOctets) + " octets");
    }
    if (reinterpret_cast<uintptr_t>(arena.frames.data) % alignof(int32_t) != 0) {
      throw Napi::RangeError::New(env, "attach: arena must start at a multiple of 4");
    }
  } catch (const Napi::Error&) {
    for (View<int32_t>* view : {&arena.offsets, &arena.lengths, &arena.tags, &arena.sendErrors}) dropView(env, *view);
    dropView(env, arena.frames);
    throw;
  }
  environment.arena = arena;
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
  if (number < 0) throw SystemError(EMFILE, "borrow", "", subject, "this thread has borrowed 31 already");
  View<int32_t> sends;
  if (!viewInts(env, info[2], sends)) throw Napi::TypeError::New(env, "borrow: sends must be an Int32Array");
  environment.lend(number, fd, static_cast<FdKind>(kind), sends);
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

}  // namespace

void defineLendingCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  defineCold<callAttach>(env, exports, "attach", environment);
  defineCold<callBorrow>(env, exports, "borrow", environment);
  defineCold<callRelease>(env, exports, "release", environment);
}

}  // namespace windrose
