#pragma once

#include <vector>

#include "cli/context.h"
#include "run/job.h"
#include "run/process_launcher.h"

namespace tidemark::cli {

/// The jobs that a hub runs by schedule, as configured. A job whose command this program does not
/// have is left out; one whose source is not configured is there, disabled, with the reason.
/// Errors: invalid_config, naming the setting.
[[nodiscard]] Result<std::vector<run::Job>> scheduled_jobs(const Context& context);

/// That the times which somebody set for jobs are such. A default that this machine cannot read
/// (its time zone, where there is no tzdata) is no mistake of the configuration: whoever exports
/// only has no need of it, and a hub says so at its start. Errors: invalid_config.
[[nodiscard]] Result<void> check_job_times(const config::Settings& settings);

/// How jobs are run as processes of this program: with the settings of this one (flags become
/// variables, so that no password stands on a command line) and without what only the hub needs:
/// its tokens and the key of its secrets.
[[nodiscard]] run::ProcessOptions job_process(const Context& context);

}  // namespace tidemark::cli
