#include <sys/mman.h>

#include <cerrno>
#include <string>

#include "bpf.h"
#include "calls.h"
#include "error.h"
#include "options.h"
#include "tap.h"

namespace windrose {

namespace {

constexpr uint32_t kMostEntries = 1 << 24;
constexpr uint32_t kMostValueOctets = 1 << 20;
/** Programs of an unprivileged process have as many at most; ours have some hundreds. */
constexpr size_t kMostInstructionOctets = 4096 * 8;

int bpfArgument(const Napi::CallbackInfo& info, size_t index) {
  const int fd = fdArgument(info, index);
  if (descriptors::kindOf(fd) != FdKind::Bpf) {
    throw SystemError(EBADF, "bpf", "", "cannot use descriptor " + std::to_string(fd), "it is no table or program in the kernel");
  }
  return fd;
}

Octets octetsArgument(const Napi::CallbackInfo& info, size_t index, size_t least, size_t most) {
  if (!info[index].IsTypedArray() || info[index].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(index) + " must be a Uint8Array");
  }
  const auto array = info[index].As<Napi::Uint8Array>();
  if (array.ByteLength() < least || array.ByteLength() > most) {
    throw Napi::RangeError::New(info.Env(), "argument " + std::to_string(index) + " has " + std::to_string(array.ByteLength()) + " octets");
  }
  return {array.Data(), array.ByteLength()};
}

Napi::Value adopted(const Napi::CallbackInfo& info, UniqueFd& fd) {
  const int number = fd.get();
  if (!descriptors::adopt(fd, FdKind::Bpf, environmentOf(info).id())) {
    throw SystemError(EMFILE, "bpf", "", "cannot keep a descriptor", "the process holds more than 65,535 descriptors");
  }
  return Napi::Number::New(info.Env(), number);
}

Napi::Value callMapCreate(const Napi::CallbackInfo& info) {
  const Options given(info[0]);
  BpfMapOptions options;
  options.type = static_cast<uint32_t>(given.integer("type", 1, 2));
  options.keyOctets = static_cast<uint32_t>(given.integer("keyOctets", 1, 512));
  options.valueOctets = static_cast<uint32_t>(given.integer("valueOctets", 1, kMostValueOctets));
  options.entries = static_cast<uint32_t>(given.integer("entries", 1, kMostEntries));
  options.mapped = given.flag("mapped");
  options.name = given.text("name");
  UniqueFd fd = bpfCreateMap(options);
  return adopted(info, fd);
}

Napi::Value callMapUpdate(const Napi::CallbackInfo& info) {
  const int map = bpfArgument(info, 0);
  const Octets key = octetsArgument(info, 1, 1, 512);
  const Octets value = octetsArgument(info, 2, 1, kMostValueOctets);
  bpfCheckSizes(map, key.length, value.length);
  bpfUpdate(map, key.data, value.data);
  return info.Env().Undefined();
}

Napi::Value callMapDelete(const Napi::CallbackInfo& info) {
  const int map = bpfArgument(info, 0);
  const Octets key = octetsArgument(info, 1, 1, 512);
  bpfCheckSizes(map, key.length, 0);
  return Napi::Boolean::New(info.Env(), bpfDelete(map, key.data));
}

Napi::Value callMapMemory(const Napi::CallbackInfo& info) {
  const int map = bpfArgument(info, 0);
  const double octets = info[1].IsNumber() ? info[1].As<Napi::Number>().DoubleValue() : 0;
  if (!(octets >= 1 && octets <= 1U << 30)) throw Napi::RangeError::New(info.Env(), "octets must be from 1 to 2^30");
  const auto length = static_cast<size_t>(octets);
  void* memory = bpfMapMemory(map, length);
  return Napi::ArrayBuffer::New(info.Env(), memory, length, [length](Napi::Env, void* data) { munmap(data, length); });
}

Napi::Value callProgramLoad(const Napi::CallbackInfo& info) {
  const Octets instructions = octetsArgument(info, 0, 8, kMostInstructionOctets);
  if (instructions.length % 8 != 0) throw Napi::RangeError::New(info.Env(), "instructions have 8 octets each");
  if (!info[1].IsString()) throw Napi::TypeError::New(info.Env(), "name must be a string");
  UniqueFd fd = bpfLoadSocketFilter(instructions, info[1].As<Napi::String>().Utf8Value());
  return adopted(info, fd);
}

Napi::Value callProgramRun(const Napi::CallbackInfo& info) {
  const int program = bpfArgument(info, 0);
  const Octets frame = octetsArgument(info, 1, 14, 4096);
  return Napi::Number::New(info.Env(), bpfTestRun(program, frame));
}

Napi::Value callUnsteer(const Napi::CallbackInfo& info) {
  const int fd = fdArgument(info, 0);
  if (descriptors::kindOf(fd) == FdKind::Tap) unsteerTap(fd);
  return info.Env().Undefined();
}

}  // namespace

void defineBpfCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  defineCold<callMapCreate>(env, exports, "bpfMapCreate", environment);
  defineCold<callMapUpdate>(env, exports, "bpfMapUpdate", environment);
  defineCold<callMapDelete>(env, exports, "bpfMapDelete", environment);
  defineCold<callMapMemory>(env, exports, "bpfMapMemory", environment);
  defineCold<callProgramLoad>(env, exports, "bpfProgramLoad", environment);
  defineCold<callProgramRun>(env, exports, "bpfProgramRun", environment);
  defineCold<callUnsteer>(env, exports, "unsteer", environment);
}

}  // namespace windrose
