#include <unistd.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/exit_code.h"
#include "base/log.h"
#include "base/random.h"
#include "base/stop.h"
#include "cli/programs.h"
#include "cli/signals.h"
#include "load/platforms.h"
#include "run/job_owner.h"

int main(int argc, char** argv) {
  using namespace tidemark;
  if (!run::stay_with_owner()) {
    log_line(LogLevel::error, "the hub that started this job is gone");
    return static_cast<int>(ExitCode::failed);
  }
  static Stop stop;
  cli::keep_standard_descriptors();
  cli::raise_descriptor_limit();
  cli::install_signals(stop);

  load::add_platform_options();
  const SystemClock clock;
  SystemRandom random;
  cli::Output out(STDOUT_FILENO);
  const cli::World world{clock, random, stop, out};
  const cli::Program program = cli::program_called(argc > 0 ? argv[0] : "");
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return static_cast<int>(cli::run_program(program, words, world));
}
