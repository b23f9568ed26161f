#include "bpf.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "error.h"

namespace windrose {

namespace {

constexpr size_t kInstructionOctets = 8;
constexpr size_t kLogOctets = 256 << 10;
/** Of the verifier's log, whose end has the reason. */
constexpr size_t kToldOctets = 600;

int bpf(bpf_cmd command, bpf_attr& attr) { return static_cast<int>(syscall(SYS_bpf, command, &attr, sizeof attr)); }

uint64_t address(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

/** The kernel takes 15 octets of letters, digits, "_" and "." and refuses others. */
void setName(char (&to)[BPF_OBJ_NAME_LEN], const std::string& name) { name.copy(to, sizeof to - 1); }

std::string whyNot(int error) {
  if (error == EPERM) return "the process lacks CAP_BPF, or the system keeps bpf() from it";
  if (error == ENOSYS) return "the kernel has no bpf()";
  return "";
}

[[noreturn]] void fail(const char* syscall, const std::string& subject) {
  const int error = errno;
  throw SystemError(error, syscall, "", subject, whyNot(error));
}

/** The last lines of what the verifier wrote, in one line. */
std::string lastWords(const std::vector<char>& log) {
  std::string text(log.data(), strnlen(log.data(), log.size()));
  if (text.size() > kToldOctets) text.erase(0, text.size() - kToldOctets);
  for (char& octet : text) {
    if (octet == '\n') octet = ' ';
  }
  return text;
}

}  // namespace

UniqueFd bpfCreateMap(const BpfMapOptions& options) {
  bpf_attr attr{};
  attr.map_type = options.type;
  attr.key_size = options.keyOctets;
  attr.value_size = options.valueOctets;
  attr.max_entries = options.entries;
  // Rows of a hash are taken when they come: most gateways fill few.
  if (options.mapped) attr.map_flags = BPF_F_MMAPABLE;
  else if (options.type == BPF_MAP_TYPE_HASH) attr.map_flags = BPF_F_NO_PREALLOC;
  setName(attr.map_name, options.name);
  UniqueFd fd(bpf(BPF_MAP_CREATE, attr));
  if (fd.get() < 0) fail("bpf(BPF_MAP_CREATE)", "cannot make the table \"" + options.name + "\" in the kernel");
  return fd;
}

void bpfCheckSizes(int map, size_t keyOctets, size_t valueOctets) {
  bpf_map_info info{};
  bpf_attr attr{};
  attr.info.bpf_fd = static_cast<uint32_t>(map);
  attr.info.info_len = sizeof info;
  attr.info.info = address(&info);
  if (bpf(BPF_OBJ_GET_INFO_BY_FD, attr) != 0) fail("bpf(BPF_OBJ_GET_INFO_BY_FD)", "cannot inspect a table in the kernel");
  if (info.key_size == keyOctets && (valueOctets == 0 || info.value_size == valueOctets)) return;
  throw SystemError(EINVAL, "bpf", "", "cannot change a table in the kernel",
                    "its keys have " + std::to_string(info.key_size) + " octets and its values " + std::to_string(info.value_size));
}

void bpfUpdate(int map, const uint8_t* key, const uint8_t* value) {
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(map);
  attr.key = address(key);
  attr.value = address(value);
  if (bpf(BPF_MAP_UPDATE_ELEM, attr) != 0) fail("bpf(BPF_MAP_UPDATE_ELEM)", "cannot write into a table in the kernel");
}

bool bpfDelete(int map, const uint8_t* key) {
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(map);
  attr.key = address(key);
  if (bpf(BPF_MAP_DELETE_ELEM, attr) == 0) return true;
  if (errno == ENOENT) return false;
  fail("bpf(BPF_MAP_DELETE_ELEM)", "cannot remove from a table in the kernel");
}

void* bpfMapMemory(int map, size_t octets) {
  void* memory = mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
  if (memory == MAP_FAILED) fail("mmap", "cannot map a table of the kernel");
  return memory;
}

UniqueFd bpfLoadSocketFilter(const Octets& instructions, const std::string& name) {
  bpf_attr attr{};
  attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attr.insns = address(instructions.data);
  attr.insn_cnt = static_cast<uint32_t>(instructions.length / kInstructionOctets);
  attr.license = address("Dual BSD/GPL");
  setName(attr.prog_name, name);
  UniqueFd fd(bpf(BPF_PROG_LOAD, attr));
  if (fd.get() >= 0) return fd;
  const std::string subject = "cannot load the program \"" + name + "\" into the kernel";
  if (errno == EPERM || errno == ENOSYS) fail("bpf(BPF_PROG_LOAD)", subject);
  // Once more for the reason: the log costs, and a program that is refused is refused again.
  std::vector<char> log(kLogOctets);
  attr.log_buf = address(log.data());
  attr.log_size = static_cast<uint32_t>(log.size());
  attr.log_level = 1;
  UniqueFd again(bpf(BPF_PROG_LOAD, attr));
  if (again.get() >= 0) return again;
  throw SystemError(errno, "bpf(BPF_PROG_LOAD)", "", subject, lastWords(log));
}

uint32_t bpfTestRun(int program, const Octets& frame) {
  bpf_attr attr{};
  attr.test.prog_fd = static_cast<uint32_t>(program);
  attr.test.data_in = address(frame.data);
  attr.test.data_size_in = static_cast<uint32_t>(frame.length);
  attr.test.repeat = 1;
  if (bpf(BPF_PROG_TEST_RUN, attr) != 0) fail("bpf(BPF_PROG_TEST_RUN)", "cannot run a program of the kernel");
  return attr.test.retval;
}

}  // namespace windrose
