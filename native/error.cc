#include "error.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace windrose {

namespace {

struct ErrnoName {
  int number;
  const char* name;
};

// strerrorname_np() needs glibc 2.32 and does not exist in musl; these are the numbers our calls can return.
constexpr ErrnoName kNames[] = {
    {E2BIG, "E2BIG"},           {EACCES, "EACCES"},         {EADDRINUSE, "EADDRINUSE"}, {EADDRNOTAVAIL, "EADDRNOTAVAIL"}, {EAFNOSUPPORT, "EAFNOSUPPORT"},
    {EAGAIN, "EAGAIN"},         {EBADF, "EBADF"},           {EBADFD, "EBADFD"},         {EBUSY, "EBUSY"},
    {EEXIST, "EEXIST"},         {EFAULT, "EFAULT"},         {EINVAL, "EINVAL"},         {EIO, "EIO"},
    {EMFILE, "EMFILE"},         {EMSGSIZE, "EMSGSIZE"},     {ENAMETOOLONG, "ENAMETOOLONG"}, {ENETDOWN, "ENETDOWN"},
    {ENFILE, "ENFILE"},         {ENOBUFS, "ENOBUFS"},       {ENODEV, "ENODEV"},         {ENOENT, "ENOENT"},
    {ENOMEM, "ENOMEM"},         {ENOPROTOOPT, "ENOPROTOOPT"}, {ENOSPC, "ENOSPC"},       {ENOSYS, "ENOSYS"},
    {ENOTDIR, "ENOTDIR"},       {ENOTSOCK, "ENOTSOCK"},     {ENOTTY, "ENOTTY"},         {ENXIO, "ENXIO"},
    {EOPNOTSUPP, "EOPNOTSUPP"}, {EPERM, "EPERM"},           {EPROTONOSUPPORT, "EPROTONOSUPPORT"}, {ERANGE, "ERANGE"},
    {ESRCH, "ESRCH"},           {ETIMEDOUT, "ETIMEDOUT"},
};

}  // namespace

std::string errnoName(int error) {
  for (const ErrnoName& entry : kNames) {
    if (entry.number == error) return entry.name;
  }
  return "ERRNO_" + std::to_string(error);
}

SystemError::SystemError(int error, std::string syscall, std::string iface, const std::string& subject, const std::string& why)
    : error_(error), syscall_(std::move(syscall)), iface_(std::move(iface)) {
  // std::system_category: strerror() is not safe with several threads opening at once.
  const std::string system = std::system_category().message(error);
  sentence_ = subject + ": " + (why.empty() ? system : why) + " (" + errnoName(error) + " from " + syscall_ + ").";
  if (sentence_[0] >= 'a' && sentence_[0] <= 'z') sentence_[0] = static_cast<char>(sentence_[0] - 'a' + 'A');
}

Napi::Error toJsError(Napi::Env env, const SystemError& error) {
  Napi::Error js = Napi::Error::New(env, error.what());
  js.Set("code", Napi::String::New(env, errnoName(error.error())));
  js.Set("errno", Napi::Number::New(env, error.error()));
  js.Set("syscall", Napi::String::New(env, error.syscall()));
  js.Set("iface", Napi::String::New(env, error.iface()));
  return js;
}

}  // namespace windrose
