#include "run/job_owner.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/parse_integer.h"

namespace tidemark::run {

bool stay_with_owner() {
  const char* text = std::getenv(job_owner_variable);
  if (text == nullptr) return true;
  const auto owner = parse_integer(text);
  ::unsetenv(job_owner_variable);
  if (!owner) return true;             // Somebody else's word.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // NOLINT(*-vararg)
  return ::getppid() == *owner;        // It may have died before it was asked for.
}

}  // namespace tidemark::run
