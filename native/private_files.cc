#include "private_files.h"

#include <dirent.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

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

union Control {
  char octets[CMSG_SPACE(sizeof(int))];
  cmsghdr header;
};

/** close_range with an empty range unshares the table and is allowed where containers forbid unshare(2). */
bool unshareTable() {
  if (syscall(SYS_close_range, UINT_MAX - 1, UINT_MAX, CLOSE_RANGE_UNSHARE) == 0) return true;
  return unshare(CLONE_FILES) == 0;
}

bool isSocket(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
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
    const FdKind kind = descriptors::kindOf(fd);
    if (kind == FdKind::Tap || kind == FdKind::Packet || kind == FdKind::Attached || isSocket(fd)) ::close(fd);
  }
  return true;
}

}  // namespace windrose
