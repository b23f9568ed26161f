#include "port_holder.h"

#include <dirent.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>

namespace windrose {

namespace {

constexpr size_t kLongestCommand = 100;

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

Directory openDirectory(const std::string& path) { return Directory(opendir(path.c_str()), closedir); }

/** "socket:[4711]" of every socket at the port. The kernel prints an address as the word that its octets are in memory. */
std::set<std::string> socketsAt(in_addr address, int port) {
  std::set<std::string> found;
  std::ifstream table("/proc/thread-self/net/udp");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string number, local, inode;
    words >> number >> local;
    for (int skipped = 0; skipped < 8; skipped++) words >> inode;
    const size_t colon = local.find(':');
    if (colon == std::string::npos) continue;
    const auto at = static_cast<in_addr_t>(std::strtoul(local.c_str(), nullptr, 16));
    if ((at != address.s_addr && at != 0) || std::strtol(local.c_str() + colon + 1, nullptr, 16) != port) continue;
    found.insert("socket:[" + inode + "]");
  }
  return found;
}

bool hasAny(const std::string& pid, const std::set<std::string>& sockets) {
  const std::string path = "/proc/" + pid + "/fd";
  const Directory fds = openDirectory(path);
  while (const dirent* entry = fds ? readdir(fds.get()) : nullptr) {
    char target[64];
    const ssize_t length = readlink((path + "/" + entry->d_name).c_str(), target, sizeof target);
    if (length > 0 && sockets.count(std::string(target, static_cast<size_t>(length))) > 0) return true;
  }
  return false;
}

/** What it was started with, in one line of printable characters. */
std::string commandOf(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/cmdline");
  std::string words((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  while (!words.empty() && words.back() == '\0') words.pop_back();
  if (words.size() > kLongestCommand) words.resize(kLongestCommand);
  for (char& one : words) {
    if (one < ' ' || one > '~' || one == '"') one = ' ';
  }
  return words;
}

}  // namespace

std::string udpPortHolder(in_addr address, int port) {
  const std::set<std::string> sockets = socketsAt(address, port);
  if (sockets.empty()) return "";
  const Directory processes = openDirectory("/proc");
  while (const dirent* entry = processes ? readdir(processes.get()) : nullptr) {
    const std::string pid = entry->d_name;
    if (pid.find_first_not_of("0123456789") == std::string::npos && hasAny(pid, sockets)) return "pid " + pid + " \"" + commandOf(pid) + "\"";
  }
  return "";
}

}  // namespace windrose
