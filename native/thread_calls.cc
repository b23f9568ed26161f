#include <cerrno>
#include <string>

#include "calls.h"
#include "thread.h"

namespace windrose {

namespace {

constexpr int kShortestTurn = 100;
constexpr int kLongestTurn = 100'000;

Napi::Value callPinThread(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) throw Napi::TypeError::New(info.Env(), "cpu must be a number");
  const int cpu = info[0].As<Napi::Number>().Int32Value();
  const int error = pinThread(cpu);
  if (error != 0) {
    throw SystemError(error, "sched_setaffinity", "", "cannot pin the thread to CPU " + std::to_string(cpu),
                      error == EINVAL ? "this machine or control group has no such CPU" : "");
  }
  return info.Env().Undefined();
}

Napi::Value callTakeShortTurns(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) throw Napi::TypeError::New(info.Env(), "micros must be a number");
  const int micros = info[0].As<Napi::Number>().Int32Value();
  // What the kernel takes; beyond that it takes the nearest, and says so.
  if (micros < kShortestTurn || micros > kLongestTurn) throw Napi::RangeError::New(info.Env(), "micros must be from 100 to 100,000");
  return Napi::Boolean::New(info.Env(), takeShortTurns(micros) == 0);
}

}  // namespace

void defineThreadCalls(Napi::Env env, Napi::Object exports, Environment& environment) {
  defineCold<callPinThread>(env, exports, "pinThread", environment);
  defineCold<callTakeShortTurns>(env, exports, "takeShortTurns", environment);
}

}  // namespace windrose
