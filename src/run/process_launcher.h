#pragma once

#include <string>
#include <vector>

#include "run/job.h"

namespace tidemark::run {

struct ProcessOptions {
  /// The file to execute; this program itself, also when it was replaced on the disk meanwhile.
  std::string program = "/proc/self/exe";
  std::string name = "tidemark";         ///< The first word that it sees.
  std::vector<std::string> words{};      ///< Behind those of the job: `--json`.
  std::vector<std::string> environment;  ///< `NAME=value`, all of it but job_owner_variable.
};

/// Runs a job as a process of its own: its memory and its crashes are not the hub's, and it does
/// what the same words do on a command line. Its standard output is read for the reason of a
/// failure, its standard error is the hub's. SIGTERM asks it to stop. When the hub dies, however,
/// the kernel kills it (PR_SET_PDEATHSIG, SIGKILL): a job without an owner must not run beside its
/// successor. A program that is setuid or has file capabilities must ask for that again
/// (stay_with_owner(), by job_owner_variable in its environment). launch() must be called by a
/// thread that lives longer than the run: the kernel takes the thread for the parent.
class ProcessLauncher final : public JobLauncher {
 public:
  explicit ProcessLauncher(ProcessOptions options) : options_(std::move(options)) {}
  [[nodiscard]] Result<std::unique_ptr<RunningJob>> launch(const Job& job,
                                                           std::function<void()> changed) override;

 private:
  const ProcessOptions options_;
};

}  // namespace tidemark::run
