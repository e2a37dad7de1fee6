#include "run/process_launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>
#include <utility>

#include "base/signals_blocked.h"
#include "base/system_error.h"
#include "base/unique_fd.h"
#include "run/job_owner.h"

namespace tidemark::run {
namespace {

constexpr std::size_t line_bytes_max = 256 * 1024;
constexpr int exec_failed = 127;
/// A limit of "none" would take minutes to walk through.
constexpr rlim_t descriptors_max = 65'536;

/// What a program with --json says of its failure: the last line of an error, or the summary's.
class LastWords {
 public:
  void add(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      if (line_.size() < line_bytes_max) line_ += bytes.substr(0, end);
      if (end == std::string_view::npos) return;
      take_line();
      bytes.remove_prefix(end + 1);
    }
  }
  std::string error() {
    take_line();
    return std::move(error_);
  }

 private:
  void take_line() {
    const std::string line = std::exchange(line_, {});
    if (!line.contains("error")) return;
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) return;
    const std::string type = json.value("message_type", nlohmann::json()).dump();
    const char* member = type == R"("summary")" ? "error" : "message";
    if (type != R"("summary")" && type != R"("error")" && type != R"("exit_error")") return;
    const auto text = json.find(member);
    if (text != json.end() && text->is_string()) error_ = text->get<std::string>();
  }

  std::string line_;
  std::string error_;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

/// Ours close themselves at exec(); those of a library might not. A container's filter may not know
/// the call.
void close_all_behind(int last) {
  if (::close_range(static_cast<unsigned>(last) + 1, ~0U, 0) == 0) return;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const auto end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, descriptors_max));
  for (int fd = last + 1; fd < end; ++fd) ::close(fd);
}

/// In the new process: only what is safe between fork() and exec() of a program with threads.
[[noreturn]] void become(const char* program, char* const* words, char* const* environment,
                         int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);               // NOLINT(*-vararg)
  if (::getppid() != parent) ::_exit(exec_failed);  // It died before it was asked for.
  ::setpgid(0, 0);  // A Ctrl-C at the hub's terminal is for the hub.
  // Before signals come through: the hub's handler would only tell this copy of the hub.
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY);  // NOLINT(*-vararg)
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  close_all_behind(STDERR_FILENO);
  ::execve(program, words, environment);
  ::_exit(exec_failed);
}

class ProcessJob final : public RunningJob {
 public:
  ProcessJob(pid_t pid, UniqueFd output, std::function<void()> changed)
      : pid_(pid),
        output_(std::move(output)),
        changed_(std::move(changed)),
        thread_([this] { wait(); }) {}
  ~ProcessJob() override {
    signal(SIGKILL);
    thread_.join();
  }

  std::optional<JobEnd> ended() override {
    const std::scoped_lock lock(mutex_);
    return end_;
  }
  void ask_to_stop() override { signal(SIGTERM); }
  void kill() override { signal(SIGKILL); }

 private:
  void signal(int number) {
    const std::scoped_lock lock(mutex_);
    if (end_) return;  // Its number may be another's by now.
    ::kill(pid_, number);
    if (number == SIGKILL) ::kill(-pid_, number);
  }

  void wait() {
    LastWords words;
    std::array<char, 16 * 1024> buffer{};
    while (true) {
      const ssize_t got = ::read(output_.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      words.add({buffer.data(), static_cast<std::size_t>(got)});
    }
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR) {
    }
    {
      // Between its end and this its number cannot be given out again, so a signal hits nobody.
      const std::scoped_lock lock(mutex_);
      while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
      }
      const bool exited = info.si_code == CLD_EXITED;
      end_ = JobEnd{.exit_code = exited ? info.si_status : 128 + info.si_status,
                    .error = words.error()};
      if (!exited && end_->error.empty())
        end_->error = fmt::format("ended by signal {}", info.si_status);
      if (exited && info.si_status == exec_failed && end_->error.empty())
        end_->error = "the program could not be executed";
    }
    changed_();
  }

  const pid_t pid_;
  const UniqueFd output_;
  const std::function<void()> changed_;
  std::mutex mutex_;
  std::optional<JobEnd> end_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<RunningJob>> ProcessLauncher::launch(const Job& job,
                                                            std::function<void()> changed) {
  std::vector<std::string> words = {options_.name};
  words.insert(words.end(), job.command.begin(), job.command.end());
  words.insert(words.end(), options_.words.begin(), options_.words.end());
  const pid_t parent = ::getpid();
  std::vector<std::string> environment = options_.environment;
  environment.push_back(fmt::format("{}={}", job_owner_variable, parent));
  const std::vector<char*> word_list = pointers(words);
  const std::vector<char*> environment_list = pointers(environment);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail_errno(errno, {"cannot start job {}", "无法启动任务 {}"}, job.name);
  UniqueFd output(ends[0]);
  const UniqueFd input(ends[1]);
  const SignalsBlocked blocked;  // One that comes before exec() waits, and then counts.
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(errno, {"cannot start job {}", "无法启动任务 {}"}, job.name);
  if (pid == 0)
    become(options_.program.c_str(), word_list.data(), environment_list.data(), input.get(),
           parent);
  try {
    return std::make_unique<ProcessJob>(pid, std::move(output), std::move(changed));
  } catch (const std::system_error& error) {  // No thread can be had to wait for it.
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return fail_errno(error.code().value(), {"cannot start job {}", "无法启动任务 {}"}, job.name);
  }
}

}  // namespace tidemark::run
