// Resident memory of a process, as the kernel counts it.
#pragma once

#include <fstream>
#include <string>

namespace lumenflow::cli {

// In MB; 0 when there is no such process. `pid`: a number, or "self".
inline double resident_mb(const std::string& pid) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      double kb = 0;
      status >> kb;
      return kb / 1024;
    }
  return 0;
}

}  // namespace lumenflow::cli
