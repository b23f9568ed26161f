#pragma once

#include <napi.h>

#include <exception>
#include <string>

namespace windrose {

/**
 * A system call that failed while opening or configuring. Thrown by the cold calls only and turned into the `AddonError` of
 * src/io/addon.ts at the border; nothing on the path of a frame throws.
 */
class SystemError : public std::exception {
 public:
  /** `subject`: a clause without a full stop, such as `cannot open TAP "tap0"`. `why`: empty means the system's own words. */
  SystemError(int error, std::string syscall, std::string iface, const std::string& subject, const std::string& why = "");

  const char* what() const noexcept override { return sentence_.c_str(); }
  int error() const { return error_; }
  const std::string& syscall() const { return syscall_; }
  const std::string& iface() const { return iface_; }

 private:
  int error_;
  std::string syscall_;
  std::string iface_;
  std::string sentence_;
};

/** "EPERM" for EPERM. Numbers outside the table read "ERRNO_123". */
std::string errnoName(int error);

/** The JavaScript Error with code, errno, syscall and iface. */
Napi::Error toJsError(Napi::Env env, const SystemError& error);

}  // namespace windrose
