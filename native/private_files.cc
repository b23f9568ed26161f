#include "private_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "error.h"

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

namespace windrose {

namespace {

/** Standard streams may be sockets; they are everybody's. */
constexpr int kFirstOwn = 3;

/** /dev/net/tun, wherever it is mounted (Linux, Documentation/admin-guide/devices.txt). */
constexpr unsigned kTunMajor = 10;
constexpr unsigned kTunMinor = 200;

/** Some kernels call anonymous inodes regular files. */
constexpr std::string_view kAnonymous = "anon_inode:";

union Control {
  char octets[CMSG_SPACE(sizeof(int))];
  cmsghdr header;
};

/** close_range with an empty range unshares the table and is allowed where containers forbid unshare(2). */
bool unshareTable() {
  if (syscall(SYS_close_range, UINT_MAX - 1, UINT_MAX, CLOSE_RANGE_UNSHARE) == 0) return true;
  return unshare(CLONE_FILES) == 0;
}

/** What /proc names a descriptor of the calling thread; empty when there is none. */
std::string nameOf(int fd) {
  char name[PATH_MAX];
  const std::string link = "/proc/thread-self/fd/" + std::to_string(fd);
  const ssize_t length = readlink(link.c_str(), name, sizeof name);
  return {name, length > 0 ? static_cast<size_t>(length) : 0};
}

bool endsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/** Files for perf(1) and --prof that V8 holds for itself and writes by their number in every thread. */
bool isOfRuntime(const std::string& name) {
  const std::string process = std::to_string(getpid());
  return endsWith(name, "/perf-" + process + ".map") || endsWith(name, "/jit-" + process + ".dump") || endsWith(name, "-v8.log");
}

/**
 * Whether a descriptor is one whose copy outlives what its owner closes: a socket, a file (a rotated log would keep its place on the disk), an
 * interface, a program or where it is attached. By what it is, not by `descriptors`, which does not know a number yet that another
 * thread is just opening, and no longer one that it is about to close. Pipes, eventfds and epolls are those of the thread's event loop and
 * of waking it, terminals and /dev/null everybody's.
 */
bool belongsToOthers(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return false;
  if (S_ISSOCK(status.st_mode)) return true;
  if (S_ISCHR(status.st_mode)) return status.st_rdev == makedev(kTunMajor, kTunMinor);
  const std::string name = nameOf(fd);
  if (S_ISREG(status.st_mode) && name.rfind(kAnonymous, 0) != 0) return !isOfRuntime(name);
  return name == "anon_inode:bpf_link" || name == "anon_inode:bpf-prog";
}

std::vector<int> openDescriptors() {
  std::vector<int> fds;
  DIR* directory = opendir("/proc/thread-self/fd");
  if (directory == nullptr) return fds;
  const int own = dirfd(directory);
  while (const dirent* entry = readdir(directory)) {
    const int fd = std::atoi(entry->d_name);
    if (fd >= kFirstOwn && fd != own) fds.push_back(fd);
  }
  closedir(directory);
  return fds;
}

}  // namespace

std::array<UniqueFd, 2> openChannel() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
    throw SystemError(errno, "socketpair", "", "cannot create a channel for descriptors");
  }
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

void lendThrough(int channel, int fd) {
  Control control{};
  iovec number{&fd, sizeof fd};
  msghdr message{};
  message.msg_iov = &number;
  message.msg_iovlen = 1;
  message.msg_control = control.octets;
  message.msg_controllen = sizeof control.octets;
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  if (sendmsg(channel, &message, MSG_NOSIGNAL) < 0) {
    throw SystemError(errno, "sendmsg", "", "cannot lend descriptor " + std::to_string(fd));
  }
}

int takeFrom(int channel, int fd) {
  for (;;) {
    Control control{};
    int number = -1;
    iovec body{&number, sizeof number};
    msghdr message{};
    message.msg_iov = &body;
    message.msg_iovlen = 1;
    message.msg_control = control.octets;
    message.msg_controllen = sizeof control.octets;
    if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) <= 0) return -1;
    const cmsghdr* rights = CMSG_FIRSTHDR(&message);
    if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS) continue;
    int here = -1;
    std::memcpy(&here, CMSG_DATA(rights), sizeof here);
    if (number == fd) return here;
    // Lent to a predecessor of this borrow that never came to take it.
    ::close(here);
  }
}

bool makeFilesPrivate(const std::vector<int>& keep) {
  if (!unshareTable()) return false;
  for (const int fd : openDescriptors()) {
    if (std::find(keep.begin(), keep.end(), fd) != keep.end()) continue;
    if (belongsToOthers(fd)) ::close(fd);
  }
  return true;
}

}  // namespace windrose
