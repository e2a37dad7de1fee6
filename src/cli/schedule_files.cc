#include "cli/schedule_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "cli/context.h"
#include "cli/schedule_jobs.h"
#include "run/schedule.h"

namespace tidemark::cli {
namespace {

struct UnitFile {
  std::string name;
  std::string text;
};

std::string command_of(const run::Job& job, const std::string& program) {
  return fmt::format("{} {}", program, fmt::join(job.command, " "));
}

/// The zone as systemd takes it: it knows names, and no offsets.
std::string zone_suffix(const run::Job& job) {
  const std::string& zone = job.rule.time_zone;
  const bool offset = zone.starts_with('+') || zone.starts_with('-') || zone == "local";
  return offset ? "" : " " + zone;
}

std::vector<UnitFile> units_of(const run::Job& job, const std::string& program) {
  const std::string unit = "tidemark-" + job.name;
  std::string calendars;
  for (const std::string& calendar : run::Cron::parse(job.rule.cron).value().calendars())
    calendars += fmt::format("OnCalendar={}{}\n", calendar, zone_suffix(job));
  return {{unit + ".service",
           fmt::format("[Unit]\n"
                       "Description=Tidemark: {}\n"
                       "After=network-online.target mariadb.service mysql.service "
                       "postgresql.service\n"
                       "Wants=network-online.target\n\n"
                       "[Service]\n"
                       "Type=oneshot\n"
                       "User=tidemark\n"
                       "Environment=TIDEMARK_CONFIG=/etc/tidemark/tidemark.toml\n"
                       "ExecStart={}\n"
                       "# 11: another run has the lock. 143: stopped, the state is written.\n"
                       "SuccessExitStatus=11 143\n"
                       "TimeoutStopSec=2min\n"
                       "TimeoutStartSec={}\n"
                       "StateDirectory=tidemark\n"
                       "Environment=XDG_STATE_HOME=/var/lib\n"
                       "Nice=5\n\n"
                       "NoNewPrivileges=yes\n"
                       "ProtectSystem=strict\n"
                       "ProtectHome=yes\n"
                       "PrivateTmp=yes\n"
                       "PrivateDevices=yes\n"
                       "ProtectKernelTunables=yes\n"
                       "ProtectControlGroups=yes\n"
                       "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\n"
                       "RestrictSUIDSGID=yes\n"
                       "LockPersonality=yes\n",
                       job.summary.en, command_of(job, program), job.duration_max.count())},
          {unit + ".timer",
           fmt::format("[Unit]\n"
                       "Description=Tidemark: {}\n\n"
                       "[Timer]\n"
                       "{}"
                       "AccuracySec=5s\n"
                       "RandomizedDelaySec={}\n"
                       "# After a night switched off: once at start, not once for each missed "
                       "time.\n"
                       "Persistent=true\n\n"
                       "[Install]\n"
                       "WantedBy=timers.target\n",
                       job.summary.en, calendars, job.rule.jitter.count())}};
}

std::string program_given(const Context& context) {
  return context.arguments.value("--program").value_or("/usr/local/bin/tidemark");
}

Result<ExitCode> crontab(Context& context) {
  const auto jobs = scheduled_jobs(context);
  if (!jobs) return fail(jobs.error());
  const std::string user = context.arguments.value("--user").value_or("");
  const std::string program = program_given(context);
  std::string text;
  std::string zone;
  for (const run::Job& job : *jobs) {
    if (std::exchange(zone, job.rule.time_zone) != job.rule.time_zone)
      text += fmt::format(
          "# Times are those of {0}. Debian's cron knows only the machine's own zone; cronie takes "
          "this:\n# CRON_TZ={0}\n",
          zone);
    if (!job.enabled) text += fmt::format("# {}: {}\n#", job.name, job.why_disabled.en);
    text += fmt::format("{} {}{}{} 2>>/var/log/tidemark/{}.log >&2\n", job.rule.cron,
                        user.empty() ? "" : user + " ", command_of(job, program), " --progress off",
                        job.name);
  }
  context.world.out.write(text);
  return ExitCode::done;
}

Result<ExitCode> systemd(Context& context) {
  const auto jobs = scheduled_jobs(context);
  if (!jobs) return fail(jobs.error());
  const std::string program = program_given(context);
  const auto folder = context.arguments.value("--output");
  for (const run::Job& job : *jobs) {
    if (!job.enabled) {
      if (!folder) context.world.out.line(fmt::format("# {}: {}\n", job.name, job.why_disabled.en));
      continue;
    }
    for (const UnitFile& unit : units_of(job, program)) {
      if (!folder) {
        context.world.out.line(fmt::format("# /etc/systemd/system/{}", unit.name));
        context.world.out.line(unit.text);
        continue;
      }
      const std::string path = (std::filesystem::path(*folder) / unit.name).string();
      if (Result<void> written = write_file_atomically(path, unit.text, 0644); !written)
        return fail(std::move(written).error());
      context.print(say({"written: {}", "已写入：{}"}, path));
    }
  }
  return ExitCode::done;
}

Flag program_flag() {
  return {.names = "--program",
          .kind = FlagKind::value,
          .placeholder = "FILE",
          .fallback = "/usr/local/bin/tidemark",
          .text = {"Where tidemark is installed", "tidemark 的安装位置"}};
}

}  // namespace

Command crontab_command() {
  return {.name = "crontab",
          .summary = {"Print the configured jobs as lines for cron", "以 crontab 行输出计划任务"},
          .flags = {program_flag(),
                    {.names = "--user",
                     .kind = FlagKind::value,
                     .placeholder = "NAME",
                     .text = {"For /etc/cron.d, where each line names its user",
                              "用于 /etc/cron.d：每行带有用户名"}}},
          .examples = {{"tidemark schedule crontab --user tidemark",
                        {"For /etc/cron.d/tidemark-jobs", "用于 /etc/cron.d/tidemark-jobs"}}},
          .run = crontab};
}

Command systemd_command() {
  return {
      .name = "systemd",
      .summary = {"Print the configured jobs as units of systemd", "以 systemd 单元输出计划任务"},
      .flags = {program_flag(),
                {.names = "-o,--output",
                 .kind = FlagKind::value,
                 .placeholder = "DIR",
                 .text = {"Write the files there instead", "改为写入该目录"}}},
      .examples = {{"tidemark schedule systemd -o /etc/systemd/system",
                    {"Then: systemctl enable --now tidemark-load-orders.timer",
                     "然后：systemctl enable --now tidemark-load-orders.timer"}}},
      .run = systemd};
}

}  // namespace tidemark::cli
