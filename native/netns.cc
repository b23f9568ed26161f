#include "netns.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <thread>

#include "descriptors.h"
#include "error.h"

namespace windrose {

namespace {

std::string namespacePath(const std::string& netns, const std::string& iface) {
  if (netns[0] == '/') return netns;
  if (netns.find('/') != std::string::npos || netns == "." || netns == "..") {
    throw SystemError(EINVAL, "open(netns)", iface, "cannot enter network namespace \"" + netns + "\"",
                      "it is neither a name under /run/netns nor an absolute path");
  }
  return "/run/netns/" + netns;
}

void enter(const std::string& netns, const std::string& iface) {
  const std::string subject = "cannot enter network namespace \"" + netns + "\"";
  const std::string path = namespacePath(netns, iface);
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) {
    throw SystemError(errno, "open(netns)", iface, subject, errno == ENOENT ? path + " does not exist" : "");
  }
  if (setns(fd.get(), CLONE_NEWNET) != 0) {
    std::string why;
    if (errno == EPERM) why = "the process lacks CAP_SYS_ADMIN";
    if (errno == EINVAL) why = path + " is not a network namespace";
    throw SystemError(errno, "setns", iface, subject, why);
  }
}

}  // namespace

void inNamespace(const std::string& netns, const std::string& iface, const std::function<void()>& work) {
  if (netns.empty()) {
    work();
    return;
  }
  std::exception_ptr failure;
  const auto body = [&] {
    try {
      enter(netns, iface);
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  };
  try {
    std::thread(body).join();
  } catch (const std::system_error& error) {
    throw SystemError(error.code().value(), "pthread_create", iface, "cannot start a thread to enter network namespace \"" + netns + "\"");
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace windrose
