#pragma once

#include <napi.h>

#include <string>

namespace windrose {

/** Reads an options object strictly: a missing or mistyped key is a programming error and reads so. */
class Options {
 public:
  explicit Options(const Napi::Value& value) : env_(value.Env()) {
    if (!value.IsObject()) throw Napi::TypeError::New(env_, "options must be an object");
    object_ = value.As<Napi::Object>();
  }

  std::string text(const char* key) const {
    const Napi::Value value = object_.Get(key);
    if (!value.IsString()) throw Napi::TypeError::New(env_, std::string(key) + " must be a string");
    return value.As<Napi::String>().Utf8Value();
  }

  std::string text(const char* key, const char* otherwise) const { return has(key) ? text(key) : otherwise; }

  int integer(const char* key, int least, int most) const {
    const Napi::Value value = object_.Get(key);
    const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
    if (number < least || number > most || number != static_cast<int>(number)) {
      throw Napi::RangeError::New(env_, std::string(key) + " must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return static_cast<int>(number);
  }

  int integer(const char* key, int least, int most, int otherwise) const { return has(key) ? integer(key, least, most) : otherwise; }

  bool flag(const char* key) const {
    const Napi::Value value = object_.Get(key);
    if (!value.IsBoolean()) throw Napi::TypeError::New(env_, std::string(key) + " must be a boolean");
    return value.As<Napi::Boolean>().Value();
  }

  bool flag(const char* key, bool otherwise) const { return has(key) ? flag(key) : otherwise; }

 private:
  bool has(const char* key) const { return !object_.Get(key).IsUndefined(); }

  Napi::Env env_;
  Napi::Object object_;
};

inline int fdArgument(const Napi::CallbackInfo& info, size_t index) {
  if (!info[index].IsNumber()) throw Napi::TypeError::New(info.Env(), "fd must be a number");
  return info[index].As<Napi::Number>().Int32Value();
}

}  // namespace windrose
