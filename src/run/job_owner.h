#pragma once

namespace tidemark::run {

/// Set by ProcessLauncher for the process of a job: the number of the process that it belongs to.
inline constexpr const char* job_owner_variable = "TIDEMARK_JOB_OWNER";

/// For main(), before it does anything else or starts a thread. In the process of a job it has the
/// kernel kill this process when its owner dies. The launcher has asked for that already, but the
/// kernel forgets it when it executes a program that is setuid, setgid, or has file capabilities
/// (prctl(2), PR_SET_PDEATHSIG): so it is asked once more. Takes the variable out of the
/// environment. False when the owner is gone: a job must not run without one. Elsewhere it does
/// nothing.
[[nodiscard]] bool stay_with_owner();

}  // namespace tidemark::run
