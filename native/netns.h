#pragma once

#include <functional>
#include <string>

namespace windrose {

/**
 * Runs `work` inside a network namespace: a name under /run/netns or an absolute path; empty = the caller's own, called directly.
 * Otherwise a short-lived thread enters it, so that no thread of Node ever changes its namespace. Exceptions of `work` come
 * through. Throws SystemError for `iface` when the namespace is missing or may not be entered.
 */
void inNamespace(const std::string& netns, const std::string& iface, const std::function<void()>& work);

}  // namespace windrose
